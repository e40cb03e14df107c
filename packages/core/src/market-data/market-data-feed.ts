import { Decimal } from "../decimal/decimal.js";
import { ConnError, ProtocolError } from "../errors/index.js";
import type { Instrument } from "../instrument/index.js";
import type { Trade } from "../model/index.js";
import type { BookFault } from "../order-book/book-integrity.js";
import type { OrderBook } from "../order-book/order-book.js";
import type { LevelBatch } from "../parse/level-batch.js";
import type { UpdateId } from "../parse/update-id.js";
import type { Clock } from "../ports/index.js";
import type { OverlapRole } from "../transport/index.js";
import { BookAuditor } from "./book-auditor.js";
import type { BufferLimits } from "./diff-buffer.js";
import {
  type AnswerMessage,
  type DepthMessage,
  type FrameMessage,
  FrameSink,
  type TradeMessage,
} from "./frame-sink.js";
import { MarketInfo, type MarketInfoOwner } from "./market-info.js";
import type { OrderBookDataSource, ParseContext } from "./order-book-data-source.js";
import { OrderBookTracker, type TrackerOwner } from "./order-book-tracker.js";
import type { SequenceRecord } from "./sequence-record.js";
import { Sequencer } from "./sequencer.js";
import { StreamHandover } from "./stream-handover.js";
import { TradeTracker } from "./trade-tracker.js";

/** One connection as the feed sees it. */
export interface FeedConnection {
  /** For people. */
  readonly id: string;
  readonly route: string;
  /** State that the venue forces on one connection, kept for the connector. */
  memo: unknown;
  /** Set while another connection carries the same streams. */
  readonly role?: OverlapRole | undefined;
}

/** What the feed works with. */
export interface MarketDataFeedOptions {
  readonly venue: string;
  readonly source: Pick<
    OrderBookDataSource,
    "sequence" | "trades" | "parse" | "parseSnapshot" | "parseTrades"
  >;
  readonly clock: Clock;
  readonly buffer: BufferLimits;
  /** Whether the venue lists a symbol: frames of pairs that are not followed are then no surprise. */
  readonly isListed: (exchangeSymbol: string) => boolean;
}

/** Told what market data arrives, how far it can be trusted, and what is needed to trust it again. */
export interface MarketDataFeedOwner<Connection extends FeedConnection>
  extends Omit<TrackerOwner, "onBookChanged">,
    Partial<MarketInfoOwner> {
  onBookChanged(book: OrderBook, kind: "snapshot" | "diff", receivedTimestamp: number): void;
  onTrade(trade: Trade): void;
  /** Trades from this id on were missed; answered by `missedTrades` or `missedTradesFailed`. */
  requestTrades(tradingPair: string, fromTradeId: string, failures: number): void;
  onProblem(error: ConnError, tradingPair: string | undefined): void;
  /** The venue answered a request that was sent on the connection. */
  onAnswer(connection: Connection, answer: AnswerMessage): void;
  /** The venue demands this frame in return. */
  onReply(connection: Connection, reply: string): void;
  /** A snapshot of this pair came in the stream. */
  onStreamSnapshot(tradingPair: string): void;
  /** The pairs whose books a connection carries. */
  pairsOf(connection: Connection): readonly string[];
}

/**
 * From bytes to books and trades in one synchronous chain: parse → tracker → owner. Has no connection,
 * timer or request of its own, so that a live stream and a recorded one take the same way.
 */
