import { type Decimal, ZERO } from "../decimal/decimal.js";
import { MAX_EXACT_DIGITS, MAX_EXACT_PLACES } from "../parse/exact-limits.js";
import { BID, type LevelSide } from "../parse/level-batch.js";
import type { BookLevel, BookSide } from "./book-side.js";
import { decimalOf } from "./decimal-of-double.js";
import { type LevelSum, LevelSummer, type Scales, type SumBounds } from "./level-sums.js";
import { type PriceGrid, tickOf } from "./price-grid.js";
import { SortedLevels } from "./sorted-levels.js";

/**
 * The window has at least two ticks for each level of a snapshot, within these bounds. In recorded
 * sessions of liquid pairs, with snapshots of 1,000 levels, it then takes nine updates of ten; a wider one
 * would cost every book memory and cache.
 */
const MIN_WIDTH = 512;
const MAX_WIDTH = 8192;

const NO_WINDOW = new Float64Array(0);

/** What a side needs to know of its instrument. */
export interface PriceTerms extends Scales {
  /** Undefined if doubles cannot count the increments of the price; then there is no window. */
  readonly grid: PriceGrid | undefined;
}

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
  /** The grid of the instrument. */
  #instrumentGrid: PriceGrid | undefined;
  /** Guesses: a level that does not keep to them only takes longer to read. */
  #scales: Scales = { priceScale: 0, amountScale: 0 };
  /** The grid in use. Its numbers stand beside it for speed; without a grid, NaN puts no price in the window. */
  #grid: PriceGrid | undefined;
  #scale = Number.NaN;
  #unit = Number.NaN;
  #density = Number.NaN;
  /** Amounts by index, 0 where there is no level. Its length, the width of the window, is a power of two. */
  #window: Float64Array = NO_WINDOW;
  #base = 0;
  #top = -1;
  #inWindow = 0;
  readonly #far = new SortedLevels();
  /** What `best` gave last. */
  #best: BookLevel | undefined;
  #bestPrice = Number.NaN;
  #bestAmount = Number.NaN;

  constructor(side: LevelSide, terms: PriceTerms) {
    this.#sign = side === BID ? 1 : -1;
    this.setTerms(terms);
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
      this.#best = this.#level(price, amount);
      this.#bestPrice = price;
      this.#bestAmount = amount;
    }
    return this.#best;
  }

  walk(visit: (level: BookLevel) => boolean, skip = 0): void {
    let skipped = 0;
    this.#walkDoubles((price, amount) => skipped++ < skip || visit(this.#level(price, amount)));
  }

  sumWithin(bounds: SumBounds): LevelSum {
    const summer = new LevelSummer(this.#sign, this.#scales, bounds);
    this.#walkDoubles((price, amount) => summer.add(price, amount));
    return summer.sum;
  }

  amountAt(price: Decimal): Decimal {
    if (price.precision() > MAX_EXACT_DIGITS || price.decimalPlaces() > MAX_EXACT_PLACES) return ZERO;
    const number = price.toNumber();
    const index = this.#grid === undefined ? -1 : this.#sign * tickOf(this.#grid, number) - this.#base;
    const amount = index >= 0 ? (this.#window[index] ?? 0) : this.#far.amountAt(this.#sign * number);
    return decimalOf(amount, this.#scales.amountScale);
  }

  /** Makes room for `levels` in all: changes up to that number allocate nothing and cannot fail. */
  reserve(levels: number): void {
    this.#far.reserve(levels);
    if (this.#window.length === 0) this.#window = new Float64Array(widthFor(levels));
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
    const width = window.length;
    for (let row = from; row < to; row++) {
      const price = prices[row]!;
      const amount = amounts[row]!;
      const tick = Math.round(price * this.#density);
      const position = sign * tick - this.#base;
      if (!(position >= 0 && position < width && (tick * this.#unit) / this.#scale === price)) {
        if (price !== 0 && !this.#applyOutside(price, amount)) absentDeletes++;
        continue;
      }
      const index = position | 0;
      // Whether levels come, change or go is as good as random, so a branch for each case would mostly be
      // mispredicted; this has branches only for what is rare.
      const was = Number(window[index] !== 0);
      const is = Number(amount !== 0);
      window[index] = amount;
      this.#inWindow += is - was;
      if ((was | is) === 0) absentDeletes += Number(price !== 0);
      else if (index >= this.#top) this.#settleTop(index, is);
    }
    this.#followBest();
    return absentDeletes;
  }

  /** Makes room for a snapshot of `levels`; the only step of a snapshot that can fail. */
  prepareSnapshot(levels: number): Float64Array {
    this.#far.reserve(levels);
    const width = widthFor(levels);
    return width === this.#window.length ? this.#window : new Float64Array(width);
  }

  /** Removes all levels, and goes on with the window that `prepareSnapshot` gave. */
  beginSnapshot(window: Float64Array): void {
    this.clear();
    this.#window = window;
  }

  addSnapshotRows(prices: Float64Array, amounts: Float64Array, from: number, to: number): void {
    for (let row = from; row < to; row++) {
      if (prices[row] !== 0) this.#far.append(this.#sign * prices[row]!, amounts[row]!);
    }
  }

  /** Has to follow the last rows before any other call. */
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
  setTerms(terms: PriceTerms): void {
    const { grid } = terms;
    this.#emptyWindow();
    this.#instrumentGrid = grid;
    this.#scales = terms;
    this.#useGrid(grid);
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

  #walkDoubles(visit: (price: number, amount: number) => boolean): void {
    for (let index = this.#top; index >= 0; index--) {
      const amount = this.#window[index]!;
      if (amount !== 0 && !visit(this.#priceAt(index), amount)) return;
    }
    const { keys, amounts, start, end } = this.#far;
    for (let at = end - 1; at >= start; at--) {
      if (!visit(this.#sign * keys[at]!, amounts[at]!)) return;
    }
  }

  #level(price: number, amount: number): BookLevel {
    const { priceScale, amountScale } = this.#scales;
    return { price: decimalOf(price, priceScale), amount: decimalOf(amount, amountScale) };
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
          this.#moveWindow(position);
          this.#top = position - this.#base;
          this.#window[this.#top] = amount;
          this.#inWindow++;
          return true;
        }
        this.#emptyWindow();
        this.#useGrid(undefined);
      }
    }
    return this.#far.set(this.#sign * price, amount);
  }

  /** After the level at `index`, at the top or above it, was set or removed. */
  #settleTop(index: number, is: number): void {
    if (is === 1) this.#top = index;
    else if (this.#inWindow === 0) this.#top = -1;
    else while (this.#window[this.#top] === 0) this.#top--;
  }

  /** Keeps the best level in the upper part of the window while there are levels below it to take in. */
  #followBest(): void {
    if (this.#top >= this.#window.length / 4 || this.#grid === undefined || this.#far.count === 0) return;
    const best =
      this.#top >= 0 ? this.#base + this.#top : this.#positionOf(this.#far.keys[this.#far.end - 1]!);
    this.#moveWindow(best);
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

  /** Moves the window so that `best` has three quarters of it below; no level may be above the new window. */
  #moveWindow(best: number): void {
    const window = this.#window;
    const width = window.length;
    const far = this.#far;
    const base = best - (width / 4) * 3;
    const shift = base - this.#base;
    if (shift > 0) {
      const leaving = Math.min(shift, width);
      this.#handOver(leaving);
      window.copyWithin(0, leaving);
      window.fill(0, width - leaving);
    } else {
      const coming = Math.min(-shift, width);
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

function widthFor(levels: number): number {
  let width = MIN_WIDTH;
  while (width < MAX_WIDTH && width < 2 * levels) width *= 2;
  return width;
}
