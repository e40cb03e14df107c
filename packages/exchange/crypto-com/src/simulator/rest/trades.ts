import { matchIdOf, tradeIdOf } from "../market/instrument-market.js";
import { type RestAnswer, refusals } from "./rest-answer.js";
import { countParameter, isRefusal, type RestRequest, requiredMarket, timeParameter } from "./venue-data.js";

const DAY_NS = 86_400_000_000_000n;

/**
 * `public/get-trades`: the latest of a window, newest first; `start_ts` is inside, `end_ts` is not.
 *
 * The page shows sides in capitals and `tn` as a text. What the venue sends is lower case, and a number beyond
 * 2^53, as captured in June 2026 and as ccxt has it:
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/rest/public-get-trades
 * @see https://github.com/tomlin256/cryptocogs
 * @see https://github.com/ccxt/ccxt/blob/master/ts/src/cryptocom.ts parseTrade
 */
export function trades(request: RestRequest): RestAnswer {
  const market = requiredMarket(request);
  if (isRefusal(market)) return market;
  const count = countParameter(request.query, "count", { most: 150, fallback: 25 });
  if (typeof count === "object") return count;
  const end = timeParameter(request.query, "end_ts") ?? BigInt(request.at + 1) * 1_000_000n;
  if (typeof end === "object") return end;
  const start = timeParameter(request.query, "start_ts") ?? end - DAY_NS;
  if (typeof start === "object") return start;
  if (start > end || end - start > 7n * DAY_NS) return refusals.invalidDate;

  const rows: string[] = [];
  const { oldest, end: next } = market.trades;
  for (let index = next - 1; index >= oldest && rows.length < count; index--) {
    const trade = market.trades.get(index);
    const nanoseconds = tradeIdOf(trade);
    if (BigInt(nanoseconds) >= end) continue;
    if (BigInt(nanoseconds) < start) break;
    rows.push(
      `{"d":"${nanoseconds}","t":${trade.at},"tn":${nanoseconds},"q":"${market.amountText(trade.lots)}"` +
        `,"p":"${market.priceText(trade.tick)}","s":"${trade.takerBuys ? "buy" : "sell"}"` +
        `,"i":"${market.instrument.exchangeSymbol}","m":"${matchIdOf(trade)}"}`,
    );
  }
  return `{"data":[${rows.join(",")}]}`;
}
