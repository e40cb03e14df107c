import type { Decimal } from "../decimal/decimal.js";

/** What an account pays for trades in one instrument, as fractions; a negative rate is earned. */
export interface TradingFees {
  readonly makerRate: Decimal;
  readonly takerRate: Decimal;
  /** Whether these are the account's own, asked of the venue, or what the venue publishes for everybody. */
  readonly source: "account" | "schedule";
}

/** How a venue takes its fees. */
export interface FeeSchedule {
  readonly makerRate: Decimal;
  readonly takerRate: Decimal;
  /**
   * - `deductedFromReturns`: taken from what is received: base of a buy, quote of a sell.
   * - `addedToCost`: taken beside it: in quote, or in the asset in which an instrument settles.
   */
  readonly charged: "deductedFromReturns" | "addedToCost";
}
