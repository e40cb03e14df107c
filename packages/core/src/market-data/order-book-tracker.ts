import { ProtocolError } from "../errors/index.js";
import type { Instrument } from "../instrument/index.js";
import type { BookFault, BookState } from "../order-book/book-integrity.js";
import { EngineOrderBook } from "../order-book/engine-order-book.js";
import type { OrderBook } from "../order-book/order-book.js";
import type { LevelBatch } from "../parse/level-batch.js";
import type { Clock } from "../ports/index.js";
import { type BufferLimits, DiffBuffer } from "./diff-buffer.js";
import type { DepthMessage } from "./frame-sink.js";
import type { SequenceRecord } from "./sequence-record.js";
import { Sequencer } from "./sequencer.js";

/** What the tracker says and asks for. */
export interface TrackerOwner {
  /** Levels of a book changed; `kind` tells by what. */
  onBookChanged(book: OrderBook, kind: "snapshot" | "diff"): void;
  /** A book gained or lost trust; `fault` says why it was lost. */
  onBookState(book: OrderBook, previous: BookState, fault: BookFault | undefined): void;
  /** A snapshot is needed; answered by `snapshot`. `failures` counts the attempts in vain since the book was live. */
  requestSnapshot(tradingPair: string, failures: number): void;
  /** The book's stream must begin anew; answered by `disconnected` or at once, then `subscribed`. */
  restartStream(tradingPair: string, how: "resubscribe" | "reconnect"): void;
}

/** One book and its place in the venue's sequence. */
interface Tracked {
  readonly book: EngineOrderBook;
  readonly sequencer: Sequencer;
  readonly buffer: DiffBuffer;
  /** Whether the venue has confirmed the book's stream. */
  subscribed: boolean;
  /** Whether diffs must wait in the buffer for a snapshot. */
  awaitingSnapshot: boolean;
  /** Snapshots in vain since the book was last live. */
  failures: number;
  /** Whether the book was ever live. */
  wasLive: boolean;
}

/**
 * Keeps a dictionary of order books right: joins snapshots and diffs by the venue's sequence record,
 * notices what is missing, and asks for exactly what restores trust. Takes events, gives orders
 * through its owner, and does no work of its own in between.
 */
export class OrderBookTracker {
  readonly #record: SequenceRecord;
  readonly #limits: BufferLimits;
  readonly #clock: Clock;
  readonly #owner: TrackerOwner;
  readonly #tracked = new Map<string, Tracked>();
  readonly #books = new Map<string, OrderBook>();

  constructor(record: SequenceRecord, limits: BufferLimits, clock: Clock, owner: TrackerOwner) {
    this.#record = record;
    this.#limits = limits;
    this.#clock = clock;
    this.#owner = owner;
  }

  /** The tracked books by trading pair. */
  get books(): ReadonlyMap<string, OrderBook> {
    return this.#books;
  }

