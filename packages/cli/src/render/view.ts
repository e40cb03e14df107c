import type { BookIntegrity, BookLevel, FundingInfo, Trade } from "@conn/core";

/** How good a piece of news is. */
export type Tone = "plain" | "good" | "busy" | "bad";

/** A sentence for a person. */
export interface Remark {
  readonly text: string;
  readonly tone: Tone;
}

/** A sentence and when it was said, in ms since 1970-01-01 UTC. */
export interface LogEntry extends Remark {
  readonly timestamp: number;
}

/** What is shown of a perpetual's funding. */
export interface FundingView extends Pick<FundingInfo, "markPrice" | "indexPrice" | "fundingRate"> {
  /** Time until it is paid, in ms. */
  readonly dueInMs: number;
}

/** Everything that is shown of one book. */
export interface BookView {
  readonly tradingPair: string;
  /** What amounts count, such as `BTC` or `contracts`. */
  readonly amountUnit: string;
  readonly priceScale: number;
  readonly amountScale: number;
  /** Best first. */
  readonly bids: readonly BookLevel[];
  /** Best first. */
  readonly asks: readonly BookLevel[];
  readonly integrity: BookIntegrity;
  /** Time since the last frame of this book in ms; absent before the first. */
  readonly ageMs: number | undefined;
  /** Diffs applied per second of late; absent until it can be told. */
  readonly updatesPerSecond: number | undefined;
  /** Newest first. */
  readonly trades: readonly Trade[];
  /** Absent where it is not followed or not known yet. */
  readonly funding?: FundingView;
  /** What somebody found out about this book, shown beneath it. */
  readonly remark: Remark | undefined;
}

/** Everything that is shown at one moment. */
export interface WatchView {
  /** What is watched, such as `binance-perpetual sim`. */
  readonly title: string;
  /** Wall time in ms since 1970-01-01 UTC. */
  readonly timestamp: number;
  /** A line over everything else. */
  readonly banner: Remark | undefined;
  readonly books: readonly BookView[];
  /** Oldest first. */
  readonly log: readonly LogEntry[];
  /** How to leave. */
  readonly hint: string;
}
