import type { Decimal } from "../decimal/decimal.js";
import type { EventOfType, EventStream } from "../events/index.js";
import type { Instrument } from "../instrument/index.js";
import type { MetricsSnapshot } from "../metrics/index.js";
import type { Environment, FundingInfo, OpenInterest, Ticker } from "../model/index.js";
import type { OrderBook } from "../order-book/order-book.js";
import type { VenueTime } from "../transport/index.js";
import type { Capabilities } from "./capabilities.js";
import type { ConnectorEvent } from "./connector-events.js";
import type { TradingCalls } from "./trading-calls.js";

/** What kind of venue a connector is for. */
export type ConnectorKind = "exchange" | "derivative" | "protocol";

/** What a connector needs before a bot can rely on it. */
export interface ConnectorStatus {
  /** Whether all of the below is there. */
  readonly ready: boolean;
  /** The venue's instruments and their trading rules are known. */
  readonly instruments: boolean;
  /** Every followed book is live. */
  readonly orderBooks: boolean;
  /** Followed pairs whose books are not live. */
  readonly missingOrderBooks: readonly string[];
  /** The funding of every followed pair is known, or channel `funding` is not followed. */
  readonly fundingInfo: boolean;
  /** The account is in step with the venue, or the connector has none. */
  readonly account: boolean;
  /** Followed pairs whose funding is not known, or may have changed while their stream was interrupted. */
  readonly missingFundingInfo: readonly string[];
}

/** Type of a call that some connectors lack: not to be called where that is known. */
export type Offered<Supported extends boolean, Call> = Supported extends false ? never : Call;

/** Asks the venue for something of pairs, the given ones or all that trade; those it has nothing of are left out. */
export type FetchMarketInfo<Info> = (
  tradingPairs?: readonly string[],
  options?: { readonly signal?: AbortSignal },
) => Promise<ReadonlyMap<string, Info>>;

/** Asks the venue for the open interest of a pair. */
export type FetchOpenInterest = (
  tradingPair: string,
  options?: { readonly signal?: AbortSignal },
) => Promise<OpenInterest>;

/** Options of a stream of events. */
export interface EventStreamOptions {
  /** Only events of this pair. */
  readonly tradingPair?: string;
  /** Ends the stream. */
  readonly signal?: AbortSignal;
  /**
   * How many events may wait for the reader of a lossless stream before it gets an `OverflowError`.
   * Streams of `orderBook`, `ticker` and `funding` events lose nothing but age: only the newest event of each
   * pair waits.
   *
   * @default 10000
   */
  readonly capacity?: number;
}

/**
 * A connection to one venue: instruments, order books that can be trusted, public trades, tickers, funding, and the
 * orders and balances of an account.
 *
 * @example
 * ```ts
 * import type { Connector } from "@conn/core";
 *
 * export async function printBest(connector: Connector, tradingPair: string): Promise<void> {
 *   await connector.start();
 *   await connector.whenReady();
 *   for await (const { book } of connector.stream("orderBook", { tradingPair })) {
 *     if (book.integrity.state === "live") console.log(book.bestBid?.price, book.bestAsk?.price);
 *   }
 * }
 * ```
 */
