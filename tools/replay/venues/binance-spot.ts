import type { Decoder } from "@conn/cli";
import { binanceDepth } from "../binance-depth.ts";

/** Binance spot. Update ids are consecutive; there is no `pu`. */
export const binanceSpot: Decoder = {
  ...binanceDepth,
  hosts: ["stream.binance.com", "api.binance.com", "data-stream.binance.vision", "data-api.binance.vision"],
  sequence: {
    source:
      "https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#how-to-manage-a-local-order-book-correctly",
    rules: [
      "Discard any event where u is <= lastUpdateId of the snapshot.",
      "The first event should have U <= lastUpdateId+1 AND u >= lastUpdateId+1.",
      "Each new event's U should be equal to the previous event's u+1.",
    ],
    scope: "book",
    snapshot: "rest",
    bridge: "spansNext",
    steady: "contiguous",
    olderSnapshot: "drop",
    levelsBy: "price",
    crossed: "resync",
    recovery: "refetch",
  },
};
