import type { Random } from "@conn/core";
import type { MarketListener } from "./market-listener.js";
import type { PriceLadder } from "./price-ladder.js";
import { createSharedBook, type SharedBook } from "./shared-book.js";

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
 * A market of one instrument: an order book and the orders that move it, decided by the generator alone, unless
 * accounts take part. Never crossed, never empty, prices always positive.
 */
export interface Market {
  readonly bids: PriceLadder;
  readonly asks: PriceLadder;
  /** Orders of accounts get in and out here, between two steps; `settle` ends what they do. */
  readonly shared: SharedBook;
  /**
   * Ends a step of accounts: puts back levels of a side that orders have swept away, so that no side is ever empty
   * of anonymous lots, and commits.
   */
  settle(at: number, listener: MarketListener): void;
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

  const shared = createSharedBook();
  const { bids, asks } = shared;
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

  const dropFarthest = (ladder: PriceLadder, at: number, listener: MarketListener): void => {
    const tick = shared.farthestAnonymous(ladder);
    if (tick !== undefined) shared.setAnonymous(ladder, tick, 0, at, listener);
  };

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
    const present = shared.anonymousLots(ladder, tick);
    const lots = drawLots(0);
    shared.setAnonymous(ladder, tick, random.next() < 0.5 ? present + lots : lots, at, listener);
    if (shared.anonymousLevels(ladder) > mostLevels) dropFarthest(ladder, at, listener);
  };

  /** A cancel or a reduction, mostly near the touch. */
  const pull = (ladder: PriceLadder, at: number, listener: MarketListener): void => {
    const rank =
      random.next() < 0.8 ? Math.min(geometric(6), ladder.size - 1) : Math.floor(random.next() * ladder.size);
    const tick = ladder.tickAt(rank);
    const present = ladder.lotsAt(rank) - (shared.queueAt(ladder, tick)?.ownLots ?? 0);
    const left = random.next() < 0.5 ? 0 : Math.floor(present * random.next());
    if (left > 0 || shared.anonymousLevels(ladder) > fewestLevels) {
      shared.setAnonymous(ladder, tick, left, at, listener);
    }
  };

  /** Takes a level with orders of accounts in the order of its queue; returns what is left of the taker. */
  const takeQueue = (
    ladder: PriceLadder,
    tick: number,
    wanted: number,
    at: number,
    listener: MarketListener,
  ): number => {
    let remaining = wanted;
    while (remaining > 0) {
      const met = shared.front(ladder);
      if (met === undefined || met.tick !== tick) break;
      const isThin = shared.anonymousLevels(ladder) <= fewestLevels;
      const atMost =
        (isThin ? shared.queueAt(ladder, tick)?.lotsBeforeLastAnonymous(ladder.lotsAt(0)) : undefined) ??
        Number.POSITIVE_INFINITY;
      const lots = Math.min(remaining, met.lots, atMost);
      // The queue may end before the level does: the rest is one more anonymous maker.
      if (lots === 0 || (isThin && met.order === 0 && lots === ladder.lotsAt(0))) break;
      shared.hit(ladder, lots, 0, at, listener);
      remaining -= lots;
    }
    return remaining;
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
      if (shared.queueAt(ladder, tick) !== undefined) {
        remaining = takeQueue(ladder, tick, remaining, at, listener);
        if (ladder.tickAt(0) === tick) return;
        continue;
      }
      const present = ladder.lotsAt(0);
      let fill = Math.min(remaining, present);
      // The last level that keeps the side healthy is never emptied.
      if (fill === present && shared.anonymousLevels(ladder) <= fewestLevels) fill = present - 1;
      if (fill === 0) return;
      remaining -= fill;
      // Several resting orders at one price give several trades.
      let reported = fill;
      while (reported > 0) {
        const lots = random.next() < 0.6 ? reported : Math.max(1, Math.floor(reported * random.next()));
        listener.trade(at, tick, lots, !buys, 0, 0);
        reported -= lots;
      }
      shared.setAnonymous(ladder, tick, present - fill, at, listener);
      if (fill < present) return;
    }
  };

  /** Keeps a side in shape: as many levels as it should have, where the price is now. */
  const tend = (ladder: PriceLadder, at: number, listener: MarketListener): void => {
    const touch = ladder.tickAt(0);
    const farthest = shared.farthestAnonymous(ladder) ?? touch;
    const present = shared.anonymousLevels(ladder);
    const tooFar = Math.abs(farthest - reference) > spanTicks * 3 && present > fewestLevels;
    if (tooFar || present > levels) {
      dropFarthest(ladder, at, listener);
    } else if (random.next() < 0.8) {
      const tick = touch + (ladder === bids ? -1 : 1) * (1 + geometric(spanTicks / 3));
      if (tick >= 1) shared.setAnonymous(ladder, tick, drawLots(100), at, listener);
    } else {
      const rank = Math.floor(random.next() * ladder.size);
      shared.setAnonymous(ladder, ladder.tickAt(rank), drawLots(rank), at, listener);
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

  /**
   * New levels beyond the farthest one, or between it and the other side if it is far away already: a side that is
   * swept again and again must not wander off to price zero.
   */
  const replenish = (ladder: PriceLadder, at: number, listener: MarketListener): void => {
    const direction = ladder === bids ? -1 : 1;
    for (let attempt = 0; attempt < levels * 4; attempt++) {
      if (shared.anonymousLevels(ladder) >= fewestLevels) return;
      const opposite = ladder === bids ? asks : bids;
      const touch = opposite.size > 0 ? opposite.tickAt(0) : Math.round(reference);
      const farthest = shared.farthestAnonymous(ladder) ?? touch;
      const distance = Math.abs(farthest - touch);
      const tick =
        distance > spanTicks * 3
          ? touch + direction * (1 + Math.floor(random.next() * distance))
          : farthest + direction * (1 + geometric(gapTicks));
      if (tick >= 1 && shared.anonymousLots(ladder, tick) === 0) {
        shared.setAnonymous(ladder, tick, drawLots(100), at, listener);
      }
    }
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
    shared,
    settle(at, listener) {
      replenish(bids, at, listener);
      replenish(asks, at, listener);
      listener.commit(at);
    },
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
