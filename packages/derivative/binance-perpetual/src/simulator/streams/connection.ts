import type { Route, SocketPath } from "./socket-path.js";

/** A client's WebSocket, as the venue sees it. Times are milliseconds since 1970. */
export interface Connection {
  readonly id: number;
  readonly route: Route;
  /** Whether events come wrapped with the name of their stream. */
  combined: boolean;
  /** Names of all subscribed streams, served or not, in the order of their subscription. */
  readonly streams: Set<string>;
  /** Kinds of private events that it wants; `undefined` for all. */
  readonly events: ReadonlySet<string> | undefined;
  nextPingAt: number;
  lastPongAt: number;
  readonly endsAt: number;
  /** When the latest messages came, oldest first, for the limit a second. */
  readonly messageTimes: number[];
}

/** Makes a connection that opens at `at`. */
export function createConnection(
  id: number,
  path: SocketPath,
  at: number,
  timings: { readonly pingIntervalMs: number; readonly connectionLifetimeMs: number },
): Connection {
  return {
    id,
    route: path.route,
    combined: path.combined,
    streams: new Set(),
    events: path.events && new Set(path.events),
    nextPingAt: at + timings.pingIntervalMs,
    lastPongAt: at,
    endsAt: at + timings.connectionLifetimeMs,
    messageTimes: [],
  };
}

/** Notes a message from the client; returns whether it is one too many for a second. */
export function isOneTooMany(connection: Connection, at: number, messagesPerSecond: number): boolean {
  const times = connection.messageTimes;
  times.push(at);
  while (times[0]! <= at - 1000) times.shift();
  return times.length > messagesPerSecond;
}
