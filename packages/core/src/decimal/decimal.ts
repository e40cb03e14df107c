import { Decimal as SharedDecimal } from "decimal.js";

/**
 * The decimal arithmetic of this library: a private copy of decimal.js, so that a host's settings
 * cannot change how money is computed here and ours cannot change the host's.
 *
 * 60 significant digits keep sums and products of prices and amounts exact, and `toString()` never
 * uses an exponent.
 *
 * @see https://mikemcl.github.io/decimal.js/#Dclone
 *
 * @example
 * ```ts
 * import { Decimal } from "@conn/core";
 *
 * const cost = new Decimal("0.1").times("0.2"); // 0.02
 * ```
 */
export const Decimal: typeof SharedDecimal = SharedDecimal.clone({
  defaults: true,
  precision: 60,
  rounding: SharedDecimal.ROUND_HALF_EVEN,
  toExpNeg: -9e15,
  toExpPos: 9e15,
});

/** An exact decimal number, immutable. */
export type Decimal = SharedDecimal;

/** The decimal 0. */
export const ZERO: Decimal = new Decimal(0);
