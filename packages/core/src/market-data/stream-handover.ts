import type { LevelBatch } from "../parse/level-batch.js";
import type { OverlapRole } from "../transport/index.js";
import { type BufferedDiff, type BufferLimits, DiffBuffer } from "./diff-buffer.js";
import type { DepthMessage, TradeMessage } from "./frame-sink.js";
import type { OrderBookTracker } from "./order-book-tracker.js";
import type { SequenceRecord } from "./sequence-record.js";
import type { TradeTracker } from "./trade-tracker.js";

/** Takes a depth message of a pair as if only one connection carried it. */
export type TakeDepth = (
  tradingPair: string,
  message: DepthMessage,
  levels: LevelBatch,
  receivedTimestamp: number,
) => void;

/** A book whose stream goes over from one connection to its successor. */
interface Passage {
  readonly exchangeSymbol: string;
  /** Copies of what came from the successor and is beyond the book's place in the sequence. */
  readonly waiting: DiffBuffer;
  /** Whether the book has gone over: from then on only the successor counts. */
  moved: boolean;
}

/**
 * Decides whose messages count while two connections carry the same streams.
 *
 * A book has one source at any time. Where the venue's ids prove that a diff of the successor is the next one after
 * those of the old connection, the book goes over at that diff: nothing is lost and nothing applied twice,
 * whichever of the two is ahead. Were both simply applied, a successor that is a frame ahead would look like a gap.
 * Where ids cannot prove it, the successor counts from the moment of the switch, and the book needs
 * another snapshot.
 */
export class StreamHandover {
  readonly #joins: boolean;
  /** Whether the stream has no diffs. */
  readonly #snapshotsOnly: boolean;
  readonly #limits: BufferLimits;
  readonly #tracker: OrderBookTracker;
  /** Takes a message that has just arrived. */
  readonly #take: TakeDepth;
  /** Takes a message that has waited; does not throw. */
  readonly #takeLate: TakeDepth;
  readonly #passages = new Map<string, Passage>();
  /** The first trade of a successor that is beyond a hole, by pair. */
  readonly #early = new Map<string, TradeMessage>();
  /** Pairs whose trades a successor brings beside the connection that it has replaced. */
  readonly #shared = new Set<string>();

  constructor(
    record: SequenceRecord,
    limits: BufferLimits,
    tracker: OrderBookTracker,
    take: TakeDepth,
    takeLate: TakeDepth,
  ) {
    this.#joins = joinsById(record);
    this.#snapshotsOnly = record.snapshot === "everyFrame";
    this.#limits = limits;
    this.#tracker = tracker;
    this.#take = take;
    this.#takeLate = takeLate;
  }

  /** Whether a connection's messages of a book are those that count. */
  counts(role: OverlapRole | undefined, tradingPair: string): boolean {
    switch (role) {
      case undefined:
      case "serving":
        return true;
      case "standby":
        return false;
      case "leaving":
        return this.#joins && this.#passages.get(tradingPair)?.moved !== true;
      case "succeeding":
        return !this.#joins || this.#passages.get(tradingPair)?.moved === true;
      default:
        return role satisfies never;
    }
  }

