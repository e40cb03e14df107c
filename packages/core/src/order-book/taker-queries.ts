import { Decimal } from "../decimal/decimal.js";
import { type AmountUnits, toBaseAmount, toQuoteAmount } from "../instrument/index.js";
import { parsePlainDecimal } from "../parse/exact-number.js";
import type { BookSide } from "./book-side.js";
import { type LevelSum, NO_LEVELS } from "./level-sums.js";

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

/** The worst price that a taker accepts. */
export interface PriceLimit {
  readonly price: Decimal;
  accepts(price: Decimal): boolean;
}

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
  const start = levels.sumWithin({ amount });
  let sum = start.amount;
  let found: Decimal | undefined;
  levels.walk((level) => {
    sum = sum.plus(level.amount);
    if (sum.lessThan(amount)) return true;
    found = level.price;
    return false;
  }, start.levels);
  return found;
}

/** The amount of all levels whose price is acceptable. */
export function volumeForPrice(levels: BookSide, limit: PriceLimit): Decimal {
  const start = levels.sumWithin({ price: limit.price });
  let sum = start.amount;
  levels.walk(({ price, amount }) => {
    if (!limit.accepts(price)) return false;
    sum = sum.plus(amount);
    return true;
  }, start.levels);
  return sum;
}

/** Units of quote in all levels whose price is acceptable. */
export function quoteVolumeForPrice(levels: BookSide, units: AmountUnits, limit: PriceLimit): Decimal {
  const start = levels.sumWithin({ price: limit.price });
  let sum = sized(units, isInverse(units) ? start.amount : start.notional);
  levels.walk(({ price, amount }) => {
    if (!limit.accepts(price)) return false;
    sum = sum.plus(toQuoteAmount(units, amount, price));
    return true;
  }, start.levels);
  return sum;
}

/** What a taker of `size` would get from the levels whose price is acceptable. */
export function simulateTaker(
  levels: BookSide,
  units: AmountUnits,
  size: TakerSize,
  limit?: PriceLimit,
): TakerFill {
  const [unit, target] = sizeOf(size);
  const start = sumBelow(levels, units, unit, target, limit);
  const filled: Amounts = {
    amount: start.amount,
    baseAmount: sized(units, start.amount),
    quoteAmount: sized(units, start.notional),
  };
  let { levels: count, worstPrice } = start;
  let complete = false;
  levels.walk(({ price, amount }) => {
    if (limit !== undefined && !limit.accepts(price)) return false;
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
  }, start.levels);
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

/** The sum of levels that `target` certainly takes whole. */
function sumBelow(
  levels: BookSide,
  units: AmountUnits,
  unit: Unit,
  target: Decimal,
  limit: PriceLimit | undefined,
): LevelSum {
  // The base in inverse contracts is a sum of quotients, which sums of price and amount do not give.
  if (isInverse(units)) return NO_LEVELS;
  const price = limit === undefined ? {} : { price: limit.price };
  if (unit === "amount") return levels.sumWithin({ ...price, amount: target });
  const unsized = units.amountUnit === "base" ? target : target.div(units.contractSize);
  return levels.sumWithin(
    unit === "baseAmount" ? { ...price, amount: unsized } : { ...price, notional: unsized },
  );
}

function isInverse(units: AmountUnits): boolean {
  return units.amountUnit === "contracts" && units.payoff === "inverse";
}

/** A sum over contracts, times what one contract is. */
function sized(units: AmountUnits, sum: Decimal): Decimal {
  return units.amountUnit === "base" ? sum : sum.times(units.contractSize);
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
    amount = (isInverse(units) ? quoteAmount : baseAmount).div(units.contractSize);
  }
  return { amount, baseAmount, quoteAmount };
}
