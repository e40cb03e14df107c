export { ALL_CASES } from "./cases/all-cases.js";
export { type ConformanceSetup, describeConnector } from "./describe-connector.js";
export { bookDifference, expectBookEquals } from "./run/book-equality.js";
export type { ConformanceCase, Situation } from "./run/conformance-case.js";
export { ConformanceFailure } from "./run/failure.js";
export { runCase } from "./run/run-case.js";
export { runFailingCase } from "./run/run-failing-case.js";
export type { StageSetup } from "./run/stage.js";
export type {
  ConformanceSimulator,
  ConformanceStart,
  ConformanceVenue,
  VenueBook,
  VenueListing,
  VenueRow,
  VenueRules,
  VenueTrade,
} from "./venue/conformance-venue.js";
export type {
  MarketInfoTruth,
  VenueFunding,
  VenueFundingPart,
  VenueTicker,
} from "./venue/market-info-truth.js";
export type {
  OthersOrder,
  VenueAccount,
  VenueAccounts,
  VenueBalance,
  VenueCall,
  VenueFill,
  VenueOrder,
  VenueTelling,
} from "./venue/venue-accounts.js";
export type { ClientFrameLimit, LoweredLimits, VenueLimits } from "./venue/venue-limits.js";
export type { LoopbackProxy, ProxyTunnel } from "./world/connect-proxy.js";
export {
  createLoopbackWorld,
  type Handles,
  type LogLine,
  type LoopbackWorld,
  type LoopbackWorldOptions,
  type WaitOptions,
} from "./world/loopback-world.js";
export type { TrafficEvent } from "./world/traffic.js";
export type { PendingTimer } from "./world/virtual-time.js";
