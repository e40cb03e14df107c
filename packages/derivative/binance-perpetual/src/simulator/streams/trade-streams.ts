import type { ContractMarket } from "../market/contract-market.js";
import { aggregateClosesAt } from "../market/trade-tape.js";
import type { LiveStream } from "./live-stream.js";

/** Every fill, as it happens. Not in the venue's documents; shape as recorded from it in September 2026. */
export function createTradeStream(market: ContractMarket): LiveStream {
  const { trades } = market.tape;
  let cursor = trades.end;
  return {
    market,
    dueAt: () =>
      cursor < trades.end ? trades.get(cursor).at : (market.market.nextEventAt() ?? Number.POSITIVE_INFINITY),
    run(at, publish) {
      for (; cursor < trades.end; cursor++) {
        const trade = trades.get(cursor);
        publish(
          `{"e":"trade","E":${at},"T":${trade.at},"s":"${market.contract.exchangeSymbol}","t":${trade.id}` +
            `,"p":"${market.priceText(trade.tick)}","q":"${market.amountText(trade.lots)}","X":"MARKET"` +
            `,"m":${trade.buyerIsMaker},"st":1}`,
        );
      }
    },
  };
}

/**
 * Fills of one price and taker side within 100 ms, together. `nq`, the amount without RPI orders, is the
 * whole: there are none here.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/Aggregate-Trade-Streams
 */
export function createAggregateTradeStream(market: ContractMarket, since: number): LiveStream {
  const { aggregates } = market.tape;
  let cursor = aggregates.end;
  while (cursor > aggregates.oldest && aggregateClosesAt(aggregates.get(cursor - 1).at) > since) cursor--;
  return {
    market,
    dueAt() {
      const next = cursor < aggregates.end ? aggregates.get(cursor).at : market.market.nextEventAt();
      return next === undefined ? Number.POSITIVE_INFINITY : aggregateClosesAt(next);
    },
    run(at, publish) {
      for (; cursor < aggregates.end; cursor++) {
        const trade = aggregates.get(cursor);
        if (aggregateClosesAt(trade.at) > at) return;
        const amount = market.amountText(trade.lots);
        publish(
          `{"e":"aggTrade","E":${at},"a":${trade.id},"s":"${market.contract.exchangeSymbol}"` +
            `,"p":"${market.priceText(trade.tick)}","q":"${amount}","nq":"${amount}","f":${trade.firstId}` +
            `,"l":${trade.lastId},"T":${trade.at},"m":${trade.buyerIsMaker},"st":1}`,
        );
      }
    },
  };
}
