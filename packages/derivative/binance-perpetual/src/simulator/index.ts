export type { BookText, Level, PublishedRow } from "@conn/simulator";
export * from "./binance-perpetual-machine.js";
export type { Contract, ContractStatus } from "./contracts/contract.js";
export { DEFAULT_CONTRACTS } from "./contracts/default-contracts.js";
export { type BinancePerpetualLimits, DEFAULT_LIMITS } from "./limits.js";
export {
  type AccountOptions,
  type AccountVerbs,
  DEFAULT_ACCOUNT,
  DEFAULT_FEES,
  DEFAULT_FUNDS,
  type Fees,
} from "./private/account-verbs.js";
export type { IssuedKey, KeyPermissions } from "./private/accounts.js";
export { withoutCommission } from "./private/user-events.js";
export type { DayTicker } from "./rest/tickers.js";
export * from "./start-simulator.js";
export type { MarkPriceFields } from "./streams/mark-price-stream.js";
