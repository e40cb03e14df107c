import { ProtocolError } from "../errors/index.js";
import type { Instrument } from "../instrument/index.js";
import type { BookFault, BookState } from "../order-book/book-integrity.js";
import { EngineOrderBook } from "../order-book/engine-order-book.js";
import type { OrderBook } from "../order-book/order-book.js";
import type { LevelBatch } from "../parse/level-batch.js";
import type { Clock } from "../ports/index.js";
import { type BookScales, checksumOf } from "./checksum.js";
import { type BufferedDiff, type BufferLimits, DiffBuffer } from "./diff-buffer.js";
import type { DepthMessage } from "./frame-sink.js";
import { IdLevels } from "./id-levels.js";
import { type KnownPrices, knownPricesOf } from "./known-prices.js";
import type { SequenceRecord } from "./sequence-record.js";
import { Sequencer } from "./sequencer.js";

/** What the tracker says and asks for. */
export interface TrackerOwner {
  /** Levels of a book changed; `kind` tells by what. */
  onBookChanged(book: OrderBook, kind: "snapshot" | "diff"): void;
  /** A book gained or lost trust; `fault` says why it was lost. */
  onBookState(book: OrderBook, previous: BookState, fault: BookFault | undefined): void;
  /**
   * A snapshot is awaited; answered by `snapshot`, or by `snapshotFailed` when it does not come. Where
   * snapshots must be asked for, now is the time. `failures` counts the attempts in vain since the book was live.
   */
  requestSnapshot(tradingPair: string, failures: number): void;
  /** The book's stream must begin anew; answered by `subscribed`, and `disconnected` before it if the connection went. */
  restartStream(tradingPair: string, how: "resubscribe" | "reconnect", failures: number): void;
}

/** One book and its place in the venue's sequence. */
interface Tracked {
  readonly book: EngineOrderBook;
  readonly sequencer: Sequencer;
  readonly buffer: DiffBuffer;
  readonly idLevels: IdLevels | undefined;
  /** Whether the venue has confirmed the book's stream. */
  subscribed: boolean;
  /** Whether diffs must wait for a snapshot. */
  awaitingSnapshot: boolean;
  /** Snapshots in vain since the book was last live. */
  failures: number;
  /** Whether the book was ever live. */
  wasLive: boolean;
  scales: BookScales;
  trimDepth: number | undefined;
  /** What of the book is complete; only where snapshots come by request. */
  known: KnownPrices | undefined;
}

