import type { ContractMarket } from "../market/contract-market.js";
import type { LiveStream } from "./live-stream.js";

/**
 * The best bid and ask, published with every change of them.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/Individual-Symbol-Book-Ticker-Streams
 */
export function createBookTickerStream(market: ContractMarket): LiveStream {
  const { bids, asks } = market.market;
  const best = (): string =>
    `"b":"${market.priceText(bids.tickAt(0))}","B":"${market.amountText(bids.lotsAt(0))}"` +
    `,"a":"${market.priceText(asks.tickAt(0))}","A":"${market.amountText(asks.lotsAt(0))}"`;
  let published = best();
  let seenUpdateId = market.lastUpdateId;
  return {
    market,
    dueAt: () =>
      market.lastUpdateId === seenUpdateId
        ? (market.market.nextEventAt() ?? Number.POSITIVE_INFINITY)
        : market.lastChangeAt,
    run(at, publish) {
      seenUpdateId = market.lastUpdateId;
      const current = best();
      if (current === published) return;
      published = current;
      publish(
        `{"e":"bookTicker","u":${market.lastUpdateId},"s":"${market.contract.exchangeSymbol}"` +
          `,"ps":"${market.contract.pair}",${current},"T":${market.lastChangeAt},"E":${at},"st":1}`,
      );
    },
  };
}
