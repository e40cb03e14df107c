import type { Instrument } from "../instrument/index.js";
import type { RestRequest } from "../transport/index.js";
import type { FrameSink } from "./frame-sink.js";
import type { SequenceRecord } from "./sequence-record.js";
import type { TradeRules } from "./trade-tracker.js";

/** A stream that the venue serves. */
export interface StreamTopic {
  /** Name of the connection route that serves it. */
  readonly route: string;
  /** The venue's name of the stream, as its subscription frames spell it. */
  readonly topic: string;
  /** What the connector reads from it. */
  readonly carries: "depth" | "trades" | "ticker" | "funding";
}

/** What a parse may know beside the frame. */
export interface ParseContext {
  /** Name of the route on which the frame arrived. */
  readonly route: string;
  /** When the frame arrived, ms since 1970-01-01 UTC. */
  readonly receivedTimestamp: number;
  /** State that the venue forces on one connection: the connector may replace it; empty on each new connection. */
  memo: unknown;
}

/** The market-data side of a venue: which streams, how frames and snapshots read, how they are ordered. */
export interface OrderBookDataSource {
  readonly sequence: SequenceRecord;
  /** What the venue lets be known of public trades. */
  readonly trades: TradeRules;
  /** The streams of an instrument, for all that the connector supports; those that are wanted are subscribed to. */
  topics(instrument: Instrument): readonly StreamTopic[];
  /**
   * Reads one frame into the sink. Must not keep `data` or the sink.
   *
   * @throws {ProtocolError} if the frame is not what the venue documents; nothing of it is then applied.
   */
  parse(data: Uint8Array, sink: FrameSink, context: ParseContext): void;
  /** Where `sequence.snapshot` is `rest`: the request for a snapshot of the book. */
  snapshotRequest?(instrument: Instrument): RestRequest;
  /**
   * Reads the answer to `snapshotRequest`: exactly one depth message of kind `snapshot`.
   *
   * @throws {ProtocolError} if the answer is not what the venue documents.
   */
  parseSnapshot?(body: Uint8Array, instrument: Instrument, sink: FrameSink): void;
  /** Where `sequence.snapshot` is `request`: the frame that asks for a snapshot; `parse` reads the answer. */
  formatSnapshotRequest?(instrument: Instrument, requestId: number): string;
  /** Where trade ids are contiguous and the venue keeps old trades: the request for those from an id on. */
  tradesRequest?(instrument: Instrument, fromTradeId: string): RestRequest;
  /**
   * Reads the answer to `tradesRequest`: trades, oldest first.
   *
   * @throws {ProtocolError} if the answer is not what the venue documents.
   */
  parseTrades?(body: Uint8Array, instrument: Instrument, sink: FrameSink): void;
}
