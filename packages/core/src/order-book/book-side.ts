import type { Decimal } from "../decimal/decimal.js";
import type { LevelSum, SumBounds } from "./level-sums.js";

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
  /** Calls `visit` for each level but the best `skip`, best first, until it returns false. */
  walk(visit: (level: BookLevel) => boolean, skip?: number): void;
  /**
   * Sums levels from the best on, and stops before a bound is reached: at once, or some levels early. A
   * shortcut for queries, which go on from there level by level.
   */
  sumWithin(bounds: SumBounds): LevelSum;
  /** The amount at exactly this price, 0 if there is no such level. */
  amountAt(price: Decimal): Decimal;
}
