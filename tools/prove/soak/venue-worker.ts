// The venues of a soak on a thread of their own, so that what they remember is not in the bot's memory.
import { parentPort } from "node:worker_threads";
import { VenueHost } from "./venue-host.ts";

const host = new VenueHost();

parentPort?.on("message", async ({ id, method, args }: VenueRequest) => {
  try {
    // as: the other side is typed by the host's methods.
    const call = host[method] as (...given: readonly unknown[]) => Promise<unknown>;
    parentPort?.postMessage({ id, result: await call.call(host, ...args) } satisfies VenueReply);
  } catch (error) {
    parentPort?.postMessage({ id, failure: String(error) } satisfies VenueReply);
  }
});

/** A call of a host's method. */
export interface VenueRequest {
  readonly id: number;
  readonly method: keyof VenueHost;
  readonly args: readonly unknown[];
}

/** What came of it. */
export interface VenueReply {
  readonly id: number;
  readonly result?: unknown;
  readonly failure?: string;
}
