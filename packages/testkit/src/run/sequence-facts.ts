import type { BookIntegrity, SequenceRecord } from "@conn/core";

/**
 * How it shows that a diff was lost.
 * - `gap`: the next diff of the book does not follow.
 * - `gapOfConnection`: the next frame of the connection does not follow; any of its books may have lost one.
 * - `checksum`: the next checksum is not that of the book.
 * - `madeUp`: it need not: the next frame makes up for it.
 * - `unseen`: not at all.
 */
export type LossTrace = "gap" | "gapOfConnection" | "checksum" | "madeUp" | "unseen";

/** How a lost diff shows, as a sequence record has it. */
export function lossTraceOf({ scope, snapshot, steady, checksum }: SequenceRecord): LossTrace {
  if (scope === "connection") return "gapOfConnection";
  if (snapshot === "everyFrame") return "madeUp";
  if (steady === "linked" || steady === "contiguous") return "gap";
  return checksum === undefined ? "unseen" : "checksum";
}

/** Whether the stream of a book brings snapshots by itself, so that nobody asks for one. */
export function bringsSnapshots({ snapshot }: SequenceRecord): boolean {
  return snapshot === "firstFrame" || snapshot === "everyFrame";
}

/** Whether a frame of the stream can be told from an older one that comes again. */
export function tellsOldFrames({ scope, steady }: SequenceRecord): boolean {
  return scope === "connection" || steady !== "none";
}

/** Whether the recovery of a book touches the others of its connection. */
export function disturbsOthers({ scope, recovery }: SequenceRecord): boolean {
  return scope === "connection" || recovery === "reconnect";
}

/** How often the stream has changed a book: by diffs, or by snapshots where every frame is one. */
export function updatesOf({ snapshot }: SequenceRecord, integrity: BookIntegrity): number {
  return snapshot === "everyFrame" ? integrity.snapshots : integrity.diffs;
}

/** How often a book was built anew: by a snapshot, or after a loss of trust where every frame is a snapshot. */
export function rebuildsOf({ snapshot }: SequenceRecord, integrity: BookIntegrity): number {
  return snapshot === "everyFrame" ? integrity.resyncs : integrity.snapshots;
}
