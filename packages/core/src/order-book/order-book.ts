import type { Decimal } from "../decimal/decimal.js";
import type { BookIntegrity } from "./book-integrity.js";

/** One price of a book and the amount offered there. */
export interface BookLevel {
  readonly price: Decimal;
  readonly amount: Decimal;
}

/** The order book of one trading pair, read side. */
export interface OrderBook {
  readonly tradingPair: string;
  readonly integrity: BookIntegrity;
  readonly bestBid: BookLevel | undefined;
  readonly bestAsk: BookLevel | undefined;
  /** Levels, best first. */
  bids(depth?: number): BookLevel[];
  asks(depth?: number): BookLevel[];
}
