import { boundaryFrom, boundaryUntil } from "@conn/simulator";
import type { ContractMarket } from "../market/contract-market.js";
import { rowsText } from "../rest/depth.js";
import type { LiveStream } from "./live-stream.js";

/** How to make a depth stream. */
export interface DepthStreamOptions {
  readonly market: ContractMarket;
  readonly intervalMs: number;
  /** Offset of the stream's events from whole intervals: streams do not publish in step. */
  readonly phaseMs: number;
  /** The first event covers what changed since the last boundary up to this time. */
  readonly since: number;
  /** For a partial book stream, how many levels it shows; else the stream carries differences. */
  readonly levels?: number;
}

/**
 * A diff or partial depth stream. An event covers all changes since the previous one; nothing is sent for an
 * interval without change.
 *
 * - `U` and `u` are the first and last id of the changes, `pu` is the `u` of the stream's previous event:
 *   https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/How-to-manage-a-local-order-book-correctly
 * - Levels of a diff come in ascending order of price on both sides, a deleted one with amount zero at the
 *   symbol's scale (`"0.000"`), as recorded from the venue in September 2026.
 */
export function createDepthStream(options: DepthStreamOptions): LiveStream {
  const { market, intervalMs, phaseMs, levels } = options;
  const { book } = market;
  const { history } = book;
  /** Number of the first change that the next event will cover. */
  let cursor = history.firstAfter(boundaryUntil(options.since, intervalMs, phaseMs));

  const payload = (at: number): string => {
    const end = history.end;
    const previous = cursor > history.oldest ? history.lastIdOf(cursor - 1) : history.firstIdOf(cursor) - 1;
    const head =
      `{"e":"depthUpdate","E":${at},"T":${history.atOf(end - 1)},"s":"${market.contract.exchangeSymbol}"` +
      `,"ps":"${market.contract.pair}","U":${history.firstIdOf(cursor)},"u":${history.lastIdOf(end - 1)}` +
      `,"pu":${previous},"b":[`;
    const [bids, asks] =
      levels === undefined
        ? [rowsText(book.changes("bid", cursor, end)), rowsText(book.changes("ask", cursor, end))]
        : [rowsText(book.levels("bid"), levels), rowsText(book.levels("ask"), levels)];
    return `${head}${bids}],"a":[${asks}],"st":1}`;
  };

  return {
    market,
    dueAt() {
      const next = cursor < history.end ? history.atOf(cursor) : market.market.nextEventAt();
      return next === undefined ? Number.POSITIVE_INFINITY : boundaryFrom(next, intervalMs, phaseMs);
    },
    run(at, publish) {
      if (cursor === history.end) return;
      publish(payload(at));
      cursor = history.end;
    },
  };
}
