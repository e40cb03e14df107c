import type { Clock, Connector, Instrument, Trade } from "@conn/core";
import type { BookView, LogEntry, Remark } from "../render/view.js";
import {
  describeConnection,
  describeInstrument,
  describeProblem,
  describeRateLimit,
  describeStateChange,
} from "./event-words.js";

/** What the monitor needs of a connector. */
export type WatchedConnector = Pick<Connector, "on" | "orderBook" | "instruments" | "fundingInfo">;

const TRADES_KEPT = 100;
const LOG_KEPT = 100;
/** Over how much of the past the rate of updates is measured, in ms. */
const RATE_WINDOW_MS = 3_000;
const RATE_SAMPLE_MS = 200;

/** What is remembered of one pair. */
interface Watched {
  readonly instrument: Instrument;
  /** Newest first. */
  trades: readonly Trade[];
  remark: Remark | undefined;
  /** Since when the book is not live, on the monotonic clock; absent while it is. */
  untrustedSince: number | undefined;
  samples: { readonly at: number; readonly diffs: number }[];
}

/**
 * Follows a connector and keeps what a person wants to see: the latest trades, what happened to
 * connections and to the trust in each book, in plain words, and how fast updates come.
 */
export class MarketMonitor {
  readonly #connector: WatchedConnector;
  readonly #clock: Clock;
  readonly #watched = new Map<string, Watched>();
  readonly #log: LogEntry[] = [];
  readonly #onEntry: (entry: LogEntry) => void;
  readonly #offs: (() => void)[];

  /** @param onEntry Told of each new entry of the log. */
  constructor(
    connector: WatchedConnector,
    tradingPairs: readonly string[],
    clock: Clock,
    onEntry: (entry: LogEntry) => void,
  ) {
    this.#connector = connector;
    this.#clock = clock;
    this.#onEntry = onEntry;
    for (const tradingPair of tradingPairs) {
      const instrument = connector.instruments.get(tradingPair);
      if (instrument === undefined)
        throw new TypeError(`${tradingPair} is not an instrument of the connector`);
      const live = connector.orderBook(tradingPair).integrity.state === "live";
      const untrustedSince = live ? undefined : clock.monotonic();
      this.#watched.set(tradingPair, {
        instrument,
        trades: [],
        remark: undefined,
        untrustedSince,
        samples: [],
      });
    }
    this.#offs = [
      connector.on("trade", ({ tradingPair, trade }) => {
        const watched = this.#watched.get(tradingPair);
        if (watched !== undefined) watched.trades = [trade, ...watched.trades.slice(0, TRADES_KEPT - 1)];
      }),
      connector.on("orderBookState", (event) => {
        const watched = this.#watched.get(event.tradingPair);
        if (watched === undefined) return;
        const now = clock.monotonic();
        const since = watched.untrustedSince;
        watched.untrustedSince = event.state === "live" ? undefined : (since ?? now);
        this.#tell(
          describeStateChange(event, since === undefined ? undefined : now - since),
          event.tradingPair,
        );
      }),
      connector.on("connection", (event) => {
        const remark = describeConnection(event);
        if (remark !== undefined) this.say(remark);
      }),
      connector.on("instrument", (event) => {
        if (this.#watched.has(event.tradingPair)) this.#tell(describeInstrument(event), event.tradingPair);
      }),
      connector.on("problem", (event) => this.#tell(describeProblem(event), event.tradingPair)),
      connector.on("rateLimit", (event) => this.say(describeRateLimit(event))),
    ];
  }

  /** What happened of late, oldest first. */
  get log(): readonly LogEntry[] {
    return this.#log;
  }

  /** Adds a sentence to the log. */
  say({ text, tone }: Remark): void {
    const entry: LogEntry = { timestamp: this.#clock.now(), text, tone };
    this.#log.push(entry);
    if (this.#log.length > LOG_KEPT) this.#log.shift();
    this.#onEntry(entry);
  }

  /** Shows a sentence with a book until it is replaced. */
  remark(tradingPair: string, remark: Remark | undefined): void {
    const watched = this.#watched.get(tradingPair);
    if (watched !== undefined) watched.remark = remark;
  }

  /** The books as they are now, with at most `depth` levels a side. */
  views(depth: number): BookView[] {
    return [...this.#watched].map(([tradingPair, watched]) => {
      const { trades, remark } = watched;
      const instrument = this.#connector.instruments.get(tradingPair) ?? watched.instrument;
      const book = this.#connector.orderBook(tradingPair);
      const { integrity } = book;
      const funding = this.#connector.fundingInfo(tradingPair);
      return {
        tradingPair,
        amountUnit: instrument.amountUnit === "base" ? instrument.base : "contracts",
        priceScale: instrument.priceScale,
        amountScale: instrument.amountScale,
        bids: book.bids(depth),
        asks: book.asks(depth),
        integrity: { ...integrity },
        ageMs: Number.isFinite(book.ageMs) ? book.ageMs : undefined,
        updatesPerSecond: this.#rate(watched, integrity.diffs),
        trades,
        ...(funding && {
          funding: { ...funding, dueInMs: funding.nextFundingTimestamp - this.#clock.now() },
        }),
        remark,
      };
    });
  }

  /** Ceases to follow the connector. */
  stop(): void {
    for (const off of this.#offs) off();
  }

  #tell(remark: Remark, tradingPair: string | undefined): void {
    const named = tradingPair !== undefined && this.#watched.size > 1;
    this.say(named ? { ...remark, text: `${tradingPair} ${remark.text}` } : remark);
  }

  #rate(watched: Watched, diffs: number): number | undefined {
    const { samples } = watched;
    const now = this.#clock.monotonic();
    if (now - (samples.at(-1)?.at ?? Number.NEGATIVE_INFINITY) >= RATE_SAMPLE_MS)
      samples.push({ at: now, diffs });
    // One sample older than the window stays, so that the whole window is covered.
    while ((samples[1]?.at ?? now) < now - RATE_WINDOW_MS) samples.shift();
    const first = samples[0];
    if (first === undefined || now - first.at < 500) return undefined;
    return ((diffs - first.diffs) * 1_000) / (now - first.at);
  }
}
