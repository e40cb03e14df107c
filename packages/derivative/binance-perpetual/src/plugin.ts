import { definePlugin, type RouteDefinition } from "@conn/core";
import { auth } from "./auth.js";
import {
  DIALS,
  FUNDING_REQUESTS,
  LIVE_URLS,
  MAX_CONNECTION_AGE_MS,
  MAX_STREAMS,
  ORDERS_1M,
  ORDERS_10S,
  REQUEST_WEIGHT,
  SOCKET_LIMITS,
  TESTNET_URLS,
  WALLET_URL,
} from "./constants.js";
import { parseExchangeInfo } from "./instruments.js";
import { fundingInfo, openInterest, tickers } from "./market-info-rest.js";
import { orderBookDataSource } from "./order-book-data-source.js";
import { exchangeInfoRequest, lastTradedPrices, ping, restRules, serverTime } from "./rest.js";
import { subscriptions } from "./subscriptions.js";
import { trading } from "./trading/trading.js";

const streamRoute: RouteDefinition = {
  path: "/stream",
  maxTopics: MAX_STREAMS,
  maxAgeMs: MAX_CONNECTION_AGE_MS,
  limits: SOCKET_LIMITS,
};

/** The connector's plugin: what the registry loads by the name `binance-perpetual`. */
export const plugin = definePlugin({
  name: "binance-perpetual",
  kind: "derivative",
  core: "^1.0.0",
  supports: {
    orderBooks: true,
    publicTrades: true,
    lastTradedPrices: true,
    tickers: true,
    fundingInfo: true,
    openInterest: true,
    trading: {
      orderTypes: ["limit", "limitMaker", "market"],
      timeInForce: ["gtc", "ioc", "fok", "gtd"],
      reduceOnly: true,
      quoteAmount: false,
      amend: true,
      placeBatch: true,
      cancelBatch: true,
      cancelForeign: true,
      keyPermissions: true,
      ackMeans: "placed",
      fills: "each",
      balances: "polled",
    },
  },
  create: () => ({
    urls: { live: LIVE_URLS, testnet: TESTNET_URLS },
    optionalUrls: [WALLET_URL],
    rest: restRules,
    auth,
    rateLimits: [REQUEST_WEIGHT, FUNDING_REQUESTS, ORDERS_10S, ORDERS_1M],
    dials: DIALS,
    clock: { mode: "serverTime", call: serverTime },
    routes: {
      public: streamRoute,
      market: streamRoute,
    },
    subscriptions,
    networkCheck: ping,
    instruments: { ...exchangeInfoRequest, parse: parseExchangeInfo },
    lastTradedPrices,
    tickers,
    fundingInfo,
    openInterest,
    orderBooks: orderBookDataSource,
    trading,
  }),
  simulator: () => import("./simulator/index.js"),
});
