import { Decimal } from "@conn/core";
import type { Balance } from "../ledger/ledger.js";
import type { TradedMarket } from "./traded-market.js";
import type { TradingAccount } from "./trading-account.js";
import type { VenueRules } from "./venue-rules.js";

/** A fee to pay; a negative one is a rebate. */
export interface Fee {
  readonly asset: string;
  readonly amount: Decimal;
}

/** The fee of a fill, in the discount asset if the account pays in it and has enough. */
export function feeOf(
  account: TradingAccount,
  instrument: TradedMarket,
  fill: {
    readonly isBuy: boolean;
    readonly maker: boolean;
    readonly amount: Decimal;
    readonly quote: Decimal;
  },
  rules: VenueRules,
  balanceOf: (asset: string) => Balance,
): Fee {
  const rate = account.feeRate(instrument.symbol, fill.maker ? "maker" : "taker");
  const rounded = (amount: Decimal, asset: string): Fee => ({
    asset,
    amount: amount.toDecimalPlaces(rules.assetDecimals?.(asset) ?? 8, Decimal.ROUND_HALF_UP),
  });
  const inBase = !instrument.isLinear && fill.isBuy && !instrument.feeInQuote;
  const asset = instrument.isLinear ? instrument.settle : inBase ? instrument.base : instrument.quote;
  const due = (inBase ? fill.amount : fill.quote).times(rate);
  const discount = account.settings.feeDiscount;
  if (discount !== undefined && due.gt(0)) {
    const price = rules.feeAssetPrice?.(discount.asset, asset);
    if (price?.gt(0)) {
      const fee = rounded(due.times(discount.factor).div(price), discount.asset);
      if (balanceOf(discount.asset).available.gte(fee.amount)) return fee;
    }
  }
  return rounded(due, asset);
}
