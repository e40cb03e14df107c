import { type BookLevel, Decimal, type OrderBook } from "@conn/core";
import type { VenueBook } from "../venue/conformance-venue.js";
import { ConformanceFailure } from "./failure.js";

/**
 * Compares a connector's book with the venue's own, level for level and as decimals.
 *
 * @returns What differs first; undefined if nothing does.
 */
export function bookDifference(book: OrderBook, venueBook: VenueBook | undefined): string | undefined {
  const { tradingPair, integrity } = book;
  if (venueBook === undefined) {
    return `${tradingPair} claims to be at update ${integrity.lastUpdateId}, which the venue never had`;
  }
  return (
    sideDifference(`${tradingPair} bids`, book.bids(), venueBook.bids) ??
    sideDifference(`${tradingPair} asks`, book.asks(), venueBook.asks)
  );
}

/**
 * Expects a connector's book to equal the venue's own, level for level and as decimals.
 *
 * @example
 * ```ts
 * expectBookEquals(book, venue.bookAt(symbol, book.integrity.lastUpdateId));
 * ```
 *
 * @throws {ConformanceFailure} that names the first difference.
 */
export function expectBookEquals(book: OrderBook, venueBook: VenueBook | undefined): void {
  const difference = bookDifference(book, venueBook);
  if (difference !== undefined) throw new ConformanceFailure(`expected: the venue's book, but ${difference}`);
}

function sideDifference(
  what: string,
  levels: readonly BookLevel[],
  venueLevels: VenueBook["bids"],
): string | undefined {
  for (let rank = 0; rank < Math.max(levels.length, venueLevels.length); rank += 1) {
    const own = levels[rank];
    const wanted = venueLevels[rank];
    const same =
      own !== undefined &&
      wanted !== undefined &&
      isSameNumber(own.price, wanted[0]) &&
      isSameNumber(own.amount, wanted[1]);
    if (same) continue;
    const ours = own === undefined ? "nothing" : `${own.amount} at ${own.price}`;
    const theirs = wanted === undefined ? "nothing" : `${wanted[1]} at ${wanted[0]}`;
    return `${what}, rank ${rank}: the book has ${ours}, the venue ${theirs} (${levels.length} levels, the venue ${venueLevels.length})`;
  }
  return undefined;
}

function isSameNumber(own: Decimal, text: string): boolean {
  // Plain text is the common case, and comparing it is cheaper than reading it.
  return own.toFixed() === withoutZeros(text) || own.equals(new Decimal(text));
}

/** A plain decimal without zeros at its end; anything else may come back as it is. */
function withoutZeros(text: string): string {
  if (!text.endsWith("0") || !text.includes(".")) return text;
  let end = text.length;
  while (text[end - 1] === "0") end -= 1;
  return text.slice(0, text[end - 1] === "." ? end - 1 : end);
}
