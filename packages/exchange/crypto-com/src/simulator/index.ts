export type { Level, PublishedRow } from "@conn/simulator";
export * from "./crypto-com-machine.js";
export { DEFAULT_INSTRUMENTS } from "./instruments/default-instruments.js";
export type { Instrument } from "./instruments/instrument.js";
export { type CryptoComLimits, DEFAULT_LIMITS, type MethodLimit } from "./limits.js";
export {
  type AccountOptions,
  type AccountVerbs,
  DEFAULT_ACCOUNT,
  DEFAULT_FEES,
  DEFAULT_FUNDS,
  type Fees,
} from "./private/account-verbs.js";
export type { IssuedKey, KeyPermissions } from "./private/accounts.js";
export type { CommandKind } from "./private/commands.js";
export type { Ticker } from "./rest/tickers.js";
export * from "./start-simulator.js";
