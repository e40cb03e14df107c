import { Decimal, ZERO } from "../decimal/decimal.js";
import { MAX_EXACT_DIGITS, MAX_EXACT_PLACES } from "../parse/exact-number.js";
import { BID, type LevelSide } from "../parse/level-batch.js";
import type { BookLevel, BookSide } from "./book-side.js";
import { type PriceGrid, tickOf } from "./price-grid.js";
import { SortedLevels } from "./sorted-levels.js";

/**
 * Ticks of the window. In recorded sessions of liquid pairs nine updates of ten fall within 2,000 ticks
 * of the best price; a wider window would cost every book more memory and cache.
 */
const WIDTH = 2048;
/** Index of the best level after the window moved; what is above it is room for better prices. */
const BEST_INDEX = (WIDTH / 4) * 3;
/** The window moves down when the best level falls below this index. */
const LOW_WATER = WIDTH / 4;

const NO_WINDOW = new Float64Array(0);

/**
 * One side of a book, in doubles. The levels near the best price stand in a window of ticks, where a
 * level is found by its index; the levels that are worse than the window stand in sorted arrays. When
 * the window moves, it hands levels over to the arrays or takes them back.
 *
 * Invariants, with position = tick for bids and -tick for asks, so that the greater is the better:
 * - A level whose position is at least `#base` stands in the window, at index position - `#base`; any
 *   other level in `#far`. No level is above the window.
 * - `#top` is the greatest index with a level, -1 if there is none.
 * - While there is a grid, every level is on it. The first level off the grid ends the window: then
 *   all levels stand in `#far`, until the next snapshot.
 */
export class DoubleBookSide implements BookSide {
  /** 1 for bids, -1 for asks. */
  readonly #sign: number;
  #instrumentGrid: PriceGrid | undefined;
  /** The grid in use. Its numbers stand beside it for speed; without a grid, NaN puts no price in the window. */
  #grid: PriceGrid | undefined;
  #scale = Number.NaN;
  #unit = Number.NaN;
  #density = Number.NaN;
  /** Amounts by index, 0 where there is no level. */
  #window: Float64Array = NO_WINDOW;
  #base = 0;
  #top = -1;
  #inWindow = 0;
  readonly #far = new SortedLevels();
  /** What `best` gave last. */
  #best: BookLevel | undefined;
  #bestPrice = Number.NaN;
  #bestAmount = Number.NaN;

  constructor(side: LevelSide, grid: PriceGrid | undefined) {
    this.#sign = side === BID ? 1 : -1;
    this.#instrumentGrid = grid;
    this.#useGrid(grid);
  }

  get count(): number {
    return this.#inWindow + this.#far.count;
  }

