import { boundaryUntil, formatFixed } from "@conn/simulator";
import { isPerpetual } from "../contracts/contract.js";
import type { ContractMarket } from "../market/contract-market.js";
import type { LiveStream } from "./live-stream.js";

/**
 * Mark price, index price and funding, every second or every three, on the full second.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/Mark-Price-Stream
 */
export function createMarkPriceStream(market: ContractMarket, intervalMs: number, since: number): LiveStream {
  let nextAt = boundaryUntil(since, intervalMs, 0) + intervalMs;
  return {
    market,
    dueAt: () => nextAt,
    run(at, publish) {
      nextAt = at + intervalMs;
      if (market.contract.status !== "TRADING") return;
      const perpetual = isPerpetual(market.contract);
      const mark = formatFixed(market.markPrice(), 8);
      const index = formatFixed(market.indexPrice(at), 8);
      publish(
        `{"e":"markPriceUpdate","E":${at},"s":"${market.contract.exchangeSymbol}","p":"${mark}","ap":"${mark}"` +
          `,"P":"${index}","i":"${index}","r":"${perpetual ? formatFixed(market.fundingRate(at), 8) : ""}"` +
          `,"T":${perpetual ? market.nextFundingTime(at) : 0},"st":1}`,
      );
    },
  };
}
