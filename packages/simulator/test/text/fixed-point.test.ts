import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { divideRounded, formatFixed, parseFixed } from "../../src/index.js";

describe("fixed-point numbers", () => {
  it("read what they write", () => {
    fc.assert(
      fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), fc.nat({ max: 12 }), (units, scale) => {
        const text = formatFixed(units, scale);
        expect(text.split(".")[1]?.length ?? 0).toBe(scale);
        expect(parseFixed(text, scale)).toBe(units);
      }),
    );
  });

  it.each([
    ["0.10", 2, 10],
    ["0.10", 1, 1],
    ["5", 0, 5],
    ["5.000", 0, 5],
    ["0.0000001", 7, 1],
  ])("%s at scale %i is %i units", (text, scale, units) => expect(parseFixed(text, scale)).toBe(units));

  it.each([
    ["0.15", 1],
    ["1e5", 2],
    ["-1", 2],
    ["", 2],
    [".5", 2],
    ["99999999999999999", 0],
  ])("%s is refused at scale %i", (text, scale) => expect(() => parseFixed(text, scale)).toThrow(TypeError));

  it("write negative numbers and big ones", () => {
    expect(formatFixed(-5, 8)).toBe("-0.00000005");
    expect(formatFixed(-123n, 2)).toBe("-1.23");
    expect(formatFixed(12345678901234567890n, 4)).toBe("1234567890123456.7890");
  });

  it("round half up, away from zero", () => {
    expect([5n, 15n, 14n, -15n].map((one) => divideRounded(one, 10n))).toEqual([1n, 2n, 1n, -2n]);
  });
});
