import type { Decimal } from "../decimal/decimal.js";

/** What an account has of one asset. */
export interface Balance {
  readonly asset: string;
  /** All of it, what orders hold included. */
  readonly total: Decimal;
  /**
   * What orders can use. Where the venue tells it only when asked, orders placed since then are taken off, and
   * `derived` says so.
   */
  readonly available: Decimal;
  readonly derived: boolean;
  /** Time at the venue in ms since 1970-01-01 UTC, where it says so. */
  readonly exchangeTimestamp: number | undefined;
}
