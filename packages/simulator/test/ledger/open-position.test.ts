import { Decimal } from "@conn/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OpenPosition } from "../../src/ledger/open-position.js";

describe("position", () => {
  it("has realized exactly what its fills add up to whenever it is closed", () => {
    const fill = fc.record({
      lots: fc.integer({ min: -50, max: 50 }),
      ticks: fc.integer({ min: 1, max: 9999 }),
    });
    fc.assert(
      fc.property(
        fc.array(fill, { maxLength: 40 }),
        fc.integer({ min: 1, max: 9999 }),
        (fills, lastTicks) => {
          const position = new OpenPosition("a", "X", "both", new Decimal("0.1"), 8);
          let amount = new Decimal(0);
          let cash = new Decimal(0);
          let realized = new Decimal(0);
          const trade = (signed: Decimal, price: Decimal): void => {
            realized = realized.plus(position.fill(signed, price, 1));
            amount = amount.plus(signed);
            cash = cash.minus(signed.times(price).times("0.1"));
          };
          for (const { lots, ticks } of fills) {
            if (lots !== 0) trade(new Decimal(lots).times("0.001"), new Decimal(ticks).times("0.01"));
            expect(position.amount.eq(amount)).toBe(true);
            // What is open is worth its cost plus what all fills paid, less what was realized.
            const cost = amount.isNegative() ? position.cost.negated() : position.cost;
            expect(cash.plus(cost).eq(realized)).toBe(true);
          }
          if (!amount.isZero()) trade(amount.negated(), new Decimal(lastTicks).times("0.01"));
          expect(position.cost.isZero()).toBe(true);
          expect(realized.eq(cash)).toBe(true);
          expect(position.view(5).entryPrice).toBeUndefined();
          expect(position.realizedPnl.eq(cash)).toBe(true);
        },
      ),
    );
  });

  it("turns over at the price of the fill", () => {
    const position = new OpenPosition("a", "X", "both", new Decimal(1), 8);
    position.fill(new Decimal(2), new Decimal(100), 1);
    expect(position.fill(new Decimal(-5), new Decimal(110), 2).toString()).toBe("20");
    const view = position.view(10);
    expect([view.amount, view.entryPrice, view.initialMargin].map(String)).toEqual(["-3", "110", "33"]);
  });
});
