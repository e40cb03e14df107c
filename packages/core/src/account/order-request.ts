import type { Decimal } from "../decimal/decimal.js";
import type { OrderType, TimeInForce } from "../instrument/index.js";
import type { OrderSide } from "../model/index.js";

/** An exact number: a Decimal, or plain decimal text. Never a floating-point number. */
export type Amount = Decimal | string;

/** An order that a program wants. */
export interface OrderRequest {
  readonly tradingPair: string;
  readonly side: OrderSide;
  /** @default "limit" */
  readonly orderType?: OrderType;
  /** In quote; needed by limit orders, not allowed for market orders. */
  readonly price?: Amount;
  /** In the instrument's `amountUnit`. */
  readonly amount?: Amount;
  /** Instead of `amount`, for market orders, where the venue takes it: what to spend or to get, in quote. */
  readonly quoteAmount?: Amount;
  /** @default "gtc" for limit orders, "ioc" for market orders */
  readonly timeInForce?: TimeInForce;
  /** Only for `gtd`: ms since 1970-01-01 UTC. */
  readonly expireTimestamp?: number;
  /**
   * Bring price and amount onto the instrument's steps, where they are not: the price away from the other side of the
   * book, the amount down. What is changed is in the order's `adjustments`. Without it such an order is refused.
   *
   * @default false
   */
  readonly quantize?: boolean;
  /** Derivatives: may only make a position smaller. @default false */
  readonly reduceOnly?: boolean;
}

/** What to change of an order. */
export interface OrderAmendment {
  /** The new price, in quote. */
  readonly price?: Amount;
  /** The new amount, with what is filled already, in the instrument's `amountUnit`. */
  readonly amount?: Amount;
}

/** Options of a command. */
export interface CommandOptions {
  /**
   * Gives up waiting. What has not been sent is not sent then; what has been sent is found out as any unknown
   * outcome is.
   */
  readonly signal?: AbortSignal;
  /** Refuse it rather than send it after it has waited for the rate limit for longer than this, in ms. */
  readonly maxQueueMs?: number;
}
