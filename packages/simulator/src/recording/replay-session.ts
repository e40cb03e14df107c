import {
  type BookFault,
  Decimal,
  type FeedConnection,
  type Instrument,
  MarketDataFeed,
  type OrderBook,
  type OrderBookDataSource,
} from "@conn/core";
import { RecordedClock } from "./recorded-clock.js";
import type { RecordedLine } from "./recording.js";

/** As much as a connector keeps of one book that waits for its snapshot. */
const BUFFER_LIMITS = { maxDiffs: 1_000, maxLevels: 200_000 };

/** Faults that are seen in what the venue sent, as against a snapshot that merely came too early. */
const SEEN_FAULTS: ReadonlySet<BookFault> = new Set<BookFault>([
  "gap",
  "checksum",
  "crossed",
  "unknownLevel",
  "malformedFrame",
  "disconnected",
]);

/**
 * What a replay must know of a venue: how its frames and snapshots read, and how they are ordered. The
 * methods are those of a connector's data source. In `parse`, `context.route` is the URL of the connection, or
 * empty where the recording has none.
 */
export interface ReplaySource extends Pick<OrderBookDataSource, "sequence" | "parse" | "parseSnapshot"> {
  /**
   * The symbol whose snapshot a recorded answer to a REST request is; undefined for any other answer.
   * Needed where `sequence.snapshot` is `rest`.
   */
  snapshotSymbol?(url: string, body: Uint8Array): string | undefined;
  /** What is known of an instrument beside its symbol; a replay calls its pair by the symbol all the same. */
  instrumentOf?(exchangeSymbol: string): Instrument | undefined;
}

/** A book of a replay. */
export interface ReplayedBook {
  readonly exchangeSymbol: string;
  readonly book: OrderBook;
  /** The `n` of the line by which trust was first lost; undefined if it never was. */
  readonly firstFaultAtN: number | undefined;
}

/** Told what in a recording could not be used. */
export type OnReplayProblem = (n: number, error: Error, tradingPair: string | undefined) => void;

interface Connection extends FeedConnection {
  readonly pairs: Set<string>;
}

interface Replayed {
  readonly instrument: Instrument;
  readonly book: OrderBook;
  firstFaultAtN: number | undefined;
}

/**
 * Plays the lines of a recording, in their order, through the way that live frames take: parse → tracker →
 * book. A book begins with the first line that names its symbol. A recorded answer to a REST request is
 * delivered if the tracker is asking for that snapshot then; any other answer was to a question
 * that this replay did not ask. A stream that must begin anew counts as begun anew at once: what the recording has
 * of it still comes, and where a snapshot would have to come first and none does, the book stays
 * `resyncing`.
 */
export class ReplaySession {
  readonly #source: ReplaySource;
  readonly #clock = new RecordedClock();
  readonly #feed: MarketDataFeed<Connection>;
  readonly #onProblem: OnReplayProblem;
  readonly #connections = new Map<string, Connection>();
  /** By trading pair, which here is the venue's symbol: a recording need not say more of an instrument. */
  readonly #replayed = new Map<string, Replayed>();
  /** The pairs whose snapshot the tracker asks for. */
  readonly #asked = new Set<string>();
  /** The pairs whose streams begin anew. */
  readonly #restarted = new Set<string>();
  #line: Pick<RecordedLine, "n" | "dir"> = { n: 0, dir: "" };
  #connection: Connection | undefined;

