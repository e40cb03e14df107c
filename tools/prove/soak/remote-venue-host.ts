import { Worker } from "node:worker_threads";
import type { VenueHost } from "./venue-host.ts";
import type { VenueReply, VenueRequest } from "./venue-worker.ts";

/** What a soak needs of a host. */
export type SoakVenueHost = Pick<
  VenueHost,
  "start" | "fault" | "endFaults" | "compare" | "comparisons" | "close"
>;

/** Starts a host of venues on a thread of its own. Its `close` ends the thread. */
export function startRemoteVenueHost(): SoakVenueHost {
  const worker = new Worker(new URL("./venue-worker.ts", import.meta.url));
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let lastId = 0;
  const fail = (error: Error): void => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  worker
    .on("message", ({ id, result, failure }: VenueReply) => {
      const call = waiting.get(id);
      waiting.delete(id);
      if (failure === undefined) call?.resolve(result);
      else call?.reject(new Error(failure));
    })
    .on("error", fail)
    .on("exit", (code) => fail(new Error(`the venues ended with code ${code}`)));
  const call = <Result>(method: VenueRequest["method"], ...args: readonly unknown[]): Promise<Result> => {
    const answer = Promise.withResolvers<unknown>();
    lastId += 1;
    waiting.set(lastId, answer);
    worker.postMessage({ id: lastId, method, args } satisfies VenueRequest);
    // as: what the host's method of this name returns.
    return answer.promise as Promise<Result>;
  };
  return {
    start: (connector, seed) => call("start", connector, seed),
    fault: (connector, name, facts) => call("fault", connector, name, facts),
    endFaults: () => call("endFaults"),
    compare: (book) => call("compare", book),
    comparisons: () => call("comparisons"),
    async close() {
      await call("close");
      worker.removeAllListeners("exit");
      await worker.terminate();
    },
  };
}
