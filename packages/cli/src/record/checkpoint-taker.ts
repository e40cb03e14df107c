import type { OrderBook, SessionRecord } from "@conn/core";
import { hashBook } from "@conn/simulator";

/** A book's hash after a line. */
export interface TakenCheckpoint {
  readonly afterN: number;
  readonly sha256: string;
}

/**
 * Takes the hash of each book after 1, 10, 100, … diffs. A frame may change a book more than once, so the hash is
 * taken when the next thing comes from the venue: until then the book is as that line has left it.
 */
export class CheckpointTaker {
  readonly #taken = new Map<string, TakenCheckpoint[]>();
  readonly #nextMark = new Map<string, number>();
  readonly #due = new Map<OrderBook, number>();
  #last: { readonly n: number; readonly type: SessionRecord["type"] } | undefined;

  /** Before anything is made of a record, which is the line `n`. */
  beforeRecord(type: SessionRecord["type"], n: number): void {
    // What we send ourselves, we may send while a frame is being read.
    if (type === "sent") return;
    for (const [book, afterN] of this.#due) {
      if (book.integrity.state !== "live") continue;
      const taken = this.#taken.get(book.tradingPair) ?? [];
      taken.push({ afterN, sha256: hashBook(book) });
      this.#taken.set(book.tradingPair, taken);
    }
    this.#due.clear();
    this.#last = { n, type };
  }

  /** Levels of a book changed. */
  bookChanged(book: OrderBook): void {
    const mark = this.#nextMark.get(book.tradingPair) ?? 1;
    if (this.#last?.type !== "received" || book.integrity.diffs < mark) return;
    let next = mark;
    while (next <= book.integrity.diffs) next *= 10;
    this.#nextMark.set(book.tradingPair, next);
    this.#due.set(book, this.#last.n);
  }

  /** The checkpoints of a pair, in the order of their lines. */
  of(tradingPair: string): readonly TakenCheckpoint[] {
    return this.#taken.get(tradingPair) ?? [];
  }
}
