import { type Decimal, ZERO } from "../decimal/decimal.js";
import { BID, type LevelSide } from "../parse/level-batch.js";
import type { BookLevel, BookSide } from "./book-side.js";
import { type LevelSum, NO_LEVELS } from "./level-sums.js";

/**
 * One side of a book in Decimals, for books with numbers that doubles do not hold. Its levels are
 * never changed, only replaced, so they may be handed out.
 */
export class ExactBookSide implements BookSide {
  readonly #side: LevelSide;
  /** Worst first. */
  readonly #levels: BookLevel[] = [];

  constructor(side: LevelSide) {
    this.#side = side;
  }

  get count(): number {
    return this.#levels.length;
  }

  get best(): BookLevel | undefined {
    return this.#levels.at(-1);
  }

  walk(visit: (level: BookLevel) => boolean, skip = 0): void {
    for (let at = this.#levels.length - 1 - skip; at >= 0; at--) if (!visit(this.#levels[at]!)) return;
  }

  sumWithin(): LevelSum {
    return NO_LEVELS;
  }

  amountAt(price: Decimal): Decimal {
    const level = this.#levels[this.#find(price)];
    return level?.price.equals(price) ? level.amount : ZERO;
  }

  /**
   * Sets the amount of a level, or removes the level if the amount is 0. A price of 0 changes nothing.
   *
   * @returns false if there was no level to remove.
   */
  apply(level: BookLevel): boolean {
    if (level.price.isZero()) return true;
    const at = this.#find(level.price);
    const exists = this.#levels[at]?.price.equals(level.price) ?? false;
    if (!level.amount.isZero()) this.#levels.splice(at, exists ? 1 : 0, level);
    else if (exists) this.#levels.splice(at, 1);
    else return false;
    return true;
  }

  /** Removes the worst levels beyond `depth`. */
  trim(depth: number): void {
    this.#levels.splice(0, Math.max(0, this.#levels.length - depth));
  }

  /** Position of the worst level that is not worse than `price`. */
  #find(price: Decimal): number {
    let low = 0;
    let high = this.#levels.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const middlePrice = this.#levels[middle]!.price;
      const worse = this.#side === BID ? middlePrice.lessThan(price) : middlePrice.greaterThan(price);
      if (worse) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
