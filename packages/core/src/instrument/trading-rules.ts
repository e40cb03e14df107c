import type { Decimal } from "../decimal/decimal.js";

/** Order types of this library. Which of them a venue takes is in the rules of each instrument. */
export type OrderType =
  | "limit"
  | "limitMaker"
  | "market"
  | "stop"
  | "stopLimit"
  | "takeProfit"
  | "takeProfitLimit"
  | "trailingStop";

/** How long an order stays. `gtc` until canceled, `ioc` at once or not at all in part, `fok` whole or nothing, `gtd` until a time, `day` until the session ends. */
export type TimeInForce = "gtc" | "ioc" | "fok" | "gtd" | "day";

/**
 * What the venue demands of an order. Amounts are in the instrument's `amountUnit`, prices in quote
 * per base (or per contract, as the venue quotes). A field is absent where the venue has no such rule.
 */
export interface TradingRules {
  /** Prices are multiples of this. */
  readonly priceIncrement: Decimal;
  /** Amounts are multiples of this. */
  readonly amountIncrement: Decimal;
  readonly minPrice?: Decimal;
  readonly maxPrice?: Decimal;
  readonly minAmount?: Decimal;
  readonly maxAmount?: Decimal;
  /** Bounds and step of market orders where they differ from those of limit orders. */
  readonly market?: {
    readonly minAmount?: Decimal;
    readonly maxAmount?: Decimal;
    readonly amountIncrement?: Decimal;
  };
  /** Least price × amount of an order, in quote. */
  readonly minNotional?: Decimal;
  /** Greatest price × amount of an order, in quote. */
  readonly maxNotional?: Decimal;
  /** Most open orders of one account in this instrument. */
  readonly maxOpenOrders?: number;
  /** A buy may not be priced above reference price × this. */
  readonly maxPriceRatio?: Decimal;
  /** A sell may not be priced below reference price × this. */
  readonly minPriceRatio?: Decimal;
  readonly orderTypes: readonly OrderType[];
  readonly timeInForce: readonly TimeInForce[];
}
