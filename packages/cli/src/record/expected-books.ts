import type { Instrument, OrderBook } from "@conn/core";
import { hashBook } from "@conn/simulator";
import type { TakenCheckpoint } from "./checkpoint-taker.js";

/** A book at the end of a recording. */
export interface RecordedBook {
  readonly instrument: Instrument;
  readonly book: OrderBook;
  readonly checkpoints: readonly TakenCheckpoint[];
}

const HASH_RULE =
  "SHA-256 of the UTF-8 lines b|price|amount of all bids and then a|price|amount of all asks, best first, joined by line feeds; plain decimals without needless zeros; no level is left out";

/** The file `depth.expected.json`: what a replay of the recording must come to. */
export function formatExpectedBooks(venue: string, books: readonly RecordedBook[]): string {
  const expected = books.map(({ instrument, book, checkpoints }) => ({
    symbol: instrument.exchangeSymbol,
    tradingPair: instrument.tradingPair,
    diffFramesApplied: book.integrity.diffs,
    diffFramesDroppedAsStale: book.integrity.staleDiffs,
    finalLevels: [book.bidCount, book.askCount],
    bookSha256: hashBook(book),
    checkpoints,
  }));
  return `${JSON.stringify({ venue, hashRule: HASH_RULE, books: expected }, undefined, 1)}\n`;
}
