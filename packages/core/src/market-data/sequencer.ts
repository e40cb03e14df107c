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

/** The part of a sequence record that orders diffs. */
export type OrderingRules = Pick<SequenceRecord, "bridge" | "steady" | "idsMayBeAbsent" | "mayStepBack">;

/** Judges each diff of one book by the venue's rules. Changes nothing but its own place in the sequence. */
export class Sequencer {
  readonly #rules: OrderingRules;
  #snapshotId: UpdateId | undefined;
  #last: UpdateId | undefined;
  #bridged = false;
  #started = false;

  constructor(rules: OrderingRules) {
    this.#rules = rules;
  }

  /** Id of the last change in the book; undefined before the first snapshot, and where there are none. */
  get lastUpdateId(): UpdateId | undefined {
    return this.#last;
  }

  /** Whether the snapshot is joined to the stream, as far as the venue lets that be known. */
  get bridged(): boolean {
    return this.#bridged;
  }

  /** The book now is the snapshot with this id. */
  restart(snapshotId: UpdateId | undefined): void {
    this.#started = true;
    this.#snapshotId = snapshotId;
    this.#last = snapshotId;
    const { bridge } = this.#rules;
    this.#bridged = bridge === "newer" || bridge === "follows";
  }

  /** Judges a diff and changes nothing. */
  peek(diff: DiffIds): Verdict {
    return this.#started ? this.#judge(diff) : "gap";
  }

  /** Judges a diff; `apply` moves the place in the sequence to it. */
  judge(diff: DiffIds): Verdict {
    const verdict = this.peek(diff);
    if (verdict === "apply") {
      this.#last = diff.lastUpdateId ?? this.#last;
      this.#bridged = true;
    }
    return verdict;
  }

  #judge(diff: DiffIds): Verdict {
    const { steady, idsMayBeAbsent } = this.#rules;
    const { lastUpdateId } = diff;
    const last = this.#last;
    if (lastUpdateId === undefined || last === undefined) {
      return steady === "none" || idsMayBeAbsent ? "apply" : "gap";
    }
    return this.#bridged ? this.#steady(last, diff, lastUpdateId) : this.#bridge(last, diff, lastUpdateId);
  }

  #bridge(snapshotId: UpdateId, diff: DiffIds, lastUpdateId: UpdateId): Verdict {
    const { firstUpdateId, previousUpdateId } = diff;
    const spansNext = this.#rules.bridge === "spansNext";
    if (spansNext ? lastUpdateId <= snapshotId : lastUpdateId < snapshotId) return "stale";
    // A diff that names the snapshot as its predecessor follows it, wherever its own ids begin.
    if (previousUpdateId !== undefined && sameUpdateId(previousUpdateId, snapshotId)) return "apply";
    if (firstUpdateId === undefined) return "gap";
    return firstUpdateId <= (spansNext ? nextUpdateId(snapshotId) : snapshotId) ? "apply" : "gap";
  }

  #steady(last: UpdateId, diff: DiffIds, lastUpdateId: UpdateId): Verdict {
    const { bridge, mayStepBack, steady } = this.#rules;
    const { firstUpdateId, previousUpdateId } = diff;
    switch (steady) {
      case "linked": {
        const follows = previousUpdateId !== undefined && sameUpdateId(previousUpdateId, last);
        // The same id again, linked to itself, is how a venue says that nothing changed.
        if (sameUpdateId(lastUpdateId, last)) return "stale";
        if (mayStepBack) return follows ? "apply" : "gap";
        if (lastUpdateId < last) return "stale";
        return follows ? "apply" : "gap";
      }
      case "contiguous":
        if (lastUpdateId <= last) return "stale";
        return firstUpdateId !== undefined && firstUpdateId <= nextUpdateId(last) ? "apply" : "gap";
      case "monotonic":
        return lastUpdateId > last ? "apply" : "stale";
      case "none":
        // Only the snapshot has an id to compare with: what it already contains.
        return bridge === "newer" && this.#snapshotId !== undefined && lastUpdateId <= this.#snapshotId
          ? "stale"
          : "apply";
      default:
        return steady satisfies never;
    }
  }
}
