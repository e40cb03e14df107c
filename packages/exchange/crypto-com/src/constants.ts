import type { RateLimitPool, SocketLimits, VenueUrls } from "@conn/core";

/** @see https://exchange-developer.crypto.com/exchange/v1/docs/api/rest-common-api-reference (root endpoints) */
export const LIVE_URLS: VenueUrls = {
  rest: "https://api.crypto.com/exchange/v1",
  market: "wss://stream.crypto.com/exchange/v1/market",
  user: "wss://stream.crypto.com/exchange/v1/user",
};

/** The venue's UAT sandbox. Source as for `LIVE_URLS`. */
export const TESTNET_URLS: VenueUrls = {
  rest: "https://uat-api.3ona.co/exchange/v1",
  market: "wss://uat-stream.3ona.co/exchange/v1/market",
  user: "wss://uat-stream.3ona.co/exchange/v1/user",
};

/** Public methods that this connector calls; the venue limits each by itself. */
const PUBLIC_METHODS = ["public/get-instruments", "public/get-tickers"] as const;
export type PublicMethod = (typeof PUBLIC_METHODS)[number];

/** Private methods that this connector calls, and how many requests the venue takes for each key in how many ms. */
const PRIVATE_METHODS = {
  "private/create-order": [15, 100],
  "private/cancel-order": [15, 100],
  "private/cancel-all-orders": [15, 100],
  "private/get-order-detail": [30, 100],
  "private/get-trades": [1, 1_000],
  "private/create-order-list": [3, 100],
  "private/cancel-order-list": [3, 100],
  "private/amend-order": [3, 100],
  "private/get-open-orders": [3, 100],
  "private/user-balance": [3, 100],
  "private/get-instrument-fee-rate": [3, 100],
} as const satisfies Record<string, readonly [limit: number, intervalMs: number]>;
export type PrivateMethod = keyof typeof PRIVATE_METHODS;

/**
 * 100 requests a second for each public method, by IP address; for each private one its own limit, by key. No method is
 * for cancels and something else, so that none needs a reserve.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/rest-common-api-reference (rate limits)
 */
export const RATE_LIMITS: readonly RateLimitPool[] = [
  ...PUBLIC_METHODS.map((id): RateLimitPool => ({ id, limit: 100, intervalMs: 1_000, reserve: 0 })),
  ...Object.entries(PRIVATE_METHODS).map(
    ([id, [limit, intervalMs]]): RateLimitPool => ({ id, scope: "key", limit, intervalMs, reserve: 0 }),
  ),
];

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

/** 150 frames a second on a user connection. Source and rule of the first second as for `SOCKET_LIMITS`. */
export const USER_SOCKET_LIMITS: SocketLimits = { ...SOCKET_LIMITS, maxFrames: 150 };

/** The venue limits channels per connection (error 40107) without saying how many. */
export const MAX_CHANNELS = 200;

/** Levels per side of the book channel: the deepest that the venue offers. */
export const BOOK_DEPTH = 50;
