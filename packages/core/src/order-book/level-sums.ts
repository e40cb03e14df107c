import { Decimal, ZERO } from "../decimal/decimal.js";
import { MAX_EXACT_PLACES, MAX_EXACT_UNITS, POWERS_OF_TEN } from "../parse/exact-limits.js";
import { decimalOf } from "./decimal-of-double.js";

/** Decimal places of most prices and amounts. */
export interface Scales {
  readonly priceScale: number;
  readonly amountScale: number;
}

/** How far levels are summed; the numbers need not be exact. */
export interface SumBounds {
  /** Stop before the amounts come to this. */
  readonly amount?: Decimal;
  /** Stop before the sum of price × amount comes to this. */
  readonly notional?: Decimal;
  /** Stop before this price. */
  readonly price?: Decimal;
}

/** The sum of the best levels of a side, exactly. */
export interface LevelSum {
  /** How many levels were summed. */
  readonly levels: number;
  readonly amount: Decimal;
  /** Sum of price × amount. */
  readonly notional: Decimal;
  /** Price of the last of the levels; undefined if there are none. */
  readonly worstPrice: Decimal | undefined;
}

export const NO_LEVELS: LevelSum = { levels: 0, amount: ZERO, notional: ZERO, worstPrice: undefined };

/** Relative distance that is kept from bounds: far more than the error of a sum of doubles. */
const MARGIN = 1e-9;

/**
 * Sums levels by counting integers: prices and amounts in units of their last decimal place. Doubles do
 * that exactly up to 2^53; what grows beyond is put aside in Decimals.
 */
export class LevelSummer {
  readonly #scales: Scales;
  /** Units in 1 of price, and in 1 of amount. */
  readonly #pricePower: number;
  readonly #amountPower: number;
  readonly #maxAmount: number;
  readonly #maxNotional: number;
  readonly #worstKey: number;
  readonly #sign: number;
  #levels = 0;
  #lastPrice = 0;
  #amountUnits = 0;
  #notionalUnits = 0;
  #amountAside = ZERO;
  #notionalAside = ZERO;
  /** About the sums so far. */
  #amount = 0;
  #notional = 0;

  /**
   * @param sign 1 if the levels are bids, -1 if they are asks.
   * @param scales The scales that the levels probably keep to.
   */
  constructor(sign: number, scales: Scales, bounds: SumBounds) {
    this.#sign = sign;
    this.#scales = scales;
    this.#pricePower = POWERS_OF_TEN[scales.priceScale] ?? Number.NaN;
    this.#amountPower = POWERS_OF_TEN[scales.amountScale] ?? Number.NaN;
    this.#maxAmount = (bounds.amount?.toNumber() ?? Number.POSITIVE_INFINITY) * (1 - MARGIN);
    this.#maxNotional = (bounds.notional?.toNumber() ?? Number.POSITIVE_INFINITY) * (1 - MARGIN);
    const price = bounds.price?.toNumber();
    this.#worstKey = price === undefined ? Number.NEGATIVE_INFINITY : sign * price * (1 + sign * MARGIN);
  }

  /**
   * Adds the next level.
   *
   * @returns false, and adds nothing, if a bound is near or the level cannot be counted in units.
   */
  add(price: number, amount: number): boolean {
    this.#amount += amount;
    this.#notional += price * amount;
    if (!(this.#amount < this.#maxAmount && this.#notional < this.#maxNotional)) return false;
    if (!(this.#sign * price > this.#worstKey)) return false;
    const priceUnits = Math.round(price * this.#pricePower);
    const amountUnits = Math.round(amount * this.#amountPower);
    // If the quotients are the numbers, then the units are exact: see PriceGrid.
    if (!(priceUnits <= MAX_EXACT_UNITS && priceUnits / this.#pricePower === price)) return false;
    if (!(amountUnits <= MAX_EXACT_UNITS && amountUnits / this.#amountPower === amount)) return false;
    const notionalUnits = priceUnits * amountUnits;
    if (
      this.#amountUnits + amountUnits > Number.MAX_SAFE_INTEGER ||
      this.#notionalUnits + notionalUnits > Number.MAX_SAFE_INTEGER
    ) {
      this.#amountAside = this.#amountAside.plus(this.#amountUnits);
      this.#notionalAside = this.#notionalAside.plus(this.#notionalUnits);
      this.#amountUnits = 0;
      this.#notionalUnits = 0;
    }
    this.#amountUnits += amountUnits;
    if (notionalUnits <= Number.MAX_SAFE_INTEGER) this.#notionalUnits += notionalUnits;
    else this.#notionalAside = new Decimal(priceUnits).times(amountUnits).plus(this.#notionalAside);
    this.#levels++;
    this.#lastPrice = price;
    return true;
  }

  get sum(): LevelSum {
    if (this.#levels === 0) return NO_LEVELS;
    const { priceScale, amountScale } = this.#scales;
    return {
      levels: this.#levels,
      amount: total(this.#amountAside, this.#amountUnits, amountScale),
      notional: total(this.#notionalAside, this.#notionalUnits, priceScale + amountScale),
      worstPrice: decimalOf(this.#lastPrice, priceScale),
    };
  }
}

function total(aside: Decimal, units: number, places: number): Decimal {
  if (aside.isZero() && units <= MAX_EXACT_UNITS && places <= MAX_EXACT_PLACES) {
    return decimalOf(units / POWERS_OF_TEN[places]!, places);
  }
  return aside.plus(units).times(new Decimal(`1e-${places}`));
}
