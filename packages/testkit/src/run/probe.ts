import type {
  BookState,
  Capabilities,
  ConnError,
  ConnectionEvent,
  Connector,
  ConnectorEvent,
  InstrumentEvent,
  OrderBook,
  OrderBookEvent,
  OrderBookStateEvent,
} from "@conn/core";
import type { ConformanceVenue } from "../venue/conformance-venue.js";
import type { Handles, LoopbackWorld } from "../world/loopback-world.js";
import { bookDifference, expectBookEquals } from "./book-equality.js";
import { ConformanceFailure, must, mustEqual } from "./failure.js";

/** Events that are kept as they come. */
const TYPES = [
  "connection",
  "problem",
  "ready",
  "trade",
  "instrument",
  "rateLimit",
  "order",
  "fill",
  "balance",
  "reconciled",
  "accountSync",
] as const;

/** Long enough for every wait that is not itself the matter of a case, in virtual ms. */
export const PATIENCE_MS = 60_000;

/** Handles of a connector that is stopped. */
export const NOTHING_OPEN: Handles = { timers: 0, sockets: 0, httpClients: 0, requests: 0, servers: 0 };

/** What a probe works with. */
export interface ProbeOptions {
  readonly connector: Connector<Capabilities>;
  readonly world: LoopbackWorld;
  /** Of the connector's ports. */
  readonly owner: string;
  /** Whether it shares its host, and so its owner, with others. */
  readonly isOneOfMany?: boolean;
  readonly venue: ConformanceVenue;
}

/**
 * A connector under observation: remembers what it tells, and holds each book that it calls live
 * against the venue's own after every single change.
 */
export class Probe {
  readonly connector: Connector<Capabilities>;
  readonly owner: string;
  /** All events but those of book changes, in order. */
  readonly events: ConnectorEvent[] = [];
  readonly #world: LoopbackWorld;
  readonly #isOneOfMany: boolean;
  readonly #venue: ConformanceVenue;
  readonly #changes = new Map<string, number>();
  readonly #excused = new Set<string>();
  /** The first time that a book was wrong while it was live. */
  #lie: string | undefined;

