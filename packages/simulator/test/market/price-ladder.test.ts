import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPriceLadder } from "../../src/market/price-ladder.js";

describe("price ladder", () => {
  it("is a sorted map from tick to lots", () => {
    const step = fc.record({ tick: fc.integer({ min: 1, max: 60 }), lots: fc.integer({ min: 0, max: 3 }) });
    fc.assert(
      fc.property(
        fc.constantFrom("bid" as const, "ask" as const),
        fc.array(step, { maxLength: 300 }),
        (side, steps) => {
          const ladder = createPriceLadder(side);
          const model = new Map<number, number>();
          for (const { tick, lots } of steps) {
            expect(ladder.set(tick, lots)).toBe(model.get(tick) ?? 0);
            if (lots > 0) model.set(tick, lots);
            else model.delete(tick);
            expect(ladder.lotsOf(tick)).toBe(lots);
          }
          const expected = [...model].sort(([a], [b]) => (side === "bid" ? b - a : a - b));
          const actual = Array.from({ length: ladder.size }, (_, rank) => [
            ladder.tickAt(rank),
            ladder.lotsAt(rank),
          ]);
          expect(actual).toEqual(expected);
        },
      ),
    );
  });

  it("grows beyond its first capacity", () => {
    const ladder = createPriceLadder("ask");
    for (let tick = 5000; tick >= 1; tick--) ladder.set(tick, tick);
    expect(ladder.size).toBe(5000);
    expect([ladder.tickAt(0), ladder.tickAt(4999)]).toEqual([1, 5000]);
  });

  it("refuses a rank that is not there", () => {
    const ladder = createPriceLadder("bid");
    expect(() => ladder.tickAt(0)).toThrow(RangeError);
    ladder.set(5, 1);
    expect(() => ladder.lotsAt(1)).toThrow(RangeError);
  });
});
