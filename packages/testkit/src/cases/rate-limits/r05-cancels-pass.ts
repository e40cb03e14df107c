import { must } from "../../run/failure.js";
import { PATIENCE_MS } from "../../run/probe.js";
import { busiestPool, countRefusals, publicCalls } from "../../run/spending.js";
import { tradingCase } from "../../run/trading-case.js";

/** A cancel takes no longer than this, in virtual ms. */
const AT_ONCE_MS = 1_000;

/**
 * Given an open order, and so many calls for data that they wait for the venue's next window.
 * Do cancel the order.
 * Expect it to be canceled while they wait.
 */
export const cancelsPass = tradingCase({
  id: "R05",
  title: "cancels pass while calls for data wait for the rate limit",
  timeoutMs: 60_000,
  async run(desk) {
    const { world } = desk.stage;
    const { clientOrderId } = await desk.rest();
    const [call] = publicCalls(desk.stage).toReversed();
    const pool = busiestPool(desk.stage, call!);
    const refusals = countRefusals(desk.stage, desk.owner);
    const count = Math.ceil((1.5 * pool.limit) / (call!.cost[pool.id] ?? 1));
    let waiting = count;
    const calls = Array.from({ length: count }, () =>
      call!.make(desk.connector).finally(() => {
        waiting -= 1;
      }),
    );
    await world.settle();
    must(waiting > 0, "calls that wait for the rate limit");
    const began = world.elapsedMs;
    await desk.cancel(clientOrderId);
    await desk.untilStatus(clientOrderId, "canceled");
    must(
      world.elapsedMs - began <= AT_ONCE_MS,
      `a cancel within ${AT_ONCE_MS} ms, not ${world.elapsedMs - began}`,
    );
    must(waiting > 0, "calls that still wait");
    await world.complete(Promise.all(calls), { withinMs: 20 * PATIENCE_MS, what: "the calls for data" });
    must(refusals() === 0, "no call refused for its number");
  },
});
