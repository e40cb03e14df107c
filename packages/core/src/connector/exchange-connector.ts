import {
  type CommandOptions,
  type CommandResult,
  type KeyPermissions,
  type OrderAmendment,
  OrderGuard,
  type OrderRequest,
  type PreparedOrder,
  type ReconcileReport,
} from "../account/index.js";
import type { Account } from "../auth/account.js";
import { Authenticator } from "../auth/authenticator.js";
import type { NonceSource } from "../auth/nonce-source.js";
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
import { ConnectorCounts } from "../metrics/connector-counts.js";
import { type ConnectorMetricsSource, connectorMetrics } from "../metrics/connector-metrics.js";
import { type MetricsSnapshot, readMetrics } from "../metrics/metric.js";
import type {
  Balance,
  Environment,
  FundingInfo,
  InFlightOrder,
  MarketDataChannel,
  OpenInterest,
  Ticker,
  TradingFees,
} from "../model/index.js";
import type { OrderBook } from "../order-book/order-book.js";
import type { HttpClient, JournalStore, Ports } from "../ports/index.js";
import type { LimitRevision, RateLimiter, RateLimiterOptions } from "../rate-limit/index.js";
import { traceBookState, traceConnection } from "../tracing/trace-events.js";
import {
  type RestCall,
  RestClient,
  type SocketPolicy,
  type StreamRoute,
  VenueClock,
  type VenueTime,
} from "../transport/index.js";
import { AccountCalls } from "./account-calls.js";
import { AccountLink, type ListedOrder } from "./account-link.js";
import { CallScope } from "./call-scope.js";
import type { Capabilities } from "./capabilities.js";
import type { Connector, ConnectorKind, ConnectorStatus, EventStreamOptions } from "./connector.js";
import type { ConnectorEvent } from "./connector-events.js";
import { type ConnectorOptions, channelsOf } from "./connector-options.js";
import type { ExchangeDefinition, VenueUrls } from "./exchange-definition.js";
import { type CatalogChange, InstrumentCatalog } from "./instrument-catalog.js";
import { MarketInfoCalls } from "./market-info-calls.js";
import { periodically } from "./periodically.js";
import type { AskOptions, CancelAllOptions } from "./trading-calls.js";

const DEFAULT_SOCKET_POLICY: SocketPolicy = {
  connectTimeoutMs: 10_000,
  backoff: { initialMs: 500, factor: 2, maxMs: 30_000, jitter: 0.5 },
  stableAfterMs: 30_000,
  pingAfterIdleMs: 5_000,
  silentAfterMs: 2_000,
  deadAfterMs: 5_000,
  closeTimeoutMs: 1_000,
  overlapMs: 5_000,
};
const DEFAULT_REST_TIMEOUT_MS = 10_000;
const DEFAULT_AUDIT_INTERVAL_MS = 600_000;
const DEFAULT_INSTRUMENTS_REFRESH_MS = 900_000;
const DEFAULT_RECONCILE_INTERVAL_MS = 300_000;
const SUBSCRIPTION_ANSWER_TIMEOUT_MS = 10_000;
const SNAPSHOT_BACKOFF = { initialMs: 250, factor: 2, maxMs: 30_000, jitter: 0.5 };
/** How long the first frame of a stream may take, or a snapshot asked for on a connection. */
const SNAPSHOT_TIMEOUT_MS = 10_000;
/** At ten diffs a second, a hundred seconds; a snapshot takes one. */
const BUFFER_LIMITS = { maxDiffs: 1_000, maxLevels: 200_000 };
const DEFAULT_STREAM_CAPACITY = 10_000;
/** Events of which an older one is worth nothing once there is a newer. */
const LATEST_ONLY: ReadonlySet<ConnectorEvent["type"]> = new Set(["orderBook", "ticker", "funding"]);

/** Id of the pool by which dials of stream connections are limited. */
export const DIALS_POOL = "dials";

/** A venue that can be spoken to. */
export interface OpenedVenue {
  readonly urls: VenueUrls;
  readonly limiter: RateLimiter;
  /** Who trades, where the connector was given credentials, or the venue is a simulated one that has issued some. */
  readonly account: Account | undefined;
  /** Shared by all connectors in the host that use the same key. */
  readonly nonces: NonceSource;
  /** Where the account's orders are written down: in memory for a simulated venue that ends with the session. */
  readonly journals: JournalStore;
  close(): Promise<void>;
}

