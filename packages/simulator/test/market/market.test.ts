import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMarket, createSeededRandom, type Market, type MarketListener } from "../../src/index.js";

const HOUR_MS = 3_600_000;
const silent: MarketListener = { change() {}, trade() {}, commit() {} };

const marketOf = (
  seed: number,
  options: { anchorTicks?: number; levels?: number; eventsPerSecond?: number } = {},
) =>
  createMarket({
    random: createSeededRandom(seed),
    startAt: 0,
    anchorTicks: 50_000,
    typicalLots: 40,
    levels: 100,
    ...options,
  });

const levels = (market: Market): string =>
  JSON.stringify(
    [market.bids, market.asks].map((ladder) =>
      Array.from({ length: ladder.size }, (_, rank) => [ladder.tickAt(rank), ladder.lotsAt(rank)]),
    ),
  );

describe("market", () => {
  it("stays healthy for hours, and its changes tell its book", () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.constantFrom(800, 4_762, 50_000, 845_510),
        fc.constantFrom(20, 100),
        (seed, anchorTicks, sideLevels) => {
          const market = marketOf(seed, { anchorTicks, levels: Math.min(sideLevels, anchorTicks / 8) });
          const copies = { bid: new Map<number, number>(), ask: new Map<number, number>() };
          for (const ladder of [market.bids, market.asks]) {
            for (let rank = 0; rank < ladder.size; rank++) {
              copies[ladder.side].set(ladder.tickAt(rank), ladder.lotsAt(rank));
            }
          }
          let trades = 0;
          let lastAt = 0;
          market.advance(2 * HOUR_MS, {
            change(at, ladder, tick, lots, previousLots) {
              const copy = copies[ladder.side];
              if (
                at < lastAt ||
                tick < 1 ||
                !Number.isSafeInteger(tick) ||
                lots < 0 ||
                !Number.isSafeInteger(lots) ||
                previousLots !== (copy.get(tick) ?? 0)
              ) {
                throw new Error(`bad change at ${at}: ${ladder.side} ${tick} ${previousLots} -> ${lots}`);
              }
              if (lots > 0) copy.set(tick, lots);
              else copy.delete(tick);
            },
            trade(_at, tick, lots) {
              if (!(lots > 0) || tick < 1) throw new Error("bad trade");
              trades++;
            },
            commit(at) {
              lastAt = at;
              const { bids, asks } = market;
              if (asks.tickAt(0) - bids.tickAt(0) < 1) throw new Error(`crossed at ${at}`);
              if (Math.min(bids.size, asks.size) < 10) throw new Error(`too thin at ${at}`);
              if (Math.max(bids.size, asks.size) > sideLevels * 1.5 + 1)
                throw new Error(`too thick at ${at}`);
            },
          });
          expect(trades).toBeGreaterThan(1000);
          for (const ladder of [market.bids, market.asks]) {
            expect(ladder.size).toBe(copies[ladder.side].size);
            for (let rank = 0; rank < ladder.size; rank++) {
              expect(copies[ladder.side].get(ladder.tickAt(rank))).toBe(ladder.lotsAt(rank));
            }
          }
        },
      ),
      { numRuns: 8 },
    );
  });

  it("keeps a tight spread most of the time", () => {
    const market = marketOf(5, { anchorTicks: 845_510, levels: 400 });
    const spreads: number[] = [];
    market.advance(HOUR_MS, {
      ...silent,
      commit: () => spreads.push(market.asks.tickAt(0) - market.bids.tickAt(0)),
    });
    spreads.sort((a, b) => a - b);
    expect(spreads[Math.floor(spreads.length / 2)]).toBeLessThanOrEqual(3);
    // A tenth of a percent of the price.
    expect(spreads[Math.floor(spreads.length * 0.99)]).toBeLessThan(845);
  });

  it("does not depend on how often it is asked to advance", () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.array(fc.integer({ min: 1, max: 20_000 }), { maxLength: 40 }),
        (seed, steps) => {
          const total = steps.reduce((sum, step) => sum + step, 0);
          const atOnce = marketOf(seed);
          atOnce.advance(total, silent);
          const inSteps = marketOf(seed);
          let at = 0;
          for (const step of steps) {
            at += step;
            inSteps.advance(at, silent);
          }
          expect(levels(inSteps)).toBe(levels(atOnce));
          expect(inSteps.nextEventAt()).toBe(atOnce.nextEventAt());
        },
      ),
      { numRuns: 30 },
    );
  });

  it("happens at about the rate it was given, with bursts", () => {
    const market = marketOf(9, { eventsPerSecond: 50 });
    let events = 0;
    market.advance(600_000, { ...silent, commit: () => events++ });
    expect(events).toBeGreaterThan(600 * 50 * 0.9);
    expect(events).toBeLessThan(600 * 50 * 2);
  });

  it("does nothing while frozen and goes on from then", () => {
    const market = marketOf(3);
    market.advance(10_000, silent);
    market.freeze();
    const before = levels(market);
    expect(market.nextEventAt()).toBeUndefined();
    market.advance(HOUR_MS, silent);
    expect(levels(market)).toBe(before);
    market.unfreeze(HOUR_MS);
    expect(market.nextEventAt()).toBeGreaterThanOrEqual(HOUR_MS);
    let first: number | undefined;
    market.advance(HOUR_MS + 10_000, {
      ...silent,
      commit(at) {
        first ??= at;
      },
    });
    expect(first).toBeGreaterThanOrEqual(HOUR_MS);
    expect(levels(market)).not.toBe(before);
  });

  it("refuses a price that leaves no room for the book", () => {
    expect(() => marketOf(1, { anchorTicks: 700, levels: 100 })).toThrow(TypeError);
  });
});
