import type { SequenceRecord } from "@conn/core";
import { BOOK_DEPTH } from "./constants.js";

/** Ids are not consecutive: only `pu` links an update to the one before it. */
export const orderBookSequence: SequenceRecord = {
  source:
    "https://exchange-developer.crypto.com/exchange/v1/docs/api/market-data-websocket (book.{instrument_name}.{depth})",
  rules: [
    "The first message is a snapshot, and the following messages are deltas.",
    "pu of a delta is the u of the message before; if it is not, subscribe again.",
    "Levels beyond the subscribed depth are not updated.",
    "An empty delta shows that the channel lives.",
  ],
  scope: "book",
  snapshot: "firstFrame",
  bridge: "follows",
  steady: "linked",
  levelsBy: "price",
  olderSnapshot: "drop",
  trimDepth: BOOK_DEPTH,
  crossed: "resync",
  recovery: "resubscribe",
};
