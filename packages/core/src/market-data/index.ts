export { canBeAudited } from "./book-audit.js";
export { type BookScales, type ChecksumRule, checksumOf } from "./checksum.js";
export type { BufferLimits } from "./diff-buffer.js";
export {
  type AnswerMessage,
  type ChecksumMessage,
  type DepthMessage,
  type FrameMessage,
  FrameSink,
  type FundingMessage,
  type HeartbeatMessage,
  type TickerMessage,
  type TradeMessage,
  type UnknownMessage,
} from "./frame-sink.js";
export {
  MarketDataEngine,
  type MarketDataEngineOptions,
  type MarketDataOwner,
} from "./market-data-engine.js";
export {
  type FeedConnection,
  MarketDataFeed,
  type MarketDataFeedOptions,
  type MarketDataFeedOwner,
} from "./market-data-feed.js";
export { MarketInfo, type MarketInfoOwner } from "./market-info.js";
export type { OrderBookDataSource, ParseContext, StreamTopic } from "./order-book-data-source.js";
export { OrderBookTracker, type TrackerOwner } from "./order-book-tracker.js";
export type { SequenceRecord } from "./sequence-record.js";
export { type DiffIds, type OrderingRules, Sequencer, type Verdict } from "./sequencer.js";
export { type TradeRules, TradeTracker, type TradeTrackerOwner } from "./trade-tracker.js";
