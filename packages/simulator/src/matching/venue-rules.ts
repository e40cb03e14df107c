import type { Decimal } from "@conn/core";
import type { VenueMarket } from "../market/venue-market.js";
import type { SelfTradePrevention } from "./order.js";

/** In what venues differ. */
export interface VenueRules {
  /** The id of the venue's n-th order, counted from 0. Default: the number, from 1 on. */
  readonly orderId?: (index: number) => string;
  /**
   * A client id may not be used again by its account: while its order is open (`open`, the default), for this
   * many ms after the order was made, or ever.
   */
  readonly clientOrderIdUnique?: "open" | "ever" | { readonly withinMs: number };
  /** Finished orders are forgotten this long after their end, in ms. Default: never. */
  readonly finishedKeptMs?: number;
  /** The same, for orders that ended without a fill. Default: `finishedKeptMs`. */
  readonly unfilledKeptMs?: number;
  /** No more than this many finished orders are kept for an account. Default: all. */
  readonly finishedKeptCount?: number;
  /** Whether rejected orders can be queried. Default false. */
  readonly keepsRejected?: boolean;
  /** What becomes of a post-only order that would take. Default `reject`. */
  readonly postOnlyCrossing?: "reject" | "cancel";
  /** What becomes of a `fok` order that cannot be filled whole. Default `cancel`. */
  readonly fillOrKillUnfilled?: "reject" | "cancel";
  /** Whether an amendment that only lowers the amount keeps the order's place in the queue. Default true. */
  readonly shrinkingKeepsPlace?: boolean;
  /** What becomes of an amendment to no more than was filled. Default `cancel`: the order ends. */
  readonly amendBelowFilled?: "reject" | "cancel";
  /** For orders that name none. Default `none`. */
  readonly selfTradePrevention?: SelfTradePrevention;
  /** Fees and realized PnL are rounded half up to this many decimals of the asset. Default 8. */
  readonly assetDecimals?: (asset: string) => number;
  /** The price of an account's discount asset in another asset, or `undefined` if unknown (then no discount). */
  readonly feeAssetPrice?: (feeAsset: string, inAsset: string) => Decimal | undefined;
}

/** An instrument that accounts can trade. */
export interface TradedInstrument {
  /** Names the instrument in requests and events; must stay the same, also when the venue renames it. */
  readonly symbol: string;
  readonly market: VenueMarket;
  readonly base: string;
  readonly quote: string;
  /**
   * `spot`: base against quote. `linear`: positions that are margined and settled in `settle`.
   */
  readonly kind: "spot" | "linear";
  /** Default: `quote`. */
  readonly settle?: string;
  /** Base per unit of amount, a decimal text. Default 1. */
  readonly contractSize?: string;
  /**
   * Spot: what fees are paid in. `received` (default): base for buys, quote for sells. `quote`: always the quote
   * asset, and then limit buys also hold the fee.
   */
  readonly feeIn?: "received" | "quote";
  /** Linear: with it, unrealized losses count in the check of initial margins. */
  readonly markPrice?: () => Decimal;
}

/** Fee rates as decimal texts, e.g. "0.001" for 0.1 %; negative ones are rebates. */
export interface FeeRates {
  readonly maker: string;
  readonly taker: string;
}

/** How an account trades. */
export interface AccountSettings {
  readonly fees: FeeRates;
  /** Rates that differ for some symbols. */
  readonly feesOf?: Readonly<Record<string, FeeRates>>;
  /** Fees are paid in this asset, times `factor` (a decimal text), as long as there is enough of it. */
  readonly feeDiscount?: { readonly asset: string; readonly factor: string };
  /** For symbols whose leverage was not set. Default 20. */
  readonly leverage?: number;
}