export class MarketDataFeed<Connection extends FeedConnection = FeedConnection> {
  readonly tracker: OrderBookTracker;
  readonly handover: StreamHandover;
  readonly info: MarketInfo;
  readonly auditor: BookAuditor;
  readonly #options: MarketDataFeedOptions;
  readonly #owner: MarketDataFeedOwner<Connection>;
  readonly #sink = new FrameSink();
  readonly #snapshotSink = new FrameSink();
  readonly #context: ParseContext & { route: string; receivedTimestamp: number } = {
    route: "",
    receivedTimestamp: 0,
    memo: undefined,
  };
  readonly #pairBySymbol = new Map<string, string>();
  readonly #trades = new Map<string, TradeTracker>();
  /** Trackers whose backlog stands in the frame being read. */
  readonly #backlogs = new Set<TradeTracker>();
  readonly #connectionSequences = new WeakMap<Connection, Sequencer>();
  /** Pairs of which a successor has sent a snapshot that was not needed. */
  readonly #passedSnapshots = new WeakMap<Connection, Set<string>>();
  #receivedTimestamp = 0;

  constructor(options: MarketDataFeedOptions, owner: MarketDataFeedOwner<Connection>) {
    this.#options = options;
    this.#owner = owner;
    this.tracker = new OrderBookTracker(options.source.sequence, options.buffer, options.clock, {
      onBookChanged: (book, kind) => owner.onBookChanged(book, kind, this.#receivedTimestamp),
      onBookState: (book, previous, fault) => owner.onBookState(book, previous, fault),
      requestSnapshot: (tradingPair, failures) => owner.requestSnapshot(tradingPair, failures),
      restartStream: (tradingPair, how, failures) => owner.restartStream(tradingPair, how, failures),
    });
    this.handover = new StreamHandover(
      options.source.sequence,
      options.buffer,
      this.tracker,
      (tradingPair, message, levels, at) => this.#takeDepth(tradingPair, message, levels, at),
      (tradingPair, message, levels, at) => this.#takeLateDepth(tradingPair, message, levels, at),
    );
    this.info = new MarketInfo({
      onTicker: (ticker) => owner.onTicker?.(ticker),
      onFundingInfo: (fundingInfo) => owner.onFundingInfo?.(fundingInfo),
    });
    this.auditor = new BookAuditor(
      options.venue,
      { record: options.source.sequence, buffer: options.buffer, clock: options.clock },
      this.tracker,
      (error, tradingPair) => owner.onProblem(error, tradingPair),
    );
  }

  /**
   * Begins to take an instrument's frames, and to keep its book; of one that is followed already, takes over its
   * changed terms.
   */
  follow(instrument: Instrument): OrderBook {
    this.followWithoutBook(instrument);
    return this.tracker.track(instrument);
  }

  /** Begins to take an instrument's frames; those of its book, if any come, mean nothing. */
  followWithoutBook({ exchangeSymbol, tradingPair }: Instrument): void {
    this.#pairBySymbol.set(exchangeSymbol, tradingPair);
    if (!this.#trades.has(tradingPair)) this.#trades.set(tradingPair, this.#createTradeTracker(tradingPair));
  }

  /** Ceases to take an instrument's frames. */
  unfollow(instrument: Instrument): void {
    this.#leave(instrument);
    this.tracker.untrack(instrument.tradingPair);
    this.info.forget(instrument.tradingPair);
  }

  /** Ceases to take an instrument's frames until it is followed again; its book stays, without trust. */
  suspend(instrument: Instrument, fault: BookFault, hadTrades: boolean): void {
    const { tradingPair } = instrument;
    // What trades until it is followed by its new name, no id will show to be missing.
    if (fault === "renamed" && hadTrades) {
      const message = `trades of ${tradingPair} may be missing until its new stream is followed`;
      const { venue } = this.#options;
      this.#owner.onProblem(
        new ProtocolError("TRADES_LOST", message, { venue, details: { tradingPair } }),
        tradingPair,
      );
    }
    this.#leave(instrument);
    this.tracker.disconnected(instrument.tradingPair, fault);
  }

  /** A new connection stands in for an earlier one: its count begins anew. */
  connected(connection: Connection): void {
    connection.memo = undefined;
    this.#connectionSequences.delete(connection);
    this.#passedSnapshots.delete(connection);
    if (connection.role !== "standby") return;
    for (const tradingPair of this.#owner.pairsOf(connection)) this.handover.forget(tradingPair);
  }

  /**
   * Whether the snapshot with which a stream began was passed over, so that the stream must be asked for anew if a
   * snapshot is needed. Told once.
   */
  takePassedSnapshot(connection: Connection, tradingPair: string): boolean {
    return this.#passedSnapshots.get(connection)?.delete(tradingPair) === true;
  }

  /** Only one connection brings the trades of a pair now, after two of them did. */
  finishTradeHandover(tradingPair: string): void {
    const early = this.handover.finishTrades(tradingPair);
    if (early !== undefined) this.#trades.get(tradingPair)?.trade(early);
  }

  /** A frame arrived. Whatever is in it, this does not throw. */
  frame(connection: Connection, data: Uint8Array, receivedTimestamp: number): void {
    const sink = this.#sink;
    const context = this.#context;
    this.#receivedTimestamp = receivedTimestamp;
    context.route = connection.route;
    context.receivedTimestamp = receivedTimestamp;
    context.memo = connection.memo;
    sink.reset();
    try {
      this.#options.source.parse(data, sink, context);
    } catch (cause) {
      this.#owner.onProblem(this.#frameError(cause, connection, data), undefined);
      // Whatever the frame held is lost. Where no later frame can show that, every book may be wrong now.
      if (!lossShows(this.#options.source.sequence)) {
        this.#distrustAll(connection, "malformedFrame");
      }
      return;
    } finally {
      connection.memo = context.memo;
    }
    if (sink.sequence !== undefined && !this.#follows(connection, sink.sequence)) return;
    for (const message of sink.messages) {
      try {
        this.#dispatch(connection, message, receivedTimestamp);
      } catch (cause) {
        const tradingPair =
          "exchangeSymbol" in message ? this.#pairBySymbol.get(message.exchangeSymbol) : undefined;
        this.#owner.onProblem(this.#frameError(cause, connection, data), tradingPair);
        if (tradingPair === undefined || message.type !== "depth") continue;
        this.tracker.distrust(tradingPair, "malformedFrame");
      }
    }
    for (const trades of this.#backlogs) trades.backlogEnded();
    this.#backlogs.clear();
  }

  /**
   * The answer to a REST request for a snapshot arrived.
   *
   * @throws {ProtocolError} if it cannot be used.
   */
  snapshot(instrument: Instrument, body: Uint8Array, receivedTimestamp: number): void {
    const message = this.#readSnapshot(instrument, body);
    this.#receivedTimestamp = receivedTimestamp;
    this.tracker.snapshot(instrument.tradingPair, message, this.#snapshotSink.levels, receivedTimestamp);
  }

  /**
   * The answer to a REST request for a snapshot arrived, by which a book is to be audited.
   *
   * @throws {ProtocolError} if it cannot be used.
   */
  auditSnapshot(instrument: Instrument, body: Uint8Array, receivedTimestamp: number): void {
    const message = this.#readSnapshot(instrument, body);
    this.#receivedTimestamp = receivedTimestamp;
    this.auditor.snapshot(instrument.tradingPair, message, this.#snapshotSink.levels, receivedTimestamp);
  }

  /**
   * The answer to a request for missed trades arrived.
   *
   * @throws {ProtocolError} if it cannot be used.
   */
  missedTrades(instrument: Instrument, body: Uint8Array, receivedTimestamp: number): void {
    const sink = this.#snapshotSink;
    sink.reset();
    this.#options.source.parseTrades?.(body, instrument, sink);
    this.#receivedTimestamp = receivedTimestamp;
    const found = sink.messages.filter((message) => message.type === "trade");
    this.#trades.get(instrument.tradingPair)?.backfilled(found);
  }

  /** Missed trades could not be had. */
  missedTradesFailed(tradingPair: string): void {
    this.#trades.get(tradingPair)?.backfillFailed();
  }

  #leave({ exchangeSymbol, tradingPair }: Instrument): void {
    this.#pairBySymbol.delete(exchangeSymbol);
    // An instrument that comes back may count its trades anew.
    this.#trades.delete(tradingPair);
    this.handover.forget(tradingPair);
    this.handover.finishTrades(tradingPair);
  }

  #readSnapshot(instrument: Instrument, body: Uint8Array): DepthMessage {
    const sink = this.#snapshotSink;
    sink.reset();
    this.#options.source.parseSnapshot?.(body, instrument, sink);
    const message = sink.messages[0];
    if (sink.messages.length !== 1 || message?.type !== "depth" || message.kind !== "snapshot") {
      throw new TypeError("parseSnapshot must write exactly one snapshot");
    }
    return message;
  }

  #createTradeTracker(tradingPair: string): TradeTracker {
    return new TradeTracker(this.#options.source.trades, {
      onTrade: (trade, recovered) => this.#owner.onTrade(this.#toTrade(tradingPair, trade, recovered)),
      requestBackfill: (fromTradeId, failures) =>
        this.#owner.requestTrades(tradingPair, fromTradeId, failures),
      onLost: (fromTradeId, beforeTradeId) => {
        const error = new ProtocolError(
          "TRADES_LOST",
          `trades of ${tradingPair} are missing and cannot be had`,
          {
            venue: this.#options.venue,
            details: { tradingPair, fromTradeId, beforeTradeId },
          },
        );
        this.#owner.onProblem(error, tradingPair);
      },
    });
  }

  #toTrade(tradingPair: string, trade: TradeMessage, recovered: boolean): Trade {
    const { tradeId, side, exchangeTimestamp } = trade;
    return {
      tradingPair,
      tradeId,
      side,
      price: new Decimal(trade.price),
      amount: new Decimal(trade.amount),
      exchangeTimestamp,
      receivedTimestamp: this.#receivedTimestamp,
      recovered,
    };
  }

  /** Whether a frame may be used, by the count of its connection. After a hole no book of the connection is trusted. */
  #follows(connection: Connection, sequence: UpdateId): boolean {
    if (this.#options.source.sequence.scope !== "connection") return true;
    const ids = { firstUpdateId: sequence, lastUpdateId: sequence, previousUpdateId: undefined };
    const sequencer = this.#connectionSequences.get(connection);
    const verdict = sequencer?.judge(ids);
    if (verdict === "stale") return false;
    if (verdict === "apply") return true;
    const restarted = new Sequencer({ bridge: "follows", steady: "contiguous" });
    restarted.restart(sequence);
    this.#connectionSequences.set(connection, restarted);
    if (verdict === "gap") this.#distrustAll(connection, "gap");
    return true;
  }

  #notePassed(connection: Connection, tradingPair: string): void {
    const passed = this.#passedSnapshots.get(connection) ?? new Set();
    this.#passedSnapshots.set(connection, passed.add(tradingPair));
  }

  /** Distrusts every book whose changes come by a connection. */
  #distrustAll(connection: Connection, fault: BookFault): void {
    for (const tradingPair of this.#owner.pairsOf(connection))
      if (this.handover.counts(connection.role, tradingPair)) this.tracker.distrust(tradingPair, fault);
  }

  #takeDepth(
    tradingPair: string,
    message: DepthMessage,
    levels: LevelBatch,
    receivedTimestamp: number,
  ): void {
    if (message.kind === "diff") {
      this.tracker.diff(tradingPair, message, levels, receivedTimestamp);
      this.auditor.diff(tradingPair, message, levels, receivedTimestamp);
      return;
    }
    this.#owner.onStreamSnapshot(tradingPair);
    this.tracker.snapshot(tradingPair, message, levels, receivedTimestamp);
  }

  #takeLateDepth(
    tradingPair: string,
    message: DepthMessage,
    levels: LevelBatch,
    receivedTimestamp: number,
  ): void {
    const current = this.#receivedTimestamp;
    this.#receivedTimestamp = receivedTimestamp;
    try {
      this.#takeDepth(tradingPair, message, levels, receivedTimestamp);
    } catch (error) {
      if (!(error instanceof ConnError)) throw error;
      this.#owner.onProblem(error, tradingPair);
      this.tracker.distrust(tradingPair, "malformedFrame");
    } finally {
      this.#receivedTimestamp = current;
    }
  }

  #dispatch(connection: Connection, message: FrameMessage, receivedTimestamp: number): void {
    const { role } = connection;
    switch (message.type) {
      case "depth": {
        const tradingPair = this.#pairOf(message.exchangeSymbol);
        if (tradingPair === undefined) return;
        const { levels } = this.#sink;
        if (role === undefined) this.#takeDepth(tradingPair, message, levels, receivedTimestamp);
        else if (
          !this.handover.depth(role, tradingPair, message, levels, receivedTimestamp) &&
          message.kind === "snapshot"
        ) {
          this.#notePassed(connection, tradingPair);
        }
        return;
      }
      case "checksum": {
        const tradingPair = this.#pairOf(message.exchangeSymbol);
        if (tradingPair !== undefined && this.handover.counts(role, tradingPair))
          this.tracker.checksum(tradingPair, message.checksum);
        return;
      }
      case "trade": {
        const tradingPair = this.#pairOf(message.exchangeSymbol);
        if (tradingPair === undefined) return;
        const trades = this.#trades.get(tradingPair);
        if (trades === undefined) return;
        if (role !== undefined && !this.handover.trade(role, tradingPair, message, trades)) return;
        if (message.backlog === true) this.#backlogs.add(trades);
        trades.trade(message);
        return;
      }
      case "ticker":
      case "funding": {
        const tradingPair = this.#pairOf(message.exchangeSymbol);
        // Until a successor has taken over, the other connection tells the same.
        if (tradingPair !== undefined && role !== "standby")
          this.info.merge(tradingPair, message, receivedTimestamp);
        return;
      }
      case "acknowledged":
      case "refused":
        this.#owner.onAnswer(connection, message);
        return;
      case "heartbeat":
        if (message.reply !== undefined) this.#owner.onReply(connection, message.reply);
        return;
      case "unknown":
        this.#owner.onProblem(this.#unknown(message.what), undefined);
        return;
      default:
        message satisfies never;
    }
  }

  /** The pair of a symbol; undefined, and reported unless the venue lists it, if it is not followed. */
  #pairOf(exchangeSymbol: string): string | undefined {
    const tradingPair = this.#pairBySymbol.get(exchangeSymbol);
    if (tradingPair === undefined && !this.#options.isListed(exchangeSymbol)) {
      this.#owner.onProblem(this.#unknown(`symbol ${exchangeSymbol}`), undefined);
    }
    return tradingPair;
  }

  #unknown(what: string): ProtocolError {
    return new ProtocolError("UNKNOWN_MESSAGE", `the venue sent something unknown: ${what}`, {
      venue: this.#options.venue,
      details: { what },
    });
  }

  #frameError(cause: unknown, connection: Connection, data: Uint8Array): ConnError {
    return new ProtocolError("MALFORMED_FRAME", `a frame on ${connection.id} cannot be used`, {
      cause,
      venue: this.#options.venue,
      details: {
        ...(cause instanceof ConnError && cause.details),
        connection: connection.id,
        bytes: data.length,
        // Enough to recognise the frame, not enough to fill a log with 10 MB of it.
        beginning: new TextDecoder().decode(data.subarray(0, 200)),
      },
    });
  }
}

/** Whether the frame after a lost one tells that one is missing, or makes up for it. */
function lossShows({ scope, snapshot, steady, checksum }: SequenceRecord): boolean {
  if (scope === "connection" || snapshot === "everyFrame" || checksum !== undefined) return true;
  return steady === "linked" || steady === "contiguous";
}
