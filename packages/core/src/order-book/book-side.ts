import type { Decimal } from "../decimal/decimal.js";

/** One level of a book. */
export interface BookLevel {
  readonly price: Decimal;
  /** In the instrument's `amountUnit`. */
  readonly amount: Decimal;
}

/** Reads one side of a book. */
export interface BookSide {
  /** Number of levels. */
  readonly count: number;
  /** The best level; undefined if the side is empty. */
  readonly best: BookLevel | undefined;
  /** Calls `visit` for each level, best first, until it returns false. */
  walk(visit: (price: Decimal, amount: Decimal) => boolean): void;
  /** The amount at exactly this price, 0 if there is no such level. */
  amountAt(price: Decimal): Decimal;
}
