import type { BookRow } from "../market/instrument-market.js";
import { type RestAnswer, refusals } from "./rest-answer.js";
import { countParameter, isRefusal, type RestRequest, requiredMarket } from "./venue-data.js";

/** Levels a side that the venue gives at most, and when `depth` is not given. The page says 50. */
const DEEPEST = 150;

/**
 * `public/get-book`: the best levels. It tells no update id, so that it cannot be joined to a stream; `t` is the
 * time of the book's latest change.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/rest/public-get-book
 * @see https://github.com/nemanull/arbitrage-observatory/blob/11b37323d167f62679e92ac345d317fad916371c/docs/profiles/cryptocom/rest.md depths, `t`
 */
export function book(request: RestRequest): RestAnswer {
  const market = requiredMarket(request);
  if (isRefusal(market)) return market;
  const depth = countParameter(request.query, "depth", { most: DEEPEST, fallback: DEEPEST });
  if (typeof depth === "object") return refusals.invalid("depth");
  return (
    `{"depth":${depth},"data":[{"bids":[${rowsText(market.window("bid", depth))}]` +
    `,"asks":[${rowsText(market.window("ask", depth))}],"t":${market.book.lastChangeAt}}]` +
    `,"instrument_name":"${market.instrument.exchangeSymbol}"}`
  );
}

/** The JSON text of rows, without the outer brackets. */
export function rowsText(rows: readonly BookRow[]): string {
  return rows.map(([price, amount, orders]) => `["${price}","${amount}","${orders}"]`).join(",");
}
