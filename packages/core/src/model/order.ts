import type { Decimal } from "../decimal/decimal.js";
import type { OrderType, TimeInForce } from "../instrument/index.js";
import type { Fee, Fill } from "./fill.js";

export type OrderSide = "buy" | "sell";

/**
 * Where an order is in its life.
 * - `pendingCreate`: on its way; the venue has not said yet that it is in its book.
 * - `untriggered`: a conditional order that waits for its trigger.
 * - `open`: in the venue's book, or working.
 * - `filled`, `canceled`, `expired`: it has ended after the venue had accepted it. It may have fills in each case.
 * - `rejected`: the venue did not take it, or it is proven that it never got there.
 */
export type OrderStatus =
  | "pendingCreate"
  | "untriggered"
  | "open"
  | "filled"
  | "canceled"
  | "expired"
  | "rejected";

/** A command on an order whose outcome is not known yet. */
export type PendingCommand = "none" | "cancel" | "amend";

/**
 * Whether we know how the order stands. `unknown`: a command may or may not have reached the venue, and no later
 * word of the venue has shown it yet. It is being found out; it is no failure, and the order may be in the book.
 */
export type Certainty = "known" | "unknown";

/** Why an order ended, or a command on it was refused. */
export interface OrderReason {
  /**
   * - `venue`: the venue said so; `venueCode` and `message` are its words.
   * - `requested`: it was canceled by our command.
   * - `notFound`: it is proven that the venue never had it.
   * - `notSent`: its request never left.
   */
  readonly kind: "venue" | "requested" | "notFound" | "notSent";
  readonly venueCode?: string;
  readonly message?: string;
}

/** What was changed of a request so that it keeps to the instrument's steps. */
export interface OrderAdjustment {
  readonly field: "price" | "amount";
  readonly from: Decimal;
  readonly to: Decimal;
  /** Name of the trading rule. */
  readonly rule: string;
}

/**
 * An order of this program as it stood at one moment; what changes makes a new object. Amounts are in the
 * instrument's `amountUnit`, prices in quote, times in ms since 1970-01-01 UTC.
 */
export interface InFlightOrder {
  /** Id of the account. */
  readonly account: string;
  readonly tradingPair: string;
  /** Its identity, ours, from before it was sent. */
  readonly clientOrderId: string;
  /** The venue's name for it, once told. */
  readonly exchangeOrderId: string | undefined;
  readonly side: OrderSide;
  readonly orderType: OrderType;
  readonly timeInForce: TimeInForce;
  /** Absent for market orders. */
  readonly price: Decimal | undefined;
  /** As it is now: an amendment changes it. Undefined for a market order by quote amount. */
  readonly amount: Decimal | undefined;
  /** Only for market orders by quote amount. */
  readonly quoteAmount: Decimal | undefined;
  readonly reduceOnly: boolean;
  /** Only for `gtd`. */
  readonly expireTimestamp: number | undefined;
  /** What was changed of the request before it was sent. */
  readonly adjustments: readonly OrderAdjustment[];

  readonly status: OrderStatus;
  readonly pendingCommand: PendingCommand;
  readonly certainty: Certainty;
  /** The greatest amount that the venue has said is filled, by fills or as a total. It never falls. */
  readonly filledAmount: Decimal;
  /** Sum of price × amount of the fills known by themselves. */
  readonly filledQuoteAmount: Decimal;
  /** Of the fills known by themselves; undefined while there is none. */
  readonly averagePrice: Decimal | undefined;
  /** The fills known by themselves, in the order in which they were learned. Their amounts may add up to less than `filledAmount` for a while. */
  readonly fills: readonly Fill[];
  /** Sum of the known fees by asset; a negative one was earned. */
  readonly fees: readonly Fee[];
  /** Why it ended, or why the last command on it was refused. */
  readonly reason: OrderReason | undefined;
  /** When it was created here. */
  readonly creationTimestamp: number;
  /** When something of it changed last, here. */
  readonly lastUpdateTimestamp: number;
}

/** Whether no word of the venue is expected any more: it may only be corrected. */
export function isFinished({ status }: Pick<InFlightOrder, "status">): boolean {
  return status === "filled" || status === "canceled" || status === "expired" || status === "rejected";
}
