import type { Decimal } from "../decimal/decimal.js";

/** A public trade. */
export interface Trade {
  readonly tradingPair: string;
  /** The venue's id of the trade, or of the group of trades where it publishes only those. */
  readonly tradeId: string;
  /** Side of the taker: a `buy` lifted the ask. */
  readonly side: "buy" | "sell";
  readonly price: Decimal;
  /** In the instrument's `amountUnit`. */
  readonly amount: Decimal;
  /** When the venue matched it, ms since 1970-01-01 UTC. */
  readonly exchangeTimestamp: number;
  /** Whether it was missed when it happened, as in a reconnect, and fetched from the venue's memory later. */
  readonly recovered: boolean;
  /** When it arrived here, ms since 1970-01-01 UTC. */
  readonly receivedTimestamp: number;
}
