import type { OrderChange, ReconcileReport } from "../account/index.js";
import type { ConnError } from "../errors/index.js";
import type { Instrument } from "../instrument/index.js";
import type {
  Balance,
  Environment,
  Fill,
  FundingInfo,
  InFlightOrder,
  Ticker,
  Trade,
} from "../model/index.js";
import type { BookFault, BookState } from "../order-book/book-integrity.js";
import type { OrderBook } from "../order-book/order-book.js";
import type { RateLimitNotice } from "../rate-limit/index.js";
import type { SocketDownReason, SocketState } from "../transport/index.js";

/** What every event carries. */
interface ConnectorEventBase {
  /** Name of the connector. */
  readonly connector: string;
  readonly environment: Environment;
  /** When it happened here, ms since 1970-01-01 UTC. */
  readonly receivedTimestamp: number;
}

/** Levels of a book changed. The book is the connector's own and goes on changing. */
export interface OrderBookEvent extends ConnectorEventBase {
  readonly type: "orderBook";
  readonly tradingPair: string;
  readonly book: OrderBook;
  /** Whether the book was replaced or some of its levels changed. */
  readonly kind: "snapshot" | "diff";
}

/** A book gained or lost trust. */
export interface OrderBookStateEvent extends ConnectorEventBase {
  readonly type: "orderBookState";
  readonly tradingPair: string;
  readonly book: OrderBook;
  readonly previous: BookState;
  readonly state: BookState;
  /** Why trust was lost, where it was. */
  readonly fault: BookFault | undefined;
}

/** A public trade happened. */
export interface TradeEvent extends ConnectorEventBase {
  readonly type: "trade";
  readonly tradingPair: string;
  readonly trade: Trade;
}

/** A ticker has news. */
export interface TickerEvent extends ConnectorEventBase {
  readonly type: "ticker";
  readonly tradingPair: string;
  readonly ticker: Ticker;
}

/** Mark price, index price or funding has news. */
export interface FundingEvent extends ConnectorEventBase {
  readonly type: "funding";
  readonly tradingPair: string;
  readonly fundingInfo: FundingInfo;
}

/**
 * A stream connection changed its state. One that is `closing` with reason `renewed` was replaced before the venue
 * would have ended it for its age; its successor has an id of its own.
 */
export interface ConnectionEvent extends ConnectorEventBase {
  readonly type: "connection";
  /** Unique inside the connector. */
  readonly connectionId: string;
  readonly route: string;
  readonly state: SocketState;
  readonly reason: SocketDownReason | undefined;
  readonly error: Error | undefined;
  /** Time until the next dial in ms, while waiting for it. */
  readonly delayMs: number | undefined;
}

/** Something went wrong that the connector deals with by itself, or that concerns one frame or one pair only. */
export interface ProblemEvent extends ConnectorEventBase {
  readonly type: "problem";
  readonly error: ConnError;
  readonly tradingPair: string | undefined;
}

/** The connector became ready, or no longer is. */
export interface ReadyEvent extends ConnectorEventBase {
  readonly type: "ready";
  readonly ready: boolean;
}

/** The venue has told this program to stop, or calls may go again. Calls made meanwhile wait. */
export interface RateLimitEvent extends ConnectorEventBase, RateLimitNotice {
  readonly type: "rateLimit";
}

/**
 * What the venue says of an instrument has changed.
 * - `listed`: it is new, or listed again.
 * - `delisted`: it is listed no more.
 * - `renamed`: the venue spells it in another way.
 * - `status`: the venue ceases to take orders, or takes them again.
 * - `rules`: anything else: increments, scales, bounds.
 */
export type InstrumentChange = "listed" | "delisted" | "renamed" | "status" | "rules";

/** An instrument changed while the connector runs; if several things did, there is one event for each. */
export interface InstrumentEvent extends ConnectorEventBase {
  readonly type: "instrument";
  readonly tradingPair: string;
  readonly change: InstrumentChange;
  /** As it is now; undefined if it is delisted. */
  readonly instrument: Instrument | undefined;
  /** As it was; undefined if it was not listed. */
  readonly previous: Instrument | undefined;
}

/** What every event of an account carries. */
interface AccountEventBase extends ConnectorEventBase {
  /** Id of the account. */
  readonly account: string;
}

/** Something happened to an order of this program. It is written down before it is told. */
export interface OrderEvent extends AccountEventBase {
  readonly type: "order";
  readonly tradingPair: string;
  readonly change: OrderChange;
  /** As it is after that change. */
  readonly order: InFlightOrder;
}

/** A trade of an order of this program; each is told once, and after its order was created. */
export interface FillEvent extends AccountEventBase {
  readonly type: "fill";
  readonly tradingPair: string;
  readonly fill: Fill;
  /** With this fill counted in. */
  readonly order: InFlightOrder;
}

/** The account has more or less of an asset, or of what orders can use of it. */
export interface BalanceEvent extends AccountEventBase {
  readonly type: "balance";
  readonly balance: Balance;
}

/** The account was held against the venue's records, and this is what the stream had not told. */
export interface ReconciledEvent extends AccountEventBase, ReconcileReport {
  readonly type: "reconciled";
}

/** The account is in step with the venue, or no longer surely so: its stream is interrupted, or not reconciled yet. */
export interface AccountSyncEvent extends AccountEventBase {
  readonly type: "accountSync";
  readonly isSynced: boolean;
}

/** Everything a connector tells, in the order in which it happened. */
export type ConnectorEvent =
  | AccountSyncEvent
  | BalanceEvent
  | FillEvent
  | OrderEvent
  | ReconciledEvent
  | OrderBookEvent
  | OrderBookStateEvent
  | TradeEvent
  | TickerEvent
  | FundingEvent
  | ConnectionEvent
  | InstrumentEvent
  | ProblemEvent
  | RateLimitEvent
  | ReadyEvent;
