import { definePlugin } from "@conn/core";
import { auth } from "./auth.js";
import { DIALS, LIVE_URLS, MAX_CHANNELS, RATE_LIMITS, SOCKET_LIMITS, TESTNET_URLS } from "./constants.js";
import { instruments } from "./instruments.js";
import { orderBookDataSource } from "./order-book-data-source.js";
import { lastTradedPrices, networkCheck, restRules } from "./rest.js";
import { subscriptions } from "./subscriptions.js";
import { tickers } from "./tickers.js";
import { trading } from "./trading/trading.js";

/** The connector's plugin: what the registry loads by the name `crypto-com`. */
export const plugin = definePlugin({
  name: "crypto-com",
  kind: "exchange",
  core: "^1.0.0",
  supports: {
    orderBooks: true,
    publicTrades: true,
    lastTradedPrices: true,
    tickers: true,
    // Spot pairs have neither.
    fundingInfo: false,
    openInterest: false,
    trading: {
      orderTypes: ["limit", "limitMaker", "market"],
      timeInForce: ["gtc", "ioc", "fok"],
      reduceOnly: false,
      // Of the market orders only those that buy.
      quoteAmount: true,
      amend: true,
      placeBatch: true,
      cancelBatch: true,
      cancelForeign: true,
      keyPermissions: false,
      ackMeans: "received",
      fills: "each",
      balances: "realTime",
    },
  },
  create: () => ({
    urls: { live: LIVE_URLS, testnet: TESTNET_URLS },
    rest: restRules,
    auth,
    rateLimits: RATE_LIMITS,
    dials: DIALS,
    // No call tells the time; the venue takes a nonce that is up to 60 s off:
    // https://exchange-developer.crypto.com/exchange/v1/docs/api/rest-common-api-reference
    clock: { mode: "none" },
    routes: { market: { path: "", maxTopics: MAX_CHANNELS, limits: SOCKET_LIMITS } },
    subscriptions,
    networkCheck,
    instruments,
    lastTradedPrices,
    tickers,
    orderBooks: orderBookDataSource,
    trading,
  }),
  simulator: () => import("./simulator/index.js"),
});
