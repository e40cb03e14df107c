import { type FillsPage, type FillsQuery, parseJson, type RestCall } from "@conn/core";
import * as v from "valibot";
import { REQUEST_WEIGHT } from "../constants.js";
import { decimal, id, side, timestamp } from "./order-words.js";

/** Longest stretch of time that one question may span. */
export const FILLS_SPAN_MS = 7 * 86_400_000;
const PAGE = 1_000;

const TRADE = v.object({
  id,
  orderId: id,
  symbol: v.string(),
  side,
  price: decimal,
  qty: decimal,
  commission: decimal,
  commissionAsset: v.string(),
  maker: v.boolean(),
  time: timestamp,
});

/**
 * The account's trades in an instrument, the oldest first; a full page goes on at the id after its last.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Account-Trade-List
 */
export function fills({
  instrument,
  exchangeOrderId,
  fromTimestamp,
  cursor,
}: FillsQuery): RestCall<FillsPage> {
  if (instrument === undefined) throw new TypeError("fills of this venue are asked for by instrument");
  return {
    method: "GET",
    path: "/fapi/v1/userTrades",
    query: {
      symbol: instrument.exchangeSymbol,
      limit: String(PAGE),
      ...(exchangeOrderId !== undefined && { orderId: exchangeOrderId }),
      // The venue takes either times or an id to begin at, and neither with an order.
      ...(exchangeOrderId === undefined && cursor !== undefined && { fromId: cursor }),
      ...(exchangeOrderId === undefined &&
        cursor === undefined && {
          startTime: String(fromTimestamp),
          endTime: String(fromTimestamp + FILLS_SPAN_MS - 1),
        }),
    },
    access: "signed",
    cost: { [REQUEST_WEIGHT.id]: 5 },
    parse(body) {
      const trades = v.parse(v.array(TRADE), parseJson(body));
      const last = trades.at(-1);
      return {
        fills: trades.map((trade) => ({
          exchangeSymbol: trade.symbol,
          exchangeOrderId: trade.orderId,
          clientOrderId: undefined,
          tradeId: trade.id,
          side: trade.side,
          price: trade.price,
          amount: trade.qty,
          fees: [{ asset: trade.commissionAsset, amount: trade.commission }],
          liquidity: trade.maker ? "maker" : "taker",
          exchangeTimestamp: trade.time,
        })),
        cursor:
          last === undefined || trades.length < PAGE || exchangeOrderId !== undefined
            ? undefined
            : String(BigInt(last.id) + 1n),
      };
    },
  };
}
