import type { ConnError } from "../errors/index.js";
import type { Environment, Trade } from "../model/index.js";
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

/** A stream connection changed its state. */
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

/** Everything a connector tells, in the order in which it happened. */
export type ConnectorEvent =
  | OrderBookEvent
  | OrderBookStateEvent
  | TradeEvent
  | ConnectionEvent
  | ProblemEvent
  | RateLimitEvent
  | ReadyEvent;
