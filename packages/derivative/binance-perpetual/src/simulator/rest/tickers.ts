import { divideRounded, formatFixed } from "@conn/simulator";
import type { ContractMarket } from "../market/contract-market.js";
import type { RestAnswer } from "./rest-answer.js";
import {
  isRefusal,
  type RestRequest,
  requestedMarket,
  requiredMarket,
  tradingMarkets,
} from "./venue-data.js";

/** Answers with one row if a symbol is asked for, else with a list of all that trade. */
function oneOrAll(
  request: RestRequest,
  row: (market: ContractMarket, request: RestRequest) => string,
): RestAnswer {
  if (requestedMarket(request) === undefined) {
    return `[${tradingMarkets(request)
      .map((market) => row(market, request))
      .join(",")}]`;
  }
  const market = requiredMarket(request);
  return isRefusal(market) ? market : row(market, request);
}

/**
 * `GET /fapi/v1/ticker/price` and `/fapi/v2/ticker/price`: the last price.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Symbol-Price-Ticker-v2
 */
export function tickerPrice(request: RestRequest): RestAnswer {
  return oneOrAll(request, (market) => {
    const last = market.day.summary(request.at);
    const price = market.priceText(last?.last ?? market.market.bids.tickAt(0));
    const time = last?.closeTime ?? market.book.lastChangeAt;
    return `{"symbol":"${market.contract.exchangeSymbol}","price":"${price}","time":${time}}`;
  });
}

/**
 * `GET /fapi/v1/ticker/bookTicker`: the best bid and ask.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Symbol-Order-Book-Ticker
 */
export function bookTicker(request: RestRequest): RestAnswer {
  return oneOrAll(request, (market) => {
    const { book } = market;
    const empty = [market.priceText(0), market.amountText(0)] as const;
    const [bid, bidAmount] = book.best("bid") ?? empty;
    const [ask, askAmount] = book.best("ask") ?? empty;
    return (
      `{"symbol":"${market.contract.exchangeSymbol}","bidPrice":"${bid}","bidQty":"${bidAmount}"` +
      `,"askPrice":"${ask}","askQty":"${askAmount}","time":${book.lastChangeAt},"lastUpdateId":${book.lastUpdateId}}`
    );
  });
}

/** Statistics of the last 24 hours, in the venue's texts. Times are milliseconds since 1970. */
export interface DayTicker {
  readonly priceChange: string;
  readonly priceChangePercent: string;
  readonly weightedAvgPrice: string;
  readonly lastPrice: string;
  readonly lastQty: string;
  readonly openPrice: string;
  readonly highPrice: string;
  readonly lowPrice: string;
  readonly volume: string;
  readonly quoteVolume: string;
  readonly openTime: number;
  readonly closeTime: number;
  readonly firstId: number;
  readonly lastId: number;
  readonly count: number;
}

/** The statistics of a contract as its market stands; `undefined` as long as there was no trade. */
export function dayTickerOf(market: ContractMarket, at: number): DayTicker | undefined {
  const { contract, tickUnits, lotUnits } = market;
  const summary = market.day.summary(at);
  if (summary === undefined) return undefined;
  const change = (summary.last - summary.open) * tickUnits;
  const percent = divideRounded(BigInt(summary.last - summary.open) * 100_000n, BigInt(summary.open));
  /** In units of the price's and the amount's precision together. */
  const quote = summary.quote * BigInt(tickUnits) * BigInt(lotUnits);
  const volume = summary.lots * BigInt(lotUnits);
  return {
    priceChange: formatFixed(change, market.priceDecimals),
    priceChangePercent: formatFixed(percent, 3),
    weightedAvgPrice: formatFixed(volume === 0n ? 0n : divideRounded(quote, volume), market.priceDecimals),
    lastPrice: market.priceText(summary.last),
    lastQty: market.amountText(summary.lastLots),
    openPrice: market.priceText(summary.open),
    highPrice: market.priceText(summary.high),
    lowPrice: market.priceText(summary.low),
    volume: formatFixed(volume, contract.quantityPrecision),
    quoteVolume: formatFixed(
      divideRounded(quote, 10n ** BigInt(contract.quantityPrecision)),
      market.priceDecimals,
    ),
    openTime: summary.openTime,
    closeTime: summary.closeTime,
    firstId: summary.firstId,
    lastId: summary.lastId,
    count: summary.count,
  };
}

/**
 * `GET /fapi/v1/ticker/24hr`. Without a symbol it lists only contracts that trade.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/24hr-Ticker-Price-Change-Statistics
 */
export function ticker24h(request: RestRequest): RestAnswer {
  return oneOrAll(request, (market) =>
    JSON.stringify({
      symbol: market.contract.exchangeSymbol,
      ...(dayTickerOf(market, request.at) ?? { count: 0 }),
    }),
  );
}
