export type { Balance } from "./balance.js";
export type { Environment } from "./environment.js";
export type { Fee, Fill } from "./fill.js";
export type { FundingInfo } from "./funding-info.js";
export type { MarketDataChannel } from "./market-data-channel.js";
export type { OpenInterest } from "./open-interest.js";
export {
  type Certainty,
  type InFlightOrder,
  isFinished,
  type OrderAdjustment,
  type OrderReason,
  type OrderSide,
  type OrderStatus,
  type PendingCommand,
} from "./order.js";
export type { Ticker } from "./ticker.js";
export type { Trade } from "./trade.js";
export type { FeeSchedule, TradingFees } from "./trading-fees.js";
