import { Decimal } from "../decimal/decimal.js";
import { OrderBookError } from "../errors/index.js";
import type { Instrument } from "../instrument/index.js";
import { ASK, BID, type LevelBatch, type LevelSide } from "../parse/level-batch.js";
import type { Clock } from "../ports/index.js";
import { createBookIntegrity, type MutableBookIntegrity } from "./book-integrity.js";
import type { BookLevel, BookSide } from "./book-side.js";
import { DoubleBookSide, type PriceTerms } from "./double-book-side.js";
import { ExactBookSide } from "./exact-book-side.js";
import type { OrderBook, TakerSide } from "./order-book.js";
import { priceGridOf } from "./price-grid.js";
import {
  type PriceLimit,
  positiveDecimal,
  priceForVolume,
  quoteVolumeForPrice,
  simulateTaker,
  type TakerFill,
  type TakerLimit,
  type TakerSize,
  volumeForPrice,
} from "./taker-queries.js";

/** What a book needs from outside. */
export interface EngineOrderBookOptions {
  readonly instrument: Instrument;
  readonly clock: Pick<Clock, "monotonic">;
}

interface Sides<Side extends BookSide = BookSide> {
  readonly bids: Side;
  readonly asks: Side;
}

/**
 * The order book with its write side, which belongs to the tracker; users see it as `OrderBook`.
 *
 * Levels are kept in doubles as long as doubles hold all their numbers exactly. The first level with a
 * longer number switches the whole book to Decimals, and the next snapshot without one switches it
 * back. Nothing but the speed differs.
 */
export class EngineOrderBook implements OrderBook {
  /** Written by the tracker. */
  readonly integrity: MutableBookIntegrity = createBookIntegrity();
  /** Monotonic time in ms of the last frame; undefined before the first. Written by the tracker. */
  lastFrameMs: number | undefined;

  #instrument: Instrument;
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #doubles: Sides<DoubleBookSide>;
  /** Holds the levels instead of `#doubles`, which is empty then. */
  #exact: Sides<ExactBookSide> | undefined;
  #absentDeletes = 0;

  constructor({ instrument, clock }: EngineOrderBookOptions) {
    const terms = priceTermsOf(instrument);
    this.#instrument = instrument;
    this.#clock = clock;
    this.#doubles = { bids: new DoubleBookSide(BID, terms), asks: new DoubleBookSide(ASK, terms) };
  }

  get instrument(): Instrument {
    return this.#instrument;
  }

  /**
   * Takes over changed terms of the instrument, such as another price increment.
   *
   * @throws TypeError if it is another trading pair.
   */
  setInstrument(instrument: Instrument): void {
    if (instrument.tradingPair !== this.tradingPair) {
      throw new TypeError(`this is the book of ${this.tradingPair}, not of ${instrument.tradingPair}`);
    }
    this.#instrument = instrument;
    const terms = priceTermsOf(instrument);
    this.#doubles.bids.setTerms(terms);
    this.#doubles.asks.setTerms(terms);
  }

  /** Deletions of levels that were not there. They are normal: venues do not show every level. */
  get absentDeletes(): number {
    return this.#absentDeletes;
  }

