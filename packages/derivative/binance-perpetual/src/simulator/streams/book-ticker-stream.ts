import type { ContractMarket } from "../market/contract-market.js";
import type { LiveStream } from "./live-stream.js";

/**
 * The best bid and ask, published with every change of them.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/Individual-Symbol-Book-Ticker-Streams
 */
export function createBookTickerStream(market: ContractMarket): LiveStream {
  const { book } = market;
  const best = (): string => {
    // A side can be empty only by published rows.
    const empty = [market.priceText(0), market.amountText(0)] as const;
    const [bid, bidAmount] = book.best("bid") ?? empty;
    const [ask, askAmount] = book.best("ask") ?? empty;
    return `"b":"${bid}","B":"${bidAmount}","a":"${ask}","A":"${askAmount}"`;
  };
  let published = best();
  let seenUpdateId = book.lastUpdateId;
  return {
    market,
    dueAt: () =>
      book.lastUpdateId === seenUpdateId
        ? (market.market.nextEventAt() ?? Number.POSITIVE_INFINITY)
        : book.lastChangeAt,
    run(at, publish) {
      seenUpdateId = book.lastUpdateId;
      const current = best();
      if (current === published) return;
      published = current;
      publish(
        `{"e":"bookTicker","u":${book.lastUpdateId},"s":"${market.contract.exchangeSymbol}"` +
          `,"ps":"${market.contract.pair}",${current},"T":${book.lastChangeAt},"E":${at},"st":1}`,
      );
    },
  };
}
