import type { TradingCapabilities } from "./trading-capabilities.js";

/**
 * What a connector can do, declared once as constant data: users read it, types follow it, the
 * conformance kit tests it, and documents are made from it.
 */
export interface Capabilities {
  /** Order books kept from snapshots and diffs. */
  readonly orderBooks: boolean;
  /** Public trades as they happen. */
  readonly publicTrades: boolean;
  /** Last traded prices by REST. */
  readonly lastTradedPrices: boolean;
  /** Tickers of 24 hours, by REST and as channel `ticker`. */
  readonly tickers: boolean;
  /** Mark price, index price and funding, by REST and as channel `funding`. */
  readonly fundingInfo: boolean;
  /** Open interest by REST. */
  readonly openInterest: boolean;
  /** Orders and accounts; absent where the connector is for public data alone. */
  readonly trading?: TradingCapabilities;
}
