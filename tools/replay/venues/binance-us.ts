import type { Decoder } from "@conn/cli";
import { binanceSpot } from "./binance-spot.ts";

/** Binance.US, which has the rules of Binance spot on hosts of its own. */
export const binanceUs: Decoder = {
  ...binanceSpot,
  hosts: ["stream.binance.us", "api.binance.us"],
  sequence: { ...binanceSpot.sequence, source: "https://docs.binance.us/#order-book-depth-diff-stream" },
};