/** What the host gives a connector. */
export interface ConnectorContext {
  readonly ports: Ports;
  /** Opens the shared HTTP client; each open needs one close. */
  openHttp(proxy: string | undefined): Promise<HttpClient>;
  /**
   * Learns where the venue is, before anything is sent; may start a simulated one, which `close` ends.
   * The limits behind its limiter are shared by all connectors of this venue in the host, and have a pool named
   * `DIALS_POOL`; the listeners are told when the venue stops this connector, or tells other limits than are known.
   */
  openVenue(listeners: Required<Pick<RateLimiterOptions, "onNotice" | "onRevision">>): Promise<OpenedVenue>;
}

/** What a connector is. */
export interface ConnectorIdentity {
  readonly name: string;
  readonly kind: ConnectorKind;
  readonly environment: Environment;
  readonly supports: Capabilities;
  /** Id of the account that it was given. */
  readonly account: string | undefined;
}

/** Everything that exists only between start and stop. */
interface Session {
  readonly abort: AbortController;
  /** The user's calls. */
  readonly calls: CallScope;
  readonly cleanup: (() => Promise<void>)[];
  /** Settles when the start has come to its end, good or bad; only then is `cleanup` complete. */
  opened: Promise<void>;
  /** Set when the session is being stopped. */
  closed: Promise<void> | undefined;
  limiter: RateLimiter | undefined;
  rest: RestClient | undefined;
  /** Signs for the account, if there is one. */
  authenticator: Authenticator | undefined;
  clock: VenueClock | undefined;
  engine: MarketDataEngine | undefined;
  account: AccountLink | undefined;
}

/** The engine of connectors of kind exchange and derivative: runs what a venue's definition describes. */
export class ExchangeConnector implements Connector {
  readonly name: string;
  readonly kind: ConnectorKind;
  readonly environment: Environment;
  readonly supports: Capabilities;
  readonly #account: string | undefined;
  readonly #definition: ExchangeDefinition;
  readonly #context: ConnectorContext;
  readonly #options: ConnectorOptions;
  readonly #channels: ReadonlySet<MarketDataChannel>;
  readonly #infoCalls: MarketInfoCalls;
  readonly #guard: OrderGuard;
  readonly #accountCalls: AccountCalls;
  readonly #emitter: Emitter<ConnectorEvent>;
  readonly #streams = new Set<{ end(): void }>();
  readonly #catalog: InstrumentCatalog;
  readonly #counts = new ConnectorCounts();
  #session: Session | undefined;
  #stopping: Promise<void> | undefined;
  #wasReady = false;

