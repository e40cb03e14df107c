import type { Environment } from "../model/index.js";
import { errorCodeOf, traceResync, traceSocket } from "./trace-channels.js";
import type { SocketTrace } from "./trace-messages.js";

/** Who tells. */
interface Teller {
  readonly name: string;
  readonly environment: Environment;
}

/** What each state of a connection is told as; a closing one is told of when it is closed. */
const EVENTS: Readonly<Record<string, SocketTrace["event"]>> = {
  connecting: "dial",
  open: "open",
  waiting: "down",
  idle: "close",
};

/** Tells that a stream connection has come to a state. */
export function traceConnection(
  { name, environment }: Teller,
  connectionId: string,
  route: string,
  state: string,
  facts: {
    readonly reason: string | undefined;
    readonly error: Error | undefined;
    readonly delayMs: number | undefined;
  },
): void {
  const event = EVENTS[state];
  if (event === undefined) return;
  const { reason, error, delayMs } = facts;
  traceSocket(() => ({
    event,
    connector: name,
    environment,
    connectionId,
    route,
    reason,
    errorCode: error && errorCodeOf(error),
    delayMs,
  }));
}

/** Tells that a book which was live is built again, or is live again. */
export function traceBookState(
  { name, environment }: Teller,
  tradingPair: string,
  previous: string,
  state: string,
  fault: string | undefined,
): void {
  const event =
    state === "resyncing" ? "begin" : previous === "resyncing" && state === "live" ? "end" : undefined;
  if (event !== undefined) traceResync(() => ({ event, connector: name, environment, tradingPair, fault }));
}
