import { RateLimitError } from "@conn/core";
import type { ConformanceCase } from "../../run/conformance-case.js";
import { errorOf, must, mustBeError, mustEqual } from "../../run/failure.js";
import { PATIENCE_MS } from "../../run/probe.js";
import { busiestPool, countRefusals, publicCalls, spendAsOther } from "../../run/spending.js";

/**
 * Given a connector, and another program at the same address that has spent nearly all of a limit.
 * Do make one call, which tells of that, and then more calls than are left.
 * Expect them to wait for the next window: none is refused.
 *
 * Where the venue's answers tell no count, its refusal is the first word of it.
 * Expect one refused call, and then none while it lasts.
 */
export const headersWin: ConformanceCase = {
  id: "R03",
  title: "what the venue says of its count wins over ours",
  timeoutMs: 60_000,
  async run(stage) {
    const { world, definition } = stage;
    const [probe] = stage.connectTogether(1);
    await probe!.start();
    await world.advance(2_000);
    const { connector } = probe!;
    const told = new Set(
      [definition.rest.usageHeaders, definition.rest.remainingHeaders ?? {}].flatMap((headers) =>
        Object.values(headers).flat(),
      ),
    );
    const call = publicCalls(stage)[0]!;
    const pool = busiestPool(stage, call);
    const weight = call.cost[pool.id] ?? 1;
    const refusals = countRefusals(stage, probe!.owner);
    const complete = <T>(promise: Promise<T>): Promise<T> =>
      world.complete(promise, { withinMs: 4 * PATIENCE_MS });
    if (!told.has(pool.id)) {
      await spendAsOther(stage, call.request, Math.ceil(pool.limit / weight));
      mustBeError(await errorOf(() => complete(call.make(connector)), "one call too many"), RateLimitError);
      await complete(Promise.all([1, 2, 3, 4, 5].map(() => call.make(connector))));
      mustEqual(refusals(), 1, "the calls that the venue refused for their number");
      return;
    }
    // The heaviest request that any client may make, so that it takes fewer.
    const snapshot = definition.orderBooks.snapshotRequest?.(stage.instrumentOf(stage.symbols[0]!));
    const heavy = (snapshot?.cost[pool.id] ?? 0) > weight && snapshot !== undefined ? snapshot : call.request;
    const heavyWeight = heavy.cost[pool.id] ?? 1;
    await spendAsOther(stage, heavy, Math.floor((0.93 * pool.limit) / heavyWeight));
    const began = world.elapsedMs;
    await complete(call.make(connector));
    const count = Math.ceil((0.15 * pool.limit) / weight);
    const made = Array.from({ length: count }, () => call.make(connector));
    const ended = await complete(Promise.allSettled(made));
    mustEqual(refusals(), 0, "the calls that the venue refused for their number");
    const failed = ended.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
    mustEqual(failed, [], "the calls that failed");
    must(world.elapsedMs - began > 1_000, "calls that wait for the venue's next window");
  },
};
