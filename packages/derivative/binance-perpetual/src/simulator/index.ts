export type { BookText, Level, PublishedRow } from "@conn/simulator";
export * from "./binance-perpetual-machine.js";
export type { Contract, ContractStatus } from "./contracts/contract.js";
export { DEFAULT_CONTRACTS } from "./contracts/default-contracts.js";
export { type BinancePerpetualLimits, DEFAULT_LIMITS } from "./limits.js";
export type { DayTicker } from "./rest/tickers.js";
export * from "./start-simulator.js";
export type { MarkPriceFields } from "./streams/mark-price-stream.js";
