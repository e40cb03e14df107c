export { type AmountUnits, toBaseAmount, toQuoteAmount } from "./amounts.js";
export type { Instrument, InstrumentStatus } from "./instrument.js";
export type { OrderType, TimeInForce, TradingRules } from "./trading-rules.js";
