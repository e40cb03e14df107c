import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MarketListener } from "../../src/index.js";
import { createSharedBook } from "../../src/market/shared-book.js";

/** One maker in the plain reference: an order of an account, or anonymous lots that came together. */
interface Maker {
  readonly tick: number;
  readonly order: number;
  lots: number;
}

const tick = fc.integer({ min: 100, max: 104 });
const lots = fc.integer({ min: 1, max: 6 });
const step = fc.oneof(
  fc.record({ kind: fc.constant("anonymous" as const), tick, lots: fc.integer({ min: 0, max: 12 }) }),
  fc.record({ kind: fc.constant("rest" as const), tick, lots }),
  fc.record({ kind: fc.constant("hit" as const), lots: fc.integer({ min: 1, max: 15 }) }),
  fc.record({ kind: fc.constant("shrink" as const), pick: fc.nat(), left: fc.integer({ min: 0, max: 5 }) }),
  fc.record({ kind: fc.constant("hitOrder" as const), pick: fc.nat(), lots }),
);

describe("shared book", () => {
  it("keeps price-time priority like a plain list of makers", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("bids" as const, "asks" as const),
        fc.array(step, { maxLength: 60 }),
        (side, steps) => {
          const book = createSharedBook();
          const ladder = book[side];
          const copy = new Map<number, number>();
          const trades: string[] = [];
          const listener: MarketListener = {
            change(_at, _ladder, at, now, before) {
              expect(before).toBe(copy.get(at) ?? 0);
              copy.set(at, now);
            },
            trade: (_at, at, amount, _buyerIsMaker, maker, taker) =>
              trades.push(`${at} ${amount} ${maker} ${taker}`),
            commit() {},
          };
          /** Oldest first at each tick. */
          const makers: Maker[] = [];
          const expected: string[] = [];
          let orders = 0;
          const of = (at: number): Maker[] => makers.filter((maker) => maker.tick === at && maker.lots > 0);
          const anonymousOf = (at: number): number =>
            of(at).reduce((sum, maker) => sum + (maker.order === 0 ? maker.lots : 0), 0);
          const byPriority = (): Maker[] =>
            [...makers]
              .filter((maker) => maker.lots > 0)
              .sort((a, b) => (side === "bids" ? b.tick - a.tick : a.tick - b.tick));
          for (const one of steps) {
            const resting = makers.filter((maker) => maker.order > 0 && maker.lots > 0);
            if (one.kind === "anonymous") {
              book.setAnonymous(ladder, one.tick, one.lots, 0, listener);
              let surplus = anonymousOf(one.tick) - one.lots;
              if (surplus < 0) makers.push({ tick: one.tick, order: 0, lots: -surplus });
              for (const maker of of(one.tick).reverse()) {
                if (maker.order > 0 || surplus <= 0) continue;
                const gone = Math.min(surplus, maker.lots);
                maker.lots -= gone;
                surplus -= gone;
              }
            } else if (one.kind === "rest") {
              orders++;
              book.rest(ladder, one.tick, one.lots, orders, 0, listener);
              makers.push({ tick: one.tick, order: orders, lots: one.lots });
            } else if (one.kind === "hit") {
              let left = one.lots;
              for (let front = book.front(ladder); front && left > 0; front = book.front(ladder)) {
                const taken = Math.min(left, front.lots);
                book.hit(ladder, taken, 99, 0, listener);
                left -= taken;
              }
              left = one.lots;
              for (const maker of byPriority()) {
                const taken = Math.min(left, maker.lots);
                if (taken === 0) continue;
                maker.lots -= taken;
                left -= taken;
                expected.push(`${maker.tick} ${taken} ${maker.order} 99`);
              }
            } else if (resting.length > 0) {
              const maker = resting[one.pick % resting.length]!;
              if (one.kind === "shrink") {
                maker.lots = Math.min(maker.lots, one.left);
                book.shrink(ladder, maker.tick, maker.order, maker.lots, 0, listener);
              } else {
                const taken = Math.min(maker.lots, one.lots);
                maker.lots -= taken;
                book.hitOrder(ladder, maker.tick, maker.order, taken, 0, listener);
                expected.push(`${maker.tick} ${taken} ${maker.order} 0`);
              }
            }
            let anonymousLevels = 0;
            for (let at = 100; at <= 104; at++) {
              const level = of(at).reduce((sum, maker) => sum + maker.lots, 0);
              expect(ladder.lotsOf(at)).toBe(level);
              expect(copy.get(at) ?? 0).toBe(level);
              expect(book.anonymousLots(ladder, at)).toBe(anonymousOf(at));
              if (anonymousOf(at) > 0) anonymousLevels++;
            }
            expect(book.anonymousLevels(ladder)).toBe(anonymousLevels);
          }
          // Anonymous makers that stand next to each other trade as one.
          expect(merged(trades)).toEqual(merged(expected));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("refuses to cross, and to take what is not there", () => {
    const silent: MarketListener = { change() {}, trade() {}, commit() {} };
    const book = createSharedBook();
    book.setAnonymous(book.asks, 10, 5, 0, silent);
    expect(() => book.rest(book.bids, 10, 1, 1, 0, silent)).toThrow(TypeError);
    expect(() => book.hit(book.asks, 6, 0, 0, silent)).toThrow(TypeError);
    expect(() => book.hit(book.bids, 1, 0, 0, silent)).toThrow(TypeError);
    book.rest(book.bids, 9, 2, 1, 0, silent);
    expect(() => book.shrink(book.bids, 9, 1, 3, 0, silent)).toThrow(TypeError);
    expect(() => book.shrink(book.bids, 9, 2, 0, 0, silent)).toThrow(TypeError);
    expect(() => book.hitOrder(book.bids, 9, 1, 3, 0, silent)).toThrow(TypeError);
  });
});

function merged(trades: readonly string[]): string[] {
  const result: [tick: string, lots: number, rest: string][] = [];
  for (const trade of trades) {
    const [at, amount, ...rest] = trade.split(" ");
    const last = result.at(-1);
    if (last?.[0] === at && last?.[2] === rest.join(" ")) last[1] += Number(amount);
    else result.push([at!, Number(amount), rest.join(" ")]);
  }
  return result.map((row) => row.join(" "));
}
