import type { ApiKey } from "../private/accounts.js";
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

/** What a user socket has beyond a market socket. */
export interface UserSession {
  /** The client's address. */
  readonly address: string;
  /** What it has logged in with. */
  key: ApiKey | undefined;
  /** Channels of its account that it has subscribed to. */
  readonly channels: Set<string>;
  /** Which orders are canceled when it disconnects. */
  cancelScope: "CONNECTION" | "ACCOUNT" | undefined;
}

/** A client's WebSocket, as the venue sees it. Times are milliseconds since 1970. */
export interface Connection {
  readonly id: number;
  /** Missing on a market socket. */
  readonly user: UserSession | undefined;
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
  userAddress?: string,
): Connection {
  return {
    id,
    user:
      userAddress === undefined
        ? undefined
        : { address: userAddress, key: undefined, channels: new Set(), cancelScope: undefined },
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
