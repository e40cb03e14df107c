import type { MarketListener } from "./market-listener.js";
import { OrderQueue, type QueuedOrder } from "./order-queue.js";
import { createPriceLadder, type PriceLadder } from "./price-ladder.js";

/** What the next taker of a side would meet. */
export interface BookFront {
  readonly tick: number;
  readonly lots: number;
  /** The account's order, or 0 for anonymous lots. */
  readonly order: number;
}

/**
 * A book of anonymous lots with orders of accounts among them. The ladders show both; the generator moves the
 * anonymous lots only and never disturbs an order but by trading with it.
 */
export interface SharedBook {
  readonly bids: PriceLadder;
  readonly asks: PriceLadder;
  /** How many levels of a side have anonymous lots. */
  anonymousLevels(ladder: PriceLadder): number;
  anonymousLots(ladder: PriceLadder, tick: number): number;
  /** The level farthest from the touch that has anonymous lots, or `undefined` if none has. */
  farthestAnonymous(ladder: PriceLadder): number | undefined;
  setAnonymous(ladder: PriceLadder, tick: number, lots: number, at: number, listener: MarketListener): void;
  /** The queue of a level with orders of accounts. */
  queueAt(ladder: PriceLadder, tick: number): OrderQueue | undefined;
  /** Orders of accounts at a tick, oldest first. */
  ordersAt(ladder: PriceLadder, tick: number): readonly QueuedOrder[];
  /** `undefined` if the side is empty. */
  front(ladder: PriceLadder): BookFront | undefined;
  /**
   * One trade with the front of a side, of no more lots than it has. The listener hears the trade when the book
   * has changed, so that it may change the book itself.
   */
  hit(ladder: PriceLadder, lots: number, taker: number, at: number, listener: MarketListener): void;
  /** One trade with this very order, wherever it stands. @throws {TypeError} if it has no more lots. */
  hitOrder(
    ladder: PriceLadder,
    tick: number,
    order: number,
    lots: number,
    at: number,
    listener: MarketListener,
  ): void;
  /** Puts an order behind all that is there. @throws {TypeError} if it would cross. */
  rest(
    ladder: PriceLadder,
    tick: number,
    lots: number,
    order: number,
    at: number,
    listener: MarketListener,
  ): void;
  /** Lowers an order to `lots`, 0 to remove it; it keeps its place. @throws {TypeError} if it has no more lots. */
  shrink(
    ladder: PriceLadder,
    tick: number,
    order: number,
    lots: number,
    at: number,
    listener: MarketListener,
  ): void;
}

const NO_ORDERS: readonly QueuedOrder[] = [];

