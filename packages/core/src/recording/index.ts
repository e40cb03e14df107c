export { hideSecrets } from "./hide-secrets.js";
export { type RecordPortsOptions, recordPorts } from "./record-ports.js";
export { Redactor, type TextOrigin } from "./redactor.js";
export type {
  AnsweredRecord,
  ClosedRecord,
  OpenedRecord,
  ReceivedRecord,
  SentRecord,
  SessionRecord,
  UnansweredRecord,
} from "./session-record.js";
