import type { Level } from "@conn/simulator";
import { type RestAnswer, refusals } from "./rest-answer.js";
import { isRefusal, type RestRequest, requiredMarket } from "./venue-data.js";

/** Weight of a depth request by its limit; no other limits are valid. */
const DEPTH_WEIGHTS: ReadonlyMap<string, number> = new Map([
  ["5", 2],
  ["10", 2],
  ["20", 2],
  ["50", 2],
  ["100", 5],
  ["500", 10],
  ["1000", 20],
]);

/**
 * The page says that a request without a limit has limit 500 and so weight 10. Measured it costs 1, as does
 * a refused limit.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Order-Book
 * @see https://github.com/dilettante-trading/polyoxide/blob/main/docs/specs/binance/OBSERVED.md
 */
export function depthWeight(query: URLSearchParams): number {
  return DEPTH_WEIGHTS.get(query.get("limit") ?? "") ?? 1;
}

/**
 * `GET /fapi/v1/depth`: the best levels, exactly as of `lastUpdateId`.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Order-Book
 */
export function depth(request: RestRequest): RestAnswer {
  const limit = request.query.get("limit");
  if (limit !== null && !DEPTH_WEIGHTS.has(limit)) return refusals.invalidDepthLimit(limit);
  const market = requiredMarket(request);
  if (isRefusal(market)) return market;
  const levels = Number(limit ?? 500);
  const { book } = market;
  return (
    `{"lastUpdateId":${book.lastUpdateId},"E":${request.at},"T":${book.lastChangeAt}` +
    `,"bids":[${rowsText(book.levels("bid"), levels)}],"asks":[${rowsText(book.levels("ask"), levels)}]}`
  );
}

/** The JSON text of rows, without the outer brackets. */
export function rowsText(rows: Iterable<Level>, most = Number.POSITIVE_INFINITY): string {
  let text = "";
  let left = most;
  for (const [price, amount] of rows) {
    if (left-- <= 0) break;
    text += text === "" ? `["${price}","${amount}"]` : `,["${price}","${amount}"]`;
  }
  return text;
}
