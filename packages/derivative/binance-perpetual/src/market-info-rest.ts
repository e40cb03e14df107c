import {
  Decimal,
  defineKeys,
  type FundingMessage,
  type JsonKeys,
  JsonScanner,
  type OpenInterestAnswer,
  ProtocolError,
  type RestCall,
  type TickerMessage,
} from "@conn/core";
import { FUNDING_REQUESTS, REQUEST_WEIGHT } from "./constants.js";
import {
  readReferencePrice,
  readTickerValue,
  readTime,
  type TickerValue,
  type TickerValues,
} from "./market-info-values.js";

const HOUR_MS = 3_600_000;
/** Contracts whose interval is another are listed by `fundingInfo`. */
const USUAL_FUNDING_INTERVAL_MS = 8 * HOUR_MS;

const scanner = new JsonScanner();

/**
 * Tickers: statistics of 24 hours, and best bids and asks.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/24hr-Ticker-Price-Change-Statistics
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Symbol-Order-Book-Ticker
 */
export function tickers(exchangeSymbols: readonly string[]): RestCall<readonly TickerMessage[]>[] {
  return [
    ...eachOrAll("/fapi/v1/ticker/24hr", exchangeSymbols, { each: 1, all: 40 }, (body) =>
      readRows(body, readStatistics),
    ),
    ...eachOrAll("/fapi/v1/ticker/bookTicker", exchangeSymbols, { each: 2, all: 5 }, (body) =>
      readRows(body, readBest),
    ),
  ];
}

/**
 * Mark price, index price, funding, and how often it is paid.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Mark-Price
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Get-Funding-Rate-Info
 */
export function fundingInfo(exchangeSymbols: readonly string[]): RestCall<readonly FundingMessage[]>[] {
  return [
    ...eachOrAll("/fapi/v1/premiumIndex", exchangeSymbols, { each: 1, all: 10 }, (body) =>
      readRows(body, readPremium),
    ),
    {
      method: "GET",
      path: "/fapi/v1/fundingInfo",
      cost: { [FUNDING_REQUESTS.id]: 1 },
      parse(body) {
        const adjusted = new Map(readRows(body, readInterval));
        return exchangeSymbols.map((exchangeSymbol) => ({
          type: "funding",
          exchangeSymbol,
          exchangeTimestamp: undefined,
          fundingIntervalMs: adjusted.get(exchangeSymbol) ?? USUAL_FUNDING_INTERVAL_MS,
        }));
      },
    },
  ];
}

/** @see https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Open-Interest */
export function openInterest(exchangeSymbol: string): RestCall<OpenInterestAnswer> {
  return {
    method: "GET",
    path: "/fapi/v1/openInterest",
    query: { symbol: exchangeSymbol },
    cost: { [REQUEST_WEIGHT.id]: 1 },
    parse(body) {
      let amount: string | undefined;
      let exchangeTimestamp: number | undefined;
      scanner.reset(body);
      readObject(OPEN_INTEREST, (key) => {
        if (key === 0) amount = scanner.readDecimal();
        else exchangeTimestamp = scanner.readInteger();
      });
      scanner.finish();
      if (amount === undefined) throw malformed("an open interest without openInterest");
      return { openInterest: new Decimal(amount), exchangeTimestamp };
    },
  };
}

/** A call for each symbol, or one for all that the venue lists: whichever weighs less. */
function eachOrAll<Row>(
  path: string,
  exchangeSymbols: readonly string[],
  weights: { readonly each: number; readonly all: number },
  parse: (body: Uint8Array) => readonly Row[],
): RestCall<readonly Row[]>[] {
  const request = { method: "GET", path, parse } as const;
  if (exchangeSymbols.length * weights.each >= weights.all)
    return [{ ...request, cost: { [REQUEST_WEIGHT.id]: weights.all } }];
  return exchangeSymbols.map((symbol) => ({
    ...request,
    query: { symbol },
    cost: { [REQUEST_WEIGHT.id]: weights.each },
  }));
}

