import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Decimal } from "../../src/decimal/decimal.js";
import { formatExactNumber, parseExactNumber, parsePlainDecimal } from "../../src/parse/exact-number.js";

const digits = (minLength: number, maxLength: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength, maxLength }).map((list) => list.join(""));

/** Unsigned numbers in every form of JSON, many of them around the limits of 15 digits and 22 places. */
const numberText = fc
  .record({
    whole: fc.oneof(
      fc.constant("0"),
      digits(1, 20).map((text) => text.replace(/^0+(?=.)/, "")),
    ),
    fraction: fc.oneof(
      fc.constant(""),
      digits(1, 26),
      fc
        .tuple(fc.integer({ min: 0, max: 24 }), digits(1, 17))
        .map(([zeros, rest]) => "0".repeat(zeros) + rest),
    ),
    exponent: fc.oneof(
      fc.constant(""),
      fc.integer({ min: -40, max: 40 }).map((power) => `e${power}`),
    ),
  })
  .map(({ whole, fraction, exponent }) => whole + (fraction && `.${fraction}`) + exponent);

describe("parseExactNumber", () => {
  it("gives a double exactly where 15 digits and 22 places hold the value, else its plain text", () => {
    fc.assert(
      fc.property(numberText, (text) => {
        const value = new Decimal(text);
        const parsed = parseExactNumber(text);
        const fits = value.precision() <= 15 && value.decimalPlaces() <= 22;
        expect(typeof parsed).toBe(fits ? "number" : "string");
        expect(new Decimal(parsed ?? Number.NaN).eq(value)).toBe(true);
        if (typeof parsed === "number") {
          expect(parsed).toBe(Number(text));
          expect(formatExactNumber(parsed)).toBe(value.toFixed());
        } else {
          expect(parsed).toMatch(/^(0|[1-9]\d*)(\.\d*[1-9])?$/);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ["1.5", 1.5],
    ["0", 0],
    ["0.000", 0],
    ["0e5", 0],
    ["1.500000000000000000000000000", 1.5],
    ["1E-8", 1e-8],
    ["1e+3", 1000],
    ["1e300", 1e300],
    ["123456789012345", 123456789012345],
    ["1234567890123456", "1234567890123456"],
    ["0.30000000000000004", "0.30000000000000004"],
    ["0.0000000000000000000001", 1e-22],
    ["0.00000000000000000000001", "0.00000000000000000000001"],
    ["1.000000000000000001", "1.000000000000000001"],
    [
      "115792089237316195423570985008687907853269984665640564039457584007913129639935",
      "115792089237316195423570985008687907853269984665640564039457584007913129639935",
    ],
  ])("reads %s", (text, expected) => {
    expect(parseExactNumber(text)).toBe(expected);
  });

  it.each([
    "",
    " ",
    "+1",
    " 1",
    "1 ",
    "1.",
    ".5",
    "00",
    "01",
    "00.5",
    "1e",
    "1e+",
    "e5",
    "1e5.0",
    "-1",
    "-0",
    "-0.0",
    "NaN",
    "Infinity",
    "-Infinity",
    "0x1",
    "0b1",
    "0o7",
    "1_0",
    "1,5",
    "1.2.3",
    "١",
    "1\n",
    "null",
    "1e301",
    "1e999999999",
    "1e99999999999999999999",
    "1e-301",
    "1e-999999999",
  ])("refuses %j", (text) => {
    expect(parseExactNumber(text)).toBeUndefined();
  });

  it("takes time linear in the length of the text", () => {
    const text = `0.1${"0".repeat(500_000)}1`;
    expect(parseExactNumber(text)).toBe(text);
    expect(parseExactNumber(`${text}x`)).toBeUndefined();
  });
});

describe("parsePlainDecimal", () => {
  it("keeps the value and drops exponent and needless zeros", () => {
    expect(parsePlainDecimal("-1.50e-7")).toBe("-0.00000015");
    expect(parsePlainDecimal("1e21")).toBe("1000000000000000000000");
    expect(parsePlainDecimal("-0")).toBe("0");
    expect(parsePlainDecimal("1e999999999")).toBeUndefined();
    expect(parsePlainDecimal("abc")).toBeUndefined();
  });
});