  constructor(venue: string, source: ReplaySource, onProblem: OnReplayProblem) {
    this.#source = source;
    this.#onProblem = onProblem;
    this.#feed = new MarketDataFeed<Connection>(
      {
        venue,
        source: {
          sequence: source.sequence,
          // Books only.
          trades: { ids: "unique", backlogOnSubscribe: false },
          parse: (data, sink, context) => {
            source.parse(data, sink, context);
            for (const message of sink.messages) {
              if (message.type !== "depth") continue;
              this.#follow(message.exchangeSymbol);
              this.#connection?.pairs.add(message.exchangeSymbol);
            }
          },
          parseSnapshot: (body, instrument, sink) => source.parseSnapshot?.(body, instrument, sink),
        },
        clock: this.#clock,
        buffer: BUFFER_LIMITS,
        isListed: () => true,
      },
      {
        requestSnapshot: (tradingPair, failures) => {
          this.#asked.add(tradingPair);
          if (failures > 0) this.#faultNoticed(tradingPair);
        },
        restartStream: (tradingPair) => {
          this.#restarted.add(tradingPair);
          this.#faultNoticed(tradingPair);
        },
        onBookState: (book, _previous, fault) => {
          if (fault !== undefined) this.#faultNoticed(book.tradingPair);
        },
        onProblem: (error, tradingPair) => this.#onProblem(this.#line.n, error, tradingPair),
        onStreamSnapshot: (tradingPair) => this.#asked.delete(tradingPair),
        pairsOf: ({ pairs }) => [...pairs],
        onBookChanged: () => undefined,
        onTrade: () => undefined,
        requestTrades: () => undefined,
        onAnswer: () => undefined,
        onReply: () => undefined,
      },
    );
  }

  /** The books met so far, in the order in which their symbols appeared. */
  get books(): ReplayedBook[] {
    return [...this.#replayed.values()].map(({ instrument, book, firstFaultAtN }) => ({
      exchangeSymbol: instrument.exchangeSymbol,
      book,
      firstFaultAtN,
    }));
  }

  /** The book of a symbol, if it was met. */
  bookOf(exchangeSymbol: string): OrderBook | undefined {
    return this.#replayed.get(exchangeSymbol)?.book;
  }

  /** Plays one line. Whatever is in it, this does not throw. */
  play(line: RecordedLine): void {
    this.#line = line;
    if (line.ts !== undefined) this.#clock.set(line.ts);
    if (line.dir === "recv") this.#playFrame(line);
    else if (line.dir === "http") this.#playAnswer(line);
    else if (line.dir === "connect") this.#playConnect(line);
    for (const tradingPair of this.#restarted) this.#feed.tracker.subscribed(tradingPair);
    this.#restarted.clear();
  }

  #playFrame(line: RecordedLine): void {
    this.#connection = this.#connectionOf(line);
    this.#feed.frame(this.#connection, Buffer.from(line.raw), this.#clock.now());
    this.#connection = undefined;
  }

  #playAnswer({ url, raw, n }: RecordedLine): void {
    const body = Buffer.from(raw);
    let tradingPair: string | undefined;
    try {
      tradingPair = this.#source.snapshotSymbol?.(url, body);
      if (tradingPair === undefined) return;
      const { instrument } = this.#follow(tradingPair);
      if (!this.#asked.delete(tradingPair)) return;
      this.#feed.snapshot(instrument, body, this.#clock.now());
    } catch (error) {
      // Sources throw errors, whatever else they get wrong.
      this.#onProblem(n, error instanceof Error ? error : new Error(String(error)), tradingPair);
      if (tradingPair !== undefined) this.#feed.tracker.snapshotFailed(tradingPair);
    }
  }

  /** A connection opened: if it stands in for an earlier one, that one was lost. */
  #playConnect(line: RecordedLine): void {
    const connection = this.#connectionOf(line);
    this.#feed.connected(connection);
    for (const tradingPair of connection.pairs) {
      this.#feed.tracker.disconnected(tradingPair, "disconnected");
      this.#feed.tracker.subscribed(tradingPair);
    }
  }

  #connectionOf({ url, conn }: RecordedLine): Connection {
    const id = conn === undefined ? url : `${conn} ${url}`;
    let connection = this.#connections.get(id);
    if (connection === undefined) {
      connection = { id, route: url, memo: undefined, pairs: new Set() };
      this.#connections.set(id, connection);
    }
    return connection;
  }

  #follow(exchangeSymbol: string): Replayed {
    let replayed = this.#replayed.get(exchangeSymbol);
    if (replayed === undefined) {
      const known = this.#source.instrumentOf?.(exchangeSymbol) ?? bareInstrument(exchangeSymbol);
      const instrument = { ...known, tradingPair: exchangeSymbol };
      replayed = { instrument, book: this.#feed.follow(instrument), firstFaultAtN: undefined };
      this.#replayed.set(exchangeSymbol, replayed);
      // Its frames come, so the venue has confirmed its stream.
      this.#feed.tracker.subscribed(exchangeSymbol);
    }
    return replayed;
  }

  #faultNoticed(tradingPair: string): void {
    const replayed = this.#replayed.get(tradingPair);
    const fault = replayed?.book.integrity.lastFault;
    if (replayed === undefined || fault === undefined) return;
    // A snapshot from before the first diff proves nothing lost: it is how joining a busy stream begins.
    if (this.#line.dir === "http" && !SEEN_FAULTS.has(fault)) return;
    replayed.firstFaultAtN ??= this.#line.n;
  }
}

/** An instrument of which nothing is known but its symbol. A book needs no more. */
export function bareInstrument(exchangeSymbol: string): Instrument {
  const unknown = new Decimal(0);
  return {
    tradingPair: exchangeSymbol,
    exchangeSymbol,
    type: "spot",
    base: exchangeSymbol,
    quote: "",
    payoff: "linear",
    amountUnit: "base",
    contractSize: new Decimal(1),
    priceScale: 0,
    amountScale: 0,
    status: "trading",
    venueStatus: "",
    rules: { priceIncrement: unknown, amountIncrement: unknown, orderTypes: [], timeInForce: [] },
  };
}
