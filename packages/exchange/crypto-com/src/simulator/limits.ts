/** Limits and timings of the venue. */
export interface CryptoComLimits {
  /** Requests an address may send to one REST method in a second of the clock. */
  readonly requestsPerSecond: number;
  /** Requests a client may send on a market socket in a second of the clock. */
  readonly messagesPerSecond: number;
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
  channelsPerConnection: 400,
  heartbeatIntervalMs: 30_000,
  heartbeatTimeoutMs: 5_000,
  pingIntervalMs: 5_000,
  snapshotDelayMs: 1_000,
  quietBookMs: 5_000,
};
