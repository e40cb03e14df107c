import { type ConnError, ProtocolError } from "../errors/index.js";
import type { Instrument } from "../instrument/index.js";
import { ASK, BID, LevelBatch } from "../parse/level-batch.js";
import { BookAudit, type BookAuditOptions } from "./book-audit.js";
import type { BookComparison } from "./compare-books.js";
import type { DepthMessage } from "./frame-sink.js";
import type { OrderBookTracker } from "./order-book-tracker.js";

/** Levels of a mismatch that an error names; the rest is counted. */
const MAX_NAMED = 20;

/** Audits the books of a tracker, one at a time, and tells the tracker what came out. */
export class BookAuditor {
  readonly #venue: string;
  readonly #options: BookAuditOptions;
  readonly #tracker: OrderBookTracker;
  readonly #onProblem: (error: ConnError, tradingPair: string) => void;
  #audit: BookAudit | undefined;

  /** @param onProblem Told of a book that was found to be wrong, just before it loses trust. */
  constructor(
    venue: string,
    options: BookAuditOptions,
    tracker: OrderBookTracker,
    onProblem: (error: ConnError, tradingPair: string) => void,
  ) {
    this.#venue = venue;
    this.#options = options;
    this.#tracker = tracker;
    this.#onProblem = onProblem;
  }

  /**
   * Begins to audit the book of an instrument; `snapshot` is to follow.
   *
   * @param onEnd Called once, when the audit is over or given up.
   * @returns false, and begins nothing, if the book is not live or another one is being audited.
   */
  begin(instrument: Instrument, onEnd: () => void): boolean {
    const { tradingPair } = instrument;
    const book = this.#tracker.books.get(tradingPair);
    if (this.#audit !== undefined || book?.integrity.state !== "live") return false;
    this.#audit = new BookAudit(this.#options, this.#tracker, book, instrument, (comparison) => {
      this.#audit = undefined;
      onEnd();
      if (comparison !== undefined) this.#conclude(tradingPair, comparison);
    });
    return true;
  }

  /** A diff arrived, and its book has taken it. */
  diff(tradingPair: string, message: DepthMessage, levels: LevelBatch, receivedTimestamp: number): void {
    if (this.#audit?.tradingPair === tradingPair) this.#audit.diff(message, levels, receivedTimestamp);
  }

  /** The snapshot for an audit arrived. @throws {ProtocolError} if a row of it is no level. */
  snapshot(tradingPair: string, message: DepthMessage, levels: LevelBatch, receivedTimestamp: number): void {
    if (this.#audit?.tradingPair === tradingPair) this.#audit.snapshot(message, levels, receivedTimestamp);
  }

  /** Gives up the audit of a book, if it is the one under way. */
  cancel(tradingPair: string): void {
    if (this.#audit?.tradingPair === tradingPair) this.#audit.end();
  }

  #conclude(tradingPair: string, { differences, unknown, known }: BookComparison): void {
    if (differences.length > 0) this.#onProblem(this.#mismatch(tradingPair, differences), tradingPair);
    this.#tracker.audited(tradingPair, differences.length === 0);
    if (differences.length > 0) return;
    const batch = new LevelBatch();
    for (const { side, price, amount } of unknown) {
      batch.pushText(side === "bid" ? BID : ASK, price.toFixed(), amount.toFixed());
    }
    this.#tracker.complete(tradingPair, batch, known);
  }

  #mismatch(tradingPair: string, differences: BookComparison["differences"]): ProtocolError {
    const levels = differences.slice(0, MAX_NAMED).map(({ side, price, amount, otherAmount }) => ({
      side,
      price: price.toFixed(),
      amount: amount?.toFixed() ?? "0",
      auditAmount: otherAmount?.toFixed() ?? "0",
    }));
    const lastUpdateId = this.#tracker.books.get(tradingPair)?.integrity.lastUpdateId;
    return new ProtocolError(
      "BOOK_MISMATCH",
      `the book of ${tradingPair} differs in ${differences.length} levels from one built anew at the same update`,
      { venue: this.#venue, details: { tradingPair, lastUpdateId, count: differences.length, levels } },
    );
  }
}