  /** Best price; NaN if the side is empty. */
  get bestPrice(): number {
    if (this.#top >= 0) return this.#priceAt(this.#top);
    return this.#far.count > 0 ? this.#sign * this.#far.keys[this.#far.end - 1]! : Number.NaN;
  }

  get best(): BookLevel | undefined {
    const price = this.bestPrice;
    if (Number.isNaN(price)) return undefined;
    const amount = this.#top >= 0 ? this.#window[this.#top]! : this.#far.amounts[this.#far.end - 1]!;
    if (this.#best === undefined || price !== this.#bestPrice || amount !== this.#bestAmount) {
      this.#best = { price: new Decimal(price), amount: new Decimal(amount) };
      this.#bestPrice = price;
      this.#bestAmount = amount;
    }
    return this.#best;
  }

  walk(visit: (price: Decimal, amount: Decimal) => boolean): void {
    for (let index = this.#top; index >= 0; index--) {
      const amount = this.#window[index]!;
      if (amount !== 0 && !visit(new Decimal(this.#priceAt(index)), new Decimal(amount))) return;
    }
    const { keys, amounts, start, end } = this.#far;
    for (let at = end - 1; at >= start; at--) {
      if (!visit(new Decimal(this.#sign * keys[at]!), new Decimal(amounts[at]!))) return;
    }
  }

  amountAt(price: Decimal): Decimal {
    if (price.precision() > MAX_EXACT_DIGITS || price.decimalPlaces() > MAX_EXACT_PLACES) return ZERO;
    const number = price.toNumber();
    const index = this.#grid === undefined ? -1 : this.#sign * tickOf(this.#grid, number) - this.#base;
    const amount = index >= 0 ? (this.#window[index] ?? 0) : this.#far.amountAt(this.#sign * number);
    return new Decimal(amount);
  }

  /** Makes room for `levels` in all: changes up to that number allocate nothing and cannot fail. */
  reserve(levels: number): void {
    this.#far.reserve(levels);
    if (this.#instrumentGrid !== undefined && this.#window.length === 0)
      this.#window = new Float64Array(WIDTH);
  }

  clear(): void {
    this.#window.fill(0);
    this.#inWindow = 0;
    this.#top = -1;
    this.#far.clear();
    this.#useGrid(this.#instrumentGrid);
  }

  /**
   * Sets the amounts of levels, or removes the level where the amount is 0. A price of 0 changes nothing.
   *
   * @returns how many levels to remove were not there.
   */
  apply(prices: Float64Array, amounts: Float64Array, from: number, to: number): number {
    let absentDeletes = 0;
    const sign = this.#sign;
    const window = this.#window;
    for (let row = from; row < to; row++) {
      const price = prices[row]!;
      const amount = amounts[row]!;
      const tick = Math.round(price * this.#density);
      const position = sign * tick - this.#base;
      if (!(position >= 0 && position < WIDTH && (tick * this.#unit) / this.#scale === price)) {
        if (price !== 0 && !this.#applyOutside(price, amount)) absentDeletes++;
        continue;
      }
      const index = position | 0;
      const before = window[index]!;
      window[index] = amount;
      if (before === 0) {
        if (amount !== 0) {
          this.#inWindow++;
          if (index > this.#top) this.#top = index;
        } else if (price !== 0) {
          absentDeletes++;
        }
      } else if (amount === 0) {
        this.#inWindow--;
        if (index === this.#top) this.#lowerTop();
      }
    }
    this.#followBest();
    return absentDeletes;
  }

  /** Adds rows of a snapshot to a side that was cleared; `endSnapshot` has to follow before any other call. */
  addSnapshotRows(prices: Float64Array, amounts: Float64Array, from: number, to: number): void {
    for (let row = from; row < to; row++) {
      if (prices[row] !== 0) this.#far.append(this.#sign * prices[row]!, amounts[row]!);
    }
  }

  endSnapshot(): void {
    this.#far.sort();
    this.#fillWindow();
  }

  /** Removes the worst levels beyond `depth`, which is at least 1. */
  trim(depth: number): void {
    let excess = this.count - depth;
    if (excess <= 0) return;
    const far = Math.min(excess, this.#far.count);
    this.#far.removeWorst(far);
    excess -= far;
    this.#inWindow -= excess;
    for (let index = 0; excess > 0; index++) {
      if (this.#window[index] === 0) continue;
      this.#window[index] = 0;
      excess--;
    }
  }

  /** Counts prices by another increment from now on. */
  setGrid(grid: PriceGrid | undefined): void {
    this.#emptyWindow();
    this.#instrumentGrid = grid;
    this.#useGrid(grid);
    this.reserve(this.count);
    this.#fillWindow();
  }

  /** Counts ticks by `grid`; the window must be empty. */
  #useGrid(grid: PriceGrid | undefined): void {
    this.#base = 0;
    this.#grid = grid;
    this.#scale = grid?.scale ?? Number.NaN;
    this.#unit = grid?.unit ?? Number.NaN;
    this.#density = grid?.density ?? Number.NaN;
  }

  #priceAt(index: number): number {
    return (this.#sign * (this.#base + index) * this.#unit) / this.#scale;
  }

  /** @returns false if there was no level to remove. */
  #applyOutside(price: number, amount: number): boolean {
    if (this.#grid !== undefined) {
      const position = this.#sign * tickOf(this.#grid, price);
      const offGrid = Number.isNaN(position);
      if (offGrid || position >= this.#base) {
        if (amount === 0) return false;
        if (!offGrid) {
          this.#moveWindow(position - BEST_INDEX);
          this.#window[BEST_INDEX] = amount;
          this.#inWindow++;
          this.#top = BEST_INDEX;
          return true;
        }
        this.#emptyWindow();
        this.#useGrid(undefined);
      }
    }
    return this.#far.set(this.#sign * price, amount);
  }

  #lowerTop(): void {
    if (this.#inWindow === 0) this.#top = -1;
    else while (this.#window[--this.#top] === 0);
  }

  /** Keeps the best level in the upper part of the window while there are levels below it to take in. */
  #followBest(): void {
    if (this.#top >= LOW_WATER || this.#grid === undefined || this.#far.count === 0) return;
    const best =
      this.#top >= 0 ? this.#base + this.#top : this.#positionOf(this.#far.keys[this.#far.end - 1]!);
    this.#moveWindow(best - BEST_INDEX);
  }

  /** After all levels were put in `#far`: takes in those that fit, if all are on the grid. */
  #fillWindow(): void {
    const { keys, start, end } = this.#far;
    for (let at = start; at < end && this.#grid !== undefined; at++) {
      if (Number.isNaN(this.#positionOf(keys[at]!))) this.#useGrid(undefined);
    }
    this.#followBest();
  }

  /** NaN off the grid. */
  #positionOf(key: number): number {
    return this.#grid === undefined ? Number.NaN : this.#sign * tickOf(this.#grid, this.#sign * key);
  }

  /** Lets the window begin at position `base`. What it holds above the new window must be empty. */
  #moveWindow(base: number): void {
    const window = this.#window;
    const far = this.#far;
    const shift = base - this.#base;
    if (shift > 0) {
      const leaving = Math.min(shift, WIDTH);
      this.#handOver(leaving);
      window.copyWithin(0, leaving);
      window.fill(0, WIDTH - leaving);
    } else {
      const coming = Math.min(-shift, WIDTH);
      window.copyWithin(coming, 0);
      window.fill(0, 0, coming);
    }
    this.#top = this.#inWindow > 0 ? this.#top - shift : -1;
    this.#base = base;
    while (far.count > 0) {
      const index = this.#positionOf(far.keys[far.end - 1]!) - base;
      if (!(index >= 0)) break;
      window[index] = far.amounts[far.end - 1]!;
      if (index > this.#top) this.#top = index;
      this.#inWindow++;
      far.removeBest();
    }
  }

  /** Hands the levels below `end` over to `#far`, where they are the best. */
  #handOver(end: number): void {
    for (let index = 0; index < end && index <= this.#top; index++) {
      const amount = this.#window[index]!;
      if (amount === 0) continue;
      this.#far.append(this.#sign * this.#priceAt(index), amount);
      this.#inWindow--;
    }
  }

  #emptyWindow(): void {
    this.#handOver(this.#top + 1);
    this.#window.fill(0);
    this.#top = -1;
  }
}
