// The venues whose recordings `npm run conn -- replay` plays: each file is the seed of a connector.
import type { Decoders } from "@conn/cli";
import { binanceCoinm } from "./venues/binance-coinm.ts";
import { binanceSpot } from "./venues/binance-spot.ts";
import { binanceUs } from "./venues/binance-us.ts";
import { binanceUsdm } from "./venues/binance-usdm.ts";

export const decoders: Decoders = {
  "binance-coinm": binanceCoinm,
  "binance-spot": binanceSpot,
  "binance-us": binanceUs,
  "binance-usdm": binanceUsdm,
};
