import type { Decimal } from "../decimal/decimal.js";
import { MAX_EXACT_PLACES, MAX_EXACT_UNITS, POWERS_OF_TEN } from "../parse/exact-limits.js";

/** Some thousand ticks of this unit beyond `MAX_EXACT_UNITS` are still below 2^52. */
const MAX_UNIT = 1e11;

/**
 * Numbers the prices of an instrument: the price of tick `n` is `n * unit / scale`.
 *
 * Both operands of that division are integers that a double holds exactly, so its result is the double
 * nearest to the decimal price. A price out of a frame is the double nearest to a decimal of at most
 * 15 digits. Written with the same number of places, both decimals are integers below 2^52, and two of
 * those never share a double. So if the division gives back the price, the tick is its price
 * exactly; if not, the price is off the grid.
 */
export interface PriceGrid {
  /** A power of ten, at most 1e22. */
  readonly scale: number;
  /** Price increment × scale, an integer. */
  readonly unit: number;
  /** Ticks per unit of price, rounded. */
  readonly density: number;
}

/** The grid of a price increment; undefined if doubles cannot count its multiples. */
export function priceGridOf(increment: Decimal): PriceGrid | undefined {
  const places = increment.decimalPlaces();
  if (!increment.isFinite() || !increment.greaterThan(0) || places > MAX_EXACT_PLACES) return undefined;
  const scale = POWERS_OF_TEN[places]!;
  const unit = increment.times(scale).toNumber();
  return unit <= MAX_UNIT ? { scale, unit, density: scale / unit } : undefined;
}

/** The tick of `price` if that is on the grid, otherwise NaN. */
export function tickOf(grid: PriceGrid, price: number): number {
  const tick = Math.round(price * grid.density);
  return tick * grid.unit <= MAX_EXACT_UNITS && (tick * grid.unit) / grid.scale === price ? tick : Number.NaN;
}
