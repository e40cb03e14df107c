import { boundaryFrom, boundaryUntil } from "@conn/simulator";
import type { ContractMarket } from "../market/contract-market.js";
import { dayTickerOf } from "../rest/tickers.js";
import type { LiveStream } from "./live-stream.js";

/** @see https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/Individual-Symbol-Ticker-Streams */
export const TICKER_INTERVAL_MS = 2_000;

/**
 * Statistics of 24 hours, every two seconds: first as they stand, then when there were trades. Without best bid and
 * ask, which only the spot market's stream has.
 */
export function createTickerStream(market: ContractMarket, phaseMs: number, since: number): LiveStream {
  const { trades } = market.tape;
  const firstAt = boundaryUntil(since, TICKER_INTERVAL_MS, phaseMs) + TICKER_INTERVAL_MS;
  let published: number | undefined;
  return {
    market,
    dueAt() {
      if (published === undefined) return firstAt;
      const next = published < trades.end ? trades.get(published).at : market.market.nextEventAt();
      return next === undefined ? Number.POSITIVE_INFINITY : boundaryFrom(next, TICKER_INTERVAL_MS, phaseMs);
    },
    run(at, publish) {
      if (published === trades.end) return;
      published = trades.end;
      const day = dayTickerOf(market, at);
      if (day === undefined) return;
      const { exchangeSymbol, pair } = market.contract;
      publish(
        `{"e":"24hrTicker","E":${at},"s":"${exchangeSymbol}","ps":"${pair}","p":"${day.priceChange}"` +
          `,"P":"${day.priceChangePercent}","w":"${day.weightedAvgPrice}","c":"${day.lastPrice}"` +
          `,"Q":"${day.lastQty}","o":"${day.openPrice}","h":"${day.highPrice}","l":"${day.lowPrice}"` +
          `,"v":"${day.volume}","q":"${day.quoteVolume}","O":${day.openTime},"C":${day.closeTime}` +
          `,"F":${day.firstId},"L":${day.lastId},"n":${day.count},"st":1}`,
      );
    },
  };
}
