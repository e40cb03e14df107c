import type { Order, SelfTradePrevention } from "@conn/simulator";

/** Words of the venue for how long an order lives. */
export type TimeInForceWord = "GTC" | "IOC" | "FOK" | "GTX" | "GTD";

/** Words of the venue for which order of one account ends instead of trading with another. */
export const SELF_TRADE_PREVENTION = {
  NONE: "none",
  EXPIRE_TAKER: "cancelTaker",
  EXPIRE_MAKER: "cancelMaker",
  EXPIRE_BOTH: "cancelBoth",
} as const satisfies Record<string, SelfTradePrevention>;

export type SelfTradePreventionWord = keyof typeof SELF_TRADE_PREVENTION;

/** What the venue remembers of an order and the core does not understand. */
export interface OrderFlags {
  readonly timeInForce: TimeInForceWord;
  readonly selfTradePreventionMode: SelfTradePreventionWord;
  readonly priceMatch: string;
  /** Milliseconds since 1970; 0 for none. */
  readonly goodTillDate: number;
}

/** The flags of an order. */
export function flagsOf(order: Order): OrderFlags {
  // as: every order of this venue is submitted with its flags.
  return order.flags as OrderFlags;
}
