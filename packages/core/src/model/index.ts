export type { Environment } from "./environment.js";
export type { Trade } from "./trade.js";
