import {
  type BookFault,
  Decimal,
  type FeedConnection,
  type Instrument,
  MarketDataFeed,
  type OrderBook,
} from "@conn/core";
import { RecordedClock } from "./recorded-clock.js";
import { bytesOf, type RecordedLine } from "./recording.js";
import type { ReplaySource } from "./replay-source.js";

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
  /** The pairs whose books it carries, as far as frames have shown. */
  readonly pairs: Set<string>;
}

interface Replayed {
  readonly instrument: Instrument;
  readonly book: OrderBook;
  firstFaultAtN: number | undefined;
}

/**
 * Plays the lines of a recording, in their order, through the way that live frames take: parse → tracker →
 * book. A book begins with the first line that names its symbol, if the source does not know it before. A recorded
 * answer to a REST request is delivered if the tracker is asking for that snapshot then; any other answer was to a
 * question that this replay did not ask. A stream that must begin anew counts as begun anew at once: what the recording has
 * of it still comes, and where a snapshot would have to come first and none does, the book stays
 * `resyncing`.
 */
export class ReplaySession {
  readonly #source: ReplaySource;
  readonly #clock = new RecordedClock();
  readonly #feed: MarketDataFeed<Connection>;
  readonly #onProblem: OnReplayProblem;
  readonly #connections = new Map<string, Connection>();
  /** By the venue's symbol. */
  readonly #replayed = new Map<string, Replayed>();
  readonly #byPair = new Map<string, Replayed>();
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
          // Only books are replayed: no trade is missed.
          trades: { ids: "unique", backlogOnSubscribe: false },
          parse: (data, sink, context) => {
            source.parse(data, sink, context);
            for (const message of sink.messages)
              if (message.type === "depth") this.#streamed(message.exchangeSymbol, this.#connection);
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
    for (const exchangeSymbol of source.symbols ?? []) this.#follow(exchangeSymbol);
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
    else if (line.dir === "send") this.#playSent(line);
    else if (line.dir === "http") this.#playAnswer(line);
    else if (line.dir === "connect") this.#playConnect(line);
    else if (line.dir === "disconnect") this.#playDisconnect(line);
    for (const tradingPair of this.#restarted) this.#feed.tracker.subscribed(tradingPair);
    this.#restarted.clear();
  }

  #playFrame(line: RecordedLine): void {
    this.#connection = this.#connectionOf(line);
    this.#feed.frame(this.#connection, bytesOf(line), this.#clock.now());
    this.#connection = undefined;
  }

  #playSent(line: RecordedLine): void {
    const connection = this.#connectionOf(line);
    for (const exchangeSymbol of this.#source.symbolsNamedIn?.(line.raw) ?? [])
      this.#streamed(exchangeSymbol, connection);
  }

  #playAnswer(line: RecordedLine): void {
    const { url, n, method, status = 200 } = line;
    const body = bytesOf(line);
    let tradingPair: string | undefined;
    try {
      const exchangeSymbol = this.#source.snapshotSymbol?.(url, body, method);
      if (exchangeSymbol === undefined) return;
      const { instrument } = this.#streamed(exchangeSymbol, undefined);
      if (!this.#asked.delete(instrument.tradingPair)) return;
      tradingPair = instrument.tradingPair;
      if (status >= 200 && status < 300) this.#feed.snapshot(instrument, body, this.#clock.now());
      else this.#feed.tracker.snapshotFailed(tradingPair);
    } catch (error) {
      // Decoders throw errors, whatever else they get wrong.
      this.#onProblem(n, error instanceof Error ? error : new Error(String(error)), tradingPair);
      if (tradingPair !== undefined) this.#feed.tracker.snapshotFailed(tradingPair);
    }
  }

  /** A connection opened: if it stands in for an earlier one, that one was lost. */
  #playConnect(line: RecordedLine): void {
    const connection = this.#connectionOf(line);
    this.#feed.connected(connection);
    this.#lose(connection);
    for (const tradingPair of connection.pairs) this.#feed.tracker.subscribed(tradingPair);
  }

  #playDisconnect(line: RecordedLine): void {
    const id = idOf(line);
    const connection = this.#connections.get(id);
    if (connection === undefined) return;
    this.#connections.delete(id);
    this.#lose(connection);
  }

  #lose({ pairs }: Connection): void {
    for (const tradingPair of pairs) {
      this.#asked.delete(tradingPair);
      this.#feed.tracker.disconnected(tradingPair, "disconnected");
    }
  }

  #connectionOf(line: RecordedLine): Connection {
    const id = idOf(line);
    let connection = this.#connections.get(id);
    if (connection === undefined) {
      const route = this.#source.routeOf?.(line.url) ?? line.url;
      connection = { id, route, memo: undefined, pairs: new Set() };
      this.#connections.set(id, connection);
    }
    return connection;
  }

  /** The stream of a book shows itself: the venue serves it, or will as soon as it has read what asks for it. */
  #streamed(exchangeSymbol: string, connection: Connection | undefined): Replayed {
    const replayed = this.#follow(exchangeSymbol);
    const { tradingPair } = replayed.instrument;
    connection?.pairs.add(tradingPair);
    this.#feed.tracker.subscribed(tradingPair);
    return replayed;
  }

  #follow(exchangeSymbol: string): Replayed {
    let replayed = this.#replayed.get(exchangeSymbol);
    if (replayed === undefined) {
      const instrument = this.#source.instrumentOf?.(exchangeSymbol) ?? bareInstrument(exchangeSymbol);
      replayed = { instrument, book: this.#feed.follow(instrument), firstFaultAtN: undefined };
      this.#replayed.set(exchangeSymbol, replayed);
      this.#byPair.set(instrument.tradingPair, replayed);
    }
    return replayed;
  }

  #faultNoticed(tradingPair: string): void {
    const replayed = this.#byPair.get(tradingPair);
    const fault = replayed?.book.integrity.lastFault;
    if (replayed === undefined || fault === undefined) return;
    // A snapshot from before the first diff proves nothing lost: it is how joining a busy stream begins.
    if (this.#line.dir === "http" && !SEEN_FAULTS.has(fault)) return;
    replayed.firstFaultAtN ??= this.#line.n;
  }
}

/** Names a connection: by its number, or where there are none by its URL. */
function idOf({ url, conn }: Pick<RecordedLine, "url" | "conn">): string {
  return conn === undefined ? url : `${conn} ${url}`;
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
