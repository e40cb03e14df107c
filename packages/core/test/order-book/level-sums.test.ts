import fc from "fast-check";
import { expect, it } from "vitest";
import { Decimal } from "../../src/decimal/decimal.js";
import { LevelSummer, type SumBounds } from "../../src/order-book/level-sums.js";

const decimal = fc
  .tuple(fc.integer({ min: 1, max: 15 }), fc.maxSafeInteger(), fc.integer({ min: 0, max: 9 }))
  .map(([digits, number, places]) => new Decimal(`${String(Math.abs(number)).slice(0, digits)}e${-places}`))
  .filter((value) => !value.isZero());
const level = fc.tuple(decimal, decimal);

it("sums exactly the levels that it accepted, and none that reaches a bound", () => {
  const bound = fc.option(decimal, { nil: undefined });
  fc.assert(
    fc.property(
      fc.array(level, { maxLength: 30 }),
      fc.integer({ min: 0, max: 10 }),
      fc.integer({ min: 0, max: 10 }),
      fc.constantFrom(1, -1),
      bound,
      bound,
      bound,
      (levels, priceScale, amountScale, sign, amount, notional, price) => {
        const bounds: SumBounds = {
          ...(amount && { amount }),
          ...(notional && { notional }),
          ...(price && { price }),
        };
        const summer = new LevelSummer(sign, { priceScale, amountScale }, bounds);
        let sum = new Decimal(0);
        let product = new Decimal(0);
        let count = 0;
        for (const [levelPrice, levelAmount] of levels) {
          if (!summer.add(levelPrice.toNumber(), levelAmount.toNumber())) break;
          sum = sum.plus(levelAmount);
          product = product.plus(levelPrice.times(levelAmount));
          count++;
          if (price !== undefined) expect(levelPrice.minus(price).times(sign).gt(0)).toBe(true);
        }
        expect(summer.sum.levels).toBe(count);
        expect(summer.sum.amount.toFixed()).toBe(sum.toFixed());
        expect(summer.sum.notional.toFixed()).toBe(product.toFixed());
        expect(summer.sum.worstPrice?.toFixed()).toBe(levels[count - 1]?.[0].toFixed());
        if (amount !== undefined && count > 0) expect(sum.lt(amount)).toBe(true);
        if (notional !== undefined && count > 0) expect(product.lt(notional)).toBe(true);
      },
    ),
    { numRuns: 2000 },
  );
});

it("sums beyond the integers that a double holds", () => {
  const summer = new LevelSummer(1, { priceScale: 2, amountScale: 8 }, {});
  for (let index = 0; index < 1000; index++) expect(summer.add(67_000.13 - index, 1.00000001)).toBe(true);
  expect(summer.sum.amount.toFixed()).toBe("1000.00001");
  expect(summer.sum.notional.toFixed()).toBe("66500630.6650063");
  expect(summer.sum.worstPrice?.toFixed()).toBe("66001.13");
});

it("accepts whole books whose numbers keep to the scales", () => {
  const summer = new LevelSummer(
    -1,
    { priceScale: 1, amountScale: 3 },
    { amount: new Decimal(1000), price: new Decimal("100.3") },
  );
  expect([100.1, 100.2, 100.3].map((price) => summer.add(price, 1.001))).toEqual([true, true, false]);
});

it("keeps off a bound that is nearer than doubles of sums can tell", () => {
  for (const sign of [1, -1]) {
    const price = new Decimal("123456789.015");
    const summer = new LevelSummer(sign, { priceScale: 2, amountScale: 0 }, { price });
    expect(summer.add(123456789.02, 1) || summer.add(123456789.01, 1)).toBe(false);
  }
  const summer = new LevelSummer(1, { priceScale: 1, amountScale: 1 }, { amount: new Decimal("0.3") });
  expect([0.1, 0.1, 0.1].map((amount) => summer.add(1, amount))).toEqual([true, true, false]);
});
