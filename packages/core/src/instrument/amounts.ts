import type { Decimal } from "../decimal/decimal.js";
import { ZERO } from "../decimal/decimal.js";
import type { Instrument } from "./instrument.js";

/** The facts of an instrument that turn venue amounts into base and quote amounts. */
export type AmountUnits = Pick<Instrument, "amountUnit" | "payoff" | "contractSize">;

/** Units of base in `amount`, which is in the venue's unit, at `price`. */
export function toBaseAmount(units: AmountUnits, amount: Decimal, price: Decimal): Decimal {
  if (units.amountUnit === "base") return amount;
  const sized = amount.times(units.contractSize);
  if (units.payoff !== "inverse") return sized;
  return price.isZero() ? ZERO : sized.div(price);
}

/** Units of quote in `amount`, which is in the venue's unit, at `price`. */
export function toQuoteAmount(units: AmountUnits, amount: Decimal, price: Decimal): Decimal {
  if (units.amountUnit === "base") return amount.times(price);
  const sized = amount.times(units.contractSize);
  return units.payoff === "inverse" ? sized : sized.times(price);
}
