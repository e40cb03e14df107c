import { Decimal } from "@conn/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  formatAtScale,
  formatCountdown,
  formatDuration,
  formatTime,
  spreadOf,
} from "../../src/render/format.js";

test("a number is never rounded, whatever its scale is said to be", () => {
  expect(formatAtScale(new Decimal("1.5"), 3)).toBe("1.500");
  expect(formatAtScale(new Decimal("1.2345"), 2)).toBe("1.2345");
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 30n }), fc.nat(20), fc.nat(20), (digits, places, scale) => {
      const value = new Decimal(digits.toString()).div(new Decimal(10).pow(places));
      expect(new Decimal(formatAtScale(value, scale)).eq(value)).toBe(true);
    }),
  );
});

test("durations are said as a person says them", () => {
  expect([0, 340.4, 1_230, 9_940, 9_960, 61_000, 600_000].map(formatDuration)).toEqual([
    "0 ms",
    "340 ms",
    "1.2 s",
    "9.9 s",
    "10 s",
    "61 s",
    "10 min",
  ]);
});

test("a time that is left counts down to nothing", () => {
  expect([86_399_001, 3_600_000, 59_999, 1, 0, -5_000].map(formatCountdown)).toEqual([
    "24:00:00",
    "1:00:00",
    "0:01:00",
    "0:00:01",
    "0:00:00",
    "0:00:00",
  ]);
});

test("times are those of the day in UTC", () => {
  expect(formatTime(Date.UTC(2026, 0, 2, 23, 59, 59, 999))).toBe("23:59:59");
  expect(formatTime(Date.UTC(2026, 0, 2, 0, 0, 0, 0))).toBe("00:00:00");
});

test("the spread is exact, and negative in a crossed book", () => {
  const between = spreadOf(new Decimal("100.00"), new Decimal("100.01"));
  expect(between?.spread.toFixed()).toBe("0.01");
  expect(between?.mid.toFixed()).toBe("100.005");
  expect(between?.basisPoints.toFixed(4)).toBe("1.0000");
  expect(spreadOf(new Decimal(2), new Decimal(1))?.spread.toFixed()).toBe("-1");
  expect(spreadOf(undefined, new Decimal(1))).toBeUndefined();
});
