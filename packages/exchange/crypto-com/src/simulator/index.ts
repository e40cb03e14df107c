export type { Level, PublishedRow } from "@conn/simulator";
export * from "./crypto-com-machine.js";
export { DEFAULT_INSTRUMENTS } from "./instruments/default-instruments.js";
export type { Instrument } from "./instruments/instrument.js";
export { type CryptoComLimits, DEFAULT_LIMITS } from "./limits.js";
export type { Ticker } from "./rest/tickers.js";
export * from "./start-simulator.js";
