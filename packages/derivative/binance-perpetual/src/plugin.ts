import { definePlugin, type RouteDefinition } from "@conn/core";
import { auth } from "./auth.js";
import {
  DIALS,
  FUNDING_REQUESTS,
  LIVE_URLS,
  MAX_CONNECTION_AGE_MS,
  MAX_STREAMS,
  REQUEST_WEIGHT,
  SOCKET_LIMITS,
  TESTNET_URLS,
} from "./constants.js";
import { parseExchangeInfo } from "./instruments.js";
import { fundingInfo, openInterest, tickers } from "./market-info-rest.js";
import { orderBookDataSource } from "./order-book-data-source.js";
import { exchangeInfoRequest, lastTradedPrices, ping, restRules, serverTime } from "./rest.js";
import { subscriptions } from "./subscriptions.js";

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
  },
  create: () => ({
    urls: { live: LIVE_URLS, testnet: TESTNET_URLS },
    rest: restRules,
    auth,
    rateLimits: [REQUEST_WEIGHT, FUNDING_REQUESTS],
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
  }),
  simulator: () => import("./simulator/index.js"),
});
