export * from "./faults/fault-layer.js";
export * from "./faults/faults.js";
export * from "./ledger/ledger.js";
export * from "./ledger/position.js";
export * from "./machine/effect-list.js";
export * from "./machine/venue-machine.js";
export type { ChangeHistory } from "./market/change-history.js";
export type { DayStatistics, DaySummary } from "./market/day-statistics.js";
export * from "./market/market.js";
export * from "./market/market-listener.js";
export type { QueuedOrder } from "./market/order-queue.js";
export type { BookSide, PriceLadder } from "./market/price-ladder.js";
export type { BookFront, SharedBook } from "./market/shared-book.js";
export * from "./market/trade-tape.js";
export {
  type BookText,
  checkPublishedRows,
  type Level,
  type PublishedRow,
  type VenueBook,
} from "./market/venue-book.js";
export * from "./market/venue-market.js";
export * from "./matching/account-event.js";
export * from "./matching/create-exchange-core.js";
export * from "./matching/exchange-core.js";
export * from "./matching/order.js";
export * from "./matching/venue-rules.js";
export * from "./random/noise.js";
export * from "./random/seeded-random.js";
export { hashBook } from "./recording/book-hash.js";
export { createConnectorSource, readInstruments } from "./recording/connector-source.js";
export { type RecordedRequest, requestMatcher } from "./recording/match-request.js";
export {
  bytesOf,
  type RecordedLine,
  type RecordingDisk,
  readFileOf,
  readRecording,
} from "./recording/recording.js";
export { RecordingError } from "./recording/recording-error.js";
export {
  bareInstrument,
  type OnReplayProblem,
  type ReplayedBook,
  ReplaySession,
} from "./recording/replay-session.js";
export type { ReplaySource } from "./recording/replay-source.js";
export { routeOf } from "./recording/route-of.js";
export * from "./server/serve-venue.js";
export type {
  ClientFrameRecord,
  ConnectionRecord,
  DialRecord,
  RequestRecord,
  VenueLog,
} from "./server/venue-log.js";
export * from "./streams/boundary.js";
export * from "./streams/stream-schedule.js";
export * from "./text/canonical-number.js";
export * from "./text/fixed-point.js";
