import type { Random } from "@conn/core";
import { createPriceLadder, type PriceLadder } from "./price-ladder.js";

/** Receives what happens in a market. The order of calls is the order of events. */
export interface MarketListener {
  /** The lots at a price became `lots` (0: the level is gone); before, they were `previousLots`. */
  change(at: number, ladder: PriceLadder, tick: number, lots: number, previousLots: number): void;
  /** Lots changed hands; `buyerIsMaker` tells that the taker sold. */
  trade(at: number, tick: number, lots: number, buyerIsMaker: boolean): void;
  /** The changes and trades since the last commit are one step: the book is whole again. */
  commit(at: number): void;
}

/** How a market behaves. */
export interface MarketOptions {
  readonly random: Random;
  /** Time of the market's beginning, milliseconds since 1970. */
  readonly startAt: number;
  /** The price, in ticks, around which the market wanders; at least eight times `levels`. */
  readonly anchorTicks: number;
  /** A usual order, in lots. */
  readonly typicalLots: number;
  /** How many levels a side has on average; it stays between half of it and one and a half. Default 400. */
  readonly levels?: number;
  /** Average number of events a second outside bursts. Default 20. */
  readonly eventsPerSecond?: number;
  /**
   * Longest time in ms for which a market that nobody has looked at makes up; what would have happened before is
   * left out. Default: all of it happens.
   */
  readonly catchUpMs?: number;
  /** Standard deviation of the price's relative change in one second. Default 0.0001. */
  readonly volatility?: number;
}

/**
 * A market of one instrument: an order book and the orders that move it, decided by the generator alone.
 * Never crossed, never empty, prices always positive.
 */
export interface Market {
  readonly bids: PriceLadder;
  readonly asks: PriceLadder;
  /** Time of the next event, or `undefined` while frozen. */
  nextEventAt(): number | undefined;
  /**
   * Lets everything up to and including `until` happen. What happens does not depend on how often it is called,
   * but for `catchUpMs`.
   */
  advance(until: number, listener: MarketListener): void;
  /** Stops all activity. */
  freeze(): void;
  /** Resumes activity, from `at` on. */
  unfreeze(at: number): void;
}

/** A burst makes everything this many times faster for a few seconds, about once a minute. */
const BURST_FACTOR = 4;
/** An order takes at most this many levels. */
const LEVELS_TAKEN_AT_MOST = 12;
/** Seconds in which a deviation from the anchor would shrink to 1/e without noise. */
const REVERSION_SECONDS = 3600;

/**
 * Makes a market and its first book.
 *
 * @throws {TypeError} if `anchorTicks` leaves no room for `levels` prices above zero.
 */