  constructor(
    identity: ConnectorIdentity,
    definition: ExchangeDefinition,
    context: ConnectorContext,
    options: ConnectorOptions,
  ) {
    this.name = identity.name;
    this.kind = identity.kind;
    this.environment = identity.environment;
    this.supports = identity.supports;
    this.#account = identity.account;
    this.#definition = definition;
    this.#context = context;
    this.#options = options;
    this.#catalog = new InstrumentCatalog(identity.name);
    this.#channels = channelsOf(options, identity.supports);
    this.#infoCalls = new MarketInfoCalls({
      venue: identity.name,
      supports: identity.supports,
      definition,
      clock: context.ports.clock,
      instrumentsOf: (tradingPairs) => {
        this.#running();
        return (tradingPairs ?? this.tradingPairs).map((pair) => this.#catalog.get(pair));
      },
      call: (call, signal) => this.#call(call, signal),
    });
    this.#guard = new OrderGuard(identity.name, options.guards ?? {});
    this.#accountCalls = new AccountCalls({
      venue: identity.name,
      supports: identity.supports.trading,
      link: () => (this.#session?.engine === undefined ? undefined : (this.#session.account ?? "none")),
    });
    this.#emitter = new Emitter((error, event) => {
      // A listener of problems that fails would otherwise be told of its own failure for ever.
      context.ports.logger.error("an event listener failed", {
        connector: this.name,
        event: event.type,
        error,
      });
    });
  }

  get account(): string | undefined {
    return this.#session?.authenticator?.accountId ?? this.#account;
  }

  async start(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    if (this.#session !== undefined) throw new TypeError(`${this.name} is already started`);
    const { signal } = options;
    const session: Session = {
      abort: new AbortController(),
      calls: new CallScope(),
      cleanup: [],
      opened: Promise.resolve(),
      closed: undefined,
      limiter: undefined,
      rest: undefined,
      authenticator: undefined,
      clock: undefined,
      engine: undefined,
      account: undefined,
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
    session.calls.abort(session.abort.signal.reason);
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
    const instruments = this.#session?.engine !== undefined && this.instruments.size > 0;
    const orderBooks = instruments && missingOrderBooks.length === 0;
    const missingFundingInfo = this.#session?.engine?.funding.missing ?? [];
    const fundingInfo = instruments && missingFundingInfo.length === 0;
    const account = instruments && (this.#session?.account?.isSynced ?? true);
    return {
      ready: instruments && orderBooks && fundingInfo && account,
      instruments,
      orderBooks,
      missingOrderBooks,
      fundingInfo,
      account,
      missingFundingInfo,
    };
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
    return this.#catalog.instruments;
  }

  get tradingPairs(): readonly string[] {
    return this.#catalog.tradingPairs;
  }

  async fetchInstruments(options: { readonly signal?: AbortSignal } = {}): Promise<readonly Instrument[]> {
    const session = this.#session;
    const { changes, problems } = await this.#catalog.fetch(async () => {
      const listing = await this.#call(this.#definition.instruments, options.signal);
      if (listing.rateLimits !== undefined) session?.limiter?.revise(listing.rateLimits);
      return listing;
    });
    for (const problem of problems) {
      const { tradingPair } = problem.details;
      this.#problem(problem, typeof tradingPair === "string" ? tradingPair : undefined);
    }
    this.#revise(changes);
    return [...this.instruments.values()];
  }

  async fetchLastTradedPrices(
    tradingPairs?: readonly string[],
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<ReadonlyMap<string, Decimal>> {
    if (!this.supports.lastTradedPrices) {
      throw new NotSupportedError(`${this.name} has no last traded prices`, { venue: this.name });
    }
    const instruments = tradingPairs?.map((pair) => this.#catalog.get(pair)) ?? [
      ...this.instruments.values(),
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

  fetchTickers(
    tradingPairs?: readonly string[],
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<ReadonlyMap<string, Ticker>> {
    return this.#infoCalls.tickers(tradingPairs, options);
  }

  fetchFundingInfo(
    tradingPairs?: readonly string[],
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<ReadonlyMap<string, FundingInfo>> {
    return this.#infoCalls.fundingInfo(tradingPairs, options);
  }

  fetchOpenInterest(
    tradingPair: string,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<OpenInterest> {
    return this.#infoCalls.openInterest(tradingPair, options);
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

  metrics(): MetricsSnapshot {
    const { name: connector, environment } = this;
    const source = { source: this.metricsSource(), attributes: { connector, environment } };
    return readMetrics(connectorMetrics, [source], this.#context.ports.clock.now());
  }

  /** What metrics are read from. */
  metricsSource(): ConnectorMetricsSource {
    return {
      ready: this.ready,
      orderBooks: this.orderBooks,
      counts: this.#counts,
      venueTime: () => this.venueTime(),
      headroom: () => this.#session?.limiter?.headroom() ?? [],
    };
  }

  get orderBooks(): ReadonlyMap<string, OrderBook> {
    return this.#session?.engine?.books ?? new Map();
  }

  orderBook(tradingPair: string): OrderBook {
    const book = this.orderBooks.get(tradingPair);
    if (book === undefined) throw this.#notTracked(tradingPair);
    return book;
  }

  ticker(tradingPair: string): Ticker | undefined {
    return this.#session?.engine?.info.ticker(tradingPair);
  }

  fundingInfo(tradingPair: string): FundingInfo | undefined {
    return this.#session?.engine?.info.fundingInfo(tradingPair);
  }

  addTradingPair(tradingPair: string): OrderBook | undefined {
    const book = this.#running().follow(this.#catalog.get(tradingPair));
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

  get orders(): ReadonlyMap<string, InFlightOrder> {
    return this.#accountCalls.orders;
  }

  order(clientOrderId: string): InFlightOrder | undefined {
    return this.#accountCalls.order(clientOrderId);
  }

  get balances(): ReadonlyMap<string, Balance> {
    return this.#accountCalls.balances;
  }

  get killSwitch(): boolean {
    return this.#guard.isKilled;
  }

  set killSwitch(isKilled: boolean) {
    this.#guard.isKilled = isKilled;
  }

  placeOrder(request: OrderRequest, options?: CommandOptions): Promise<InFlightOrder> {
    return this.#accountCalls.placeOrder(request, options);
  }

  buy(request: Omit<OrderRequest, "side">, options?: CommandOptions): Promise<InFlightOrder> {
    return this.#accountCalls.placeOrder({ ...request, side: "buy" }, options);
  }

  sell(request: Omit<OrderRequest, "side">, options?: CommandOptions): Promise<InFlightOrder> {
    return this.#accountCalls.placeOrder({ ...request, side: "sell" }, options);
  }

  placeOrders(
    requests: readonly OrderRequest[],
    options?: CommandOptions,
  ): Promise<readonly CommandResult[]> {
    return this.#accountCalls.placeOrders(requests, options);
  }

  prepareOrder(request: OrderRequest): PreparedOrder {
    return this.#accountCalls.prepareOrder(request);
  }

  cancelOrder(clientOrderId: string, options?: CommandOptions): Promise<InFlightOrder> {
    return this.#accountCalls.cancelOrder(clientOrderId, options);
  }

  cancelOrders(ids: readonly string[], options?: CommandOptions): Promise<readonly CommandResult[]> {
    return this.#accountCalls.cancelOrders(ids, options);
  }

  cancelAllOrders(options?: CancelAllOptions): Promise<readonly CommandResult[]> {
    return this.#accountCalls.cancelAllOrders(options);
  }

  amendOrder(
    clientOrderId: string,
    amendment: OrderAmendment,
    options?: CommandOptions,
  ): Promise<InFlightOrder> {
    return this.#accountCalls.amendOrder(clientOrderId, amendment, options);
  }

  fetchOpenOrders(tradingPair?: string, options?: AskOptions): Promise<readonly ListedOrder[]> {
    return this.#accountCalls.fetchOpenOrders(tradingPair, options);
  }

  fetchTradingFees(tradingPair: string, options?: AskOptions): Promise<TradingFees> {
    return this.#accountCalls.fetchTradingFees(tradingPair, options);
  }

  fetchKeyPermissions(options?: AskOptions): Promise<KeyPermissions> {
    return this.#accountCalls.fetchKeyPermissions(options);
  }

  reconcile(): Promise<ReconcileReport> {
    return this.#accountCalls.reconcile();
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
    const policy: StreamPolicy<Event> = LATEST_ONLY.has(type)
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
    const {
      proxy,
      restTimeoutMs = DEFAULT_REST_TIMEOUT_MS,
      auditIntervalMs = DEFAULT_AUDIT_INTERVAL_MS,
      instrumentsRefreshMs = DEFAULT_INSTRUMENTS_REFRESH_MS,
      socket,
      tradingPairs = [],
    } = this.#options;
    const { signal } = session.abort;
    const running = (): void => {
      if (signal.aborted)
        throw new LifecycleError("STOPPED", "the connector was stopped", { venue: this.name });
    };

    running();
    const venue = await this.#context.openVenue({
      onNotice: (notice) => this.#emitter.emit({ type: "rateLimit", ...this.#facts(), ...notice }),
      onRevision: (revision) => this.#problem(limitDiffers(revision, this.name), undefined),
    });
    const { limiter } = venue;
    session.limiter = limiter;
    session.cleanup.push(() => venue.close());
    running();
    const http = await this.#context.openHttp(proxy);
    session.cleanup.push(() => http.close());
    running();
    const { auth } = this.#definition;
    const { account, nonces } = venue;
    session.authenticator =
      auth === undefined || account === undefined
        ? undefined
        : new Authenticator({
            venue: this.name,
            auth,
            account,
            restUrl: venue.urls.rest as string,
            venueTime: () => this.venueTime(),
            resync: () => session.clock?.resync() ?? Promise.resolve(),
            nonces,
            clock: ports.clock,
          });
    session.rest = new RestClient({
      venue: this.name,
      baseUrl: venue.urls.rest as string,
      otherUrls: venue.urls,
      rules: this.#definition.rest,
      http,
      limiter,
      ports,
      timeoutMs: restTimeoutMs,
      signer: session.authenticator,
      onEnded: (errorCode) => this.#counts.restEnded(errorCode),
    });
    await this.fetchInstruments({ signal });
    running();
    const clock = new VenueClock({ source: this.#definition.clock, rest: session.rest, ports });
    session.clock = clock;
    session.cleanup.push(async () => clock.stop());
    clock.start();
    const instruments = tradingPairs.map((pair) => this.#catalog.get(pair));

    const routes: Record<string, StreamRoute> = {};
    for (const [name, { path, ...route }] of Object.entries(this.#definition.routes)) {
      routes[name] = {
        ...route,
        url: `${venue.urls[name]}${path}`,
        protocol: this.#definition.subscriptions,
      };
    }
    const policy = { ...DEFAULT_SOCKET_POLICY, ...socket };
    const engine = new MarketDataEngine(
      {
        venue: this.name,
        source: this.#definition.orderBooks,
        channels: this.#channels,
        fetchFunding: (symbols, fetchSignal) => this.#infoCalls.fundingMessages(symbols, fetchSignal),
        rest: session.rest,
        ports,
        buffer: BUFFER_LIMITS,
        snapshotBackoff: SNAPSHOT_BACKOFF,
        snapshotTimeoutMs: SNAPSHOT_TIMEOUT_MS,
        auditIntervalMs,
        isListed: (exchangeSymbol) => this.#catalog.knows(exchangeSymbol),
        streams: {
          routes,
          proxy,
          ports,
          policy,
          answerTimeoutMs: SUBSCRIPTION_ANSWER_TIMEOUT_MS,
          admitDial: (dialSignal) => this.#admitDial(limiter, policy, dialSignal),
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
          traceBookState(this, tradingPair, previous, state, fault);
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
        onTicker: (ticker) => {
          const { tradingPair, receivedTimestamp } = ticker;
          this.#emitter.emit({ type: "ticker", ...this.#facts(receivedTimestamp), tradingPair, ticker });
        },
        onFundingInfo: (fundingInfo) => {
          const { tradingPair, receivedTimestamp } = fundingInfo;
          this.#emitter.emit({
            type: "funding",
            ...this.#facts(receivedTimestamp),
            tradingPair,
            fundingInfo,
          });
        },
        onFundingKnown: () => this.#checkReady(),
        onConnectionState: (connection, state, { reason, error, delayMs }) => {
          const { id: connectionId, route } = connection;
          this.#counts.connection(connectionId, route, state, reason);
          traceConnection(this, connectionId, route, state, { reason, error, delayMs });
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
    await this.#openAccount(session, venue, policy);
    running();
    if (instrumentsRefreshMs > 0) {
      const refresh = (): Promise<unknown> => this.fetchInstruments({ signal });
      const end = periodically(ports, instrumentsRefreshMs, refresh, (error) => {
        if (!signal.aborted) this.#problem(error, undefined);
      });
      session.cleanup.push(async () => end());
    }
    this.#checkReady();
  }

  /** Takes up the account's orders and begins to listen, where there is an account. */
  async #openAccount(session: Session, venue: OpenedVenue, policy: SocketPolicy): Promise<void> {
    const { ports } = this.#context;
    const { authenticator, engine } = session;
    const { trading } = this.#definition;
    const { trading: supports } = this.supports;
    if (authenticator === undefined || trading === undefined || supports === undefined) return;
    const { accountId: account } = authenticator;
    const { proxy, reconcileIntervalMs = DEFAULT_RECONCILE_INTERVAL_MS } = this.#options;
    const { name, environment } = this;
    const journal = await venue.journals.open({ venue: name, environment, account });
    let link: AccountLink;
    const { userStream } = trading;
    try {
      link = new AccountLink(
        {
          venue: name,
          account,
          definition: this.#definition,
          trading,
          supports,
          journal,
          ports,
          guard: this.#guard,
          reconcileIntervalMs,
          call: (call, signal) => this.#call(call, signal),
          venueTime: () => this.venueTime(),
          instrumentOf: (pair) => this.#catalog.get(pair),
          findInstrument: (pair) => this.#catalog.instruments.get(pair),
          tradingPairOf: (symbol) => this.#catalog.tradingPairOf(symbol),
          bookOf: (pair) => engine?.books.get(pair),
          markPriceOf: (pair) => engine?.info.fundingInfo(pair)?.markPrice,
          stream:
            userStream === undefined
              ? undefined
              : {
                  url: venue.urls[userStream.route] as string,
                  policy,
                  proxy,
                  admitDial: (signal) => this.#admitDial(venue.limiter, policy, signal),
                  answerTimeoutMs: SUBSCRIPTION_ANSWER_TIMEOUT_MS,
                  formatLogin: () => authenticator.formatLogin(),
                  resync: () => authenticator.resync(),
                  redact: (text, secrets) => authenticator.redact(text, secrets),
                },
          onStreamState: (connectionId, state, { reason, error, delayMs }) => {
            const route = userStream?.route ?? "";
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
        },
        {
          onOrder: (order, change) =>
            this.#emitter.emit({
              type: "order",
              ...this.#facts(),
              account,
              tradingPair: order.tradingPair,
              change,
              order,
            }),
          onFill: (order, fill) =>
            this.#emitter.emit({
              type: "fill",
              ...this.#facts(fill.receivedTimestamp),
              account,
              tradingPair: order.tradingPair,
              fill,
              order,
            }),
          onBalance: (balance) => this.#emitter.emit({ type: "balance", ...this.#facts(), account, balance }),
          onReconciled: (report) =>
            this.#emitter.emit({ type: "reconciled", ...this.#facts(), account, ...report }),
          onSync: (isSynced) => {
            this.#emitter.emit({ type: "accountSync", ...this.#facts(), account, isSynced });
            this.#checkReady();
          },
          onProblem: (error, tradingPair) => this.#problem(error, tradingPair),
        },
      );
    } catch (error) {
      journal.close();
      throw error;
    }
    session.account = link;
    session.cleanup.push(() => link.stop());
    link.start();
  }

  async #admitDial(limiter: RateLimiter, policy: SocketPolicy, signal: AbortSignal): Promise<void> {
    const permit = await limiter.acquire({ [DIALS_POOL]: 1 }, { signal });
    permit.settle({ answered: false, arrivesWithinMs: policy.connectTimeoutMs });
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

  /** Carries out what has changed in the list of instruments, and tells it. */
  #revise(changes: readonly CatalogChange[]): void {
    const session = this.#session;
    // The first list of a session is where changes begin.
    if (session?.engine === undefined) return;
    session.engine.revise(new Map(changes.map(({ tradingPair, instrument }) => [tradingPair, instrument])));
    for (const change of changes) {
      // A listener may have stopped the connector.
      if (this.#session !== session) return;
      this.#emitter.emit({ type: "instrument", ...this.#facts(), ...change });
    }
    this.#checkReady();
  }

  #running(): MarketDataEngine {
    const engine = this.#session?.engine;
    if (engine === undefined)
      throw new LifecycleError("NOT_STARTED", `${this.name} is not started`, { venue: this.name });
    return engine;
  }

  #call<Answer>(call: RestCall<Answer>, signal: AbortSignal | undefined): Promise<Answer> {
    const { calls, rest } = this.#session ?? {};
    if (calls === undefined || rest === undefined) {
      return Promise.reject(
        new LifecycleError("NOT_STARTED", `${this.name} is not started`, {
          venue: this.name,
          outcome: "notSent",
        }),
      );
    }
    return calls.run(signal, (either) => rest.call(call, either));
  }

  #notTracked(tradingPair: string): InstrumentError {
    return new InstrumentError("TRADING_PAIR_NOT_TRACKED", `${tradingPair} is not followed`, {
      venue: this.name,
      details: { tradingPair },
    });
  }

  #problem(error: ConnError, tradingPair: string | undefined): void {
    this.#counts.problem(error.code);
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

function limitDiffers({ pool, previous, limit }: LimitRevision, venue: string): ProtocolError {
  return new ProtocolError(
    "LIMIT_DIFFERS",
    `rate limit "${pool}" is ${limit} by the venue's word, and was taken for ${previous}`,
    { venue, details: { pool, previous, limit } },
  );
}
