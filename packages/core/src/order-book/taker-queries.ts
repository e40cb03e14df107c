import { Decimal, ZERO } from "../decimal/decimal.js";
import { type AmountUnits, toBaseAmount, toQuoteAmount } from "../instrument/index.js";
import { parsePlainDecimal } from "../parse/exact-number.js";
import type { BookSide } from "./book-side.js";

/** How much a taker wants: in the instrument's `amountUnit`, in units of base, or in units of quote. */
export type TakerSize =
  | { readonly amount: Decimal | string; readonly baseAmount?: never; readonly quoteAmount?: never }
  | { readonly baseAmount: Decimal | string; readonly amount?: never; readonly quoteAmount?: never }
  | { readonly quoteAmount: Decimal | string; readonly amount?: never; readonly baseAmount?: never };

export interface TakerLimit {
  /** Take nothing at a price worse than this. */
  readonly limitPrice?: Decimal | string;
}

/** What a taker order would get. */
export interface TakerFill {
  /** In the instrument's `amountUnit`. */
  readonly filledAmount: Decimal;
  /** Units of base. */
  readonly baseAmount: Decimal;
  /** Units of quote, without fees. */
  readonly quoteAmount: Decimal;
  /** Quote by base; undefined if nothing was filled. */
  readonly averagePrice: Decimal | undefined;
  /** Price of the last level taken from; undefined if nothing was filled. */
  readonly worstPrice: Decimal | undefined;
  /** Levels taken from, the last maybe in part. */
  readonly levels: number;
  /** Whether the whole size was filled. */
  readonly complete: boolean;
}

/** Whether a price is acceptable to a taker with this limit. */
type PriceTest = (price: Decimal) => boolean;

/**
 * Reads an argument of a query.
 *
 * @throws TypeError if it is not a Decimal or a decimal string, or not above 0.
 */
export function positiveDecimal(name: string, value: unknown): Decimal {
  const text =
    typeof value === "string" ? parsePlainDecimal(value) : Decimal.isDecimal(value) ? value : undefined;
  // A Decimal of another copy of decimal.js computes with that copy's precision, so it is copied too.
  const decimal = text === undefined ? undefined : new Decimal(text);
  if (decimal === undefined || !decimal.isFinite() || !decimal.greaterThan(0)) {
    throw new TypeError(`${name} must be a Decimal or a decimal string above 0`);
  }
  return decimal;
}

/** The worst price that taking `amount` reaches; undefined if there is less. */
export function priceForVolume(levels: BookSide, amount: Decimal): Decimal | undefined {
  let found: Decimal | undefined;
  let sum = ZERO;
  levels.walk((price, levelAmount) => {
    sum = sum.plus(levelAmount);
    if (sum.lessThan(amount)) return true;
    found = price;
    return false;
  });
  return found;
}

/** The amount of all levels whose price is acceptable. */
export function volumeForPrice(levels: BookSide, isAcceptable: PriceTest): Decimal {
  let sum = ZERO;
  levels.walk((price, amount) => {
    if (!isAcceptable(price)) return false;
    sum = sum.plus(amount);
    return true;
  });
  return sum;
}

/** Units of quote in all levels whose price is acceptable. */
export function quoteVolumeForPrice(levels: BookSide, units: AmountUnits, isAcceptable: PriceTest): Decimal {
  let sum = ZERO;
  levels.walk((price, amount) => {
    if (!isAcceptable(price)) return false;
    sum = sum.plus(toQuoteAmount(units, amount, price));
    return true;
  });
  return sum;
}

/** What a taker of `size` would get from the levels whose price is acceptable. */
export function simulateTaker(
  levels: BookSide,
  units: AmountUnits,
  size: TakerSize,
  isAcceptable: PriceTest = () => true,
): TakerFill {
  const [unit, target] = sizeOf(size);
  const filled = { amount: ZERO, baseAmount: ZERO, quoteAmount: ZERO };
  let worstPrice: Decimal | undefined;
  let count = 0;
  let complete = false;
  levels.walk((price, amount) => {
    if (!isAcceptable(price)) return false;
    let taken = amountsOf(units, amount, price);
    const missing = target.minus(filled[unit]);
    complete = taken[unit].greaterThanOrEqualTo(missing);
    if (taken[unit].greaterThan(missing)) taken = partOf(units, unit, missing, price);
    filled.amount = filled.amount.plus(taken.amount);
    filled.baseAmount = filled.baseAmount.plus(taken.baseAmount);
    filled.quoteAmount = filled.quoteAmount.plus(taken.quoteAmount);
    worstPrice = price;
    count++;
    return !complete;
  });
  return {
    filledAmount: filled.amount,
    baseAmount: filled.baseAmount,
    quoteAmount: filled.quoteAmount,
    averagePrice: count > 1 ? filled.quoteAmount.div(filled.baseAmount) : worstPrice,
    worstPrice,
    levels: count,
    complete,
  };
}

const UNITS = ["amount", "baseAmount", "quoteAmount"] as const;
type Unit = (typeof UNITS)[number];
type Amounts = Record<Unit, Decimal>;

function sizeOf(size: TakerSize): [Unit, Decimal] {
  const [unit, ...others] = UNITS.filter((name) => size[name] !== undefined);
  if (unit === undefined || others.length > 0) {
    throw new TypeError(`size must have one of ${UNITS.join(", ")}`);
  }
  return [unit, positiveDecimal(unit, size[unit])];
}

function amountsOf(units: AmountUnits, amount: Decimal, price: Decimal): Amounts {
  return {
    amount,
    baseAmount: toBaseAmount(units, amount, price),
    quoteAmount: toQuoteAmount(units, amount, price),
  };
}

/** `value`, which is in `unit`, at `price` in all three units. */
function partOf(units: AmountUnits, unit: Unit, value: Decimal, price: Decimal): Amounts {
  if (unit === "amount") return amountsOf(units, value, price);
  const baseAmount = unit === "baseAmount" ? value : value.div(price);
  const quoteAmount = unit === "quoteAmount" ? value : value.times(price);
  let amount = baseAmount;
  if (units.amountUnit === "contracts") {
    amount = (units.payoff === "inverse" ? quoteAmount : baseAmount).div(units.contractSize);
  }
  return { amount, baseAmount, quoteAmount };
}
