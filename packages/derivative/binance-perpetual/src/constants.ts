import type { RateLimitPool, VenueUrls } from "@conn/core";

/**
 * Where the venue listens. Since 2026-04-23 streams are served only below `/public` (books) ,
 * `/market` (everything else that is public) and `/private`; a stream asked for on another route is never served.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/important-websocket-change-notice
 */
export const LIVE_URLS: VenueUrls = {
  rest: "https://fapi.binance.com",
  public: "wss://fstream.binance.com/public",
  market: "wss://fstream.binance.com/market",
  private: "wss://fstream.binance.com/private",
};

/**
 * The venue's test network.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info
 */
export const TESTNET_URLS: VenueUrls = {
  rest: "https://demo-fapi.binance.com",
  public: "wss://fstream.binancefuture.com/public",
  market: "wss://fstream.binancefuture.com/market",
  private: "wss://fstream.binancefuture.com/private",
};

/**
 * Name of the address of the venue's wallet API, which alone tells what a key may do. It is another host than those of
 * futures, `https://api.binance.com`, so nothing is sent there unless the user names it.
 *
 * @see https://developers.binance.com/docs/wallet/account/api-key-permission
 */
export const WALLET_URL = "wallet";

/**
 * Weight of REST requests by IP address, counted by the minute of the venue's clock.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info (LIMITS)
 */
export const REQUEST_WEIGHT: RateLimitPool = {
  id: "requestWeight",
  limit: 2400,
  intervalMs: 60_000,
  window: "fixed",
};

/**
 * Requests for funding rates and intervals by IP address, counted apart from the weight.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Get-Funding-Rate-Info
 */
export const FUNDING_REQUESTS: RateLimitPool = { id: "fundingRequests", limit: 500, intervalMs: 300_000 };

/**
 * New orders and amendments of one account in ten seconds, and in a minute; the venue counts by its own clock.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info (Order Rate Limits)
 */
export const ORDERS_10S: RateLimitPool = {
  id: "orders10s",
  scope: "account",
  limit: 300,
  intervalMs: 10_000,
  window: "fixed",
  reserve: 0,
};
export const ORDERS_1M: RateLimitPool = {
  id: "orders1m",
  scope: "account",
  limit: 1_200,
  intervalMs: 60_000,
  window: "fixed",
  reserve: 0,
};

/** New stream connections by IP address. @see https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams */
export const DIALS = { limit: 300, intervalMs: 300_000 };

/** Frames that one connection may send: 10 a second, pings included; more, and the venue cuts it. Source as for `DIALS`. */
export const SOCKET_LIMITS = { maxFrames: 10, framesPerMs: 1_000, maxMessageBytes: 16 * 1024 * 1024 };

/** The venue ends every stream connection after 24 hours. Source as for `DIALS`. */
export const MAX_CONNECTION_AGE_MS = 86_400_000;

/** The venue allows 1024 streams on a connection; fewer share one, so that less is lost with it. */
export const MAX_STREAMS = 200;
