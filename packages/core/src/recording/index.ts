export { type RecordPortsOptions, recordPorts } from "./record-ports.js";
export type { SecretNames } from "./secret-names.js";
export type {
  AnsweredRecord,
  ClosedRecord,
  OpenedRecord,
  ReceivedRecord,
  SentRecord,
  SessionRecord,
  UnansweredRecord,
} from "./session-record.js";
