import { nextUpdateId, sameUpdateId, type UpdateId } from "../parse/update-id.js";
import type { SequenceRecord } from "./sequence-record.js";

/** The ids of a diff. */
export interface DiffIds {
  readonly firstUpdateId: UpdateId | undefined;
  readonly lastUpdateId: UpdateId | undefined;
  readonly previousUpdateId: UpdateId | undefined;
}

/**
 * What is to be done with a diff.
 * - `apply`: it is the next one.
 * - `stale`: the book already contains it; drop it.
 * - `gap`: something between the book and this diff is missing.
 */
export type Verdict = "apply" | "stale" | "gap";

/** Judges each diff of one book by the venue's sequence record. Changes nothing but its own place in the sequence. */
export class Sequencer {
  readonly #record: SequenceRecord;
  #last: UpdateId | undefined;
  #bridged = false;

  constructor(record: SequenceRecord) {
    this.#record = record;
  }

  /** Id of the last change in the book; undefined before the first snapshot. */
  get lastUpdateId(): UpdateId | undefined {
    return this.#last;
  }

  /** Whether a diff has joined the snapshot to the stream. */
  get bridged(): boolean {
    return this.#bridged;
  }

  /** The book now is the snapshot with this id. */
  restart(snapshotId: UpdateId): void {
    this.#last = snapshotId;
    this.#bridged = false;
  }

  /** Judges a diff; `apply` moves the place in the sequence to it. */
  judge(diff: DiffIds): Verdict {
    const last = this.#last;
    const { lastUpdateId } = diff;
    if (last === undefined || lastUpdateId === undefined) return "gap";
    const verdict = this.#bridged
      ? this.#steady(last, diff, lastUpdateId)
      : this.#bridge(last, diff, lastUpdateId);
    if (verdict === "apply") {
      this.#last = lastUpdateId;
      this.#bridged = true;
    }
    return verdict;
  }

  #bridge(snapshotId: UpdateId, diff: DiffIds, lastUpdateId: UpdateId): Verdict {
    const { firstUpdateId, previousUpdateId } = diff;
    const spansNext = this.#record.bridge === "spansNext";
    if (spansNext ? lastUpdateId <= snapshotId : lastUpdateId < snapshotId) return "stale";
    // A diff that names the snapshot as its predecessor follows it, wherever its own ids begin.
    if (previousUpdateId !== undefined && sameUpdateId(previousUpdateId, snapshotId)) return "apply";
    if (firstUpdateId === undefined) return "gap";
    return firstUpdateId <= (spansNext ? nextUpdateId(snapshotId) : snapshotId) ? "apply" : "gap";
  }

  #steady(last: UpdateId, diff: DiffIds, lastUpdateId: UpdateId): Verdict {
    const { firstUpdateId, previousUpdateId } = diff;
    if (lastUpdateId <= last) return "stale";
    if (this.#record.steady === "linked") {
      return previousUpdateId !== undefined && sameUpdateId(previousUpdateId, last) ? "apply" : "gap";
    }
    return firstUpdateId !== undefined && firstUpdateId <= nextUpdateId(last) ? "apply" : "gap";
  }
}
