import type { BinancePerpetualLimits } from "../limits.js";
import type { ContractMarket } from "../market/contract-market.js";
import { type RestRefusal, refusals } from "./rest-answer.js";

/** What the REST endpoints read. */
export interface VenueData {
  readonly limits: BinancePerpetualLimits;
  /** Contracts by exchange symbol, in the order of their listing. */
  readonly contracts: ReadonlyMap<string, ContractMarket>;
  /** Symbols whose entry in `exchangeInfo` has nonsensical increments. */
  readonly malformed: ReadonlySet<string>;
  /** JSON texts that `exchangeInfo` lists besides, however malformed. */
  readonly malformedSymbols: readonly string[];
}

/** One request to an endpoint. */
export interface RestRequest {
  readonly venue: VenueData;
  readonly query: URLSearchParams;
  /** Venue time, milliseconds since 1970. */
  readonly at: number;
}

/** The market that `symbol` asks for, up to date; or `undefined` if it is not given; or a refusal. */
export function requestedMarket(request: RestRequest): ContractMarket | undefined | RestRefusal {
  const symbol = request.query.get("symbol");
  if (symbol === null || symbol === "") return undefined;
  // The venue takes lower case too: https://github.com/dilettante-trading/polyoxide/blob/main/docs/specs/binance/OBSERVED.md
  const market = request.venue.contracts.get(symbol.replace(/[a-z]+/g, (letters) => letters.toUpperCase()));
  if (market === undefined) return refusals.invalidSymbol;
  market.advance(request.at);
  return market;
}

/** As `requestedMarket`, for endpoints that need a symbol which has a market. */
export function requiredMarket(request: RestRequest): ContractMarket | RestRefusal {
  const market = requestedMarket(request);
  if (market === undefined) return refusals.missing("symbol");
  if (!isRefusal(market) && !hasMarketData(market)) return refusals.invalidSymbolStatus;
  return market;
}

/** Whether the venue shows a book and prices of the contract. */
function hasMarketData(market: ContractMarket): boolean {
  return market.contract.status === "TRADING" || market.contract.status === "TRADING_HALT";
}

export function isRefusal(value: ContractMarket | RestRefusal | undefined): value is RestRefusal {
  return value !== undefined && "code" in value;
}

/** All contracts that trade, up to date. */
export function tradingMarkets(request: RestRequest): ContractMarket[] {
  const markets = [...request.venue.contracts.values()].filter(
    (market) => market.contract.status === "TRADING",
  );
  for (const market of markets) market.advance(request.at);
  return markets;
}

/** A whole number parameter: its value, `undefined` if absent, or a refusal. */
export function integerParameter(
  query: URLSearchParams,
  name: string,
  range: { readonly min: number; readonly max: number },
): number | undefined | RestRefusal {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^\d{1,16}$/.test(text)) return refusals.missing(name);
  const value = Number(text);
  return value < range.min || value > range.max ? refusals.invalidParameter(name) : value;
}
