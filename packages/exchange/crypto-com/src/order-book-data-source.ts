import type { OrderBookDataSource } from "@conn/core";
import { BOOK_DEPTH } from "./constants.js";
import { parseMarketFrame } from "./market-frame.js";
import { orderBookSequence } from "./order-book-sequence.js";

/**
 * Books from `book.{instrument_name}.50` as snapshot and updates, trades from `trade.{instrument_name}`, tickers
 * from `ticker.{instrument_name}`.
 */
export const orderBookDataSource: OrderBookDataSource = {
  sequence: orderBookSequence,
  // A subscription begins with the last trades before it.
  trades: { ids: "unique", backlogOnSubscribe: true },
  topics: ({ exchangeSymbol }) => [
    { route: "market", topic: `book.${exchangeSymbol}.${BOOK_DEPTH}`, carries: "depth" },
    { route: "market", topic: `trade.${exchangeSymbol}`, carries: "trades" },
    { route: "market", topic: `ticker.${exchangeSymbol}`, carries: "ticker" },
  ],
  parse(data, sink, context) {
    // Instruments whose trades have come on this connection: their first frame is the backlog.
    const begun = context.memo instanceof Set ? context.memo : new Set<string>();
    context.memo = begun;
    parseMarketFrame(data, sink, begun);
  },
};
