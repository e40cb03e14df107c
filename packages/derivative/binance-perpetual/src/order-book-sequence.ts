import type { SequenceRecord } from "@conn/core";

/** Update ids are not consecutive on futures, so only `pu` links events. */
export const orderBookSequence: SequenceRecord = {
  source:
    "https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/How-to-manage-a-local-order-book-correctly",
  rules: [
    "4. Drop any event where u is < lastUpdateId in the snapshot.",
    "5. The first processed event should have U <= lastUpdateId AND u >= lastUpdateId.",
    "6. While listening to the stream, each new event's pu should be equal to the previous event's u, otherwise initialize the process from step 3.",
  ],
  scope: "book",
  olderSnapshot: "drop",
  levelsBy: "price",
  snapshot: "rest",
  bridge: "spansSnapshot",
  steady: "linked",
  crossed: "resync",
  recovery: "refetch",
};
