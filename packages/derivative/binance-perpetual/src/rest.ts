import { Decimal, parseJson, type RestCall, type RestRules } from "@conn/core";
import * as v from "valibot";
import { ORDERS_1M, ORDERS_10S, REQUEST_WEIGHT } from "./constants.js";
import { errors } from "./errors.js";

const weight = (units: number): Readonly<Record<string, number>> => ({ [REQUEST_WEIGHT.id]: units });

const ERROR = v.object({ code: v.number(), msg: v.string() });

/**
 * What all REST calls have in common: 429 asks for a pause, 418 is a ban of two minutes to three days.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info (IP Limits)
 */
export const restRules: RestRules = {
  usageHeaders: {
    "x-mbx-used-weight-1m": REQUEST_WEIGHT.id,
    "x-mbx-order-count-10s": ORDERS_10S.id,
    "x-mbx-order-count-1m": ORDERS_1M.id,
  },
  limitStatuses: {
    429: { code: "RATE_LIMITED", stops: "pools" },
    418: { code: "RATE_BANNED", stops: "ip" },
  },
  // The shortest ban the venue names.
  defaultRetryAfterMs: 120_000,
  errors,
  parseError(body) {
    try {
      const { code, msg } = v.parse(ERROR, parseJson(body));
      return { venueCode: String(code), message: msg };
    } catch {
      return undefined;
    }
  },
};

/** @see https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Test-Connectivity */
export const ping: RestCall<void> = {
  method: "GET",
  path: "/fapi/v1/ping",
  cost: weight(1),
  parse: () => undefined,
};

const TIME = v.object({ serverTime: v.pipe(v.number(), v.safeInteger()) });

/** @see https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Check-Server-Time */
export const serverTime: RestCall<number> = {
  method: "GET",
  path: "/fapi/v1/time",
  cost: weight(1),
  parse: (body) => v.parse(TIME, parseJson(body)).serverTime,
};

/** Everything about `GET /fapi/v1/exchangeInfo` but how its answer reads. */
export const exchangeInfoRequest = { method: "GET", path: "/fapi/v1/exchangeInfo", cost: weight(1) } as const;

const PRICE = v.object({ symbol: v.string(), price: v.pipe(v.string(), v.regex(/^\d+(\.\d+)?$/)) });

/**
 * Last prices of one symbol or of all.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Symbol-Price-Ticker-v2
 */
export function lastTradedPrices(exchangeSymbol: string | undefined): RestCall<ReadonlyMap<string, Decimal>> {
  return {
    method: "GET",
    path: "/fapi/v2/ticker/price",
    ...(exchangeSymbol !== undefined && { query: { symbol: exchangeSymbol } }),
    cost: weight(exchangeSymbol === undefined ? 2 : 1),
    parse(body) {
      const answer = v.parse(v.union([v.array(PRICE), PRICE]), parseJson(body));
      return new Map([answer].flat().map(({ symbol, price }) => [symbol, new Decimal(price)]));
    },
  };
}

/**
 * A snapshot of a book, as deep as the venue gives one.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Order-Book
 */
export function depthRequest(exchangeSymbol: string): Omit<RestCall<never>, "parse"> {
  return {
    method: "GET",
    path: "/fapi/v1/depth",
    query: { symbol: exchangeSymbol, limit: "1000" },
    cost: weight(20),
  };
}

/**
 * Aggregate trades from an id on, a thousand at most; the venue keeps those of the last days.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Compressed-Aggregate-Trades-List
 */
export function aggregateTradesRequest(
  exchangeSymbol: string,
  fromTradeId: string,
): Omit<RestCall<never>, "parse"> {
  return {
    method: "GET",
    path: "/fapi/v1/aggTrades",
    query: { symbol: exchangeSymbol, fromId: fromTradeId, limit: "1000" },
    cost: weight(20),
  };
}
