import type { Decimal } from "../decimal/decimal.js";
import {
  type ConnError,
  InstrumentError,
  LifecycleError,
  NotSupportedError,
  ProtocolError,
} from "../errors/index.js";
import { Emitter, type EventOfType, EventStream, type StreamPolicy } from "../events/index.js";
import type { Instrument } from "../instrument/index.js";
import { MarketDataEngine } from "../market-data/index.js";
import type { Environment } from "../model/index.js";
import type { OrderBook } from "../order-book/order-book.js";
import type { HttpClient, Ports } from "../ports/index.js";
import type { RateLimiter, RateLimitNotice } from "../rate-limit/index.js";
import {
  type RestCall,
  RestClient,
  type SocketPolicy,
  type StreamRoute,
  VenueClock,
  type VenueTime,
} from "../transport/index.js";
import type { Capabilities } from "./capabilities.js";
import type { Connector, ConnectorKind, ConnectorStatus, EventStreamOptions } from "./connector.js";
import type { ConnectorEvent } from "./connector-events.js";
import type { ConnectorOptions } from "./connector-options.js";
import type { ExchangeDefinition, VenueUrls } from "./exchange-definition.js";

const DEFAULT_SOCKET_POLICY: SocketPolicy = {
  connectTimeoutMs: 10_000,
  backoff: { initialMs: 500, factor: 2, maxMs: 30_000, jitter: 0.5 },
  stableAfterMs: 30_000,
  pingAfterIdleMs: 5_000,
  silentAfterMs: 2_000,
  deadAfterMs: 5_000,
  closeTimeoutMs: 1_000,
};
const DEFAULT_REST_TIMEOUT_MS = 10_000;
const SUBSCRIPTION_ANSWER_TIMEOUT_MS = 10_000;
const SNAPSHOT_BACKOFF = { initialMs: 250, factor: 2, maxMs: 30_000, jitter: 0.5 };
/** How long the first frame of a stream may take, or a snapshot asked for on a connection. */
const SNAPSHOT_TIMEOUT_MS = 10_000;
/** At ten diffs a second, a hundred seconds; a snapshot takes one. */
const BUFFER_LIMITS = { maxDiffs: 1_000, maxLevels: 200_000 };
const DEFAULT_STREAM_CAPACITY = 10_000;

/** Id of the pool by which dials of stream connections are limited. */
export const DIALS_POOL = "dials";

/** What the host gives a connector. */
export interface ConnectorContext {
  readonly ports: Ports;
  /** Opens the shared HTTP client; each open needs one close. */
  openHttp(proxy: string | undefined): Promise<HttpClient>;
  /**
   * Learns where the venue is, before anything is sent; may start a simulated one, which `close` ends.
   * The limits behind its limiter are shared by all connectors of this venue in the host, and have a pool named
   * `DIALS_POOL`; `onNotice` is told when the venue stops this connector.
   */
  openVenue(
    onNotice: (notice: RateLimitNotice) => void,
  ): Promise<{ readonly urls: VenueUrls; readonly limiter: RateLimiter; close(): Promise<void> }>;
}

/** What a connector is. */
export interface ConnectorIdentity<Supports extends Capabilities> {
  readonly name: string;
  readonly kind: ConnectorKind;
  readonly environment: Environment;
  readonly supports: Supports;
}

/** Everything that exists only between start and stop. */
interface Session {
  readonly abort: AbortController;
  readonly cleanup: (() => Promise<void>)[];
  /** Settles when the start has come to its end, good or bad; only then is `cleanup` complete. */
  opened: Promise<void>;
  /** Set when the session is being stopped. */
  closed: Promise<void> | undefined;
  rest: RestClient | undefined;
  clock: VenueClock | undefined;
  engine: MarketDataEngine | undefined;
}

