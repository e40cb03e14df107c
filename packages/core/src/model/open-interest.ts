import type { Decimal } from "../decimal/decimal.js";

/** How much of an instrument is held in open positions. */
export interface OpenInterest {
  readonly tradingPair: string;
  /** Longs, which are as many as shorts, in the instrument's `amountUnit`. */
  readonly openInterest: Decimal;
  /** Time at the venue, ms since 1970-01-01 UTC; undefined where it tells none. */
  readonly exchangeTimestamp: number | undefined;
  /** When it arrived here, ms since 1970-01-01 UTC. */
  readonly receivedTimestamp: number;
}
