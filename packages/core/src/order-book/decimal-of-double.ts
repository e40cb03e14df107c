import { Decimal } from "../decimal/decimal.js";
import { MAX_EXACT_UNITS, POWERS_OF_TEN } from "../parse/exact-limits.js";

/** What decimal.js keeps of a number; its arithmetic never changes these, and no one else may. */
type Fields = { -readonly [Field in "d" | "e"]: Decimal[Field] };

/** decimal.js keeps digits in words of seven, aligned at the decimal point. */
const WORD_DIGITS = 7;
const WORD = 1e7;
/** Numbers of two words on either side of the point are made here, all others by decimal.js. */
const MAX_PLACES = 2 * WORD_DIGITS;
const MAX_WHOLE = WORD * WORD;

/**
 * The Decimal of a double ≥ 0 that holds a decimal of at most 15 digits.
 *
 * Gives the same as `new Decimal(value)`, which goes by way of the number's text and takes five times as
 * long: time that would be spent at each look at the best price.
 *
 * @param places Decimal places that `value` probably has at most; a wrong guess only costs time.
 */
export function decimalOf(value: number, places: number): Decimal {
  const scale = POWERS_OF_TEN[Math.min(places, MAX_PLACES)]!;
  const units = Math.round(value * scale);
  // If the quotient is the value, then value is exactly units / scale: see PriceGrid.
  if (value >= MAX_WHOLE || units > MAX_EXACT_UNITS || units === 0 || units / scale !== value) {
    return new Decimal(value);
  }
  const whole = Math.floor(value);
  // All of these are integers below 2^53.
  const fraction = (units - whole * scale) * (POWERS_OF_TEN[MAX_PLACES]! / scale);
  const high = Math.floor(whole / WORD);
  const upper = Math.floor(fraction / WORD);
  const words = [high, whole - high * WORD, upper, fraction - upper * WORD];
  let first = 0;
  while (words[first] === 0) first++;
  let last = words.length - 1;
  while (words[last] === 0) last--;
  const decimal = new Decimal(0);
  const fields = decimal as Fields;
  fields.d = words.slice(first, last + 1);
  // The word at index 1 ends at the decimal point.
  fields.e = (1 - first) * WORD_DIGITS + digitsOf(words[first]!) - 1;
  return decimal;
}

function digitsOf(word: number): number {
  let digits = 1;
  while (digits < WORD_DIGITS && word >= POWERS_OF_TEN[digits]!) digits++;
  return digits;
}
