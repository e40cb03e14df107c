import type { Decoder } from "@conn/cli";
import { binanceUsdm } from "./binance-usdm.ts";

/** Binance COIN-M futures: word for word the rules of USDⓈ-M, on hosts of its own. */
export const binanceCoinm: Decoder = {
  ...binanceUsdm,
  hosts: ["dstream.binance.com", "dapi.binance.com"],
  sequence: {
    ...binanceUsdm.sequence,
    source:
      "https://developers.binance.com/docs/derivatives/coin-margined-futures/websocket-market-streams/How-to-manage-a-local-order-book-correctly",
  },
};
