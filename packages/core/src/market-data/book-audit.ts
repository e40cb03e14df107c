import type { Instrument } from "../instrument/index.js";
import type { OrderBook } from "../order-book/order-book.js";
import type { LevelBatch } from "../parse/level-batch.js";
import { sameUpdateId } from "../parse/update-id.js";
import type { Clock } from "../ports/index.js";
import { type BookComparison, compareBooks } from "./compare-books.js";
import type { BufferLimits } from "./diff-buffer.js";
import type { DepthMessage } from "./frame-sink.js";
import { OrderBookTracker } from "./order-book-tracker.js";
import type { SequenceRecord } from "./sequence-record.js";

/**
 * Whether books can be audited: snapshots can be had beside the stream, and the venue's ids prove where in the
 * stream such a snapshot stands. Where that is not proven, a book built anew could be the one that is wrong.
 */
export function canBeAudited({ snapshot, bridge, steady, idsMayBeAbsent }: SequenceRecord): boolean {
  const proven = bridge === "spansSnapshot" || bridge === "spansNext";
  return snapshot === "rest" && proven && steady !== "none" && idsMayBeAbsent !== true;
}

/** What an audit works with. */
export interface BookAuditOptions {
  readonly record: SequenceRecord;
  /** How much the shadow may keep while it waits for its snapshot. */
  readonly buffer: BufferLimits;
  readonly clock: Clock;
}

/**
 * One audit: builds a book anew beside the live one, from a snapshot of its own and the same diffs, until
 * both stand at the same update id, and compares them. What is corrupted without a trace in the sequence shows there.
 */
export class BookAudit {
  readonly tradingPair: string;
  readonly #live: OrderBookTracker;
  readonly #book: OrderBook;
  /** Of the live book at the beginning: with another one it would not be the book that is audited. */
  readonly #snapshots: number;
  readonly #shadow: OrderBookTracker;
  #onEnd: ((comparison: BookComparison | undefined) => void) | undefined;

  /** @param onEnd Told once what came out; of nothing, where the books could not be compared. */
  constructor(
    { record, buffer, clock }: BookAuditOptions,
    live: OrderBookTracker,
    book: OrderBook,
    instrument: Instrument,
    onEnd: (comparison: BookComparison | undefined) => void,
  ) {
    this.tradingPair = instrument.tradingPair;
    this.#live = live;
    this.#book = book;
    this.#snapshots = book.integrity.snapshots;
    this.#onEnd = onEnd;
    this.#shadow = new OrderBookTracker(record, buffer, clock, {
      onBookChanged: () => undefined,
      onBookState: () => undefined,
      // The first one is on its way; another would mean that it could not be joined.
      requestSnapshot: (_tradingPair, failures) => {
        if (failures > 0) this.end();
      },
      restartStream: () => this.end(),
    });
    this.#shadow.track(instrument);
    this.#shadow.subscribed(this.tradingPair);
  }

  /** A diff of the book arrived, and the live book has taken it. */
  diff(message: DepthMessage, levels: LevelBatch, receivedTimestamp: number): void {
    this.#shadow.diff(this.tradingPair, message, levels, receivedTimestamp);
    this.#compare();
  }

  /** The snapshot arrived. @throws {ProtocolError} if a row of it is no level. */
  snapshot(message: DepthMessage, levels: LevelBatch, receivedTimestamp: number): void {
    this.#shadow.snapshot(this.tradingPair, message, levels, receivedTimestamp);
    this.#compare();
  }

  /** Gives the audit up. */
  end(): void {
    this.#finish(undefined);
  }

  #compare(): void {
    const { integrity } = this.#book;
    const isSame = this.#live.books.get(this.tradingPair) === this.#book;
    if (!isSame || integrity.snapshots !== this.#snapshots) {
      this.end();
      return;
    }
    if (integrity.state !== "live" || this.#onEnd === undefined) return;
    // A shadow that no diff has joined yet may stand at the id of the live book all the same, where the market is quiet.
    const shadow = this.#shadow.books.get(this.tradingPair);
    const { lastUpdateId } = shadow?.integrity ?? {};
    if (shadow === undefined || lastUpdateId === undefined || integrity.lastUpdateId === undefined) return;
    if (!sameUpdateId(lastUpdateId, integrity.lastUpdateId)) return;
    const known = this.#live.knownPrices(this.tradingPair);
    const shadowKnown = this.#shadow.knownPrices(this.tradingPair);
    if (known === undefined || shadowKnown === undefined) return;
    this.#finish(compareBooks({ book: this.#book, known }, { book: shadow, known: shadowKnown }));
  }

  #finish(comparison: BookComparison | undefined): void {
    const onEnd = this.#onEnd;
    this.#onEnd = undefined;
    onEnd?.(comparison);
  }
}
