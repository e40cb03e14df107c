/** How often something may be asked in a stretch of the clock. */
export interface MethodLimit {
  readonly requests: number;
  readonly intervalMs: number;
}

/** Limits and timings of the venue. */
export interface CryptoComLimits {
  /** Requests an address may send to one REST method in a second of the clock. */
  readonly requestsPerSecond: number;
  /** Requests a client may send on a market socket in a second of the clock. */
  readonly messagesPerSecond: number;
  /** The same, on a user socket. */
  readonly userMessagesPerSecond: number;
  /** Requests of a key to a private REST method, by its name. */
  readonly methodRequests: Readonly<Record<string, MethodLimit>>;
  /** The same, for each of the other private methods. */
  readonly otherMethodRequests: MethodLimit;
  /** How far a nonce may be from the venue's time. */
  readonly nonceToleranceMs: number;
  /** How long a command that was acknowledged is on its way to the engine: a time from the first to the second. */
  readonly minCommandDelayMs: number;
  readonly maxCommandDelayMs: number;
  /** Open orders that an account may have in one instrument. */
  readonly openOrdersPerInstrument: number;
  /** Open orders that an account may have in all. */
  readonly openOrdersPerAccount: number;
  /** What an order must be worth in US dollars at least: a decimal text. */
  readonly minOrderValue: string;
  /** What an order may be worth in US dollars: a decimal text. */
  readonly maxOrderValue: string;
  readonly channelsPerConnection: number;
  readonly heartbeatIntervalMs: number;
  /** A client that has not answered a heartbeat for this long is disconnected. */
  readonly heartbeatTimeoutMs: number;
  /** Pause between the venue's pings, the control frames of WebSocket. */
  readonly pingIntervalMs: number;
  /** Time from the acknowledgement of a book subscription to its snapshot. */
  readonly snapshotDelayMs: number;
  /** A book subscription of which nothing was sent for this long is sent an empty delta. */
  readonly quietBookMs: number;
}

/**
 * The venue's limits.
 *
 * - 100 requests a second on each method of market data for an address, 100 a second on a market socket:
 *   https://exchange-developer.crypto.com/exchange/v1/docs/api/websocket-common-api-reference
 * - 150 requests a second on a user socket, the limits of private methods, 200 open orders in a pair and 1,000 in all,
 *   a nonce within 60 s: https://exchange-developer.crypto.com/exchange/v1/docs/api/rest-common-api-reference and
 *   https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html#rate-limits
 * - The least and the largest value of orders: `min_order_notional_usd` and `max_order_notional_usd` of
 *   https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html#public-get-risk-parameters, which differ by
 *   currency; here they are the same for all.
 * - How long commands take is not published.
 * - A heartbeat every 30 s, to be answered within 5 s:
 *   https://exchange-developer.crypto.com/exchange/v1/docs/api/websocket/ws-market-data-client-commands-heartbeat-request.
 *   Measured in September 2026, the venue waited until the third heartbeat, 60 s after the first one that was
 *   not answered. The simulator keeps to the page, so that a client that is too late is found out.
 * - An empty delta after 5 s without change: https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html#book-instrument_name-depth
 * - 400 channels a connection, pings every 5 s and snapshots 998 to 1141 ms after the acknowledgement were
 *   measured: https://github.com/nemanull/arbitrage-observatory/blob/2cbe70629c3c429da9b231ab71a7b861b3fc8096/docs/profiles/cryptocom/websocket.md
 */
export const DEFAULT_LIMITS: CryptoComLimits = {
  requestsPerSecond: 100,
  messagesPerSecond: 100,
  userMessagesPerSecond: 150,
  methodRequests: {
    "private/create-order": { requests: 15, intervalMs: 100 },
    "private/cancel-order": { requests: 15, intervalMs: 100 },
    "private/cancel-all-orders": { requests: 15, intervalMs: 100 },
    "private/get-order-detail": { requests: 30, intervalMs: 100 },
    "private/get-trades": { requests: 1, intervalMs: 1_000 },
    "private/get-order-history": { requests: 1, intervalMs: 1_000 },
  },
  otherMethodRequests: { requests: 3, intervalMs: 100 },
  nonceToleranceMs: 60_000,
  minCommandDelayMs: 1,
  maxCommandDelayMs: 20,
  openOrdersPerInstrument: 200,
  openOrdersPerAccount: 1_000,
  minOrderValue: "1",
  maxOrderValue: "5000000",
  channelsPerConnection: 400,
  heartbeatIntervalMs: 30_000,
  heartbeatTimeoutMs: 5_000,
  pingIntervalMs: 5_000,
  snapshotDelayMs: 1_000,
  quietBookMs: 5_000,
};
