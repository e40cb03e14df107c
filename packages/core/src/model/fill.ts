import type { Decimal } from "../decimal/decimal.js";

/** What was paid for a trade, in one asset; a negative amount was earned. */
export interface Fee {
  readonly asset: string;
  readonly amount: Decimal;
}

/** One trade of an order. */
export interface Fill {
  readonly tradingPair: string;
  readonly exchangeOrderId: string;
  /** The venue's id of the trade; a trade with oneself has the same on both orders. */
  readonly tradeId: string;
  readonly side: "buy" | "sell";
  readonly price: Decimal;
  /** In the instrument's `amountUnit`. */
  readonly amount: Decimal;
  /** Undefined while the venue has not told them. */
  readonly fees: readonly Fee[] | undefined;
  readonly liquidity: "maker" | "taker" | undefined;
  /** When the venue matched it, ms since 1970-01-01 UTC. */
  readonly exchangeTimestamp: number;
  /** When it was learned here, ms since 1970-01-01 UTC. */
  readonly receivedTimestamp: number;
}