/** The part of a diff that changes a book. */
type Change = Pick<BufferedDiff, "from" | "to" | "lastUpdateId" | "exchangeTimestamp" | "checksum">;

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
  /** Whether snapshots come in the stream by themselves. */
  readonly #inStream: boolean;

  constructor(record: SequenceRecord, limits: BufferLimits, clock: Clock, owner: TrackerOwner) {
    this.#record = record;
    this.#limits = limits;
    this.#clock = clock;
    this.#owner = owner;
    this.#inStream = record.snapshot === "firstFrame" || record.snapshot === "everyFrame";
  }

  /** The tracked books by trading pair. */
  get books(): ReadonlyMap<string, OrderBook> {
    return this.#books;
  }

  /**
   * Begins to track an instrument's book, which is empty until its stream is subscribed and a snapshot is in. A book
   * that is tracked already takes over changed terms of the instrument, and begins anew if it was delisted.
   */
  track(instrument: Instrument): OrderBook {
    const tracked = this.#tracked.get(instrument.tradingPair);
    if (tracked !== undefined) {
      this.#revise(tracked, instrument);
      return tracked.book;
    }
    const book = new EngineOrderBook({ instrument, clock: this.#clock });
    this.#tracked.set(instrument.tradingPair, {
      book,
      sequencer: new Sequencer(this.#record),
      buffer: new DiffBuffer(this.#limits),
      idLevels: this.#record.levelsBy === "id" ? new IdLevels() : undefined,
      subscribed: false,
      awaitingSnapshot: true,
      failures: 0,
      wasLive: false,
      scales: { price: instrument.priceScale, amount: instrument.amountScale },
      trimDepth: this.#record.trimDepth,
      known: undefined,
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
    // A snapshot in the stream may come before the confirmation, and is as good.
    if (tracked === undefined || tracked.subscribed) return;
    tracked.subscribed = true;
    tracked.awaitingSnapshot = true;
    this.#owner.requestSnapshot(tradingPair, tracked.failures);
  }

  /** The stream of a book has ended; for good, until it is tracked anew, where the fault is `delisted`. */
  disconnected(tradingPair: string, fault: BookFault): void {
    const tracked = this.#tracked.get(tradingPair);
    if (tracked === undefined) return;
    tracked.subscribed = false;
    tracked.awaitingSnapshot = true;
    tracked.failures = 0;
    tracked.buffer.clear();
    if (fault === "delisted") this.#setState(tracked, "delisted", fault);
    else this.#lose(tracked, fault);
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
    this.#heard(tracked, message, receivedTimestamp);
    if (tracked.awaitingSnapshot) {
      // Before a snapshot in the stream there is nothing that a diff could belong to.
      if (this.#inStream) book.integrity.staleDiffs += 1;
      else this.#keep(tracked, message, levels, receivedTimestamp);
      return;
    }
    const wasBridged = sequencer.bridged;
    const verdict = sequencer.judge(message);
    if (verdict === "stale") {
      book.integrity.staleDiffs += 1;
      return;
    }
    if (verdict === "gap") {
      this.#recover(tracked, wasBridged ? "gap" : "snapshotTooOld");
      // What comes after the hole may be what comes after the next snapshot.
      if (tracked.subscribed && !this.#inStream) this.#keep(tracked, message, levels, receivedTimestamp);
      return;
    }
    const fault = this.#apply(tracked, message, levels) ?? this.#crossedFault(tracked);
    if (fault !== undefined) {
      this.#recover(tracked, fault);
      return;
    }
    this.#owner.onBookChanged(book, "diff");
    if (!wasBridged) this.#trust(tracked);
  }

  /**
   * A snapshot arrived. Ignored where none is awaited, unless the stream sends them by itself.
   *
   * @throws {ProtocolError} if a row is no level; another snapshot is then needed.
   */
  snapshot(tradingPair: string, message: DepthMessage, levels: LevelBatch, receivedTimestamp: number): void {
    const tracked = this.#tracked.get(tradingPair);
    if (tracked === undefined) return;
    if (this.#inStream) {
      if (this.#isOutdated(tracked, message)) {
        tracked.book.integrity.staleDiffs += 1;
        return;
      }
      tracked.subscribed = true;
    } else if (!tracked.awaitingSnapshot || !tracked.subscribed) {
      return;
    }
    const { book, sequencer, buffer } = tracked;
    this.#heard(tracked, message, receivedTimestamp);
    const rows = tracked.idLevels?.resolve(levels, message.from, message.to, "snapshot");
    const replaced = rows ? book.applySnapshot(rows) : book.applySnapshot(levels, message.from, message.to);
    if (!replaced || (tracked.idLevels !== undefined && rows === undefined)) throw notLevels(tradingPair);
    if (!this.#inStream)
      tracked.known = rows ? knownPricesOf(rows) : knownPricesOf(levels, message.from, message.to);
    sequencer.restart(message.lastUpdateId);
    book.integrity.snapshots += 1;
    book.integrity.lastUpdateId = message.lastUpdateId;
    book.integrity.exchangeTimestamp = message.exchangeTimestamp;
    let fault = this.#verify(tracked, message.checksum);
    for (const [index, diff] of buffer.diffs.entries()) {
      if (fault !== undefined) break;
      const verdict = sequencer.judge(diff);
      if (verdict === "apply") {
        fault = this.#apply(tracked, diff, buffer.levels);
      } else if (verdict === "stale") {
        book.integrity.staleDiffs += 1;
      } else {
        // Either the snapshot is older than the stream, or a diff was lost while it was on its way.
        fault = sequencer.bridged ? "gap" : "snapshotTooOld";
        buffer.dropFirst(index);
        this.#retry(tracked, fault);
        return;
      }
    }
    tracked.awaitingSnapshot = false;
    buffer.clear();
    fault ??= this.#crossedFault(tracked);
    if (fault !== undefined) {
      this.#recover(tracked, fault);
      return;
    }
    this.#owner.onBookChanged(book, "snapshot");
    if (sequencer.bridged) this.#trust(tracked);
    else if (!tracked.wasLive) this.#setState(tracked, "syncing", undefined);
  }

  /** A checksum arrived in a message of its own. */
  checksum(tradingPair: string, checksum: number): void {
    const tracked = this.#tracked.get(tradingPair);
    if (tracked === undefined || tracked.awaitingSnapshot) return;
    const fault = this.#verify(tracked, checksum);
    if (fault !== undefined) this.#recover(tracked, fault);
  }

  /** What of a book is complete; undefined before its first snapshot, and where snapshots come in the stream. */
  knownPrices(tradingPair: string): KnownPrices | undefined {
    return this.#tracked.get(tradingPair)?.known;
  }

  /** A book was compared with one built anew. Where they differ one is wrong, but not which: neither is kept. */
  audited(tradingPair: string, isSame: boolean): void {
    const tracked = this.#tracked.get(tradingPair);
    if (tracked === undefined) return;
    tracked.book.integrity.audits += 1;
    if (isSame) return;
    tracked.book.integrity.auditMismatches += 1;
    this.distrust(tradingPair, "audit");
  }

  /** Adds levels of which a book did not know, as they are at its last update; it then knows of all in `known`. */
  complete(tradingPair: string, levels: LevelBatch, known: KnownPrices): void {
    const tracked = this.#tracked.get(tradingPair);
    // Ids of levels are learned from frames only, and a trimmed book is complete as it is.
    if (tracked?.book.integrity.state !== "live" || tracked.idLevels || tracked.trimDepth) return;
    tracked.known = known;
    if (levels.length === 0) return;
    tracked.book.applyDiff(levels);
    this.#owner.onBookChanged(tracked.book, "diff");
  }

  /** The awaited snapshot did not come, or could not be used; another attempt is asked for. */
  snapshotFailed(tradingPair: string): void {
    const tracked = this.#tracked.get(tradingPair);
    if (tracked === undefined || !tracked.awaitingSnapshot || !tracked.subscribed) return;
    tracked.failures += 1;
    if (!this.#inStream) {
      this.#owner.requestSnapshot(tradingPair, tracked.failures);
      return;
    }
    tracked.subscribed = false;
    this.#owner.restartStream(tradingPair, this.#restart, tracked.failures);
  }

  /** How a stream is begun anew when its snapshot is missing. */
  get #restart(): "resubscribe" | "reconnect" {
    return this.#record.recovery === "reconnect" ? "reconnect" : "resubscribe";
  }

  #revise(tracked: Tracked, instrument: Instrument): void {
    const { book } = tracked;
    const { priceScale, amountScale } = book.instrument;
    book.setInstrument(instrument);
    // Where frames say the scales, they go on saying them.
    if (instrument.priceScale !== priceScale || instrument.amountScale !== amountScale)
      tracked.scales = { price: instrument.priceScale, amount: instrument.amountScale };
    if (book.integrity.state === "delisted")
      this.#setState(tracked, tracked.wasLive ? "resyncing" : "awaitingSnapshot", undefined);
  }

  #isOutdated(tracked: Tracked, { lastUpdateId }: DepthMessage): boolean {
    const last = tracked.sequencer.lastUpdateId;
    if (tracked.awaitingSnapshot || last === undefined || lastUpdateId === undefined) return false;
    return lastUpdateId < last && this.#record.olderSnapshot === "drop";
  }

  /** Applies a change and verifies the book. Returns what is wrong with it, if anything. */
  #apply(tracked: Tracked, change: Change, levels: LevelBatch): BookFault | undefined {
    const { book, idLevels } = tracked;
    let applied: boolean;
    if (idLevels === undefined) {
      applied = book.applyDiff(levels, change.from, change.to);
    } else {
      const rows = idLevels.resolve(levels, change.from, change.to, "diff");
      if (rows === undefined) return "unknownLevel";
      applied = book.applyDiff(rows);
    }
    if (!applied) {
      // Kept, it would spoil the next snapshot too.
      tracked.buffer.clear();
      throw notLevels(book.tradingPair);
    }
    book.integrity.diffs += 1;
    book.integrity.lastUpdateId = change.lastUpdateId ?? book.integrity.lastUpdateId;
    book.integrity.exchangeTimestamp = change.exchangeTimestamp;
    return this.#verify(tracked, change.checksum);
  }

  #verify(tracked: Tracked, checksum: number | undefined): BookFault | undefined {
    const { book, scales, trimDepth } = tracked;
    if (trimDepth !== undefined) book.trim(trimDepth);
    const rule = this.#record.checksum;
    if (rule === undefined || checksum === undefined || checksumOf(book, rule, scales) === (checksum | 0))
      return undefined;
    book.integrity.checksumFailures += 1;
    return "checksum";
  }

  #heard(tracked: Tracked, message: DepthMessage, receivedTimestamp: number): void {
    const { book } = tracked;
    book.lastFrameMs = this.#clock.monotonic();
    book.integrity.receivedTimestamp = receivedTimestamp;
    if (message.scales !== undefined) tracked.scales = message.scales;
    if (message.trimDepth !== undefined) tracked.trimDepth = message.trimDepth;
  }

  #keep(tracked: Tracked, message: DepthMessage, levels: LevelBatch, receivedTimestamp: number): void {
    if (tracked.buffer.push(message, levels, receivedTimestamp)) return;
    // Too much for one wait. The newest diffs are the ones that a later snapshot can join.
    tracked.book.integrity.lastFault = "bufferOverflow";
    tracked.buffer.clear();
    tracked.buffer.push(message, levels, receivedTimestamp);
  }

  /** What the record makes of a crossed book. */
  #crossedFault(tracked: Tracked): BookFault | undefined {
    if (!tracked.book.isCrossed) return undefined;
    tracked.book.integrity.crossed += 1;
    return this.#record.crossed === "resync" ? "crossed" : undefined;
  }

  /** Another snapshot, by which what waits in the buffer may still be joined. */
  #retry(tracked: Tracked, fault: BookFault): void {
    if (fault === "gap") tracked.book.integrity.gaps += 1;
    tracked.book.integrity.lastFault = fault;
    tracked.failures += 1;
    this.#owner.onBookChanged(tracked.book, "snapshot");
    this.#owner.requestSnapshot(tracked.book.tradingPair, tracked.failures);
  }

  #recover(tracked: Tracked, fault: BookFault): void {
    tracked.buffer.clear();
    tracked.awaitingSnapshot = true;
    tracked.failures += 1;
    if (fault === "gap" || fault === "unknownLevel") tracked.book.integrity.gaps += 1;
    this.#lose(tracked, fault);
    const { recovery } = this.#record;
    if (recovery === "refetch") {
      this.#owner.requestSnapshot(tracked.book.tradingPair, tracked.failures);
      return;
    }
    tracked.subscribed = false;
    this.#owner.restartStream(tracked.book.tradingPair, recovery, tracked.failures);
  }

  #trust(tracked: Tracked): void {
    tracked.failures = 0;
    tracked.wasLive = true;
    if (tracked.book.integrity.state !== "stale") this.#setState(tracked, "live", undefined);
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