export interface Connector<Supports extends Capabilities = Capabilities>
  extends AsyncDisposable,
    TradingCalls<Supports> {
  /** Name under which the registry knows it. */
  readonly name: string;
  readonly kind: ConnectorKind;
  readonly environment: Environment;
  /** What it can do. */
  readonly supports: Supports;
  /**
   * Id of the account; undefined for public data alone. A simulated venue that issues its own credentials tells it at
   * the start.
   */
  readonly account: string | undefined;

  /**
   * Learns the venue's instruments and begins to follow the pairs of the options. Connections are kept
   * up from then on, whatever happens, until `stop`. A start that fails leaves nothing running and may be repeated.
   *
   * @throws {NetworkError | VenueError | RateLimitError | ProtocolError} if the instruments cannot be had.
   * @throws {InstrumentError} UNKNOWN_TRADING_PAIR for a pair of the options that the venue does not list.
   * @throws {LifecycleError} ABORTED by the signal, or STOPPED by `stop` meanwhile.
   * @throws {TypeError} if it is already started.
   */
  start(options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Ends everything; when it resolves, no timer, connection or request is left. May be called at any time. */
  stop(): Promise<void>;
  /** Whether `status` lacks nothing. */
  readonly ready: boolean;
  readonly status: ConnectorStatus;
  /**
   * Waits until the connector is ready.
   *
   * @throws {LifecycleError} NOT_STARTED, STOPPED or ABORTED.
   */
  whenReady(options?: { readonly signal?: AbortSignal }): Promise<void>;

  /**
   * What the venue lists, by trading pair; empty before `start`. Kept up to date while the connector runs: what
   * changes comes as `instrument` events, and a changed instrument is another object.
   */
  readonly instruments: ReadonlyMap<string, Instrument>;
  /** The pairs that the venue takes orders for at present. */
  readonly tradingPairs: readonly string[];
  /** Asks the venue for its instruments anew, now; what has changed comes as events. @throws as `start` does. */
  fetchInstruments(options?: { readonly signal?: AbortSignal }): Promise<readonly Instrument[]>;
  /**
   * Asks the venue for last traded prices, of the given pairs or of all.
   *
   * @throws {NotSupportedError} if `supports.lastTradedPrices` is false; nothing is sent.
   * @throws {InstrumentError} UNKNOWN_TRADING_PAIR.
   */
  fetchLastTradedPrices(
    tradingPairs?: readonly string[],
    options?: { readonly signal?: AbortSignal },
  ): Promise<ReadonlyMap<string, Decimal>>;
  /**
   * Asks the venue for tickers, of the given pairs or of all that trade.
   *
   * @throws {NotSupportedError} if `supports.tickers` is false; nothing is sent.
   * @throws {InstrumentError} UNKNOWN_TRADING_PAIR.
   */
  readonly fetchTickers: Offered<Supports["tickers"], FetchMarketInfo<Ticker>>;
  /**
   * Asks the venue for mark prices, index prices and funding, of the given pairs or of all that trade.
   *
   * @throws {NotSupportedError} if `supports.fundingInfo` is false; nothing is sent.
   * @throws {InstrumentError} UNKNOWN_TRADING_PAIR.
   */
  readonly fetchFundingInfo: Offered<Supports["fundingInfo"], FetchMarketInfo<FundingInfo>>;
  /**
   * Asks the venue for the open interest of a pair.
   *
   * @throws {NotSupportedError} if `supports.openInterest` is false; nothing is sent.
   * @throws {InstrumentError} UNKNOWN_TRADING_PAIR.
   */
  readonly fetchOpenInterest: Offered<Supports["openInterest"], FetchOpenInterest>;
  /** Asks the venue for a sign of life. @throws {NetworkError | VenueError | RateLimitError} if there is none. */
  checkNetwork(options?: { readonly signal?: AbortSignal }): Promise<void>;

  /**
   * What the venue's clock shows at this moment. Where the venue tells its time, it is measured from `start` on
   * and again every ten minutes or so; jumps of this machine's wall clock, and its sleep, do not make it wrong by
   * more than `uncertaintyMs`. Until it is measured, and where the venue tells none, it is this machine's.
   */
  venueTime(): VenueTime;

  /**
   * What the metrics of docs/METRICS.md are at this moment, with the attributes `connector` and `environment`. They are read
   * when this is called, and cost nothing otherwise.
   */
  metrics(): MetricsSnapshot;

  /** The followed books, by trading pair; there are none without channel `orderBook`. */
  readonly orderBooks: ReadonlyMap<string, OrderBook>;
  /** The book of a followed pair. @throws {InstrumentError} TRADING_PAIR_NOT_TRACKED. */
  orderBook(tradingPair: string): OrderBook;
  /** The latest known ticker of a pair that is followed with channel `ticker`. */
  ticker(tradingPair: string): Ticker | undefined;
  /** The latest known funding of a pair that is followed with channel `funding`. */
  fundingInfo(tradingPair: string): FundingInfo | undefined;
  /**
   * Begins to follow a pair. What it returns is its book, which fills as data comes; undefined without
   * channel `orderBook`.
   *
   * @throws {InstrumentError} UNKNOWN_TRADING_PAIR.
   */
  addTradingPair(tradingPair: string): OrderBook | undefined;
  /** Ceases to follow a pair; the others are not disturbed. */
  removeTradingPair(tradingPair: string): void;
  /** Distrusts a book and builds it anew. @throws {InstrumentError} TRADING_PAIR_NOT_TRACKED. */
  resyncOrderBook(tradingPair: string): void;

  /** Calls `listener` for each event of `type`, at once and in order; the returned function ends that. */
  on<Type extends ConnectorEvent["type"]>(
    type: Type,
    listener: (event: EventOfType<ConnectorEvent, Type>) => void,
  ): () => void;
  /** Events of `type` to iterate over. The stream ends with its signal or with `stop`. */
  stream<Type extends ConnectorEvent["type"]>(
    type: Type,
    options?: EventStreamOptions,
  ): EventStream<EventOfType<ConnectorEvent, Type>>;
}
