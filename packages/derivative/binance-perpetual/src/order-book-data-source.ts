import type { OrderBookDataSource } from "@conn/core";
import { parseAggregateTrades, parseDepthSnapshot, parseMarketFrame } from "./market-frame.js";
import { orderBookSequence } from "./order-book-sequence.js";
import { aggregateTradesRequest, depthRequest } from "./rest.js";

/**
 * Books from `@depth@100ms` and REST snapshots, trades from `@aggTrade`, which is the trade stream that
 * the venue documents for futures.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams
 */
export const orderBookDataSource: OrderBookDataSource = {
  sequence: orderBookSequence,
  // Aggregate trade ids of a symbol rise by one.
  trades: { ids: "contiguous", backlogOnSubscribe: false },
  topics({ exchangeSymbol }) {
    // Stream names are in lower case, symbols everywhere else in upper case.
    const symbol = exchangeSymbol.toLowerCase();
    return [
      { route: "public", topic: `${symbol}@depth@100ms`, carries: "depth" },
      { route: "market", topic: `${symbol}@aggTrade`, carries: "trades" },
    ];
  },
  parse: (data, sink) => parseMarketFrame(data, sink),
  snapshotRequest: ({ exchangeSymbol }) => depthRequest(exchangeSymbol),
  parseSnapshot: (body, { exchangeSymbol }, sink) => parseDepthSnapshot(body, exchangeSymbol, sink),
  tradesRequest: ({ exchangeSymbol }, fromTradeId) => aggregateTradesRequest(exchangeSymbol, fromTradeId),
  parseTrades: (body, { exchangeSymbol }, sink) => parseAggregateTrades(body, exchangeSymbol, sink),
};
