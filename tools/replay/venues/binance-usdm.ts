import type { Decoder } from "@conn/cli";
import { binanceDepth } from "../binance-depth.ts";

/** Binance USDⓈ-M futures. Update ids are not consecutive, so only `pu` links events. */
export const binanceUsdm: Decoder = {
  ...binanceDepth,
  hosts: ["fstream.binance.com", "fapi.binance.com"],
  sequence: {
    source:
      "https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/How-to-manage-a-local-order-book-correctly",
    rules: [
      "Drop any event where u is < lastUpdateId in the snapshot.",
      "The first processed event should have U <= lastUpdateId AND u >= lastUpdateId.",
      "Each new event's pu should be equal to the previous event's u.",
    ],
    scope: "book",
    snapshot: "rest",
    bridge: "spansSnapshot",
    steady: "linked",
    olderSnapshot: "drop",
    levelsBy: "price",
    crossed: "resync",
    recovery: "refetch",
  },
};
