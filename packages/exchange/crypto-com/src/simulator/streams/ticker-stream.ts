import { boundaryFrom } from "@conn/simulator";
import type { InstrumentMarket } from "../market/instrument-market.js";
import { OPEN_INTEREST, tickerOf } from "../rest/tickers.js";
import { dataText } from "./client-frame.js";
import type { LiveStream } from "./live-stream.js";

/** Measured: 25 or 26 frames in 15 s of a busy instrument. */
export const TICKER_INTERVAL_MS = 500;

/**
 * The ticker, sent when it has changed. The answer to the subscription has it as it stands.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/websocket/ws-channel-ticker-instrument-name
 * @see https://github.com/nemanull/arbitrage-observatory/blob/2cbe70629c3c429da9b231ab71a7b861b3fc8096/docs/profiles/cryptocom/websocket.md
 */
export function createTickerStream(market: InstrumentMarket, phaseMs: number): LiveStream {
  const { book } = market;
  const symbol = market.instrument.exchangeSymbol;
  let published = "";
  let seenId = book.lastUpdateId;

  const fields = (at: number): string => {
    const ticker = tickerOf(market, at);
    return JSON.stringify({
      h: ticker.high,
      l: ticker.low,
      a: ticker.last,
      c: ticker.change,
      b: ticker.bid,
      bs: ticker.bidAmount,
      k: ticker.ask,
      ks: ticker.askAmount,
      i: symbol,
      v: ticker.volume,
      vv: ticker.volumeValue,
      oi: OPEN_INTEREST,
    });
  };

  const text = (id: string, at: number): string =>
    dataText({
      id,
      symbol,
      subscription: `ticker.${symbol}`,
      channel: "ticker",
      elements: `${published.slice(0, -1)},"t":${at}}`,
    });

  return {
    market,
    subscribe(requestId, at) {
      published = fields(at);
      return text(requestId, at);
    },
    dueAt() {
      const changedAt = book.lastUpdateId === seenId ? market.market.nextEventAt() : book.lastChangeAt;
      return changedAt === undefined
        ? Number.POSITIVE_INFINITY
        : boundaryFrom(changedAt, TICKER_INTERVAL_MS, phaseMs);
    },
    run(at, send) {
      seenId = book.lastUpdateId;
      const current = fields(at);
      if (current === published) return;
      published = current;
      send(text("-1", at), "ticker");
    },
  };
}
