import { formatExactNumber, parseExactNumber } from "./exact-number.js";

/** The side of a book level. Numbers, so that a batch can keep them in a typed array. */
export const BID = 0;
export const ASK = 1;
export type LevelSide = typeof BID | typeof ASK;

/** Price and amount of one level as the venue wrote them, in plain decimals. */
export interface ExactLevel {
  readonly price: string;
  readonly amount: string;
}

const INITIAL_CAPACITY = 256;

/**
 * Book levels of one frame, in the order the venue sent them, in arrays that are reused from frame
 * to frame: parsing a frame allocates no object for a level.
 *
 * Prices and amounts that a double holds exactly (at most 15 significant digits and 22 decimals)
 * stand in `prices` and `amounts`. A level with a number beyond that has its exact text in `exact`,
 * and its doubles are only approximate.
 */
export class LevelBatch {
  length = 0;
  sides: Uint8Array = new Uint8Array(INITIAL_CAPACITY);
  prices: Float64Array = new Float64Array(INITIAL_CAPACITY);
  amounts: Float64Array = new Float64Array(INITIAL_CAPACITY);
  /** Exact texts by index, only of levels whose doubles are not exact. */
  readonly exact: Map<number, ExactLevel> = new Map();

  clear(): void {
    this.length = 0;
    if (this.exact.size > 0) this.exact.clear();
  }

  /** Makes sure that there is room for one more level, and returns its index; `length` stays. */
  nextRow(): number {
    if (this.length === this.sides.length) this.#grow();
    return this.length;
  }

  /** Appends a level whose numbers are both exact in a double. An amount of 0 deletes the level. */
  push(side: LevelSide, price: number, amount: number): void {
    const row = this.nextRow();
    this.sides[row] = side;
    this.prices[row] = price;
    this.amounts[row] = amount;
    this.length = row + 1;
  }

  /** Appends a level of which at least one number does not fit a double; texts in plain decimals. */
  pushExact(side: LevelSide, level: ExactLevel): void {
    this.exact.set(this.length, level);
    this.push(side, Number(level.price), Number(level.amount));
  }

  /**
   * Appends a level from the texts of its numbers, exactly. For answers that are already strings; frames
   * are read without strings by `JsonScanner`.
   *
   * @returns false, and appends nothing, if a text is not a number ≥ 0.
   */
  pushText(side: LevelSide, price: string, amount: string): boolean {
    const exactPrice = parseExactNumber(price);
    const exactAmount = parseExactNumber(amount);
    if (exactPrice === undefined || exactAmount === undefined) return false;
    if (typeof exactPrice === "number" && typeof exactAmount === "number") {
      this.push(side, exactPrice, exactAmount);
    } else {
      this.pushExact(side, { price: plainText(exactPrice), amount: plainText(exactAmount) });
    }
    return true;
  }

  #grow(): void {
    const capacity = this.sides.length * 2;
    const sides = new Uint8Array(capacity);
    const prices = new Float64Array(capacity);
    const amounts = new Float64Array(capacity);
    sides.set(this.sides);
    prices.set(this.prices);
    amounts.set(this.amounts);
    this.sides = sides;
    this.prices = prices;
    this.amounts = amounts;
  }
}

/** @param number A double that is exact, or a plain decimal text. */
function plainText(number: number | string): string {
  return typeof number === "number" ? formatExactNumber(number) : number;
}
