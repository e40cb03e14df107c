/**
 * A decimal of at most this many significant digits and `MAX_EXACT_PLACES` places after the point
 * is exact in a double: mantissa and power of ten are both doubles without error, so their quotient is
 * the double nearest to the decimal, and no other decimal of that size has the same nearest double.
 */
export const MAX_EXACT_DIGITS = 15;
export const MAX_EXACT_PLACES = 22;

/** Greatest integer of that many digits. */
export const MAX_EXACT_UNITS = 999_999_999_999_999;

/** Powers of ten that a double holds without error. */
export const POWERS_OF_TEN: Float64Array = Float64Array.from({ length: MAX_EXACT_PLACES + 1 }, (_, places) =>
  Number(`1e${places}`),
);

/** Digits that an int32 holds, whichever they are. */
export const INT32_DIGITS = 9;
