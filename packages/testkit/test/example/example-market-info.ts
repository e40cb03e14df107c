import type { VenueBook, VenueFunding, VenueFundingPart, VenueTicker } from "../../src/index.js";

const HOUR_MS = 3_600_000;
const NOTICE_MS = 1_000;

/** What the example venue knows of a market when it says how it stands. */
export interface ExampleMarketFacts {
  readonly symbol: string;
  /** Rises with every change of the market. */
  readonly lastId: number;
  readonly book: VenueBook;
}

/** A notice to all who follow a stream. */
export interface ExampleNotice {
  readonly stream: string;
  readonly symbol: string;
  readonly kind: "ticker" | "funding";
  readonly text: string;
}

/** The ticker of a market: it has had one trade for each change. */
export function exampleTicker({ lastId, book }: ExampleMarketFacts): VenueTicker {
  const [bid] = book.bids;
  const [ask] = book.asks;
  return {
    lastPrice: `99.${String(lastId % 100).padStart(2, "0")}`,
    ...(bid && { bestBid: bid[0], bestBidAmount: bid[1] }),
    ...(ask && { bestAsk: ask[0], bestAskAmount: ask[1] }),
    highPrice: "101.25",
    baseVolume: `${lastId}.5`,
  };
}

/** Mark price moves with the market, the rest with time. AAA pays every hour, the others every two. */
export function exampleFunding({ symbol, lastId }: ExampleMarketFacts, at: number): VenueFunding {
  const fundingIntervalMs = symbol === "AAA" ? HOUR_MS : 2 * HOUR_MS;
  return {
    markPrice: `100.${lastId % 1_000}`,
    indexPrice: `99.${Math.floor(at / NOTICE_MS) % 1_000}`,
    fundingRate: `-0.000${Math.floor(at / 60_000) % 10}`,
    nextFundingTimestamp: (Math.floor(at / fundingIntervalMs) + 1) * fundingIntervalMs,
    fundingIntervalMs,
  };
}

export function exampleOpenInterest({ lastId }: ExampleMarketFacts): string {
  return `${lastId}.25`;
}

/** Notices about tickers and funding, every second to those who follow them, and by hand. */
export class ExampleNotices {
  #nextAt: number;
  #byHand: { readonly symbol: string; readonly part: VenueFundingPart; readonly at: number | undefined }[] =
    [];

  constructor(startAt: number) {
    this.#nextAt = startAt + NOTICE_MS;
  }

  send(symbol: string, part: VenueFundingPart, at: number | undefined): void {
    this.#byHand.push({ symbol, part, at });
  }

  /** When there is something to say to those who follow `streams`. */
  dueAt(streams: Iterable<string>, now: number): number {
    if (this.#byHand.length > 0) return now;
    for (const stream of streams) if (/^(ticker|funding):/.test(stream)) return this.#nextAt;
    return Number.POSITIVE_INFINITY;
  }

  /** What there is to say until `at`. */
  take(at: number, markets: readonly ExampleMarketFacts[]): ExampleNotice[] {
    const notices: ExampleNotice[] = [];
    if (this.#nextAt <= at) {
      // Whoever slept through some of them gets the last one.
      const saidAt = Math.floor(at / NOTICE_MS) * NOTICE_MS;
      this.#nextAt = saidAt + NOTICE_MS;
      for (const market of markets) {
        notices.push(notice("ticker", market.symbol, { at: saidAt, ...exampleTicker(market) }));
        const { fundingIntervalMs: _, ...funding } = exampleFunding(market, saidAt);
        notices.push(notice("funding", market.symbol, { at: saidAt, ...funding }));
      }
    }
    for (const { symbol, part, at: saidAt = at } of this.#byHand.splice(0))
      notices.push(notice("funding", symbol, { at: saidAt, ...part }));
    return notices;
  }
}

function notice(kind: "ticker" | "funding", symbol: string, values: object): ExampleNotice {
  const stream = `${kind}:${symbol}`;
  return { stream, symbol, kind, text: JSON.stringify({ notice: kind, symbol, ...values }) };
}