  /** Whether the best bid is at or above the best ask. */
  get isCrossed(): boolean {
    if (this.#exact === undefined) return this.#doubles.bids.bestPrice >= this.#doubles.asks.bestPrice;
    const { bestBid, bestAsk } = this;
    return bestBid !== undefined && bestAsk !== undefined && bestBid.price.gte(bestAsk.price);
  }

  /**
   * Replaces all levels by rows `from` to `to` (exclusive) of a batch. Rows with an amount of 0 are left
   * out; if a price comes twice, its last row counts.
   *
   * @returns false, and changes nothing, if a row is not a level: a price of 0 with an amount, or a
   * number that is negative or not finite. A row of price 0 without an amount is passed over.
   */
  applySnapshot(batch: LevelBatch, from = 0, to: number = batch.length): boolean {
    const bidRows = countBids(batch, from, to);
    if (bidRows < 0) return false;
    if (hasExactRows(batch, from, to)) {
      const exact = createExactSides();
      applyExact(exact, decimalRows(batch, from, to));
      this.clear();
      this.#exact = exact;
      return true;
    }
    const { bids, asks } = this.#doubles;
    const bidWindow = bids.prepareSnapshot(bidRows);
    const askWindow = asks.prepareSnapshot(to - from - bidRows);
    this.#exact = undefined;
    bids.beginSnapshot(bidWindow);
    asks.beginSnapshot(askWindow);
    for (let start = from; start < to; ) {
      const end = endOfRun(batch, start, to);
      (batch.sides[start] === BID ? bids : asks).addSnapshotRows(batch.prices, batch.amounts, start, end);
      start = end;
    }
    bids.endSnapshot();
    asks.endSnapshot();
    return true;
  }

  /**
   * Sets the levels in rows `from` to `to` (exclusive) of a batch, in their order. An amount of 0 deletes
   * the level.
   *
   * @returns false, and changes nothing, if a row is not a level: see `applySnapshot`.
   */
  applyDiff(batch: LevelBatch, from = 0, to: number = batch.length): boolean {
    const bidRows = countBids(batch, from, to);
    if (bidRows < 0) return false;
    if (this.#exact !== undefined || hasExactRows(batch, from, to)) {
      const rows = decimalRows(batch, from, to);
      this.#absentDeletes += applyExact(this.#switchToExact(), rows);
      return true;
    }
    const { bids, asks } = this.#doubles;
    bids.reserve(bids.count + bidRows);
    asks.reserve(asks.count + to - from - bidRows);
    for (let start = from; start < to; ) {
      const end = endOfRun(batch, start, to);
      const side = batch.sides[start] === BID ? bids : asks;
      this.#absentDeletes += side.apply(batch.prices, batch.amounts, start, end);
      start = end;
    }
    return true;
  }

  /** Removes the levels of each side beyond the best `depth`. */
  trim(depth: number): void {
    const { bids, asks } = this.#exact ?? this.#doubles;
    bids.trim(levelCount(depth));
    asks.trim(levelCount(depth));
  }

  /** Removes all levels. */
  clear(): void {
    this.#exact = undefined;
    this.#doubles.bids.clear();
    this.#doubles.asks.clear();
  }

  get tradingPair(): string {
    return this.#instrument.tradingPair;
  }

  get ageMs(): number {
    return this.lastFrameMs === undefined
      ? Number.POSITIVE_INFINITY
      : this.#clock.monotonic() - this.lastFrameMs;
  }

  requireFresh(maxAgeMs: number): void {
    if (typeof maxAgeMs !== "number" || !(maxAgeMs >= 0))
      throw new TypeError("maxAgeMs must be a number ≥ 0");
    const { ageMs, tradingPair } = this;
    const { state } = this.integrity;
    const details = { tradingPair, state, ageMs, maxAgeMs };
    if (state !== "live") {
      throw new OrderBookError("BOOK_NOT_LIVE", `the book of ${tradingPair} is ${state}`, { details });
    }
    if (ageMs > maxAgeMs) {
      throw new OrderBookError("BOOK_STALE", `the book of ${tradingPair} is ${ageMs} ms old`, { details });
    }
  }

  get bestBid(): BookLevel | undefined {
    return this.#sides.bids.best;
  }

  get bestAsk(): BookLevel | undefined {
    return this.#sides.asks.best;
  }

  get midPrice(): Decimal | undefined {
    const { bestBid, bestAsk } = this;
    if (bestBid === undefined || bestAsk === undefined) return undefined;
    return bestBid.price.plus(bestAsk.price).div(2);
  }

  get spread(): Decimal | undefined {
    const { bestBid, bestAsk } = this;
    if (bestBid === undefined || bestAsk === undefined) return undefined;
    return bestAsk.price.minus(bestBid.price);
  }

  bids(depth?: number): BookLevel[] {
    return levelsOf(this.#sides.bids, depth);
  }

  asks(depth?: number): BookLevel[] {
    return levelsOf(this.#sides.asks, depth);
  }

  get bidCount(): number {
    return this.#sides.bids.count;
  }

  get askCount(): number {
    return this.#sides.asks.count;
  }

  amountAt(side: TakerSide, price: Decimal | string): Decimal {
    return this.#levelsFor(side).amountAt(positiveDecimal("price", price));
  }

  priceForVolume(side: TakerSide, amount: Decimal | string): Decimal | undefined {
    return priceForVolume(this.#levelsFor(side), positiveDecimal("amount", amount));
  }

  vwapForVolume(side: TakerSide, amount: Decimal | string): Decimal | undefined {
    const fill = this.simulateTaker(side, { amount });
    return fill.complete ? fill.averagePrice : undefined;
  }

  volumeForPrice(side: TakerSide, price: Decimal | string): Decimal {
    return volumeForPrice(this.#levelsFor(side), limitOf(side, positiveDecimal("price", price)));
  }

  quoteVolumeForPrice(side: TakerSide, price: Decimal | string): Decimal {
    const limit = limitOf(side, positiveDecimal("price", price));
    return quoteVolumeForPrice(this.#levelsFor(side), this.#instrument, limit);
  }

  quoteVolumeForBaseAmount(side: TakerSide, baseAmount: Decimal | string): Decimal | undefined {
    const fill = this.simulateTaker(side, { baseAmount });
    return fill.complete ? fill.quoteAmount : undefined;
  }

  priceForQuoteVolume(side: TakerSide, quoteAmount: Decimal | string): Decimal | undefined {
    const fill = this.simulateTaker(side, { quoteAmount });
    return fill.complete ? fill.worstPrice : undefined;
  }

  simulateTaker(side: TakerSide, size: TakerSize, { limitPrice }: TakerLimit = {}): TakerFill {
    const limit =
      limitPrice === undefined ? undefined : limitOf(side, positiveDecimal("limitPrice", limitPrice));
    return simulateTaker(this.#levelsFor(side), this.#instrument, size, limit);
  }

  get #sides(): Sides {
    return this.#exact ?? this.#doubles;
  }

  #levelsFor(side: TakerSide): BookSide {
    if (side !== "buy" && side !== "sell") throw new TypeError('side must be "buy" or "sell"');
    return side === "buy" ? this.#sides.asks : this.#sides.bids;
  }

  #switchToExact(): Sides<ExactBookSide> {
    if (this.#exact !== undefined) return this.#exact;
    const exact = createExactSides();
    this.#doubles.bids.walk((level) => exact.bids.apply(level));
    this.#doubles.asks.walk((level) => exact.asks.apply(level));
    this.clear();
    this.#exact = exact;
    return exact;
  }
}

function priceTermsOf({ rules, priceScale, amountScale }: Instrument): PriceTerms {
  const grid = priceGridOf(rules.priceIncrement);
  // A venue may write more places than its prices use; fewer places keep sums within doubles for longer.
  const places = grid === undefined ? priceScale : rules.priceIncrement.decimalPlaces();
  return { grid, priceScale: places, amountScale };
}

function limitOf(side: TakerSide, price: Decimal): PriceLimit {
  return { price, accepts: side === "buy" ? (other) => other.lte(price) : (other) => other.gte(price) };
}

function levelsOf(side: BookSide, depth?: number): BookLevel[] {
  const most = depth === undefined ? side.count : Math.min(levelCount(depth), side.count);
  const levels: BookLevel[] = [];
  if (most === 0) return levels;
  side.walk((level) => levels.push(level) < most);
  return levels;
}

function levelCount(depth: number): number {
  if (!Number.isInteger(depth) || depth < 1) throw new TypeError("depth must be an integer ≥ 1");
  return depth;
}

/** Number of bids among the rows; -1 if a row is not a level. */
function countBids({ sides, prices, amounts }: LevelBatch, from: number, to: number): number {
  let bids = 0;
  for (let row = from; row < to; row++) {
    const price = prices[row]!;
    const amount = amounts[row]!;
    // NaN fails every comparison.
    if (!(price >= 0 && price < Number.POSITIVE_INFINITY && amount >= 0 && amount < Number.POSITIVE_INFINITY))
      return -1;
    if (price === 0 && amount !== 0) return -1;
    if (sides[row] === BID) bids++;
  }
  return bids;
}

/** Position after the last of the rows from `start` that are of one side. */
function endOfRun({ sides }: LevelBatch, start: number, to: number): number {
  let end = start + 1;
  while (end < to && sides[end] === sides[start]) end++;
  return end;
}

function hasExactRows({ exact }: LevelBatch, from: number, to: number): boolean {
  if (exact.size === 0) return false;
  for (const row of exact.keys()) if (row >= from && row < to) return true;
  return false;
}

interface DecimalRow extends BookLevel {
  readonly side: LevelSide;
}

function decimalRows({ sides, prices, amounts, exact }: LevelBatch, from: number, to: number): DecimalRow[] {
  return Array.from({ length: to - from }, (_, offset) => {
    const row = from + offset;
    const text = exact.get(row);
    return {
      side: sides[row] === BID ? BID : ASK,
      price: new Decimal(text?.price ?? prices[row]!),
      amount: new Decimal(text?.amount ?? amounts[row]!),
    };
  });
}

function createExactSides(): Sides<ExactBookSide> {
  return { bids: new ExactBookSide(BID), asks: new ExactBookSide(ASK) };
}

/** @returns how many levels to remove were not there. */
function applyExact({ bids, asks }: Sides<ExactBookSide>, rows: readonly DecimalRow[]): number {
  let absentDeletes = 0;
  for (const { side, price, amount } of rows) {
    if (!(side === BID ? bids : asks).apply({ price, amount })) absentDeletes++;
  }
  return absentDeletes;
}
