import {
  type BookIntegrity,
  type BookLevel,
  type Connector,
  type ConnectorEvent,
  type ConnectorOptions,
  Emitter,
  EventStream,
  type FundingInfo,
  InstrumentError,
  type OrderBook,
} from "@conn/core";
import { instrument, integrity, START } from "./fixtures.js";

/** A book whose levels and record a test sets. */
export class FakeBook implements Pick<OrderBook, "tradingPair" | "integrity" | "ageMs" | "bids" | "asks"> {
  readonly tradingPair: string;
  record: BookIntegrity = integrity({
    state: "awaitingSnapshot",
    lastUpdateId: undefined,
    receivedTimestamp: 0,
  });
  ageMs = Number.POSITIVE_INFINITY;
  levels: { bids: BookLevel[]; asks: BookLevel[] } = { bids: [], asks: [] };

  constructor(tradingPair: string) {
    this.tradingPair = tradingPair;
  }

  get integrity(): BookIntegrity {
    return this.record;
  }

  bids(depth?: number): BookLevel[] {
    return this.levels.bids.slice(0, depth);
  }

  asks(depth?: number): BookLevel[] {
    return this.levels.asks.slice(0, depth);
  }
}

/** A connector without a venue: a test says what happens. */
export class FakeConnector {
  readonly name = "fake-venue";
  readonly kind = "derivative";
  readonly supports = {
    orderBooks: true,
    publicTrades: true,
    lastTradedPrices: true,
    tickers: true,
    fundingInfo: false,
    openInterest: false,
  };
  readonly environment: Connector["environment"];
  readonly options: ConnectorOptions;
  readonly instruments = new Map(["BTC-USDT", "ETH-USDT"].map((pair) => [pair, instrument(pair)]));
  readonly books = new Map<string, FakeBook>();
  readonly fundings = new Map<string, FundingInfo>();
  readonly #emitter = new Emitter<ConnectorEvent>((error) => {
    throw error;
  });
  started = false;
  stopped = false;
  /** What `start` fails with, if it should. */
  failure: Error | undefined;

  constructor(options: ConnectorOptions = {}) {
    this.options = options;
    this.environment = options.environment ?? "live";
  }

  /** As a connector, of which the commands use no more than this has. */
  asConnector(): Connector {
    return this as unknown as Connector;
  }

  async start(): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    this.started = true;
  }

  async stop(): Promise<void> {
    this.stopped = true;
  }

  get orderBooks(): ReadonlyMap<string, FakeBook> {
    return this.books;
  }

  get status(): { missingOrderBooks: string[] } {
    const missing = [...this.books].filter(([, { record }]) => record.state !== "live").map(([pair]) => pair);
    return { missingOrderBooks: missing };
  }

  async whenReady({ signal }: { signal: AbortSignal }): Promise<void> {
    const ended = Promise.withResolvers<void>();
    const look = (): void => {
      if (signal.aborted) ended.reject(new Error("aborted"));
      else if (this.status.missingOrderBooks.length === 0) ended.resolve();
    };
    signal.addEventListener("abort", look);
    this.on("orderBookState", look);
    look();
    await ended.promise;
  }

  addTradingPair(tradingPair: string): FakeBook {
    const book = new FakeBook(tradingPair);
    this.books.set(tradingPair, book);
    return book;
  }

  orderBook(tradingPair: string): FakeBook {
    const book = this.books.get(tradingPair);
    if (book === undefined) throw new InstrumentError("TRADING_PAIR_NOT_TRACKED", tradingPair);
    return book;
  }

  fundingInfo(tradingPair: string): FundingInfo | undefined {
    return this.fundings.get(tradingPair);
  }

  on<Type extends ConnectorEvent["type"]>(
    type: Type,
    listener: (event: Extract<ConnectorEvent, { type: Type }>) => void,
  ): () => void {
    return this.#emitter.on(type, listener);
  }

  stream(): EventStream<never> {
    return new EventStream({ kind: "lossless", capacity: 1 });
  }

  /** Lets something happen; what all events carry is filled in. */
  emit(event: DistributiveOmit<ConnectorEvent, "connector" | "environment" | "receivedTimestamp">): void {
    const { name: connector, environment } = this;
    // The facts make it an event again; TypeScript loses the union on the way.
    this.#emitter.emit({ ...event, connector, environment, receivedTimestamp: START } as ConnectorEvent);
  }

  /** Changes a book's state and tells of it. */
  setState(tradingPair: string, record: Partial<BookIntegrity>): void {
    const book = this.orderBook(tradingPair);
    const previous = book.record.state;
    book.record = { ...book.record, ...record };
    this.emit({
      type: "orderBookState",
      tradingPair,
      book: book as unknown as OrderBook,
      previous,
      state: book.record.state,
      fault: record.lastFault,
    });
  }

  /** Changes a book's levels and tells of it. */
  setLevels(tradingPair: string, levels: FakeBook["levels"], kind: "snapshot" | "diff" = "diff"): void {
    const book = this.orderBook(tradingPair);
    book.levels = levels;
    this.emit({ type: "orderBook", tradingPair, book: book as unknown as OrderBook, kind });
  }
}

type DistributiveOmit<Union, Keys extends PropertyKey> = Union extends unknown ? Omit<Union, Keys> : never;
