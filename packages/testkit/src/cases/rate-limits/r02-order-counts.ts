import { must, mustEqual } from "../../run/failure.js";
import { countRefusals } from "../../run/spending.js";
import { tradingCase } from "../../run/trading-case.js";

/** More orders than this take too long to be worth it. */
const MOST_ORDERS = 1_000;
/** So many orders are under way at a time. */
const WORKERS = 50;

/**
 * Given a venue that counts an account's orders.
 * Do place more at once than it takes in one window.
 * Expect all to be placed, and none refused for their number.
 */
export const orderCounts = tradingCase({
  id: "R02",
  title: "the venue's limits for orders are never exceeded",
  timeoutMs: 60_000,
  async run(desk) {
    const { definition, world } = desk.stage;
    const sample = await desk.rest();
    const { cost } = definition.trading!.place({ order: sample, instrument: desk.instrument });
    const [pool] = definition.rateLimits
      .filter((each) => "intervalMs" in each)
      .filter(({ id }) => (cost[id] ?? 0) > 0)
      .sort((a, b) => a.limit / (cost[a.id] ?? 1) - b.limit / (cost[b.id] ?? 1));
    must(pool !== undefined, "a pool that orders are counted in");
    const count = Math.floor(pool.limit / (cost[pool.id] ?? 1)) + 20;
    if (count > MOST_ORDERS) return;
    await desk.advance(pool.intervalMs * 2);
    const refusals = countRefusals(desk.stage, desk.owner);
    const began = world.elapsedMs;
    const placed: string[] = [];
    let left = count;
    // What is canceled makes room: open orders are bounded too.
    const worker = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        const { clientOrderId } = await desk.connector.placeOrder(desk.resting());
        placed.push(clientOrderId);
        await desk.connector.cancelOrder(clientOrderId);
      }
    };
    await world.complete(Promise.all(Array.from({ length: WORKERS }, worker)), {
      withinMs: pool.intervalMs * 20,
      what: `${count} orders`,
    });
    mustEqual(refusals(), 0, "the orders that the venue refused for their number");
    must(world.elapsedMs > began, "orders that wait for the next window");
    const sent = desk.account.orders().map(({ clientOrderId }) => clientOrderId!);
    mustEqual(sent.length, count + 1, "orders at the venue");
    for (const id of placed) await desk.untilStatus(id, "canceled");
  },
});