/** Makes an empty book. */
export function createSharedBook(): SharedBook {
  const bids = createPriceLadder("bid");
  const asks = createPriceLadder("ask");
  const bidQueues = new Map<number, OrderQueue>();
  const askQueues = new Map<number, OrderQueue>();
  let bidOwnOnly = 0;
  let askOwnOnly = 0;

  const queueAt = (ladder: PriceLadder, tick: number): OrderQueue | undefined => {
    const queues = ladder === bids ? bidQueues : askQueues;
    return queues.size === 0 ? undefined : queues.get(tick);
  };

  /** Sets a level that has a queue, after the queue has changed. */
  const update = (
    ladder: PriceLadder,
    tick: number,
    queue: OrderQueue,
    lots: number,
    at: number,
    listener: MarketListener,
  ): void => {
    const isEmpty = queue.orders.length === 0;
    const ownOnly = !isEmpty && queue.ownLots === lots;
    if (ownOnly !== queue.ownOnly) {
      queue.ownOnly = ownOnly;
      if (ladder === bids) bidOwnOnly += ownOnly ? 1 : -1;
      else askOwnOnly += ownOnly ? 1 : -1;
    }
    if (isEmpty) (ladder === bids ? bidQueues : askQueues).delete(tick);
    const previous = ladder.set(tick, lots);
    if (previous !== lots) listener.change(at, ladder, tick, lots, previous);
  };

  const anonymousLots = (ladder: PriceLadder, tick: number): number =>
    ladder.lotsOf(tick) - (queueAt(ladder, tick)?.ownLots ?? 0);

  const front = (ladder: PriceLadder): BookFront | undefined => {
    if (ladder.size === 0) return undefined;
    const tick = ladder.tickAt(0);
    const first = queueAt(ladder, tick)?.orders[0];
    if (first === undefined) return { tick, lots: ladder.lotsAt(0), order: 0 };
    return first.ahead > 0
      ? { tick, lots: first.ahead, order: 0 }
      : { tick, lots: first.lots, order: first.order };
  };

  const shrink: SharedBook["shrink"] = (ladder, tick, order, lots, at, listener) => {
    const queue = queueAt(ladder, tick);
    if (queue === undefined) throw new TypeError(`no order ${order} at ${tick}`);
    const level = ladder.lotsOf(tick);
    const gone = queue.shrink(order, lots);
    update(ladder, tick, queue, level - gone, at, listener);
  };

  return {
    bids,
    asks,
    anonymousLevels: (ladder) => ladder.size - (ladder === bids ? bidOwnOnly : askOwnOnly),
    anonymousLots,
    farthestAnonymous(ladder) {
      if (ladder.size > 0 && (ladder === bids ? bidQueues : askQueues).size === 0) {
        return ladder.tickAt(ladder.size - 1);
      }
      for (let rank = ladder.size - 1; rank >= 0; rank--) {
        const tick = ladder.tickAt(rank);
        if (queueAt(ladder, tick)?.ownOnly !== true) return tick;
      }
      return undefined;
    },
    setAnonymous(ladder, tick, lots, at, listener) {
      const queue = queueAt(ladder, tick);
      if (queue === undefined) {
        const previous = ladder.set(tick, lots);
        if (previous !== lots) listener.change(at, ladder, tick, lots, previous);
        return;
      }
      const level = ladder.lotsOf(tick);
      const present = level - queue.ownLots;
      if (lots < present) queue.dropAnonymous(present - lots, level);
      update(ladder, tick, queue, queue.ownLots + lots, at, listener);
    },
    queueAt,
    ordersAt: (ladder, tick) => queueAt(ladder, tick)?.orders ?? NO_ORDERS,
    front,
    hit(ladder, lots, taker, at, listener) {
      const met = front(ladder);
      if (met === undefined || lots > met.lots) throw new TypeError(`no ${lots} lots to take`);
      const left = ladder.lotsAt(0) - lots;
      const queue = queueAt(ladder, met.tick);
      if (queue === undefined) {
        ladder.set(met.tick, left);
        listener.change(at, ladder, met.tick, left, left + lots);
      } else {
        queue.takeFront(lots);
        update(ladder, met.tick, queue, left, at, listener);
      }
      listener.trade(at, met.tick, lots, ladder === bids, met.order, taker);
    },
    rest(ladder, tick, lots, order, at, listener) {
      const opposite = ladder === bids ? asks : bids;
      if (opposite.size > 0 && (tick - opposite.tickAt(0)) * (ladder === bids ? 1 : -1) >= 0) {
        throw new TypeError(`an order at ${tick} would cross`);
      }
      let queue = queueAt(ladder, tick);
      if (queue === undefined) {
        queue = new OrderQueue();
        (ladder === bids ? bidQueues : askQueues).set(tick, queue);
      }
      const level = ladder.lotsOf(tick);
      queue.push(order, lots, level);
      update(ladder, tick, queue, level + lots, at, listener);
    },
    shrink,
    hitOrder(ladder, tick, order, lots, at, listener) {
      const present = queueAt(ladder, tick)?.orders.find((one) => one.order === order)?.lots ?? 0;
      shrink(ladder, tick, order, present - lots, at, listener);
      listener.trade(at, tick, lots, ladder === bids, order, 0);
    },
  };
}
