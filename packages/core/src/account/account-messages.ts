import type { Decimal } from "../decimal/decimal.js";
import type { OrderType, TimeInForce } from "../instrument/index.js";
import type { Fee, OrderSide } from "../model/index.js";

/** What a venue says of an order, in a stream, an answer or a list: only what that message tells, in our words. */
export interface OrderUpdate {
  readonly exchangeSymbol: string;
  /** At least one of the two ids is there. */
  readonly clientOrderId: string | undefined;
  readonly exchangeOrderId: string | undefined;
  /** Undefined where the message tells nothing of it, as an acknowledgement that only says "received". */
  readonly status: "open" | "untriggered" | "filled" | "canceled" | "expired" | "rejected" | undefined;
  /** All that is filled until now. Left out of acknowledgements: a zero there is no fact. */
  readonly filledAmount?: Decimal;
  /** Price of all that is filled until now, on average, where the venue tells it. */
  readonly averagePrice?: Decimal;
  readonly price?: Decimal;
  readonly amount?: Decimal;
  /** What it is, for orders that are not ours. */
  readonly side?: OrderSide;
  readonly orderType?: OrderType;
  readonly timeInForce?: TimeInForce;
  readonly reduceOnly?: boolean;
  /** Why it ended, in the venue's words. */
  readonly venueCode?: string;
  readonly message?: string;
  /** Time of this state at the venue, ms since 1970-01-01 UTC. */
  readonly exchangeTimestamp: number | undefined;
  /** Where the venue numbers the states of an order, or of an account, so that an older one can be told from a newer. */
  readonly sequence?: bigint;
}

/** A trade of an order, as the venue tells it. */
export interface FillUpdate {
  readonly exchangeSymbol: string;
  readonly exchangeOrderId: string;
  readonly clientOrderId: string | undefined;
  readonly tradeId: string;
  readonly side: OrderSide;
  readonly price: Decimal;
  /** In the instrument's `amountUnit`. */
  readonly amount: Decimal;
  /** Undefined where this message does not tell them and another will; empty if there are none. */
  readonly fees: readonly Fee[] | undefined;
  readonly liquidity: "maker" | "taker" | undefined;
  readonly exchangeTimestamp: number;
}

/** What the venue says of the account's holding of one asset. */
export interface BalanceUpdate {
  readonly asset: string;
  /** Undefined where this message does not tell it. */
  readonly total: Decimal | undefined;
  readonly available: Decimal | undefined;
  readonly exchangeTimestamp: number | undefined;
}

/** All balances of the account: an asset that is absent is not held. */
export interface BalanceListing {
  readonly balances: readonly BalanceUpdate[];
  readonly exchangeTimestamp: number | undefined;
}

/** A refusal of one of several commands in one request. */
export interface VenueRefusal {
  readonly venueCode: string;
  readonly message: string;
}
