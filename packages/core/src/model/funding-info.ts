import type { Decimal } from "../decimal/decimal.js";

/** Mark price, index price and funding of a perpetual. */
export interface FundingInfo {
  readonly tradingPair: string;
  /** Price by which the venue values positions. */
  readonly markPrice: Decimal;
  /** Price of what the instrument stands for, by the venue's index. */
  readonly indexPrice: Decimal;
  /**
   * What is paid at `nextFundingTimestamp`, as a fraction of a position's value and for one interval: at
   * 0.0001, longs pay shorts 0.01 percent; a negative one is paid by shorts. Until then the venue may change it.
   */
  readonly fundingRate: Decimal;
  /** When funding is paid next, ms since 1970-01-01 UTC. */
  readonly nextFundingTimestamp: number;
  /** Time between two payments in ms, where the venue tells it. */
  readonly fundingIntervalMs?: number;
  /** Time at the venue of the newest of these values, ms since 1970-01-01 UTC; undefined where it tells none. */
  readonly exchangeTimestamp: number | undefined;
  /** When the newest of these values arrived here, ms since 1970-01-01 UTC. */
  readonly receivedTimestamp: number;
}
