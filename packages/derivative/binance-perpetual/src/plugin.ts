import { definePlugin, type RouteDefinition } from "@conn/core";
import {
  DIALS,
  LIVE_URLS,
  MAX_CONNECTION_AGE_MS,
  MAX_STREAMS,
  REQUEST_WEIGHT,
  SOCKET_LIMITS,
  TESTNET_URLS,
} from "./constants.js";
import { parseExchangeInfo } from "./instruments.js";
import { orderBookDataSource } from "./order-book-data-source.js";
import { exchangeInfoRequest, lastTradedPrices, ping, restRules } from "./rest.js";
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
  supports: { orderBooks: true, publicTrades: true, lastTradedPrices: true },
  create: () => ({
    urls: { live: LIVE_URLS, testnet: TESTNET_URLS },
    rest: restRules,
    rateLimits: [REQUEST_WEIGHT],
    dials: DIALS,
    routes: {
      public: streamRoute,
      market: streamRoute,
    },
    subscriptions,
    networkCheck: ping,
    instruments: { ...exchangeInfoRequest, parse: parseExchangeInfo },
    lastTradedPrices,
    orderBooks: orderBookDataSource,
  }),
  simulator: () => import("./simulator/index.js"),
});
