/**
 * How a venue orders the changes of a book, as data: what a connector declares and the tracker obeys.
 * L is the id of the snapshot; U, u and pu are `firstUpdateId`, `lastUpdateId` and `previousUpdateId`
 * of a diff.
 */
export interface SequenceRecord {
  /** Where the venue says so. */
  readonly source: string;
  /** Over what the ids run without a hole. */
  readonly scope: "book";
  /** Where snapshots come from. */
  readonly snapshot: "rest";
  /**
   * How the first diff joins the snapshot.
   * - `spansSnapshot`: U ≤ L ≤ u. Older diffs (u < L) are dropped.
   * - `spansNext`: U ≤ L + 1 ≤ u. Older diffs (u ≤ L) are dropped.
   */
  readonly bridge: "spansSnapshot" | "spansNext";
  /**
   * How every later diff follows its predecessor.
   * - `linked`: pu = u of the diff before.
   * - `contiguous`: U ≤ u of the diff before + 1 ≤ u.
   */
  readonly steady: "linked" | "contiguous";
  /** What a book that is crossed (best bid ≥ best ask) means: an error to recover from, or a fact to report. */
  readonly crossed: "resync" | "report";
  /**
   * How trust is regained, touching no more than needed.
   * - `refetch`: a new snapshot of this book.
   * - `resubscribe`: the stream of this book anew, then a snapshot.
   * - `reconnect`: the whole connection anew.
   */
  readonly recovery: "refetch" | "resubscribe" | "reconnect";
}
