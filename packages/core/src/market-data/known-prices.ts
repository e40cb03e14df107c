import { Decimal } from "../decimal/decimal.js";
import { BID, type LevelBatch } from "../parse/level-batch.js";

/**
 * What a book knows completely. A snapshot ends somewhere, and beyond its worst levels a book has only those that
 * have changed since: a level that is absent there may stand at the venue all the same.
 */
export interface KnownPrices {
  /** Bids from this price up; undefined: all bids. */
  readonly lowestBid: Decimal | undefined;
  /** Asks up to this price; undefined: all asks. */
  readonly highestAsk: Decimal | undefined;
}

/** What a book knows whose snapshot are the rows `from` to `to` (exclusive) of a batch. A side without levels is known to be empty. */
export function knownPricesOf(batch: LevelBatch, from = 0, to: number = batch.length): KnownPrices {
  const { sides, prices, amounts, exact } = batch;
  let lowestBid = -1;
  let highestAsk = -1;
  for (let row = from; row < to; row += 1) {
    const price = prices[row]!;
    if (price === 0 || amounts[row] === 0) continue;
    if (sides[row] === BID) {
      if (lowestBid < 0 || price < prices[lowestBid]!) lowestBid = row;
    } else if (highestAsk < 0 || price > prices[highestAsk]!) {
      highestAsk = row;
    }
  }
  // Doubles find the row, its text is the price: of two rows that round to one double either will do, because
  // both are of the snapshot.
  const priceOf = (row: number): Decimal | undefined =>
    row < 0 ? undefined : new Decimal(exact.get(row)?.price ?? prices[row]!);
  return { lowestBid: priceOf(lowestBid), highestAsk: priceOf(highestAsk) };
}

/** Whether a book knows what stands at a price, and if it is nothing. */
export function knowsPrice(
  { lowestBid, highestAsk }: KnownPrices,
  side: "bid" | "ask",
  price: Decimal,
): boolean {
  return side === "bid"
    ? lowestBid === undefined || price.gte(lowestBid)
    : highestAsk === undefined || price.lte(highestAsk);
}

/** What two books know together. */
export function joinKnownPrices(one: KnownPrices, other: KnownPrices): KnownPrices {
  const { lowestBid: bid, highestAsk: ask } = one;
  return {
    lowestBid: bid && other.lowestBid && Decimal.min(bid, other.lowestBid),
    highestAsk: ask && other.highestAsk && Decimal.max(ask, other.highestAsk),
  };
}
