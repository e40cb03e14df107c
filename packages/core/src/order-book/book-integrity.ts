import type { UpdateId } from "../parse/update-id.js";

/**
 * How far a book can be trusted.
 * - `awaitingSnapshot`: no snapshot yet, the book is empty.
 * - `syncing`: a snapshot is in, but no diff has joined it to the stream yet.
 * - `live`: every change of the venue since the snapshot is in the book.
 * - `resyncing`: a change was missed or the connection was lost; the book shows the last known levels.
 * - `stale`: the feed is silent beyond what the venue allows.
 * - `delisted`: the venue no longer lists the instrument; the book shows the last known levels.
 */
export type BookState = "awaitingSnapshot" | "syncing" | "live" | "resyncing" | "stale" | "delisted";

/** Why a book lost trust. */
export type BookFault =
  | "disconnected"
  | "gap"
  | "snapshotTooOld"
  | "bufferOverflow"
  | "crossed"
  | "checksum"
  | "unknownLevel"
  | "silent"
  | "malformedFrame"
  | "audit"
  | "renamed"
  | "delisted"
  | "requested";

/** The integrity record of one book: data, kept up to date by the tracker. */
export interface BookIntegrity {
  readonly state: BookState;
  /** The venue's id of the last change in the book; absent before the first snapshot or where it has none. */
  readonly lastUpdateId: UpdateId | undefined;
  /** Wall time in ms at which the last frame of this book arrived; 0 before the first. */
  readonly receivedTimestamp: number;
  /** Wall time in ms of the venue at the last change, where it says so. */
  readonly exchangeTimestamp: number | undefined;
  /** Snapshots put into the book since it exists. */
  readonly snapshots: number;
  /** Diffs applied. */
  readonly diffs: number;
  /** Diffs that were older than the book and changed nothing. */
  readonly staleDiffs: number;
  /** Times that a diff did not follow its predecessor. */
  readonly gaps: number;
  /** Times that the book had to be built again after it had been live. */
  readonly resyncs: number;
  readonly checksumFailures: number;
  /** Times that a change left best bid ≥ best ask. */
  readonly crossed: number;
  /** Times that the book was compared with one built anew beside it. */
  readonly audits: number;
  /** Audits that found the two to differ. */
  readonly auditMismatches: number;
  /** Why trust was lost last, absent if never. */
  readonly lastFault: BookFault | undefined;
}

/** The record as the tracker sees it. */
export type MutableBookIntegrity = { -readonly [Field in keyof BookIntegrity]: BookIntegrity[Field] };

/** The record of a book that nothing has happened to. */
export function createBookIntegrity(): MutableBookIntegrity {
  return {
    state: "awaitingSnapshot",
    lastUpdateId: undefined,
    receivedTimestamp: 0,
    exchangeTimestamp: undefined,
    snapshots: 0,
    diffs: 0,
    staleDiffs: 0,
    gaps: 0,
    resyncs: 0,
    checksumFailures: 0,
    crossed: 0,
    audits: 0,
    auditMismatches: 0,
    lastFault: undefined,
  };
}
