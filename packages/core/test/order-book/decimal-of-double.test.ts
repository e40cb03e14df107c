import fc from "fast-check";
import { expect, it } from "vitest";
import { Decimal } from "../../src/decimal/decimal.js";
import { decimalOf } from "../../src/order-book/decimal-of-double.js";

const shortDecimal = fc
  .tuple(fc.integer({ min: 1, max: 15 }), fc.maxSafeInteger().map(Math.abs), fc.integer({ min: -7, max: 22 }))
  .map(([digits, number, places]) => new Decimal(`${String(number).slice(0, digits)}e${-places}`))
  .filter((decimal) => decimal.decimalPlaces() <= 22);

it("makes the same Decimal, field by field, as its text would", () => {
  fc.assert(
    fc.property(shortDecimal, fc.integer({ min: -2, max: 24 }), (decimal, guess) => {
      for (const places of [decimal.decimalPlaces() + guess, decimal.decimalPlaces()]) {
        const made = decimalOf(decimal.toNumber(), Math.max(0, Math.min(22, places)));
        expect([made.s, made.e, made.d]).toEqual([decimal.s, decimal.e, decimal.d]);
        expect(made.constructor).toBe(Decimal);
        expect(made.toFixed()).toBe(decimal.toFixed());
      }
    }),
    { numRuns: 3000 },
  );
});

it.each([
  "0",
  "0.00000000000001",
  "0.0000001",
  "99999999999999",
  "9999999.9999999",
  "10000000",
  "10000000.0000001",
  "1e22",
])("holds for %s", (text) => {
  const decimal = new Decimal(text);
  for (let places = 0; places <= 22; places++) {
    const made = decimalOf(Number(text), places);
    expect([made.s, made.e, made.d]).toEqual([decimal.s, decimal.e, decimal.d]);
  }
});

it("computes like any Decimal", () => {
  expect(decimalOf(67000.1, 1).times(decimalOf(1.234, 3)).plus(decimalOf(0.5, 2)).toFixed()).toBe(
    "82678.6234",
  );
});
