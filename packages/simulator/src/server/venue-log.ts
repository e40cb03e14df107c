/** One attempt to open a WebSocket. */
export interface DialRecord {
  /** Venue time, milliseconds since 1970. */
  readonly at: number;
  /** Path and query. */
  readonly path: string;
  readonly remoteAddress: string;
  /** The connection's id, if the dial was accepted; else the status it was refused with. */
  readonly outcome: { readonly connectionId: number } | { readonly status: number | "reset" };
}

/** One plain request. */
export interface RequestRecord {
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly remoteAddress: string;
  /** Status of the answer; `undefined` while there is none. */
  readonly status: number | "reset" | undefined;
}

/** One frame from a client. */
export interface ClientFrameRecord {
  readonly at: number;
  readonly connectionId: number;
  /** What it asks for: `subscribe`, `unsubscribe` or another word of the venue. */
  readonly kind: string;
  readonly streams: readonly string[];
  /** The frame's text; empty for a binary frame. */
  readonly text: string;
}

/** A live connection. */
export interface ConnectionRecord {
  readonly connectionId: number;
  readonly route: string;
  readonly path: string;
  readonly openedAt: number;
}

/** What clients did to a running venue: counters since its start, and the latest 1,000 events of each kind. */
export interface VenueLog {
  readonly dialCount: number;
  readonly acceptedCount: number;
  readonly requestCount: number;
  /** Plain requests by path without query. */
  readonly requestsByPath: ReadonlyMap<string, number>;
  readonly framesIn: number;
  readonly framesOut: number;
  readonly dials: readonly DialRecord[];
  readonly requests: readonly RequestRecord[];
  readonly clientFrames: readonly ClientFrameRecord[];
  readonly connections: readonly ConnectionRecord[];
  /** Request weight that an address has used in the running window, as the venue counts it. */
  weightUsed(remoteAddress: string): number;
}

/** Adds to a list that forgets its oldest entries. */
export function remember<T>(list: T[], entry: T): void {
  list.push(entry);
  if (list.length > 1000) list.splice(0, list.length - 1000);
}
