import { Decimal } from "../decimal/decimal.js";
import { MAX_EXACT_DIGITS, MAX_EXACT_PLACES } from "./exact-limits.js";

/**
 * Numbers below 1e-300 or from 1e301 on are refused, zero apart: their plain text can be as long as the
 * sender likes ("1e999999999"), and their double may be denormal or infinite.
 */
const MAX_MAGNITUDE = 300;

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/**
 * Reads the text of a price or amount: a number as JSON writes it, not negative.
 *
 * Returns a double where it holds the number exactly, and otherwise the number's plain decimal text,
 * without exponent and without needless zeros. Which of the two depends on the value alone, not on how
 * it is written: `"1.5"`, `"1.5000"` and `"15e-1"` all give 1.5.
 *
 * @returns `undefined` if `text` is no such number, or beyond 1e±300.
 */
export function parseExactNumber(text: string): number | string | undefined {
  const value = parseNumber(text);
  if (value === undefined || value.isNegative()) return undefined;
  const exact = value.precision() <= MAX_EXACT_DIGITS && value.decimalPlaces() <= MAX_EXACT_PLACES;
  return exact ? value.toNumber() : value.toFixed();
}

/**
 * Reads a number as JSON writes it, negative ones too, and writes it as a plain decimal: without
 * exponent and without needless zeros.
 *
 * @returns `undefined` if `text` is no such number, or beyond 1e±300.
 */
export function parsePlainDecimal(text: string): string | undefined {
  return parseNumber(text)?.toFixed();
}

/** The plain decimal text of a double that holds a decimal exactly: no other decimal of 15 digits has it. */
export function formatExactNumber(value: number): string {
  const text = String(value);
  return text.includes("e") ? new Decimal(text).toFixed() : text;
}

function parseNumber(text: string): Decimal | undefined {
  if (!JSON_NUMBER.test(text)) return undefined;
  const value = new Decimal(text);
  return value.isZero() || (value.isFinite() && Math.abs(value.e) <= MAX_MAGNITUDE) ? value : undefined;
}
