import type { ChecksumRule } from "./checksum.js";

/**
 * How a venue orders the changes of a book, as data: what a connector declares and the tracker obeys.
 * L is the id of the snapshot; U, u and pu are `firstUpdateId`, `lastUpdateId` and `previousUpdateId`
 * of a diff.
 */
export interface SequenceRecord {
  /** Where the venue says so. */
  readonly source: string;
  /** The venue's rules in its own words, as far as they decide what the fields below are. */
  readonly rules: readonly string[];
  /**
   * Over what the ids run.
   * - `book`: each book has ids of its own.
   * - `connection`: all frames of a connection share one count without a hole (`FrameSink.sequence`); a
   *   missing one may have been of any book.
   */
  readonly scope: "book" | "connection";
  /**
   * Where snapshots come from.
   * - `rest`: a REST request.
   * - `firstFrame`: the stream begins with one, and may send another at any time.
   * - `request`: a frame sent on the connection asks for one.
   * - `everyFrame`: every frame is one.
   */
  readonly snapshot: "rest" | "firstFrame" | "request" | "everyFrame";
  /**
   * How the first diff joins the snapshot.
   * - `spansSnapshot`: U ≤ L ≤ u. Older diffs (u < L) are dropped.
   * - `spansNext`: U ≤ L + 1 ≤ u. Older diffs (u ≤ L) are dropped.
   * - `newer`: u > L, whatever lies between: nothing proves that no diff is missing. Older ones are dropped.
   * - `follows`: as any later diff follows its predecessor: the snapshot stands in the stream.
   */
  readonly bridge: "spansSnapshot" | "spansNext" | "newer" | "follows";
  /**
   * How every later diff follows its predecessor.
   * - `linked`: pu = u of the diff before.
   * - `contiguous`: U ≤ u of the diff before + 1 ≤ u.
   * - `monotonic`: u > u of the diff before; holes are not seen.
   * - `none`: there are no ids; diffs are applied in the order of receipt.
   */
  readonly steady: "linked" | "contiguous" | "monotonic" | "none";
  /** Whether messages may lack their ids, as those of an older version of the feed; such are applied by receipt. */
  readonly idsMayBeAbsent?: boolean;
  /** Whether the venue documents that a linked diff may step back to a smaller u, to begin a new count. */
  readonly mayStepBack?: boolean;
  /** What to do with a snapshot whose id is below that of the book: an old one sent again, or a new count. */
  readonly olderSnapshot: "drop" | "apply";
  /** What names a level in frames: its price, or an id that stands for it once a snapshot has told its price. */
  readonly levelsBy: "price" | "id";
  /** Levels per side that the venue keeps; what falls out of them is not updated and must be forgotten. */
  readonly trimDepth?: number;
  /** The venue's checksum over the book, where frames carry one. */
  readonly checksum?: ChecksumRule;
  /** What a book that is crossed (best bid ≥ best ask) means: an error to recover from, or a fact to report. */
  readonly crossed: "resync" | "report";
  /**
   * How trust is regained, touching no more than needed.
   * - `refetch`: a new snapshot of this book.
   * - `resubscribe`: the stream of this book anew.
   * - `reconnect`: the whole connection anew.
   */
  readonly recovery: "refetch" | "resubscribe" | "reconnect";
}
