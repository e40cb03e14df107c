export { type RecordPortsOptions, recordPorts } from "./record-ports.js";
export type {
  AnsweredRecord,
  ClosedRecord,
  OpenedRecord,
  ReceivedRecord,
  SentRecord,
  SessionRecord,
  UnansweredRecord,
} from "./session-record.js";
