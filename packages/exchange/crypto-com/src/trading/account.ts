import {
  type BalanceListing,
  type BalanceUpdate,
  Decimal,
  type Instrument,
  type RestCall,
  type TradingFees,
} from "@conn/core";
import * as v from "valibot";
import { decimal } from "./order-words.js";
import { privateCall } from "./private-call.js";

/** All of an account. What it has of a token and what orders hold of that; the totals in dollars are for derivatives. */
export const ACCOUNT = v.object({
  position_balances: v.array(
    v.object({ instrument_name: v.string(), quantity: decimal, reserved_qty: v.optional(decimal) }),
  ),
});

export function toListing({ position_balances }: v.InferOutput<typeof ACCOUNT>): BalanceListing {
  const balances = position_balances.map(
    ({ instrument_name: asset, quantity, reserved_qty: reserved }): BalanceUpdate => ({
      asset,
      total: quantity,
      available: quantity.minus(reserved ?? 0),
      exchangeTimestamp: undefined,
    }),
  );
  return { balances, exchangeTimestamp: undefined };
}

const ACCOUNTS = v.object({ data: v.tuple([ACCOUNT]) });

/** @see https://exchange-developer.crypto.com/exchange/v1/docs/api/account-rest (private/user-balance) */
export const balances: RestCall<BalanceListing> = privateCall("private/user-balance", {}, (result) =>
  toListing(v.parse(ACCOUNTS, result).data[0]),
);

const RATES = v.object({ effective_maker_rate_bps: decimal, effective_taker_rate_bps: decimal });
const BPS = new Decimal(10_000);

/** @see https://exchange-developer.crypto.com/exchange/v1/docs/api/account-rest (private/get-instrument-fee-rate) */
export function tradingFees({
  exchangeSymbol,
}: Instrument): RestCall<Pick<TradingFees, "makerRate" | "takerRate">> {
  return privateCall("private/get-instrument-fee-rate", { instrument_name: exchangeSymbol }, (result) => {
    const rates = v.parse(RATES, result);
    return {
      makerRate: rates.effective_maker_rate_bps.div(BPS),
      takerRate: rates.effective_taker_rate_bps.div(BPS),
    };
  });
}
