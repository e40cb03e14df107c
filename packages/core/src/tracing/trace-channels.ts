import { channel, tracingChannel } from "node:diagnostics_channel";
import { ConnError } from "../errors/index.js";
import type { RestTrace, ResyncTrace, SocketTrace } from "./trace-messages.js";

/**
 * Names of the channels of `node:diagnostics_channel` on which conn tells what it does. `rest` is for
 * `tracingChannel(name)`, the others for `channel(name)`.
 */
export const TRACE_CHANNELS = { rest: "conn:rest", socket: "conn:socket", resync: "conn:resync" } as const;

const rest = tracingChannel<unknown, RestTrace>(TRACE_CHANNELS.rest);
const socket = channel(TRACE_CHANNELS.socket);
const resync = channel(TRACE_CHANNELS.resync);

/**
 * Runs a REST call and tells of it; makes no message if nobody listens. What `tracePromise` would do, but
 * for the answer and the error themselves, which are nobody's but the caller's.
 */
export async function traceRest<Answer>(
  describe: () => RestTrace,
  run: (trace: RestTrace | undefined) => Promise<Answer>,
): Promise<Answer> {
  if (!rest.hasSubscribers) return run(undefined);
  const trace = describe();
  const begun = rest.start.runStores(trace, () => {
    try {
      return run(trace);
    } finally {
      rest.end.publish(trace);
    }
  });
  try {
    return await begun;
  } catch (error) {
    trace.errorCode = errorCodeOf(error);
    rest.error.publish(trace);
    throw error;
  } finally {
    rest.asyncStart.publish(trace);
    rest.asyncEnd.publish(trace);
  }
}

/** Tells of a stream connection. */
export function traceSocket(describe: () => SocketTrace): void {
  if (socket.hasSubscribers) socket.publish(describe());
}

/** Tells of a book that is built again. */
export function traceResync(describe: () => ResyncTrace): void {
  if (resync.hasSubscribers) resync.publish(describe());
}

/** The stable code of an error; the name of one that has none. */
export function errorCodeOf(error: unknown): string {
  if (error instanceof ConnError) return error.code;
  return error instanceof Error ? error.name : "unknown";
}
