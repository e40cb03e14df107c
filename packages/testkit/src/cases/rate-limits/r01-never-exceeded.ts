import type { ConformanceCase } from "../../run/conformance-case.js";
import { must, mustEqual } from "../../run/failure.js";
import { busiestPool, countRefusals, publicCalls } from "../../run/spending.js";

/**
 * Given three connectors in one host, and answers of which some come late.
 * Do make more calls at once than the venue allows at a time, by all of them.
 * Expect every call to be answered in the end, and none to be refused for its number.
 */
export const neverExceeded: ConformanceCase = {
  id: "R01",
  title: "the venue's limits are never exceeded by several connectors at full speed",
  timeoutMs: 90_000,
  async run(stage) {
    const { world, venue } = stage;
    const probes = stage.connectTogether(3);
    for (const probe of probes) await probe.start();
    await world.advance(2_000);
    const refusals = countRefusals(stage);
    const began = world.elapsedMs;
    const calls = publicCalls(stage);
    venue.faults.delayAnswer({ kind: stage.paths.networkCheck }, 700, 20);
    const made: Promise<unknown>[] = [];
    let longestMs = 0;
    for (const call of calls) {
      const pool = busiestPool(stage, call);
      const pace = pool.kind === "decaying" ? pool.limit / pool.decayPerSecond : pool.intervalMs / 1_000;
      longestMs = Math.max(longestMs, pace * 1_000);
      const count = Math.ceil((1.3 * pool.limit) / (call.cost[pool.id] ?? 1) / calls.length) + 30;
      for (let index = 0; index < count; index += 1) {
        made.push(call.make(probes[index % probes.length]!.connector));
      }
    }
    const ended = await world.complete(Promise.allSettled(made), { withinMs: 100 * longestMs });
    mustEqual(refusals(), 0, "the requests that the venue refused for their number");
    const failed = ended.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
    mustEqual(failed, [], "the calls that failed");
    must(
      world.elapsedMs - began >= longestMs / 2,
      "more calls than the limits take at once, so that some must wait",
    );
  },
};
