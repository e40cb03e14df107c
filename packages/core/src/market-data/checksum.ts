import { crc32 } from "node:zlib";
import type { BookLevel } from "../order-book/book-side.js";
import type { OrderBook } from "../order-book/order-book.js";

/** How a venue computes the checksum of a book: CRC-32 over a text made of its best levels. */
export interface ChecksumRule {
  /** Levels per side that count, or fewer if the book has fewer. */
  readonly levels: number;
  /**
   * How the levels are put together.
   * - `interleaved`: `bidPrice:bidAmount:askPrice:askAmount:…`, level by level; a side that ends first is left out.
   * - `asksThenBids`: prices and amounts of all asks, then of all bids, with nothing in between.
   */
  readonly layout: "interleaved" | "asksThenBids";
  /**
   * How a number is written.
   * - `plain`: as few digits as it needs.
   * - `scaled`: always with the decimal places of the pair.
   * - `digits`: as `scaled`, without the point and without leading zeros.
   */
  readonly text: "plain" | "scaled" | "digits";
}

/** Decimal places of the pair as the venue writes them; only needed for `scaled` and `digits`. */
export interface BookScales {
  readonly price: number;
  readonly amount: number;
}

/** The checksum of a book by the venue's rule, as a signed 32-bit integer. */
export function checksumOf(book: OrderBook, rule: ChecksumRule, scales: BookScales): number {
  const write = (level: BookLevel): [string, string] => [
    writeNumber(level.price, scales.price, rule.text),
    writeNumber(level.amount, scales.amount, rule.text),
  ];
  const bids = book.bids(rule.levels).map(write);
  const asks = book.asks(rule.levels).map(write);
  if (rule.layout === "asksThenBids") return crc32([...asks, ...bids].flat().join("")) | 0;
  const parts: string[] = [];
  for (let index = 0; index < Math.max(bids.length, asks.length); index += 1) {
    parts.push(...(bids[index] ?? []), ...(asks[index] ?? []));
  }
  return crc32(parts.join(":")) | 0;
}

function writeNumber(value: BookLevel["price"], scale: number, text: ChecksumRule["text"]): string {
  if (text === "plain") return value.toFixed();
  const scaled = value.toFixed(scale);
  return text === "scaled" ? scaled : scaled.replace(".", "").replace(/^0+/, "");
}
