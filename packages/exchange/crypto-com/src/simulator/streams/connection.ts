import type { BookMode } from "./book-mode.js";
import type { ChannelName } from "./channel-name.js";
import type { LiveStream } from "./live-stream.js";

/** A channel that a connection has subscribed to. */
export interface Subscription {
  readonly channel: string;
  readonly name: ChannelName;
  /** How a book is told; other channels have no choice. */
  readonly mode?: BookMode;
  /** Missing while the instrument is not listed. */
  live: LiveStream | undefined;
}

/** A client's WebSocket, as the venue sees it. Times are milliseconds since 1970. */
export interface Connection {
  readonly id: number;
  readonly subscriptions: Map<string, Subscription>;
  nextPingAt: number;
  nextHeartbeatAt: number;
  /** The oldest heartbeat that is not answered yet. */
  unanswered: { readonly id: string; readonly sentAt: number } | undefined;
  /** The second of the clock in which requests are counted. */
  second: number;
  /** How many more it may send in that second. */
  requestsLeft: number;
}

/** Makes a connection that opens at `at`, with its first heartbeat `firstHeartbeatMs` later. */
export function createConnection(
  id: number,
  at: number,
  limits: { readonly messagesPerSecond: number; readonly pingIntervalMs: number },
  firstHeartbeatMs: number,
): Connection {
  return {
    id,
    subscriptions: new Map(),
    nextPingAt: at + limits.pingIntervalMs,
    nextHeartbeatAt: at + firstHeartbeatMs,
    unanswered: undefined,
    second: Math.floor(at / 1000),
    // What is left of the second in which the connection was opened gives as large a part of the limit:
    // https://exchange-developer.crypto.com/exchange/v1/docs/api/websocket-common-api-reference
    requestsLeft: Math.floor((limits.messagesPerSecond * (1000 - (at % 1000))) / 1000),
  };
}

/** Counts a request of the client; returns whether it is one too many for this second. */
export function isOneTooMany(connection: Connection, at: number, messagesPerSecond: number): boolean {
  const second = Math.floor(at / 1000);
  if (second !== connection.second) {
    connection.second = second;
    connection.requestsLeft = messagesPerSecond;
  }
  if (connection.requestsLeft === 0) return true;
  connection.requestsLeft--;
  return false;
}
