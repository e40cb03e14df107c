import type { InstrumentMarket } from "../market/instrument-market.js";
import { type RestRefusal, refusals } from "./rest-answer.js";

/** What the REST methods read. */
export interface VenueData {
  /** Markets by exchange symbol, in the order of their listing. */
  readonly markets: ReadonlyMap<string, InstrumentMarket>;
  /** Symbols whose entry in the list of instruments has nonsensical increments. */
  readonly malformed: ReadonlySet<string>;
  /** JSON texts that the list of instruments has besides, whatever they may be. */
  readonly malformedEntries: readonly string[];
}

/** One request to a method. */
export interface RestRequest {
  readonly venue: VenueData;
  readonly query: URLSearchParams;
  /** Venue time, milliseconds since 1970. */
  readonly at: number;
}

/** The market that `instrument_name` asks for, up to date; or a refusal. */
export function requiredMarket(request: RestRequest): InstrumentMarket | RestRefusal {
  const symbol = request.query.get("instrument_name");
  if (symbol === null || symbol === "") return refusals.missing("instrument_name");
  const market = request.venue.markets.get(symbol);
  if (market === undefined) return refusals.invalid("instrument_name");
  market.advance(request.at);
  return market;
}

export function isRefusal<T extends object>(value: T | RestRefusal): value is RestRefusal {
  return "code" in value;
}

/** A whole number parameter; `fallback` if absent; or a refusal. */
export function countParameter(
  query: URLSearchParams,
  name: string,
  range: { readonly most: number; readonly fallback: number },
): number | RestRefusal {
  const text = query.get(name);
  if (text === null || text === "") return range.fallback;
  if (!/^\d{1,9}$/.test(text)) return refusals.invalid(name);
  const count = Number(text);
  return count < 1 || count > range.most ? refusals.invalid(name) : count;
}

/**
 * A time parameter, as nanoseconds; `undefined` if absent; or a refusal. The page advises nanoseconds and says
 * no more; ccxt sends microseconds. In our days milliseconds have 13 digits, microseconds 16, nanoseconds 19.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/rest/public-get-trades
 * @see https://github.com/ccxt/ccxt/blob/master/ts/src/cryptocom.ts fetchOHLCV
 */
export function timeParameter(query: URLSearchParams, name: string): bigint | undefined | RestRefusal {
  const text = query.get(name);
  if (text === null || text === "") return undefined;
  if (!/^\d{1,19}$/.test(text)) return refusals.invalidDate;
  const nanosecondsPerUnit = text.length > 17 ? 1n : text.length > 14 ? 1_000n : 1_000_000n;
  return BigInt(text) * nanosecondsPerUnit;
}
