/** Limits and timings of the venue. */
export interface BinancePerpetualLimits {
  /** Request weight an address may use in a minute of the clock. */
  readonly weightPerMinute: number;
  /** Requests for funding data an address may make in five minutes; they cost no weight. */
  readonly fundingRequestsPerFiveMinutes: number;
  /** An address that goes on for this many refused requests is banned. */
  readonly refusalsBeforeBan: number;
  /** Length of the first ban; each further one is twice as long. */
  readonly banMs: number;
  /** Messages a client may send on a socket in a second: JSON, pings and pongs. */
  readonly messagesPerSecond: number;
  readonly streamsPerConnection: number;
  /** Sockets an address may open in five minutes. */
  readonly connectionsPerFiveMinutes: number;
  readonly pingIntervalMs: number;
  /** A client that sends no pong for this long is disconnected. */
  readonly pongTimeoutMs: number;
  readonly connectionLifetimeMs: number;
  /** Orders an account may place or amend in ten seconds, and in a minute. */
  readonly ordersPerTenSeconds: number;
  readonly ordersPerMinute: number;
  /** A listen key that is not kept alive ends after this long. */
  readonly listenKeyLifetimeMs: number;
}

/**
 * The venue's limits.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info weight, 429, and bans
 *   from two minutes to three days. How many refusals lead to a ban is not published; ten is this simulator's choice.
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams sockets
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Get-Funding-Rate-History
 *   500 requests in five minutes for funding data
 */
export const DEFAULT_LIMITS: BinancePerpetualLimits = {
  weightPerMinute: 2400,
  fundingRequestsPerFiveMinutes: 500,
  refusalsBeforeBan: 10,
  banMs: 120_000,
  messagesPerSecond: 10,
  streamsPerConnection: 1024,
  connectionsPerFiveMinutes: 300,
  pingIntervalMs: 180_000,
  pongTimeoutMs: 600_000,
  connectionLifetimeMs: 86_400_000,
  ordersPerTenSeconds: 300,
  ordersPerMinute: 1200,
  listenKeyLifetimeMs: 3_600_000,
};
