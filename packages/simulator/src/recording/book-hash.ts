import { createHash } from "node:crypto";
import type { OrderBook } from "@conn/core";

/**
 * SHA-256 of all levels of a book, in hex: lines `b|price|amount` for the bids and `a|price|amount` for the
 * asks, best first, as plain decimals without needless zeros, with a line feed between them.
 */
export function hashBook(book: OrderBook): string {
  const lines = [
    ...book.bids().map(({ price, amount }) => `b|${price.toFixed()}|${amount.toFixed()}`),
    ...book.asks().map(({ price, amount }) => `a|${price.toFixed()}|${amount.toFixed()}`),
  ];
  return createHash("sha256").update(lines.join("\n")).digest("hex");
}
