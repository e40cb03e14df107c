import { type Decimal, ZERO } from "../decimal/decimal.js";
import type { Instrument } from "../instrument/index.js";
import type { FeeSchedule, Fill, InFlightOrder } from "../model/index.js";
import type { AssetAmount } from "./balance-book.js";
import { notionalOf } from "./prepare-order.js";

/** What the needs of an order depend on beside itself. */
export interface NeedsFacts {
  readonly instrument: Instrument;
  readonly takerRate: Decimal;
  readonly charged: FeeSchedule["charged"];
  /** Price that a market order is expected to trade at, at the worst; undefined if there is none to trust. */
  readonly marketPrice: Decimal | undefined;
  /** Derivatives: how much of a position's worth one unit of margin carries; undefined if it is not known. */
  readonly leverage: Decimal | undefined;
}

/**
 * What an order takes of the account while it works, as far as it has not traded: of quote for a spot buy, of base for
 * a spot sell, of the settle asset for a derivative. Empty where that cannot be known.
 */
export function needsOfOrder(
  order: Pick<
    InFlightOrder,
    "side" | "price" | "amount" | "quoteAmount" | "filledAmount" | "filledQuoteAmount" | "reduceOnly"
  >,
  facts: NeedsFacts,
): readonly AssetAmount[] {
  const { instrument, takerRate, charged, marketPrice, leverage } = facts;
  const { side, amount, quoteAmount, filledAmount, filledQuoteAmount, reduceOnly } = order;
  const price = order.price ?? marketPrice;
  const left = amount?.minus(filledAmount);
  if (left !== undefined && !left.gt(0)) return [];
  const worth = quoteAmount?.minus(filledQuoteAmount) ?? notionalOf(instrument, left, price);
  if (worth !== undefined && !worth.gt(0)) return [];
  if (instrument.type === "spot") {
    if (side === "sell") return left === undefined ? [] : [{ asset: instrument.base, amount: left }];
    if (worth === undefined) return [];
    const fee = charged === "addedToCost" ? worth.times(takerRate) : ZERO;
    return [{ asset: instrument.quote, amount: worth.plus(fee) }];
  }
  const { settle } = instrument;
  // An order that only makes a position smaller gives margin back.
  if (settle === undefined || worth === undefined || leverage === undefined || reduceOnly) return [];
  if (instrument.payoff === "inverse") {
    if (price === undefined) return [];
    const inBase = worth.div(price);
    return [{ asset: settle, amount: inBase.div(leverage).plus(inBase.times(takerRate)) }];
  }
  return [{ asset: settle, amount: worth.div(leverage).plus(worth.times(takerRate)) }];
}

/** What a spot fill adds to the account, by asset; negative: takes away. */
export function effectOfSpotFill(fill: Fill, { base, quote }: Instrument): readonly AssetAmount[] {
  const worth = fill.price.times(fill.amount);
  const bought = fill.side === "buy";
  const fees = (fill.fees ?? []).map(({ asset, amount }) => ({ asset, amount: amount.neg() }));
  return [
    { asset: base, amount: bought ? fill.amount : fill.amount.neg() },
    { asset: quote, amount: bought ? worth.neg() : worth },
    ...fees,
  ];
}
