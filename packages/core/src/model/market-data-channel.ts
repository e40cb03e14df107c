/**
 * What of a followed pair is streamed: its order book, its public trades, its ticker of 24 hours, or its
 * mark price, index price and funding.
 */
export type MarketDataChannel = "orderBook" | "trades" | "ticker" | "funding";