  constructor({ connector, world, owner, venue, isOneOfMany = false }: ProbeOptions) {
    this.#isOneOfMany = isOneOfMany;
    this.connector = connector;
    this.owner = owner;
    this.#world = world;
    this.#venue = venue;
    for (const type of TYPES) connector.on(type, (event) => void this.events.push(event));
    connector.on("orderBookState", (event) => {
      this.events.push(event);
      // A sign of life ends a silence before the next frame can show what was lost in it: the ids of a book are then
      // those of before, and where it has none there is nothing to compare it with.
      const isBlind = event.previous === "stale" && event.book.integrity.lastUpdateId === undefined;
      if (event.state === "live" && !isBlind) this.#hold(event.book);
    });
    connector.on("orderBook", (event) => this.#onChange(event));
  }

  async start(): Promise<void> {
    await this.#world.complete(this.connector.start(), { withinMs: PATIENCE_MS, what: "start()" });
  }

  /** Stops, and expects that nothing is open or pending at the moment at which `stop` says so. */
  async stop(): Promise<void> {
    if (this.#isOneOfMany) {
      await this.#world.complete(this.connector.stop(), { withinMs: PATIENCE_MS, what: "stop()" });
      return;
    }
    const stopping = this.connector.stop().then(() => this.#world.handles(this.owner));
    const left = await this.#world.complete(stopping, { withinMs: PATIENCE_MS, what: "stop()" });
    mustEqual(left, NOTHING_OPEN, "what is open when stop() resolves");
  }

  book(tradingPair: string): OrderBook {
    return this.connector.orderBook(tradingPair);
  }

  stateOf(tradingPair: string): BookState {
    return this.book(tradingPair).integrity.state;
  }

  symbolOf(tradingPair: string): string {
    const instrument = this.connector.instruments.get(tradingPair);
    if (instrument === undefined) throw new TypeError(`${tradingPair} is not listed`);
    return instrument.exchangeSymbol;
  }

  /** How many times the book of a pair has changed. */
  changesOf(tradingPair: string): number {
    return this.#changes.get(tradingPair) ?? 0;
  }

  /** Waits until books are live, all followed ones unless some are named. */
  async untilLive(
    tradingPairs: readonly string[] = [...this.connector.orderBooks.keys()],
    withinMs: number = PATIENCE_MS,
  ): Promise<void> {
    await this.#world.until(
      () => tradingPairs.every((pair) => this.connector.orderBooks.get(pair)?.integrity.state === "live"),
      { withinMs, what: `live books of ${tradingPairs.join(", ")}` },
    );
  }

  /** Waits until a book is in a state. */
  async untilState(tradingPair: string, state: BookState, withinMs: number = PATIENCE_MS): Promise<void> {
    await this.#world.until(() => this.stateOf(tradingPair) === state, {
      withinMs,
      what: `state ${state} of ${tradingPair}`,
    });
  }

  /** Waits for `count` further changes of a book. */
  async untilChanged(tradingPair: string, count = 1, withinMs: number = PATIENCE_MS): Promise<void> {
    const from = this.changesOf(tradingPair);
    await this.#world.until(() => this.changesOf(tradingPair) >= from + count, {
      withinMs,
      what: `${count} changes of ${tradingPair}`,
    });
  }

  /** Expects live books that equal the venue's at this moment, and none that was ever wrong while live. */
  expectTruth(tradingPairs: readonly string[] = [...this.connector.orderBooks.keys()]): void {
    this.expectNoLie();
    for (const pair of tradingPairs) {
      const book = this.book(pair);
      must(book.integrity.state === "live", `the book of ${pair} to be live, not ${book.integrity.state}`);
      expectBookEquals(book, this.#truthOf(book));
    }
  }

  /** No longer holds it against a connector that the book of a pair is wrong: the venue has told it so. */
  excuse(tradingPair: string): void {
    this.#excused.add(tradingPair);
  }

  /** Ends that. */
  holdAgain(tradingPair: string): void {
    this.#excused.delete(tradingPair);
  }

  /** What is wrong in the book of a pair, if anything. */
  differenceOf(tradingPair: string): string | undefined {
    const book = this.book(tradingPair);
    return bookDifference(book, this.#truthOf(book));
  }

  /** Expects that no book was ever wrong while it was live. */
  expectNoLie(): void {
    if (this.#lie !== undefined) throw new ConformanceFailure(this.#lie);
  }

  statesOf(tradingPair: string): readonly OrderBookStateEvent[] {
    return this.events
      .filter((event) => event.type === "orderBookState")
      .filter((event) => event.tradingPair === tradingPair);
  }

  problems(): readonly ConnError[] {
    return this.events.flatMap((event) => (event.type === "problem" ? [event.error] : []));
  }

  /** What was told of the instrument of a pair. */
  instrumentEventsOf(tradingPair: string): readonly InstrumentEvent[] {
    return this.events
      .filter((event) => event.type === "instrument")
      .filter((event) => event.tradingPair === tradingPair);
  }

  connections(): readonly ConnectionEvent[] {
    return this.events.filter((event) => event.type === "connection");
  }

  /** Routes on which the connector has connections. */
  routes(): ReadonlySet<string> {
    return new Set(this.connections().map(({ route }) => route));
  }

  #onChange(event: OrderBookEvent): void {
    this.#changes.set(event.tradingPair, this.changesOf(event.tradingPair) + 1);
    if (event.book.integrity.state === "live") this.#hold(event.book);
  }

  #hold(book: OrderBook): void {
    if (this.#lie !== undefined || this.#excused.has(book.tradingPair)) return;
    const difference = bookDifference(book, this.#truthOf(book));
    if (difference === undefined) return;
    const { elapsedMs } = this.#world;
    this.#lie = [
      `expected: a book that says live to equal the venue's, but at update ${book.integrity.lastUpdateId} ${difference}`,
      `on the wire until then, virtual time ${elapsedMs} ms:`,
      ...this.#world.lastOnWire(12),
    ].join("\n");
  }

  #truthOf(book: OrderBook): ReturnType<ConformanceVenue["bookAt"]> {
    const { lastUpdateId } = book.integrity;
    const symbol = this.symbolOf(book.tradingPair);
    return lastUpdateId === undefined
      ? this.#venue.bookSent?.(symbol)
      : this.#venue.bookAt(symbol, lastUpdateId);
  }
}
