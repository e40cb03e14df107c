import { divideRounded, formatFixed } from "@conn/simulator";
import type { InstrumentMarket } from "../market/instrument-market.js";
import type { RestAnswer } from "./rest-answer.js";
import { isRefusal, type RestRequest, requiredMarket } from "./venue-data.js";

/** What a ticker says; a field is `null` where there were no trades or no orders. */
export interface Ticker {
  readonly high: string | null;
  readonly low: string | null;
  readonly last: string | null;
  /** Change in 24 hours, as a share of the price then. */
  readonly change: string | null;
  readonly bid: string | null;
  readonly bidAmount: string | null;
  readonly ask: string | null;
  readonly askAmount: string | null;
  readonly volume: string;
  /** Volume in dollars; a quote unit counts as one dollar here. */
  readonly volumeValue: string;
}

/** The ticker of an instrument as its market stands. */
export function tickerOf(market: InstrumentMarket, at: number): Ticker {
  const { quantityDecimals } = market.instrument;
  const day = market.day.summary(at);
  const [bid, bidAmount] = market.book.best("bid") ?? [null, null];
  const [ask, askAmount] = market.book.best("ask") ?? [null, null];
  const book = { bid, bidAmount, ask, askAmount };
  if (day === undefined) {
    return { high: null, low: null, last: null, change: null, ...book, volume: "0", volumeValue: "0" };
  }
  // Captured: volumes have four decimals at most, their value two, the change four.
  const volumeDecimals = Math.min(4, quantityDecimals);
  const volume = divideRounded(
    day.lots * BigInt(market.lotUnits),
    10n ** BigInt(quantityDecimals - volumeDecimals),
  );
  const value = divideRounded(
    day.quote * BigInt(market.tickUnits) * BigInt(market.lotUnits) * 100n,
    10n ** BigInt(market.priceDecimals + quantityDecimals),
  );
  const change = divideRounded(BigInt(day.last - day.open) * 10_000n, BigInt(day.open));
  return {
    high: market.priceText(day.high),
    low: market.priceText(day.low),
    last: market.priceText(day.last),
    change: formatFixed(change, 4),
    ...book,
    volume: formatFixed(volume, volumeDecimals),
    volumeValue: formatFixed(value, 2),
  };
}

/** Open interest: spot pairs have none, and the market of a derivative has no positions here. */
export const OPEN_INTEREST = "0";

/**
 * `public/get-tickers`: of one instrument, or of all. Fields and their order as captured in June 2026.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/rest/public-get-tickers
 */
export function tickers(request: RestRequest): RestAnswer {
  const row = (market: InstrumentMarket): string => {
    market.advance(request.at);
    const ticker = tickerOf(market, request.at);
    return JSON.stringify({
      i: market.instrument.exchangeSymbol,
      h: ticker.high,
      l: ticker.low,
      a: ticker.last,
      v: ticker.volume,
      vv: ticker.volumeValue,
      c: ticker.change,
      b: ticker.bid,
      k: ticker.ask,
      oi: OPEN_INTEREST,
      t: market.book.lastChangeAt,
    });
  };
  if (!request.query.has("instrument_name")) {
    return `{"data":[${Array.from(request.venue.markets.values(), row).join(",")}]}`;
  }
  const market = requiredMarket(request);
  return isRefusal(market) ? market : `{"data":[${row(market)}]}`;
}
