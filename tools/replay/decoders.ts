// The venues whose recordings `npm run conn -- replay` plays: each file is the seed of a connector.
import type { Decoders } from "@conn/cli";
import { binanceCoinm } from "./venues/binance-coinm.ts";
import { binanceSpot } from "./venues/binance-spot.ts";
import { binanceUs } from "./venues/binance-us.ts";
import { binanceUsdm } from "./venues/binance-usdm.ts";
import { bitget, bitgetUnified } from "./venues/bitget.ts";
import { bitmex } from "./venues/bitmex.ts";
import { bitstamp } from "./venues/bitstamp.ts";
import { bybit } from "./venues/bybit.ts";
import { bybitV2Legacy } from "./venues/bybit-v2-legacy.ts";
import { coinbaseExchange } from "./venues/coinbase-exchange.ts";
import { cryptoCom } from "./venues/crypto-com.ts";
import { deribit } from "./venues/deribit.ts";
import { dydxV4 } from "./venues/dydx-v4.ts";
import { gate, gateOrderBookV2 } from "./venues/gate.ts";
import { gateFutures, gateFuturesOrderBookV2 } from "./venues/gate-futures.ts";
import { gemini } from "./venues/gemini.ts";
import { htx } from "./venues/htx.ts";
import { hyperliquid } from "./venues/hyperliquid.ts";
import { kraken } from "./venues/kraken.ts";
import { krakenFutures } from "./venues/kraken-futures.ts";
import { kucoin } from "./venues/kucoin.ts";
import { okx } from "./venues/okx.ts";
import { okxV3Legacy } from "./venues/okx-v3-legacy.ts";

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
  bitget,
  "bitget-unified": bitgetUnified,
  bitmex,
  bitstamp,
  "bybit-v2-legacy": bybitV2Legacy,
  "coinbase-exchange": coinbaseExchange,
  deribit,
  "dydx-v4": dydxV4,
  gate,
  "gate-order-book-v2": gateOrderBookV2,
  "gate-futures": gateFutures,
  "gate-futures-order-book-v2": gateFuturesOrderBookV2,
  gemini,
  htx,
  "htx-linear-swap": htx,
  "htx-coin-swap": htx,
  hyperliquid,
  "kraken-futures": krakenFutures,
  "okx-v3-legacy": okxV3Legacy,
};
