export * from "./seed-report.js";
export * from "./shrink-seed.js";
export * from "./simulate-seed.js";
export type { SimulationSetup } from "./simulation-setup.js";
export type {
  AccountCall,
  OthersOrder,
  OwnFault,
  SimulatedAccount,
  StartTradingVenue,
  TradingVenue,
} from "./trading/simulated-account.js";
