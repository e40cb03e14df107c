import { Decimal, type TradingDefinition } from "@conn/core";
import { RECEIVE_WINDOW_MS } from "../auth.js";
import { balances, keyPermissions, leverage, tradingFees } from "./account.js";
import { FILLS_SPAN_MS, fills } from "./fills.js";
import {
  amend,
  cancel,
  cancelAll,
  cancelBatch,
  MAX_BATCH_CANCEL,
  MAX_BATCH_PLACE,
  openOrders,
  place,
  placeBatch,
  query,
} from "./orders.js";
import { userStream } from "./user-stream.js";

/** The venue's private side. */
export const trading: TradingDefinition = {
  // 1 to 36 letters of `[.A-Z:/a-z0-9_-]`, unique among open orders:
  // https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/New-Order
  clientOrderIds: { prefix: "conn-", maxLength: 36, alphabet: "lowercase" },
  times: {
    receiveWindowMs: RECEIVE_WINDOW_MS,
    // No figure is published; lists of the venue have been seen to lag by seconds.
    queryLagMs: 10_000,
    // Canceled and expired orders without fills are forgotten after three days:
    // https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Query-Order
    retentionMs: 3 * 86_400_000,
  },
  // For accounts without discounts: https://www.binance.com/en/fee/futureFee
  fees: { makerRate: new Decimal("0.0002"), takerRate: new Decimal("0.0005"), charged: "addedToCost" },
  place,
  placeBatch: { max: MAX_BATCH_PLACE, call: placeBatch },
  cancel,
  cancelBatch: { max: MAX_BATCH_CANCEL, perInstrument: true, call: cancelBatch },
  cancelAll,
  amend,
  query,
  openOrders,
  fills: { perInstrument: true, maxSpanMs: FILLS_SPAN_MS, call: fills },
  balances,
  tradingFees,
  leverage,
  keyPermissions,
  userStream,
};
