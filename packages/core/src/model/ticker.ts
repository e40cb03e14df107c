import type { Decimal } from "../decimal/decimal.js";

/**
 * What a venue says of an instrument at a glance. A field is absent where the venue does not tell it, or says
 * that there is none, as of the best bid of a side without orders.
 */
export interface Ticker {
  readonly tradingPair: string;
  /** Price of the latest trade. */
  readonly lastPrice: Decimal;
  readonly bestBid?: Decimal;
  /** In the instrument's `amountUnit`. */
  readonly bestBidAmount?: Decimal;
  readonly bestAsk?: Decimal;
  /** In the instrument's `amountUnit`. */
  readonly bestAskAmount?: Decimal;
  /** Price at the beginning of the last 24 hours. */
  readonly openPrice?: Decimal;
  /** Highest price of the last 24 hours. */
  readonly highPrice?: Decimal;
  /** Lowest price of the last 24 hours. */
  readonly lowPrice?: Decimal;
  /** Units of base traded in the last 24 hours. */
  readonly baseVolume?: Decimal;
  /** Units of quote traded in the last 24 hours. */
  readonly quoteVolume?: Decimal;
  /** Time at the venue of the newest of these values, ms since 1970-01-01 UTC; undefined where it tells none. */
  readonly exchangeTimestamp: number | undefined;
  /** When the newest of these values arrived here, ms since 1970-01-01 UTC. */
  readonly receivedTimestamp: number;
}
