import type { RateLimitPool, SocketLimits, VenueUrls } from "@conn/core";

/** @see https://exchange-developer.crypto.com/exchange/v1/docs/api/rest-common-api-reference (root endpoints) */
export const LIVE_URLS: VenueUrls = {
  rest: "https://api.crypto.com/exchange/v1",
  market: "wss://stream.crypto.com/exchange/v1/market",
};

/** The venue's UAT sandbox. Source as for `LIVE_URLS`. */
export const TESTNET_URLS: VenueUrls = {
  rest: "https://uat-api.3ona.co/exchange/v1",
  market: "wss://uat-stream.3ona.co/exchange/v1/market",
};

/** Public methods that this connector calls; the venue limits each by itself. */
const PUBLIC_METHODS = ["public/get-instruments", "public/get-tickers"] as const;
export type PublicMethod = (typeof PUBLIC_METHODS)[number];

/**
 * 100 requests a second for each public method, by IP address.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/rest-common-api-reference (rate limits)
 */
export const RATE_LIMITS: readonly RateLimitPool[] = PUBLIC_METHODS.map((id) => ({
  id,
  limit: 100,
  intervalMs: 1_000,
  // No cancel costs these.
  reserve: 0,
}));

/** The venue names no limit of connections; this one keeps a storm of dials from looking like an attack. */
export const DIALS = { limit: 60, intervalMs: 60_000 };

/**
 * 100 frames a second on a market connection. The allowance of the second in which it opens is reduced
 * in proportion, so the venue advises to wait a second before the first frame.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/websocket-common-api-reference (rate limits)
 */
export const SOCKET_LIMITS: SocketLimits = {
  maxFrames: 100,
  framesPerMs: 1_000,
  quietAfterOpenMs: 1_000,
  maxMessageBytes: 16 * 1024 * 1024,
};

/** The venue limits channels per connection (error 40107) without saying how many. */
export const MAX_CHANNELS = 200;

/** Levels per side of the book channel: the deepest that the venue offers. */
export const BOOK_DEPTH = 50;
