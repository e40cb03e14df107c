import type { Connector, UpdateId } from "@conn/core";
import type { SimulatedListings } from "./simulated-listings.js";

/** How far books may be behind the venue when nothing is wrong, in virtual ms: more than any venue's quiet interval. */
export const MOST_BEHIND_MS = 15_000;

/** Where the venue's books stand at a moment; later, no live book may be behind that. */
export class LeftBehind {
  readonly #marks = new Map<string, UpdateId>();
  readonly #listings: SimulatedListings;

  constructor(listings: SimulatedListings) {
    this.#listings = listings;
    for (const symbol of listings.symbols) {
      if (!listings.isDelisted(symbol)) this.#marks.set(symbol, listings.bookOf(symbol).lastUpdateId);
    }
  }

  /** The first live book that is behind where the venue stood. */
  find({ orderBooks, instruments }: Connector): string | undefined {
    for (const [pair, { integrity }] of orderBooks) {
      const symbol = this.#listings.nameOf(instruments.get(pair)?.exchangeSymbol ?? "");
      const mark = this.#marks.get(symbol);
      if (mark === undefined || integrity.state !== "live" || integrity.lastUpdateId === undefined) continue;
      if (BigInt(integrity.lastUpdateId) < BigInt(mark))
        return `the book of ${pair} says live at ${integrity.lastUpdateId}, and the venue was at ${mark} ${MOST_BEHIND_MS} ms ago`;
    }
    return undefined;
  }
}
