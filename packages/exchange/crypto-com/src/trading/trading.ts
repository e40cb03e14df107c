import { Decimal, type TradingDefinition } from "@conn/core";
import { NONCE_WINDOW_MS } from "../auth.js";
import { balances, tradingFees } from "./account.js";
import { FILLS_SPAN_MS, fills } from "./fills.js";
import {
  amend,
  cancel,
  cancelAll,
  cancelBatch,
  MAX_BATCH,
  openOrders,
  place,
  placeBatch,
  query,
} from "./orders.js";
import { userStream } from "./user-stream.js";

/** The venue's private side. */
export const trading: TradingDefinition = {
  // Up to 36 letters of any kind: https://exchange-developer.crypto.com/exchange/v1/docs/api/trading-rest (private/create-order)
  clientOrderIds: { prefix: "conn-", maxLength: 36, alphabet: "lowercase" },
  times: {
    receiveWindowMs: NONCE_WINDOW_MS,
    // Orders are taken up asynchronously, and no figure is published.
    queryLagMs: 10_000,
    // The history of orders reaches back so far: https://exchange-developer.crypto.com/exchange/v1/docs/api/trading-rest (private/get-order-history)
    retentionMs: 7 * 86_400_000,
  },
  // Of the lowest tier: https://crypto.com/exchange/document/fees-limits
  fees: { makerRate: new Decimal("0.0025"), takerRate: new Decimal("0.005"), charged: "deductedFromReturns" },
  place,
  placeBatch: { max: MAX_BATCH, call: placeBatch },
  cancel,
  cancelBatch: { max: MAX_BATCH, perInstrument: false, call: cancelBatch },
  cancelAll,
  amend,
  query,
  openOrders,
  fills: { perInstrument: false, maxSpanMs: FILLS_SPAN_MS, call: fills },
  balances,
  tradingFees,
  userStream,
};
