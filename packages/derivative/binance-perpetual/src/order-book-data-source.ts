import type { OrderBookDataSource } from "@conn/core";
import { parseAggregateTrades, parseDepthSnapshot, parseMarketFrame } from "./market-frame.js";
import { orderBookSequence } from "./order-book-sequence.js";
import { aggregateTradesRequest, depthRequest } from "./rest.js";

/**
 * Books from `@depth@100ms` and REST snapshots, trades from `@aggTrade`, which is the trade stream that
 * the venue documents for futures. `@ticker` and `@markPrice@1s` are those of each symbol: streams of all symbols
 * carry the contracts of another product too.
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
      { route: "market", topic: `${symbol}@ticker`, carries: "ticker" },
      { route: "market", topic: `${symbol}@markPrice@1s`, carries: "funding" },
    ];
  },
  parse: (data, sink) => parseMarketFrame(data, sink),
  snapshotRequest: ({ exchangeSymbol }) => depthRequest(exchangeSymbol),
  parseSnapshot: (body, { exchangeSymbol }, sink) => parseDepthSnapshot(body, exchangeSymbol, sink),
  tradesRequest: ({ exchangeSymbol }, fromTradeId) => aggregateTradesRequest(exchangeSymbol, fromTradeId),
  parseTrades: (body, { exchangeSymbol }, sink) => parseAggregateTrades(body, exchangeSymbol, sink),
};
