// The venues whose recordings `npm run conn -- replay` plays: each file is the seed of a connector.
import type { Decoders } from "@conn/cli";
import { binanceCoinm } from "./venues/binance-coinm.ts";
import { binanceSpot } from "./venues/binance-spot.ts";
import { binanceUs } from "./venues/binance-us.ts";
import { binanceUsdm } from "./venues/binance-usdm.ts";
import { bybit } from "./venues/bybit.ts";
import { cryptoCom } from "./venues/crypto-com.ts";
import { kraken } from "./venues/kraken.ts";
import { kucoin } from "./venues/kucoin.ts";
import { okx } from "./venues/okx.ts";

export const decoders: Decoders = {
  "binance-coinm": binanceCoinm,
  "binance-spot": binanceSpot,
  "binance-us": binanceUs,
  "binance-usdm": binanceUsdm,
  bybit,
  "crypto-com": cryptoCom,
  kraken,
  kucoin,
  okx,
};
