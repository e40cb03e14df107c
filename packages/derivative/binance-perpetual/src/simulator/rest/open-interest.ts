import type { RestAnswer } from "./rest-answer.js";
import { isRefusal, type RestRequest, requiredMarket } from "./venue-data.js";

/**
 * `GET /fapi/v1/openInterest` of one contract, which must be named.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Open-Interest
 */
export function openInterest(request: RestRequest): RestAnswer {
  const market = requiredMarket(request);
  if (isRefusal(market)) return market;
  return JSON.stringify({
    openInterest: market.amountText(market.openInterest()),
    symbol: market.contract.exchangeSymbol,
    time: market.day.summary(request.at)?.closeTime ?? request.at,
  });
}