  /**
   * A depth message arrived on one of two connections.
   *
   * @returns whether it was taken or is kept.
   * @throws {ProtocolError} if it counts and a row of it is no level.
   */
  depth(
    role: OverlapRole,
    tradingPair: string,
    message: DepthMessage,
    levels: LevelBatch,
    receivedTimestamp: number,
  ): boolean {
    if (this.counts(role, tradingPair)) {
      this.#take(tradingPair, message, levels, receivedTimestamp);
      if (role === "leaving") this.#tryMove(tradingPair);
      return true;
    }
    if (!this.#joins || role === "leaving") return false;
    if (message.kind === "diff") {
      this.#keep(tradingPair, message, levels, receivedTimestamp);
      if (role === "succeeding") this.#tryMove(tradingPair);
      return true;
    }
    if (role !== "succeeding" || !this.#isWanted(tradingPair, message)) return false;
    const passage = this.#passage(tradingPair, message.exchangeSymbol);
    passage.waiting.clear();
    passage.moved = true;
    this.#take(tradingPair, message, levels, receivedTimestamp);
    return true;
  }

  /**
   * Whether a trade of one of two connections is to be taken now. One of the successor that leaves a hole is not:
   * the old connection brings what is missing, and the trade too.
   */
  trade(role: OverlapRole, tradingPair: string, trade: TradeMessage, tracker: TradeTracker): boolean {
    if (role === "serving" || role === "leaving") return true;
    // The very first trade may be the second one of the old connection.
    if (!(tracker.leavesHole(trade) ?? (role === "standby" || this.#shared.has(tradingPair)))) return true;
    const early = this.#early.get(tradingPair);
    if (early === undefined || tracker.leavesHole(early) === false) this.#early.set(tradingPair, trade);
    return false;
  }

  /** The successor has taken over the trades of a pair, and the old connection still brings them. */
  tradesSwitched(tradingPair: string): void {
    this.#shared.add(tradingPair);
  }

  /**
   * The successor has taken over.
   *
   * @returns false if the book of a pair cannot go over without another snapshot.
   */
  switched(tradingPair: string): boolean {
    if (!this.#joins || this.#tracker.isAwaitingSnapshot(tradingPair)) return false;
    this.#tryMove(tradingPair);
    return true;
  }

  /** A pair is followed on the successor only: what the old connection may still bring is from an earlier time. */
  followedAnew(tradingPair: string, exchangeSymbol: string): void {
    this.#passage(tradingPair, exchangeSymbol).moved = true;
  }

  /**
   * The old connection is gone, and the book is the successor's. `isComplete` if the old one has brought all that came
   * before the successor's stream.
   *
   * @returns false if a change may be missing that no later one would show soon: the book needs another snapshot.
   */
  finish(tradingPair: string, isComplete: boolean): boolean {
    const passage = this.#passages.get(tradingPair);
    this.#passages.delete(tradingPair);
    // Where ids do not join the streams, the book has begun anew at the switch.
    if (!this.#joins || passage?.moved === true || this.#tracker.isAwaitingSnapshot(tradingPair)) return true;
    if (!isComplete) return false;
    if (passage !== undefined) this.#deliver(tradingPair, passage, passage.waiting.diffs);
    return true;
  }

  /** Only one connection brings the trades of a pair. Returns the one that waited for what is missing before it. */
  finishTrades(tradingPair: string): TradeMessage | undefined {
    this.#shared.delete(tradingPair);
    const early = this.#early.get(tradingPair);
    this.#early.delete(tradingPair);
    return early;
  }

  /** Forgets what came from a successor: another connection is made, or the pair is no longer followed. */
  forget(tradingPair: string): void {
    this.#passages.delete(tradingPair);
  }

  #passage(tradingPair: string, exchangeSymbol: string): Passage {
    let passage = this.#passages.get(tradingPair);
    if (passage === undefined) {
      passage = { exchangeSymbol, waiting: new DiffBuffer(this.#limits), moved: false };
      this.#passages.set(tradingPair, passage);
    }
    return passage;
  }

  #keep(tradingPair: string, message: DepthMessage, levels: LevelBatch, receivedTimestamp: number): void {
    const { waiting } = this.#passage(tradingPair, message.exchangeSymbol);
    this.#dropContained(tradingPair, waiting);
    if (waiting.push(message, levels, receivedTimestamp)) return;
    waiting.clear();
    waiting.push(message, levels, receivedTimestamp);
  }

  /** Lets a book go over if what waits continues it, or if it has no place in the sequence that could be continued. */
  #tryMove(tradingPair: string): void {
    const passage = this.#passages.get(tradingPair);
    if (passage === undefined || passage.moved) return;
    const { diffs } = passage.waiting;
    let next = 0;
    if (!this.#tracker.isAwaitingSnapshot(tradingPair)) {
      next = diffs.findIndex((diff) => this.#tracker.peek(tradingPair, diff) === "apply");
      if (next < 0) {
        this.#dropContained(tradingPair, passage.waiting);
        return;
      }
    }
    passage.moved = true;
    // Before the one that continues the book, the stream has only what the book contains.
    this.#deliver(tradingPair, passage, diffs.slice(next));
  }

  #deliver(tradingPair: string, { exchangeSymbol, waiting }: Passage, diffs: readonly BufferedDiff[]): void {
    const { levels } = waiting;
    waiting.clear();
    for (const diff of diffs) {
      const { receivedTimestamp, ...ids } = diff;
      const message: DepthMessage = {
        ...ids,
        type: "depth",
        kind: "diff",
        exchangeSymbol,
        trimDepth: undefined,
        scales: undefined,
      };
      this.#takeLate(tradingPair, message, levels, receivedTimestamp);
    }
  }

  /** Drops what the book has come to by the old connection. */
  #dropContained(tradingPair: string, waiting: DiffBuffer): void {
    const last = this.#tracker.books.get(tradingPair)?.integrity.lastUpdateId;
    if (last === undefined) return;
    const contained = waiting.diffs.findLastIndex(
      (diff) =>
        (diff.lastUpdateId !== undefined && diff.lastUpdateId < last) ||
        this.#tracker.peek(tradingPair, diff) === "stale",
    );
    if (contained + 1 === waiting.diffs.length) waiting.clear();
    else waiting.dropFirst(contained + 1);
  }

  /**
   * Whether a book is to go over by a snapshot. One at the beginning of the stream is not needed for that, and would
   * take the place of diffs that are on their way.
   */
  #isWanted(tradingPair: string, { lastUpdateId }: DepthMessage): boolean {
    if (this.#tracker.isAwaitingSnapshot(tradingPair)) return true;
    const last = this.#tracker.books.get(tradingPair)?.integrity.lastUpdateId;
    return this.#snapshotsOnly && last !== undefined && lastUpdateId !== undefined && lastUpdateId > last;
  }
}

/**
 * Whether a venue's ids prove that a diff of one connection follows the last one of another: they are the book's
 * own, and a hole shows. Ids that only rise do not suffice, for a successor's first diff may come before the old
 * connection's last ones; only where every frame is a whole book, that does not matter.
 */
function joinsById({ scope, snapshot, steady, idsMayBeAbsent }: SequenceRecord): boolean {
  if (scope !== "book" || idsMayBeAbsent === true) return false;
  return (
    steady === "linked" || steady === "contiguous" || (steady === "monotonic" && snapshot === "everyFrame")
  );
}