export function createMarket(options: MarketOptions): Market {
  const { random, anchorTicks, typicalLots } = options;
  const levels = options.levels ?? 400;
  const eventsPerSecond = options.eventsPerSecond ?? 20;
  const volatility = options.volatility ?? 0.0001;
  const catchUpMs = options.catchUpMs ?? Number.POSITIVE_INFINITY;
  if (!(anchorTicks >= levels * 8)) throw new TypeError("anchorTicks must be at least eight times levels");

  const fewestLevels = Math.ceil(levels / 2);
  const mostLevels = Math.ceil(levels * 1.5);
  /** A side spans about one percent of the price. */
  const spanTicks = Math.max(levels, Math.round(anchorTicks * 0.01));
  /** Usual distance between two levels far from the touch. */
  const gapTicks = Math.max(1, Math.round(spanTicks / levels));
  /** Usual distance from the touch of orders near it. */
  const nearTicks = Math.max(2, Math.round(gapTicks / 2));

  const bids = createPriceLadder("bid");
  const asks = createPriceLadder("ask");
  /** Where informed traders see the price: a mean-reverting walk that the book follows. */
  let reference = anchorTicks;
  let exactTime = options.startAt;
  let burstUntil = Number.NEGATIVE_INFINITY;
  let nextExactTime: number | undefined;

  const geometric = (mean: number): number => {
    const value = Math.floor(-Math.log(1 - random.next()) * mean);
    return Math.min(value, Math.ceil(mean * 20));
  };
  /** Roughly normal, mean 0 and variance 1. */
  const normal = (): number =>
    (random.next() + random.next() + random.next() + random.next() - 2) * 1.7320508075688772;

  const drawLots = (rank: number): number => {
    const wall = random.next() < 0.02 ? 10 : 1;
    const depth = 1 + Math.min(rank, 200) / 50;
    return Math.max(1, Math.round(typicalLots * wall * depth * (0.05 - Math.log(1 - random.next()))));
  };

  const scheduleNext = (): void => {
    const rate = eventsPerSecond * (exactTime < burstUntil ? BURST_FACTOR : 1);
    nextExactTime = rate > 0 ? exactTime + (-Math.log(1 - random.next()) * 1000) / rate : undefined;
  };

  const moveReference = (elapsedMs: number): void => {
    const seconds = elapsedMs / 1000;
    if (exactTime >= burstUntil && random.next() < seconds / 60) {
      burstUntil = exactTime + 1000 + random.next() * 4000;
    }
    const speed = exactTime < burstUntil ? BURST_FACTOR : 1;
    reference += ((anchorTicks - reference) * Math.min(seconds, 60)) / REVERSION_SECONDS;
    reference += anchorTicks * volatility * speed * Math.sqrt(Math.min(seconds, 60)) * normal();
    reference = Math.min(Math.max(reference, anchorTicks * 0.5), anchorTicks * 2);
  };

  const setLevel = (
    ladder: PriceLadder,
    tick: number,
    lots: number,
    at: number,
    listener: MarketListener,
  ): void => {
    const previous = ladder.set(tick, lots);
    if (previous !== lots) listener.change(at, ladder, tick, lots, previous);
  };

  const dropFarthest = (ladder: PriceLadder, at: number, listener: MarketListener): void =>
    setLevel(ladder, ladder.tickAt(ladder.size - 1), 0, at, listener);

  /** A resting order that never crosses: inside the spread, near the reference price, or somewhere in the book. */
  const place = (ladder: PriceLadder, at: number, listener: MarketListener): void => {
    const isBid = ladder === bids;
    const direction = isBid ? 1 : -1;
    const fair = isBid ? Math.floor(reference) : Math.ceil(reference);
    const spread = asks.tickAt(0) - bids.tickAt(0);
    const better = ladder.tickAt(0) + direction * (1 + geometric(spread / 3));
    const kind = random.next();
    let tick: number;
    if (kind < 0.3 && (better - fair) * direction <= nearTicks) {
      tick = better;
    } else if (kind < 0.8) {
      tick = fair - direction * (1 + geometric(nearTicks));
    } else {
      tick = ladder.tickAt(Math.floor(random.next() * ladder.size)) - direction * geometric(gapTicks);
    }
    const touch = isBid ? asks.tickAt(0) - 1 : bids.tickAt(0) + 1;
    tick = isBid ? Math.min(tick, touch) : Math.max(tick, touch);
    if (tick < 1) return;
    const present = ladder.lotsOf(tick);
    const lots = drawLots(0);
    setLevel(ladder, tick, random.next() < 0.5 ? present + lots : lots, at, listener);
    if (ladder.size > mostLevels) dropFarthest(ladder, at, listener);
  };

  /** A cancel or a reduction, mostly near the touch. */
  const pull = (ladder: PriceLadder, at: number, listener: MarketListener): void => {
    const rank =
      random.next() < 0.8 ? Math.min(geometric(6), ladder.size - 1) : Math.floor(random.next() * ladder.size);
    const tick = ladder.tickAt(rank);
    const left = random.next() < 0.5 ? 0 : Math.floor(ladder.lotsAt(rank) * random.next());
    if (left > 0 || ladder.size > fewestLevels) setLevel(ladder, tick, left, at, listener);
  };

  /** A marketable order: takes levels up to the reference price, at least from the best one. */
  const take = (buys: boolean, at: number, listener: MarketListener): void => {
    const ladder = buys ? asks : bids;
    let remaining = Math.max(1, Math.round(typicalLots * (-2 * Math.log(1 - random.next()))));
    if (random.next() < 0.05) remaining *= 20;
    const first = ladder.tickAt(0);
    const limit = buys ? Math.max(first, Math.floor(reference)) : Math.min(first, Math.ceil(reference));
    for (let taken = 0; taken < LEVELS_TAKEN_AT_MOST && remaining > 0; taken++) {
      const tick = ladder.tickAt(0);
      if (buys ? tick > limit : tick < limit) return;
      const present = ladder.lotsAt(0);
      let fill = Math.min(remaining, present);
      // The last level that keeps the side healthy is never emptied.
      if (fill === present && ladder.size <= fewestLevels) fill = present - 1;
      if (fill === 0) return;
      remaining -= fill;
      // Several resting orders at one price give several trades.
      let reported = fill;
      while (reported > 0) {
        const lots = random.next() < 0.6 ? reported : Math.max(1, Math.floor(reported * random.next()));
        listener.trade(at, tick, lots, !buys);
        reported -= lots;
      }
      setLevel(ladder, tick, present - fill, at, listener);
      if (fill < present) return;
    }
  };

  /** Keeps a side in shape: as many levels as it should have, where the price is now. */
  const tend = (ladder: PriceLadder, at: number, listener: MarketListener): void => {
    const touch = ladder.tickAt(0);
    const farthest = ladder.tickAt(ladder.size - 1);
    const tooFar = Math.abs(farthest - reference) > spanTicks * 3 && ladder.size > fewestLevels;
    if (tooFar || ladder.size > levels) {
      dropFarthest(ladder, at, listener);
    } else if (random.next() < 0.8) {
      const tick = touch + (ladder === bids ? -1 : 1) * (1 + geometric(spanTicks / 3));
      if (tick >= 1) setLevel(ladder, tick, drawLots(100), at, listener);
    } else {
      const rank = Math.floor(random.next() * ladder.size);
      setLevel(ladder, ladder.tickAt(rank), drawLots(rank), at, listener);
    }
  };

  const step = (at: number, listener: MarketListener): void => {
    const middle = (bids.tickAt(0) + asks.tickAt(0)) / 2;
    const pressure = (reference - middle) / (anchorTicks * volatility + 2);
    const buys = random.next() < 0.5 + Math.min(Math.max(pressure, -0.45), 0.45);
    const kind = random.next();
    if (kind < 0.1) take(buys, at, listener);
    else if (kind < 0.54) place(buys ? bids : asks, at, listener);
    else if (kind < 0.82) pull(buys ? asks : bids, at, listener);
    else tend(random.next() < 0.5 ? bids : asks, at, listener);
    listener.commit(at);
  };

  for (const ladder of [bids, asks]) {
    const direction = ladder === bids ? -1 : 1;
    let tick = anchorTicks + (ladder === bids ? 0 : 1);
    for (let rank = 0; rank < levels; rank++) {
      ladder.set(tick, drawLots(rank));
      tick += direction * (1 + geometric(rank < 20 ? 1 : gapTicks));
    }
  }
  scheduleNext();

  return {
    bids,
    asks,
    nextEventAt: () => (nextExactTime === undefined ? undefined : Math.ceil(nextExactTime)),
    advance(until, listener) {
      if (nextExactTime !== undefined && until - nextExactTime > catchUpMs) nextExactTime = until - catchUpMs;
      while (nextExactTime !== undefined && Math.ceil(nextExactTime) <= until) {
        const elapsed = nextExactTime - exactTime;
        exactTime = nextExactTime;
        moveReference(elapsed);
        step(Math.ceil(exactTime), listener);
        scheduleNext();
      }
    },
    freeze() {
      nextExactTime = undefined;
    },
    unfreeze(at) {
      if (nextExactTime !== undefined) return;
      exactTime = Math.max(exactTime, at);
      scheduleNext();
    },
  };
}
