import type { Decimal } from "../decimal/decimal.js";
import type { BookLevel } from "../order-book/book-side.js";
import type { OrderBook } from "../order-book/order-book.js";
import { joinKnownPrices, type KnownPrices, knowsPrice } from "./known-prices.js";

/** A book, and what of it is complete. */
export interface ComparedBook {
  readonly book: Pick<OrderBook, "bids" | "asks">;
  readonly known: KnownPrices;
}

/** One level of which two books say something different; an amount is absent where a book has no such level. */
export interface LevelDifference {
  readonly side: "bid" | "ask";
  readonly price: Decimal;
  readonly amount: Decimal | undefined;
  readonly otherAmount: Decimal | undefined;
}

/** What comes out of a comparison. */
export interface BookComparison {
  /** Levels of which both books know, and say something different; best first, bids before asks. */
  readonly differences: readonly LevelDifference[];
  /** Levels of the other book of which the first knows nothing. */
  readonly unknown: readonly (BookLevel & { readonly side: "bid" | "ask" })[];
  /** What the first book knows once it has these too. */
  readonly known: KnownPrices;
}

/**
 * Compares two books that stand at the same update id, level for level and exactly. A book knows of a price that its
 * snapshot covered, and of any level that it has.
 */
export function compareBooks(one: ComparedBook, other: ComparedBook): BookComparison {
  const differences: LevelDifference[] = [];
  const unknown: (BookLevel & { side: "bid" | "ask" })[] = [];
  for (const side of ["bid", "ask"] as const) {
    const mine = side === "bid" ? one.book.bids() : one.book.asks();
    const others = side === "bid" ? other.book.bids() : other.book.asks();
    let next = 0;
    let nextOther = 0;
    while (next < mine.length || nextOther < others.length) {
      const level = mine[next];
      const otherLevel = others[nextOther];
      const order = orderOf(side, level, otherLevel);
      if (order <= 0) next += 1;
      if (order >= 0) nextOther += 1;
      const here = order <= 0 ? level : undefined;
      const there = order >= 0 ? otherLevel : undefined;
      if (here !== undefined && there !== undefined && here.amount.equals(there.amount)) continue;
      // as: a level is passed in each round, on one side or on both.
      const { price } = (here ?? there) as BookLevel;
      if (there === undefined && !knowsPrice(other.known, side, price)) continue;
      if (here === undefined && there !== undefined && !knowsPrice(one.known, side, price)) {
        unknown.push({ side, ...there });
        continue;
      }
      differences.push({ side, price, amount: here?.amount, otherAmount: there?.amount });
    }
  }
  return { differences, unknown, known: joinKnownPrices(one.known, other.known) };
}

/** Below 0 if the first level is the better one, above 0 if the second is, 0 if they are of one price. */
function orderOf(side: "bid" | "ask", level: BookLevel | undefined, other: BookLevel | undefined): number {
  if (level === undefined) return 1;
  if (other === undefined) return -1;
  return side === "bid" ? other.price.cmp(level.price) : level.price.cmp(other.price);
}
