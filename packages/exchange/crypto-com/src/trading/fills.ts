import type { FillsPage, FillsQuery, FillUpdate, RestCall } from "@conn/core";
import * as v from "valibot";
import { decimal, id, side, timestamp } from "./order-words.js";
import { privateCall } from "./private-call.js";

/** Longest stretch of time that one question may span. */
export const FILLS_SPAN_MS = 7 * 86_400_000;
/** Most trades that one answer has. */
const PAGE = 100;
const NS_PER_MS = 1_000_000n;

/** A trade of the account. The fee is negative where it was charged; liquidity stands in `taker_side`. */
export const TRADE = v.object({
  instrument_name: v.string(),
  order_id: id,
  client_oid: v.optional(v.string()),
  trade_id: id,
  side,
  traded_price: decimal,
  traded_quantity: decimal,
  fees: decimal,
  fee_instrument_name: v.string(),
  taker_side: v.picklist(["MAKER", "TAKER"]),
  create_time: timestamp,
  create_time_ns: v.optional(v.pipe(v.string(), v.regex(/^\d+$/))),
});

export function toFill(trade: v.InferOutput<typeof TRADE>): FillUpdate {
  return {
    exchangeSymbol: trade.instrument_name,
    exchangeOrderId: trade.order_id,
    clientOrderId: trade.client_oid,
    tradeId: trade.trade_id,
    side: trade.side,
    price: trade.traded_price,
    amount: trade.traded_quantity,
    fees: trade.fees.isZero() ? [] : [{ asset: trade.fee_instrument_name, amount: trade.fees.neg() }],
    liquidity: trade.taker_side === "MAKER" ? "maker" : "taker",
    exchangeTimestamp: trade.create_time,
  };
}

const LISTING = v.object({ data: v.array(TRADE) });

/**
 * The account's trades in a stretch of time, the newest first; a full page goes on at the time of its oldest.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/trading-rest (private/get-trades)
 */
export function fills({ instrument, fromTimestamp, cursor }: FillsQuery): RestCall<FillsPage> {
  const start = BigInt(Math.floor(fromTimestamp)) * NS_PER_MS;
  const end = cursor === undefined ? start + BigInt(FILLS_SPAN_MS) * NS_PER_MS : BigInt(cursor);
  const params = {
    ...(instrument && { instrument_name: instrument.exchangeSymbol }),
    start_time: String(start),
    end_time: String(end),
    limit: String(PAGE),
  };
  return privateCall("private/get-trades", params, (result) => {
    const trades = v.parse(LISTING, result).data;
    const times = trades.map(({ create_time_ns: ns, create_time: ms }) =>
      BigInt(ns ?? BigInt(ms) * NS_PER_MS),
    );
    const [oldest = end] = [...times, end].sort((one, other) => (one < other ? -1 : 1));
    return {
      fills: trades.map(toFill),
      // Several trades may have one time: the next page begins with it once more. A page that is all of one time would
      // come for ever.
      cursor: trades.length < PAGE || oldest <= start ? undefined : String(oldest < end ? oldest : end - 1n),
    };
  });
}
