import { type Decimal, ZERO } from "@conn/core";
import type { LiveOrder } from "./live-order.js";
import type { SelfTradePrevention } from "./order.js";

/** What an order would take from the book right now. */
export interface TakerPath {
  readonly lots: number;
  readonly quote: Decimal;
}

/** How many lots of a tick a quote budget still buys. */
export function affordableLots(order: LiveOrder, spent: Decimal, tick: number): number {
  if (order.quoteBudget === undefined) return Number.POSITIVE_INFINITY;
  const lots = order.quoteBudget.minus(spent).div(order.instrument.unitValue.times(tick)).floor();
  // More than any level has is as good as infinite.
  return lots.gt(Number.MAX_SAFE_INTEGER) ? Number.POSITIVE_INFINITY : lots.toNumber();
}

/** Walks the book as the order would, without touching it. */
export function reckonPath(
  order: LiveOrder,
  prevention: SelfTradePrevention,
  accountOf: (order: number) => string,
): TakerPath {
  const { instrument, request } = order;
  const { market, accounts } = instrument.market;
  const side = order.isBuy ? "ask" : "bid";
  const ladder = order.isBuy ? market.asks : market.bids;
  let lots = 0;
  let quote = ZERO;
  for (let rank = 0; rank < ladder.size; rank++) {
    const tick = ladder.tickAt(rank);
    if (order.tick > 0 && (order.isBuy ? tick > order.tick : tick < order.tick)) break;
    let open = ladder.lotsAt(rank);
    let ends = false;
    if (prevention !== "none") {
      let passed = 0;
      for (const queued of accounts.ordersAt(side, tick)) {
        passed += queued.ahead;
        if (accountOf(queued.order) !== request.account) {
          passed += queued.lots;
        } else if (prevention === "cancelMaker") {
          open -= queued.lots;
        } else {
          open = passed;
          ends = true;
          break;
        }
      }
    }
    const wanted = Math.min(order.remainingLots - lots, affordableLots(order, quote, tick));
    const taken = Math.min(wanted, open);
    lots += taken;
    quote = quote.plus(instrument.quoteOf(tick, taken));
    if (ends || taken === wanted) break;
  }
  return { lots, quote };
}
