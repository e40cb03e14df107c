import type { Decimal } from "@conn/core";
import type { PositionSide } from "../ledger/position.js";

export type OrderSide = "buy" | "sell";
export type OrderKind = "limit" | "market";
/** `gtd`: like `gtc` until `expiresAt`. Market orders are `ioc` (the default) or `fok`. */
export type TimeInForce = "gtc" | "ioc" | "fok" | "gtd";
/** Which of two orders of one account is canceled instead of trading; the price-time order decides who is who. */
export type SelfTradePrevention = "none" | "cancelTaker" | "cancelMaker" | "cancelBoth";

/** An order as an account asks for it. Numbers are decimal texts. */
export interface OrderRequest {
  readonly account: string;
  readonly symbol: string;
  readonly side: OrderSide;
  readonly kind: OrderKind;
  /** Needed by limit orders. */
  readonly price?: string;
  /** Either this or `quoteAmount`. In the instrument's amount unit. */
  readonly amount?: string;
  /** Market orders of spot instruments only: how much of the quote asset to spend or to receive at most. */
  readonly quoteAmount?: string;
  /** Default `gtc` for limit orders, `ioc` for market orders. */
  readonly timeInForce?: TimeInForce;
  /** Venue time of a `gtd` order's end, milliseconds since 1970. */
  readonly expiresAt?: number;
  readonly postOnly?: boolean;
  readonly reduceOnly?: boolean;
  /** Default: the rule of the venue. */
  readonly selfTradePrevention?: SelfTradePrevention;
  /** Default `both`. */
  readonly positionSide?: PositionSide;
  readonly clientOrderId?: string;
  /** Whatever the venue wants to find again on the order: the core keeps it and never looks at it. */
  readonly flags?: unknown;
}

export type OrderStatus = "open" | "filled" | "canceled" | "expired" | "rejected";

/** Why an order ended before it was filled; the venue's words for it differ. */
export type EndCause =
  | "user"
  /** Self-trade prevention. */
  | "selfTrade"
  /** The rest of an `ioc` order. */
  | "immediateOrCancel"
  /** A `fok` order that could not be filled whole. */
  | "fillOrKill"
  /** The rest of a market order that emptied the book, or whose quote amount buys no further lot. */
  | "noLiquidity"
  /** A post-only order that would have taken. */
  | "postOnly"
  /** A reduce-only order that has nothing left to reduce. */
  | "reduceOnly"
  /** Amended to no more than was filled. */
  | "amended"
  /** `expiresAt` is reached. */
  | "time"
  /** By the venue, e.g. since the instrument was delisted. */
  | "venue";

/** Why an order or an amendment is refused. The venue has its own codes for them. */
export type RejectReason =
  | "duplicateClientOrderId"
  /** The price is no positive multiple of the tick. */
  | "priceOffTick"
  /** The amount is no positive multiple of the step, or too large to count. */
  | "amountOffStep"
  /** Neither or both of amount and quote amount, no price, an option that the kind of order does not have. */
  | "invalidOrder"
  /** So far through the market that no book could remain. */
  | "priceOutOfBand"
  | "insufficientBalance"
  | "insufficientMargin"
  | "postOnlyWouldTake"
  | "fillOrKillUnfilled"
  | "reduceOnlyNotReducing"
  | "expiresInPast"
  /** No such order, or the venue has forgotten it. */
  | "unknownOrder"
  /** The order is filled, canceled, expired or rejected. */
  | "orderFinished";

/** An order at one moment. Never changes; a later state is another object. */
export interface Order {
  /** The venue's id. */
  readonly id: string;
  readonly clientOrderId: string | undefined;
  readonly account: string;
  readonly symbol: string;
  readonly side: OrderSide;
  readonly kind: OrderKind;
  readonly timeInForce: TimeInForce;
  readonly postOnly: boolean;
  readonly reduceOnly: boolean;
  readonly selfTradePrevention: SelfTradePrevention;
  readonly positionSide: PositionSide;
  readonly price: Decimal | undefined;
  /** `undefined` for an order by quote amount. */
  readonly amount: Decimal | undefined;
  readonly quoteAmount: Decimal | undefined;
  readonly expiresAt: number | undefined;
  readonly flags: unknown;
  readonly status: OrderStatus;
  readonly endCause: EndCause | undefined;
  readonly rejectReason: RejectReason | undefined;
  readonly filledAmount: Decimal;
  /** Sum of price times amount (times contract size) of its fills, exactly. */
  readonly filledQuote: Decimal;
  /** Amount less filled amount, whether still open or not; `undefined` for an order by quote amount. */
  readonly remainingAmount: Decimal | undefined;
  /** To 60 digits; `undefined` before the first fill. */
  readonly averagePrice: Decimal | undefined;
  /** Fees paid (rebates are negative) by asset. */
  readonly fees: ReadonlyMap<string, Decimal>;
  readonly fillCount: number;
  /** Venue time, milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** One fill of one order; of a trade between two accounts each has its own. */
export interface Fill {
  /** Position in the list of all fills of the venue, from 0 on. */
  readonly index: number;
  /** The instrument's number of the trade, as on its public tape. */
  readonly tradeId: number;
  readonly orderId: string;
  readonly clientOrderId: string | undefined;
  readonly account: string;
  readonly symbol: string;
  readonly side: OrderSide;
  readonly positionSide: PositionSide;
  readonly maker: boolean;
  readonly price: Decimal;
  readonly amount: Decimal;
  /** Price times amount (times contract size), exactly. */
  readonly quoteAmount: Decimal;
  /** Positive: paid; negative: a rebate. */
  readonly fee: Decimal;
  readonly feeAsset: string;
  /** What it realized, in the settle asset; zero for spot and for what opens. */
  readonly realizedPnl: Decimal;
  /** Venue time, milliseconds since 1970. */
  readonly at: number;
}
