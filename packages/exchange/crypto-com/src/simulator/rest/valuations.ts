import { type RestAnswer, type RestRefusal, refusals } from "./rest-answer.js";
import type { RestRequest } from "./venue-data.js";

const TYPES = new Set([
  "index_price",
  "mark_price",
  "funding_hist",
  "funding_rate",
  "estimated_funding_rate",
]);

/**
 * `public/get-valuations`: spot pairs have none, and the simulator has no index and no mark price behind its
 * perpetual, so that the list is always empty.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/rest/public-get-valuations
 */
export function valuations({ venue, query }: RestRequest): RestAnswer {
  const refusal = (parameter: string): RestRefusal =>
    (query.get(parameter) ?? "") === "" ? refusals.missing(parameter) : refusals.invalid(parameter);
  const symbol = query.get("instrument_name") ?? "";
  const listed = [...venue.markets.values()].some(
    ({ instrument }) => instrument.exchangeSymbol === symbol || instrument.underlyingSymbol === symbol,
  );
  if (!listed) return refusal("instrument_name");
  if (!TYPES.has(query.get("valuation_type") ?? "")) return refusal("valuation_type");
  return JSON.stringify({ data: [], instrument_name: symbol });
}
