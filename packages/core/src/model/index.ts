export type { Environment } from "./environment.js";
export type { FundingInfo } from "./funding-info.js";
export type { MarketDataChannel } from "./market-data-channel.js";
export type { OpenInterest } from "./open-interest.js";
export type { Ticker } from "./ticker.js";
export type { Trade } from "./trade.js";
