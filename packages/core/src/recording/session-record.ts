/** What all records say. */
interface RecordFacts {
  /** Wall time in ms since 1970-01-01 UTC. */
  readonly at: number;
  readonly url: string;
}

interface ConnectionFacts extends RecordFacts {
  /** Number of the dial: a connection that is made anew has a new one. */
  readonly connection: number;
}

interface RequestFacts extends RecordFacts {
  readonly method: string;
  /** Wall time of the request in ms since 1970-01-01 UTC; `at` is that of its end. */
  readonly requestedAt: number;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly requestBody: string | undefined;
}

/** A WebSocket opened. */
export interface OpenedRecord extends ConnectionFacts {
  readonly type: "opened";
}

/** A WebSocket ended, or a dial failed. What a port still delivers after we ended it is not recorded. */
export interface ClosedRecord extends ConnectionFacts {
  readonly type: "closed";
  /** Close code of RFC 6455; 1006 where there was no close frame. */
  readonly code: number;
  readonly reason: string;
}

/** A frame came. */
export interface ReceivedRecord extends ConnectionFacts {
  readonly type: "received";
  /** Bytes where they are no UTF-8 text; only valid during the call. */
  readonly data: string | Uint8Array;
  readonly isBinary: boolean;
}

/** A frame was sent. Of a binary one only that it was: nothing would tell a secret in it. */
export interface SentRecord extends ConnectionFacts {
  readonly type: "sent";
  readonly data: string;
  readonly isBinary: boolean;
}

/** A request was answered. */
export interface AnsweredRecord extends RequestFacts {
  readonly type: "answered";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes where they are no UTF-8 text. */
  readonly body: string | Uint8Array;
}

/** A request failed without an answer, or was given up. */
export interface UnansweredRecord extends RequestFacts {
  readonly type: "unanswered";
  /** The error's code. */
  readonly code: string;
}

/** One thing that passed through the ports, without its secrets. */
export type SessionRecord =
  | OpenedRecord
  | ClosedRecord
  | ReceivedRecord
  | SentRecord
  | AnsweredRecord
  | UnansweredRecord;