/** Reads an answer that is one object or a list of them. */
function readRows<Row>(body: Uint8Array, readRow: () => Row): Row[] {
  const rows: Row[] = [];
  scanner.reset(body);
  if (scanner.peek() === "array") {
    scanner.enterArray();
    while (scanner.nextElement()) rows.push(readRow());
  } else {
    rows.push(readRow());
  }
  scanner.finish();
  return rows;
}

function readObject(keys: JsonKeys, read: (key: number) => void): void {
  scanner.enterObject();
  for (let key = scanner.nextKey(keys); key >= 0; key = scanner.nextKey(keys)) read(key);
}

/** Makes a reader of rows with a symbol, a time, and values of a ticker by these names. */
function tickerReader(time: string, names: Readonly<Record<string, TickerValue>>): () => TickerMessage {
  const keys = defineKeys("symbol", time, ...Object.keys(names));
  const values = Object.values(names);
  return () => {
    let exchangeSymbol: string | undefined;
    let exchangeTimestamp: number | undefined;
    const told: TickerValues = {};
    readObject(keys, (key) => {
      const value = values[key - 2];
      if (value !== undefined) told[value] = readTickerValue(scanner, value);
      else if (key === 0) exchangeSymbol = scanner.readSymbol();
      else exchangeTimestamp = scanner.readInteger();
    });
    if (exchangeSymbol === undefined) throw malformed("a ticker without symbol");
    return { type: "ticker", exchangeSymbol, exchangeTimestamp, ...told };
  };
}

const readStatistics = tickerReader("closeTime", {
  lastPrice: "lastPrice",
  openPrice: "openPrice",
  highPrice: "highPrice",
  lowPrice: "lowPrice",
  volume: "baseVolume",
  quoteVolume: "quoteVolume",
});
const readBest = tickerReader("time", {
  bidPrice: "bestBid",
  bidQty: "bestBidAmount",
  askPrice: "bestAsk",
  askQty: "bestAskAmount",
});

const PREMIUM = defineKeys("symbol", "time", "markPrice", "indexPrice", "lastFundingRate", "nextFundingTime");
const [SYMBOL, TIME, MARK_PRICE, INDEX_PRICE, FUNDING_RATE] = [0, 1, 2, 3, 4];

function readPremium(): FundingMessage {
  let exchangeSymbol: string | undefined;
  let exchangeTimestamp: number | undefined;
  let markPrice: string | undefined;
  let indexPrice: string | undefined;
  let fundingRate: string | undefined;
  let nextFundingTimestamp: number | undefined;
  readObject(PREMIUM, (key) => {
    if (key === SYMBOL) exchangeSymbol = scanner.readSymbol();
    else if (key === TIME) exchangeTimestamp = scanner.readInteger();
    else if (key === MARK_PRICE) markPrice = readReferencePrice(scanner);
    else if (key === INDEX_PRICE) indexPrice = readReferencePrice(scanner);
    // Empty, and 0 for the time, where no funding is paid.
    else if (key === FUNDING_RATE) fundingRate = scanner.readOptionalDecimal();
    else nextFundingTimestamp = readTime(scanner);
  });
  if (exchangeSymbol === undefined) throw malformed("a premium index without symbol");
  return {
    type: "funding",
    exchangeSymbol,
    exchangeTimestamp,
    markPrice,
    indexPrice,
    fundingRate,
    nextFundingTimestamp,
  };
}

const INTERVAL = defineKeys("symbol", "fundingIntervalHours");

function readInterval(): [exchangeSymbol: string, intervalMs: number] {
  let exchangeSymbol: string | undefined;
  let hours: number | undefined;
  readObject(INTERVAL, (key) => {
    if (key === 0) exchangeSymbol = scanner.readSymbol();
    else hours = scanner.readInteger();
  });
  if (exchangeSymbol === undefined || hours === undefined || hours <= 0)
    throw malformed("a funding interval without symbol or hours");
  return [exchangeSymbol, hours * HOUR_MS];
}

const OPEN_INTEREST = defineKeys("openInterest", "time");

function malformed(what: string): ProtocolError {
  return new ProtocolError("MALFORMED_ANSWER", `the venue sent ${what}`);
}
