import type { Decimal } from "../decimal/decimal.js";
import type { BookIntegrity } from "./book-integrity.js";
import type { BookLevel } from "./book-side.js";
import type { TakerFill, TakerLimit, TakerSize } from "./taker-queries.js";

/** The side on which a taker trades: `buy` takes from the asks, `sell` from the bids. */
export type TakerSide = "buy" | "sell";

/**
 * An order book, kept up to date by its connector: read it at any moment, as often as needed.
 *
 * All numbers are exact. Amounts are in the instrument's `amountUnit`, which for some venues is
 * contracts; where a name says base or quote, they are units of that asset. Prices are in quote per base.
 * Arguments are Decimals or decimal strings.
 *
 * A book can be read in every state and then shows the last known levels: look at `integrity`, or call
 * `requireFresh`, before trading on it. Where the venue publishes a limited number of levels, the
 * book ends there, and no answer counts what lies beyond.
 *
 * Every query with a `side` means the side of a taker: `buy` reads the asks, `sell` the bids.
 *
 * @example
 * ```ts
 * import type { OrderBook } from "@conn/core";
 *
 * function costOfBuying(book: OrderBook, baseAmount: string): string {
 *   book.requireFresh(1_000);
 *   const cost = book.quoteVolumeForBaseAmount("buy", baseAmount);
 *   return cost === undefined ? "the book is too thin" : cost.toFixed();
 * }
 * ```
 */
export interface OrderBook {
  readonly tradingPair: string;

  /** How far the book can be trusted, and what happened to it so far. Live data: it changes with the book. */
  readonly integrity: BookIntegrity;

  /** Milliseconds since the last frame of this book arrived, on a clock that never jumps; Infinity before the first. */
  readonly ageMs: number;

  /**
   * Makes sure that the book is live and recent.
   *
   * @param maxAgeMs Milliseconds since the last frame that are still recent.
   * @throws OrderBookError `BOOK_NOT_LIVE` if the book's state is not `live`, `BOOK_STALE` if it is older.
   * @throws TypeError if `maxAgeMs` is not a number ≥ 0.
   */
  requireFresh(maxAgeMs: number): void;

  /** The highest bid; undefined if there are none. */
  readonly bestBid: BookLevel | undefined;

  /** The lowest ask; undefined if there are none. */
  readonly bestAsk: BookLevel | undefined;

  /** Halfway between best bid and best ask; undefined if a side is empty. */
  readonly midPrice: Decimal | undefined;

  /** Best ask minus best bid, below zero in a crossed book; undefined if a side is empty. */
  readonly spread: Decimal | undefined;

  /**
   * Bids, the highest first.
   *
   * @param depth Most levels to return; all without it.
   * @throws TypeError if `depth` is not an integer ≥ 1.
   */
  bids(depth?: number): BookLevel[];

  /**
   * Asks, the lowest first.
   *
   * @param depth Most levels to return; all without it.
   * @throws TypeError if `depth` is not an integer ≥ 1.
   */
  asks(depth?: number): BookLevel[];

  /** Number of bid levels. */
  readonly bidCount: number;

  /** Number of ask levels. */
  readonly askCount: number;

  /**
   * The amount that a taker finds at exactly `price`; 0 if there is no such level.
   *
   * @throws TypeError if `price` is not a decimal above 0.
   */
  amountAt(side: TakerSide, price: Decimal | string): Decimal;

  /**
   * The worst price that taking `amount` reaches; undefined if the book holds less.
   *
   * @throws TypeError if `amount` is not a decimal above 0.
   */
  priceForVolume(side: TakerSide, amount: Decimal | string): Decimal | undefined;

  /**
   * The average price of taking `amount`: quote traded by base traded; undefined if the book holds less.
   *
   * @throws TypeError if `amount` is not a decimal above 0.
   */
  vwapForVolume(side: TakerSide, amount: Decimal | string): Decimal | undefined;

  /**
   * The amount of all levels at `price` or better for the taker; 0 if there are none.
   *
   * @throws TypeError if `price` is not a decimal above 0.
   */
  volumeForPrice(side: TakerSide, price: Decimal | string): Decimal;

  /**
   * Units of quote in all levels at `price` or better for the taker; 0 if there are none.
   *
   * @throws TypeError if `price` is not a decimal above 0.
   */
  quoteVolumeForPrice(side: TakerSide, price: Decimal | string): Decimal;

  /**
   * Units of quote that taking `baseAmount` units of base costs or brings, without fees; undefined if
   * the book holds less.
   *
   * @throws TypeError if `baseAmount` is not a decimal above 0.
   */
  quoteVolumeForBaseAmount(side: TakerSide, baseAmount: Decimal | string): Decimal | undefined;

  /**
   * The worst price that taking for `quoteAmount` units of quote reaches; undefined if the book holds less.
   *
   * @throws TypeError if `quoteAmount` is not a decimal above 0.
   */
  priceForQuoteVolume(side: TakerSide, quoteAmount: Decimal | string): Decimal | undefined;

  /**
   * What a taker order would get from the levels as they are, without fees. Amounts are not
   * rounded to the venue's increments; a conversion by a price can need rounding, to 60 digits.
   *
   * @param size How much to take, in one of three units.
   * @param limit The worst price that is still acceptable, if any.
   * @throws TypeError if a number is not a decimal above 0, or `size` has not exactly one.
   */
  simulateTaker(side: TakerSide, size: TakerSize, limit?: TakerLimit): TakerFill;
}