/** The engine of connectors of kind exchange and derivative: runs what a venue's definition describes. */
export class ExchangeConnector<Supports extends Capabilities> implements Connector<Supports> {
  readonly name: string;
  readonly kind: ConnectorKind;
  readonly environment: Environment;
  readonly supports: Supports;
  readonly #definition: ExchangeDefinition;
  readonly #context: ConnectorContext;
  readonly #options: ConnectorOptions;
  readonly #emitter: Emitter<ConnectorEvent>;
  readonly #streams = new Set<{ end(): void }>();
  #instruments: ReadonlyMap<string, Instrument> = new Map();
  #listedSymbols: ReadonlySet<string> = new Set();
  #session: Session | undefined;
  #stopping: Promise<void> | undefined;
  #wasReady = false;

  constructor(
    identity: ConnectorIdentity<Supports>,
    definition: ExchangeDefinition,
    context: ConnectorContext,
    options: ConnectorOptions,
  ) {
    this.name = identity.name;
    this.kind = identity.kind;
    this.environment = identity.environment;
    this.supports = identity.supports;
    this.#definition = definition;
    this.#context = context;
    this.#options = options;
    this.#emitter = new Emitter((error, event) => {
      // A listener of problems that fails would otherwise be told of its own failure for ever.
      context.ports.logger.error("an event listener failed", {
        connector: this.name,
        event: event.type,
        error,
      });
    });
  }

  async start(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    if (this.#session !== undefined) throw new TypeError(`${this.name} is already started`);
    const { signal } = options;
    const session: Session = {
      abort: new AbortController(),
      cleanup: [],
      opened: Promise.resolve(),
      closed: undefined,
      rest: undefined,
      clock: undefined,
      engine: undefined,
    };
    this.#session = session;
    const onAbort = (): void => void this.stop();
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      if (signal?.aborted)
        throw new LifecycleError("ABORTED", "the start was aborted", { cause: signal.reason });
      // What an earlier stop still closes must not be closed under the new session.
      session.opened = (this.#stopping ?? Promise.resolve()).then(() => this.#open(session));
      await session.opened;
    } catch (error) {
      const stopped = session.abort.signal.aborted;
      // Stopped already, another session may have begun meanwhile, and is not ours to stop.
      await (session.closed ?? this.stop());
      if (signal?.aborted)
        throw new LifecycleError("ABORTED", "the start was aborted", {
          cause: signal.reason,
          venue: this.name,
        });
      if (stopped)
        throw new LifecycleError("STOPPED", "the connector was stopped while it started", {
          venue: this.name,
        });
      throw error;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  stop(): Promise<void> {
    const session = this.#session;
    if (session === undefined) return this.#stopping ?? Promise.resolve();
    this.#session = undefined;
    session.abort.abort();
    const stopping = this.#close(session).finally(() => {
      if (this.#stopping === stopping) this.#stopping = undefined;
    });
    session.closed = stopping;
    this.#stopping = stopping;
    return stopping;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  get ready(): boolean {
    return this.status.ready;
  }

  get status(): ConnectorStatus {
    const books = this.orderBooks;
    const missingOrderBooks = [...books]
      .filter(([, book]) => book.integrity.state !== "live")
      .map(([pair]) => pair);
    const instruments = this.#session?.engine !== undefined && this.#instruments.size > 0;
    const orderBooks = instruments && missingOrderBooks.length === 0;
    return { ready: instruments && orderBooks, instruments, orderBooks, missingOrderBooks };
  }

  async whenReady(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const session = this.#session;
    if (session === undefined)
      throw new LifecycleError("NOT_STARTED", `${this.name} is not started`, { venue: this.name });
    const { signal } = options;
    const waiting = Promise.withResolvers<void>();
    const settle = (): void => {
      if (session.abort.signal.aborted) {
        waiting.reject(
          new LifecycleError("STOPPED", "the connector was stopped before it was ready", {
            venue: this.name,
          }),
        );
      } else if (signal?.aborted) {
        waiting.reject(
          new LifecycleError("ABORTED", "the wait was aborted", { cause: signal.reason, venue: this.name }),
        );
      } else if (this.ready) {
        waiting.resolve();
      }
    };
    const off = this.on("ready", settle);
    session.abort.signal.addEventListener("abort", settle, { once: true });
    signal?.addEventListener("abort", settle, { once: true });
    settle();
    try {
      await waiting.promise;
    } finally {
      off();
      session.abort.signal.removeEventListener("abort", settle);
      signal?.removeEventListener("abort", settle);
    }
  }

  get instruments(): ReadonlyMap<string, Instrument> {
    return this.#instruments;
  }

  get tradingPairs(): readonly string[] {
    return [...this.#instruments.values()]
      .filter(({ status }) => status === "trading")
      .map(({ tradingPair }) => tradingPair);
  }

  async fetchInstruments(options: { readonly signal?: AbortSignal } = {}): Promise<readonly Instrument[]> {
    const { instruments, problems } = await this.#call(this.#definition.instruments, options.signal);
    const byPair = new Map<string, Instrument>();
    for (const problem of problems) this.#problem(problem, undefined);
    for (const instrument of instruments) {
      const taken = byPair.get(instrument.tradingPair);
      if (taken === undefined) {
        byPair.set(instrument.tradingPair, instrument);
        continue;
      }
      this.#problem(
        new ProtocolError(
          "MALFORMED_INSTRUMENT",
          `${instrument.exchangeSymbol} and ${taken.exchangeSymbol} have the same name`,
          {
            venue: this.name,
            details: { tradingPair: instrument.tradingPair, exchangeSymbol: instrument.exchangeSymbol },
          },
        ),
        instrument.tradingPair,
      );
    }
    this.#instruments = byPair;
    this.#listedSymbols = new Set(instruments.map(({ exchangeSymbol }) => exchangeSymbol));
    return [...byPair.values()];
  }

  async fetchLastTradedPrices(
    tradingPairs?: readonly string[],
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<ReadonlyMap<string, Decimal>> {
    if (!this.supports.lastTradedPrices) {
      throw new NotSupportedError(`${this.name} has no last traded prices`, { venue: this.name });
    }
    const instruments = tradingPairs?.map((pair) => this.#instrument(pair)) ?? [
      ...this.#instruments.values(),
    ];
    // The venue gives one price or all: one call either way.
    const only = instruments.length === 1 ? instruments[0]?.exchangeSymbol : undefined;
    const prices = await this.#call(this.#definition.lastTradedPrices(only), options.signal);
    const byPair = new Map<string, Decimal>();
    for (const { tradingPair, exchangeSymbol } of instruments) {
      const price = prices.get(exchangeSymbol);
      if (price !== undefined) byPair.set(tradingPair, price);
    }
    return byPair;
  }

  async checkNetwork(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    await this.#call(this.#definition.networkCheck, options.signal);
  }

  venueTime(): VenueTime {
    const measured = this.#session?.clock?.venueTime();
    if (measured !== undefined) return measured;
    const timestamp = this.#context.ports.clock.now();
    return { timestamp, offsetMs: 0, uncertaintyMs: Number.POSITIVE_INFINITY, measured: false };
  }

  get orderBooks(): ReadonlyMap<string, OrderBook> {
    return this.#session?.engine?.books ?? new Map();
  }

  orderBook(tradingPair: string): OrderBook {
    const book = this.orderBooks.get(tradingPair);
    if (book === undefined) throw this.#notTracked(tradingPair);
    return book;
  }

  addTradingPair(tradingPair: string): OrderBook {
    const book = this.#running().follow(this.#instrument(tradingPair));
    this.#checkReady();
    return book;
  }

  removeTradingPair(tradingPair: string): void {
    this.#running().unfollow(tradingPair);
    this.#checkReady();
  }

  resyncOrderBook(tradingPair: string): void {
    if (!this.orderBooks.has(tradingPair)) throw this.#notTracked(tradingPair);
    this.#running().resync(tradingPair);
  }

  on<Type extends ConnectorEvent["type"]>(
    type: Type,
    listener: (event: EventOfType<ConnectorEvent, Type>) => void,
  ): () => void {
    return this.#emitter.on(type, listener);
  }

  stream<Type extends ConnectorEvent["type"]>(
    type: Type,
    options: EventStreamOptions = {},
  ): EventStream<EventOfType<ConnectorEvent, Type>> {
    type Event = EventOfType<ConnectorEvent, Type>;
    const { tradingPair, signal, capacity = DEFAULT_STREAM_CAPACITY } = options;
    const policy: StreamPolicy<Event> =
      type === "orderBook"
        ? { kind: "latest", keyOf: (event) => ("tradingPair" in event ? (event.tradingPair ?? "") : "") }
        : { kind: "lossless", capacity };
    const stream = new EventStream<Event>(policy, {
      signal,
      onEnd: () => {
        off();
        this.#streams.delete(stream);
      },
    });
    const off = this.on(type, (event) => {
      if (tradingPair === undefined || ("tradingPair" in event && event.tradingPair === tradingPair))
        stream.push(event);
    });
    if (signal?.aborted) off();
    else this.#streams.add(stream);
    return stream;
  }

  async #open(session: Session): Promise<void> {
    const { ports } = this.#context;
    const { proxy, restTimeoutMs = DEFAULT_REST_TIMEOUT_MS, socket, tradingPairs = [] } = this.#options;
    const { signal } = session.abort;
    const running = (): void => {
      if (signal.aborted)
        throw new LifecycleError("STOPPED", "the connector was stopped", { venue: this.name });
    };

    running();
    const venue = await this.#context.openVenue((notice) => {
      this.#emitter.emit({ type: "rateLimit", ...this.#facts(), ...notice });
    });
    const { limiter } = venue;
    session.cleanup.push(() => venue.close());
    running();
    const http = await this.#context.openHttp(proxy);
    session.cleanup.push(() => http.close());
    running();
    session.rest = new RestClient({
      venue: this.name,
      baseUrl: venue.urls.rest as string,
      rules: this.#definition.rest,
      http,
      limiter,
      ports,
      timeoutMs: restTimeoutMs,
    });
    await this.fetchInstruments({ signal });
    running();
    const clock = new VenueClock({ source: this.#definition.clock, rest: session.rest, ports });
    session.clock = clock;
    session.cleanup.push(async () => clock.stop());
    clock.start();
    const instruments = tradingPairs.map((pair) => this.#instrument(pair));

    const routes: Record<string, StreamRoute> = {};
    for (const [name, { path, maxTopics, limits }] of Object.entries(this.#definition.routes)) {
      routes[name] = {
        url: `${venue.urls[name]}${path}`,
        maxTopics,
        limits,
        protocol: this.#definition.subscriptions,
      };
    }
    const policy = { ...DEFAULT_SOCKET_POLICY, ...socket };
    const engine = new MarketDataEngine(
      {
        venue: this.name,
        source: this.#definition.orderBooks,
        rest: session.rest,
        ports,
        buffer: BUFFER_LIMITS,
        snapshotBackoff: SNAPSHOT_BACKOFF,
        snapshotTimeoutMs: SNAPSHOT_TIMEOUT_MS,
        isListed: (exchangeSymbol) => this.#listedSymbols.has(exchangeSymbol),
        streams: {
          routes,
          proxy,
          ports,
          policy,
          answerTimeoutMs: SUBSCRIPTION_ANSWER_TIMEOUT_MS,
          admitDial: async (dialSignal) => {
            const permit = await limiter.acquire({ [DIALS_POOL]: 1 }, { signal: dialSignal });
            permit.settle({ answered: false, arrivesWithinMs: policy.connectTimeoutMs });
          },
        },
      },
      {
        onBookChanged: (book, kind, receivedTimestamp) => {
          // Nobody listening is the common case of a bot that reads its books when it needs them.
          if (!this.#emitter.has("orderBook")) return;
          const { tradingPair } = book;
          this.#emitter.emit({
            type: "orderBook",
            ...this.#facts(receivedTimestamp),
            tradingPair,
            book,
            kind,
          });
        },
        onBookState: (book, previous, fault) => {
          const { tradingPair } = book;
          const { state } = book.integrity;
          this.#emitter.emit({
            type: "orderBookState",
            ...this.#facts(),
            tradingPair,
            book,
            previous,
            state,
            fault,
          });
          this.#checkReady();
        },
        onTrade: (trade) => {
          const { tradingPair, receivedTimestamp } = trade;
          this.#emitter.emit({ type: "trade", ...this.#facts(receivedTimestamp), tradingPair, trade });
        },
        onConnectionState: (connection, state, { reason, error, delayMs }) => {
          const { id: connectionId, route } = connection;
          this.#emitter.emit({
            type: "connection",
            ...this.#facts(),
            connectionId,
            route,
            state,
            reason,
            error,
            delayMs,
          });
        },
        onProblem: (error, tradingPair) => this.#problem(error, tradingPair),
      },
    );
    session.engine = engine;
    session.cleanup.push(() => engine.stop());
    for (const instrument of instruments) engine.follow(instrument);
    this.#checkReady();
  }

  async #close(session: Session): Promise<void> {
    this.#checkReady();
    await session.opened.catch(() => undefined);
    // In reverse: what was opened last leans on what was opened first.
    for (const cleanup of session.cleanup.reverse()) {
      await cleanup().catch((error: unknown) => {
        this.#context.ports.logger.error("a connection could not be closed", { connector: this.name, error });
      });
    }
    for (const stream of [...this.#streams]) stream.end();
  }

  #running(): MarketDataEngine {
    const engine = this.#session?.engine;
    if (engine === undefined)
      throw new LifecycleError("NOT_STARTED", `${this.name} is not started`, { venue: this.name });
    return engine;
  }

  #call<Answer>(call: RestCall<Answer>, signal: AbortSignal | undefined): Promise<Answer> {
    const session = this.#session;
    if (session?.rest === undefined) {
      return Promise.reject(
        new LifecycleError("NOT_STARTED", `${this.name} is not started`, { venue: this.name }),
      );
    }
    const signals =
      signal === undefined ? session.abort.signal : AbortSignal.any([session.abort.signal, signal]);
    return session.rest.call(call, signals);
  }

  #instrument(tradingPair: string): Instrument {
    const instrument = this.#instruments.get(tradingPair);
    if (instrument === undefined) {
      throw new InstrumentError("UNKNOWN_TRADING_PAIR", `${this.name} does not list ${tradingPair}`, {
        venue: this.name,
        details: { tradingPair },
      });
    }
    return instrument;
  }

  #notTracked(tradingPair: string): InstrumentError {
    return new InstrumentError("TRADING_PAIR_NOT_TRACKED", `${tradingPair} is not followed`, {
      venue: this.name,
      details: { tradingPair },
    });
  }

  #problem(error: ConnError, tradingPair: string | undefined): void {
    this.#context.ports.logger.warn(error.message, { connector: this.name, code: error.code, tradingPair });
    this.#emitter.emit({ type: "problem", ...this.#facts(), error, tradingPair });
  }

  #checkReady(): void {
    const { ready } = this;
    if (ready === this.#wasReady) return;
    this.#wasReady = ready;
    this.#emitter.emit({ type: "ready", ...this.#facts(), ready });
  }

  #facts(receivedTimestamp: number = this.#context.ports.clock.now()): {
    connector: string;
    environment: Environment;
    receivedTimestamp: number;
  } {
    return { connector: this.name, environment: this.environment, receivedTimestamp };
  }
}
