import {
  type InstrumentMarket,
  matchIdOf,
  type PublicTrade,
  tradeIdOf,
} from "../market/instrument-market.js";
import { dataText } from "./client-frame.js";
import type { LiveStream } from "./live-stream.js";

/** How many past trades a subscription begins with. */
const PAST_TRADES = 50;

/**
 * Trades as they happen, in one frame those of one moment, newest first. The answer to the subscription has
 * the latest fifty.
 *
 * Sides are in capitals here, other than in `public/get-trades`, as captured in June 2026.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/websocket/ws-channel-trade-instrument-name
 * @see https://github.com/tomlin256/cryptocogs
 */
export function createTradeStream(market: InstrumentMarket): LiveStream {
  const { trades } = market;
  const symbol = market.instrument.exchangeSymbol;
  let cursor = trades.end;

  const element = (trade: PublicTrade): string =>
    `{"d":"${tradeIdOf(trade)}","t":${trade.at},"p":"${market.priceText(trade.tick)}"` +
    `,"q":"${market.amountText(trade.lots)}","s":"${trade.takerBuys ? "BUY" : "SELL"}","i":"${symbol}"` +
    `,"m":"${matchIdOf(trade)}"}`;

  const text = (id: string, from: number, to: number): string => {
    const elements: string[] = [];
    for (let index = to - 1; index >= from; index--) elements.push(element(trades.get(index)));
    return dataText({
      id,
      symbol,
      subscription: `trade.${symbol}`,
      channel: "trade",
      elements: elements.join(","),
    });
  };

  return {
    market,
    subscribe(requestId) {
      cursor = trades.end;
      return text(requestId, Math.max(trades.oldest, trades.end - PAST_TRADES), trades.end);
    },
    dueAt: () =>
      cursor < trades.end ? trades.get(cursor).at : (market.market.nextEventAt() ?? Number.POSITIVE_INFINITY),
    run(_at, send) {
      if (cursor === trades.end) return;
      send(text("-1", cursor, trades.end), "trade");
      cursor = trades.end;
    },
  };
}
