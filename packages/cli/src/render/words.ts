import type { BookFault, BookState } from "@conn/core";
import type { Style } from "./line.js";

/** Why a book lost trust, in words that need no explanation. */
export const FAULT_WORDS: Readonly<Record<BookFault, string>> = {
  disconnected: "the connection was lost",
  gap: "a change was lost",
  snapshotTooOld: "the snapshot was older than the stream",
  bufferOverflow: "too many changes waited for the snapshot",
  crossed: "the best bid reached the best ask",
  checksum: "the venue's checksum did not match",
  unknownLevel: "a change of a level that is not in the book",
  silent: "the venue gives no sign of life",
  malformedFrame: "a frame could not be read",
  audit: "it differed from a book built anew beside it",
  renamed: "the venue gave it another name",
  delisted: "the venue no longer lists it",
  requested: "it was asked for",
};

/** How each state of a book is shown. */
export const STATE_WORDS: Readonly<Record<BookState, { mark: string; words: string; style: Style }>> = {
  awaitingSnapshot: { mark: "○", words: "waiting for a snapshot", style: "busy" },
  syncing: { mark: "◐", words: "syncing", style: "busy" },
  live: { mark: "●", words: "live", style: "good" },
  resyncing: { mark: "✖", words: "resyncing", style: "bad" },
  stale: { mark: "✖", words: "stale", style: "bad" },
  delisted: { mark: "✖", words: "delisted", style: "bad" },
};
