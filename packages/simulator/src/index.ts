export * from "./faults/fault-layer.js";
export * from "./faults/faults.js";
export * from "./machine/effect-list.js";
export * from "./machine/venue-machine.js";
export * from "./market/market.js";
export type { BookSide, PriceLadder } from "./market/price-ladder.js";
export * from "./random/seeded-random.js";
export * from "./server/serve-venue.js";
export type {
  ClientFrameRecord,
  ConnectionRecord,
  DialRecord,
  RequestRecord,
  VenueLog,
} from "./server/venue-log.js";
