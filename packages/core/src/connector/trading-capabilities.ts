import type { OrderType, TimeInForce } from "../instrument/index.js";

/** What a connector can do with orders and accounts. */
export interface TradingCapabilities {
  readonly orderTypes: readonly OrderType[];
  readonly timeInForce: readonly TimeInForce[];
  /** Orders that may only make a position smaller. */
  readonly reduceOnly: boolean;
  /** Market orders by quote amount. */
  readonly quoteAmount: boolean;
  /** Price and amount of an open order can be changed. */
  readonly amend: boolean;
  /** Several orders in one request. */
  readonly placeBatch: boolean;
  /** Several cancels in one request. */
  readonly cancelBatch: boolean;
  /** One command that cancels every order of the account in an instrument, others' too. */
  readonly cancelForeign: boolean;
  /** The venue tells what the key may do. */
  readonly keyPermissions: boolean;
  /** What the answer to a new order means: it is in the book, or its request has been received. */
  readonly ackMeans: "placed" | "received";
  /** Whether the venue tells every fill, or only how much of an order is filled. */
  readonly fills: "each" | "cumulative";
  /** Whether the venue tells what is available as it changes, or when asked. */
  readonly balances: "realTime" | "polled";
}
