import { boundaryUntil } from "@conn/simulator";
import type { ContractMarket } from "../market/contract-market.js";
import { fundingTexts } from "../rest/funding.js";
import type { LiveStream } from "./live-stream.js";

/** What a mark price event may say of a contract; a field that is left out is not sent. */
export interface MarkPriceFields {
  readonly markPrice?: string | null;
  readonly indexPrice?: string | null;
  readonly fundingRate?: string | null;
  /** Milliseconds since 1970. */
  readonly nextFundingTime?: number | null;
}

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
      if (market.contract.status === "TRADING") publish(markPriceText(market, at, fundingTexts(market, at)));
    },
  };
}

/** A mark price event. */
export function markPriceText(market: ContractMarket, eventTime: number, fields: MarkPriceFields): string {
  const { markPrice, indexPrice, fundingRate, nextFundingTime } = fields;
  return JSON.stringify({
    e: "markPriceUpdate",
    E: eventTime,
    s: market.contract.exchangeSymbol,
    p: markPrice,
    ap: markPrice,
    P: indexPrice,
    i: indexPrice,
    r: fundingRate,
    T: nextFundingTime,
    st: 1,
  });
}
