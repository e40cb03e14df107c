import { crc32 } from "node:zlib";
import type { ConnectorEvent } from "../connector/index.js";
import type { BookLevel, OrderBook } from "../order-book/index.js";
import { writeValue } from "./codec.js";

/** All levels of a book are summed up after so many diffs: for each they would cost more than all else. */
const SUM_EVERY = 1_000;

/** An event as JSON, whole but for its book, of which the best levels and the counts stand for the rest. */
export function describeEvent(event: ConnectorEvent): string {
  if (event.type === "orderBook") {
    const { book, ...facts } = event;
    const { diffs, lastUpdateId, exchangeTimestamp } = book.integrity;
    const levels = describeLevels(book, event.kind === "snapshot" || diffs % SUM_EVERY === 0);
    return JSON.stringify({ ...facts, diffs, lastUpdateId, exchangeTimestamp, ...levels }, writeValue);
  }
  if (event.type === "orderBookState") {
    const { book, ...facts } = event;
    return JSON.stringify({ ...facts, integrity: book.integrity, ...describeLevels(book, true) }, writeValue);
  }
  return JSON.stringify(event, writeValue);
}

/** A short sum of a value. */
export function sumUp(value: unknown): string {
  return crc32(JSON.stringify(value, writeValue) ?? "").toString(16);
}

function describeLevels(book: OrderBook, summed: boolean): object {
  return {
    bids: book.bidCount,
    asks: book.askCount,
    bestBid: describeLevel(book.bestBid),
    bestAsk: describeLevel(book.bestAsk),
    ...(summed && { crc32: sumUp([book.bids().map(describeLevel), book.asks().map(describeLevel)]) }),
  };
}

function describeLevel(level: BookLevel | undefined): string | undefined {
  return level && `${level.amount.toFixed()} at ${level.price.toFixed()}`;
}