  /** Begins to track an instrument's book, which is empty until its stream is subscribed and a snapshot is in. */
  track(instrument: Instrument): OrderBook {
    const known = this.#books.get(instrument.tradingPair);
    if (known !== undefined) return known;
    const book = new EngineOrderBook({ instrument, clock: this.#clock });
    this.#tracked.set(instrument.tradingPair, {
      book,
      sequencer: new Sequencer(this.#record),
      buffer: new DiffBuffer(this.#limits),
      subscribed: false,
      awaitingSnapshot: true,
      failures: 0,
      wasLive: false,
    });
    this.#books.set(instrument.tradingPair, book);
    return book;
  }

  /** Forgets a book; what still arrives for it is ignored. */
  untrack(tradingPair: string): void {
    this.#tracked.delete(tradingPair);
    this.#books.delete(tradingPair);
  }

  /** The venue confirmed the stream of a book: every later change will arrive. */
  subscribed(tradingPair: string): void {
    const tracked = this.#tracked.get(tradingPair);
    if (tracked === undefined || tracked.subscribed) return;
    tracked.subscribed = true;
    this.#needSnapshot(tracked);
  }

  /** The stream of a book has ended. */
  disconnected(tradingPair: string, fault: BookFault): void {
    const tracked = this.#tracked.get(tradingPair);
    if (tracked === undefined) return;
    tracked.subscribed = false;
    tracked.awaitingSnapshot = true;
    tracked.failures = 0;
    tracked.buffer.clear();
    this.#lose(tracked, fault);
  }

  /** The connection of a book gives no sign of life. */
  silent(tradingPair: string): void {
    const tracked = this.#tracked.get(tradingPair);
    if (tracked?.book.integrity.state === "live") this.#setState(tracked, "stale", "silent");
  }

  /** The connection of a book lives after all; what it did not deliver meanwhile, the sequence will tell. */
  alive(tradingPair: string): void {
    const tracked = this.#tracked.get(tradingPair);
    if (tracked?.book.integrity.state === "stale") this.#setState(tracked, "live", undefined);
  }

  /** Distrusts a book, for a reason found outside, and recovers it. */
  distrust(tradingPair: string, fault: BookFault): void {
    const tracked = this.#tracked.get(tradingPair);
    if (tracked !== undefined && !tracked.awaitingSnapshot) this.#recover(tracked, fault);
  }

  /**
   * A diff arrived.
   *
   * @throws {ProtocolError} if a row is no level; the book is then to be distrusted.
   */
  diff(tradingPair: string, message: DepthMessage, levels: LevelBatch, receivedTimestamp: number): void {
    const tracked = this.#tracked.get(tradingPair);
    if (tracked === undefined) return;
    const { book, sequencer } = tracked;
    this.#heard(book, receivedTimestamp);
    if (tracked.awaitingSnapshot) {
      this.#keep(tracked, message, levels, receivedTimestamp);
      return;
    }
    const wasBridged = sequencer.bridged;
    const verdict = sequencer.judge(message);
    if (verdict === "stale") {
      book.integrity.staleDiffs += 1;
      return;
    }
    if (verdict === "gap") {
      if (wasBridged) book.integrity.gaps += 1;
      this.#recover(tracked, wasBridged ? "gap" : "snapshotTooOld");
      // What comes after the hole may be what comes after the next snapshot.
      if (tracked.subscribed) this.#keep(tracked, message, levels, receivedTimestamp);
      return;
    }
    this.#apply(tracked, message, levels);
    if (this.#distrustCrossed(tracked)) return;
    this.#owner.onBookChanged(book, "diff");
    if (!wasBridged) this.#trust(tracked);
  }

  /**
   * A snapshot arrived. Ignored if none is awaited any more.
   *
   * @throws {ProtocolError} if a row is no level; another snapshot is then needed.
   */
  snapshot(tradingPair: string, message: DepthMessage, levels: LevelBatch, receivedTimestamp: number): void {
    const tracked = this.#tracked.get(tradingPair);
    if (tracked === undefined || !tracked.awaitingSnapshot || !tracked.subscribed) return;
    if (message.lastUpdateId === undefined)
      throw new TypeError("a snapshot of this venue must carry its update id");
    const { book, sequencer, buffer } = tracked;
    this.#heard(book, receivedTimestamp);
    if (!book.applySnapshot(levels, message.from, message.to)) throw notLevels(tradingPair);
    sequencer.restart(message.lastUpdateId);
    book.integrity.snapshots += 1;
    book.integrity.lastUpdateId = message.lastUpdateId;
    book.integrity.exchangeTimestamp = message.exchangeTimestamp;
    for (const [index, diff] of buffer.diffs.entries()) {
      const verdict = sequencer.judge(diff);
      if (verdict === "apply") {
        this.#apply(tracked, diff, buffer.levels);
      } else if (verdict === "stale") {
        book.integrity.staleDiffs += 1;
      } else {
        // Either the snapshot is older than the stream, or a diff was lost while it was on its way.
        if (sequencer.bridged) book.integrity.gaps += 1;
        buffer.dropFirst(index);
        book.integrity.lastFault = sequencer.bridged ? "gap" : "snapshotTooOld";
        tracked.failures += 1;
        this.#owner.onBookChanged(book, "snapshot");
        this.#owner.requestSnapshot(tradingPair, tracked.failures);
        return;
      }
    }
    tracked.awaitingSnapshot = false;
    buffer.clear();
    if (this.#distrustCrossed(tracked)) return;
    this.#owner.onBookChanged(book, "snapshot");
    if (sequencer.bridged) this.#trust(tracked);
    else if (!tracked.wasLive) this.#setState(tracked, "syncing", undefined);
  }

  /** A snapshot could not be had; another attempt is asked for. */
  snapshotFailed(tradingPair: string): void {
    const tracked = this.#tracked.get(tradingPair);
    if (tracked === undefined || !tracked.awaitingSnapshot || !tracked.subscribed) return;
    tracked.failures += 1;
    this.#owner.requestSnapshot(tradingPair, tracked.failures);
  }

  #apply(
    tracked: Tracked,
    diff: Pick<DepthMessage, "from" | "to" | "lastUpdateId" | "exchangeTimestamp">,
    levels: LevelBatch,
  ): void {
    const { book } = tracked;
    if (!book.applyDiff(levels, diff.from, diff.to)) {
      // Kept, it would spoil the next snapshot too.
      tracked.buffer.clear();
      throw notLevels(book.tradingPair);
    }
    book.integrity.diffs += 1;
    book.integrity.lastUpdateId = diff.lastUpdateId;
    book.integrity.exchangeTimestamp = diff.exchangeTimestamp;
  }

  #heard(book: EngineOrderBook, receivedTimestamp: number): void {
    book.lastFrameMs = this.#clock.monotonic();
    book.integrity.receivedTimestamp = receivedTimestamp;
  }

  #keep(tracked: Tracked, message: DepthMessage, levels: LevelBatch, receivedTimestamp: number): void {
    if (tracked.buffer.push(message, levels, receivedTimestamp)) return;
    // Too much for one wait. The newest diffs are the ones that a later snapshot can join.
    tracked.book.integrity.lastFault = "bufferOverflow";
    tracked.buffer.clear();
    tracked.buffer.push(message, levels, receivedTimestamp);
  }

  /** Deals with a crossed book by the record's policy. Returns whether the book is being recovered. */
  #distrustCrossed(tracked: Tracked): boolean {
    if (!tracked.book.isCrossed) return false;
    tracked.book.integrity.crossed += 1;
    if (this.#record.crossed === "report") return false;
    this.#recover(tracked, "crossed");
    return true;
  }

  #recover(tracked: Tracked, fault: BookFault): void {
    tracked.buffer.clear();
    tracked.awaitingSnapshot = true;
    tracked.failures += 1;
    this.#lose(tracked, fault);
    const { recovery } = this.#record;
    if (recovery === "refetch") {
      this.#owner.requestSnapshot(tracked.book.tradingPair, tracked.failures);
      return;
    }
    tracked.subscribed = false;
    this.#owner.restartStream(tracked.book.tradingPair, recovery);
  }

  #needSnapshot(tracked: Tracked): void {
    tracked.awaitingSnapshot = true;
    this.#owner.requestSnapshot(tracked.book.tradingPair, tracked.failures);
  }

  #trust(tracked: Tracked): void {
    tracked.failures = 0;
    tracked.wasLive = true;
    this.#setState(tracked, "live", undefined);
  }

  #lose(tracked: Tracked, fault: BookFault): void {
    const { integrity } = tracked.book;
    integrity.lastFault = fault;
    if (integrity.state === "live" || integrity.state === "stale") {
      integrity.resyncs += 1;
      this.#setState(tracked, "resyncing", fault);
    }
  }

  #setState(tracked: Tracked, state: BookState, fault: BookFault | undefined): void {
    const { book } = tracked;
    const previous = book.integrity.state;
    if (previous === state) return;
    book.integrity.state = state;
    if (fault !== undefined) book.integrity.lastFault = fault;
    this.#owner.onBookState(book, previous, fault);
  }
}

function notLevels(tradingPair: string): ProtocolError {
  return new ProtocolError("MALFORMED_FRAME", `a row for the book of ${tradingPair} is no level`, {
    details: { tradingPair },
  });
}
