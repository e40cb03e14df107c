/** Words of the venue for the state of a contract. */
export type ContractStatus =
  | "PENDING_TRADING"
  | "TRADING"
  | "TRADING_HALT"
  | "PRE_SETTLE"
  | "SETTLING"
  | "CLOSE"
  | "PRE_DELIVERING"
  | "DELIVERING"
  | "DELIVERED";

/**
 * A contract as `exchangeInfo` lists it, and how its simulated market behaves. Decimal numbers are texts,
 * written as the venue writes them.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Exchange-Information
 */
export interface Contract {
  readonly exchangeSymbol: string;
  readonly pair: string;
  readonly contractType: "PERPETUAL" | "TRADIFI_PERPETUAL" | "CURRENT_QUARTER" | "NEXT_QUARTER";
  readonly status: ContractStatus;
  readonly baseAsset: string;
  readonly quoteAsset: string;
  readonly marginAsset: string;
  /** Milliseconds since 1970; year 2100 for a perpetual. */
  readonly deliveryDate: number;
  readonly onboardDate: number;
  /** Decimals in which prices are written; the tick may be coarser. */
  readonly pricePrecision: number;
  readonly quantityPrecision: number;
  readonly tickSize: string;
  readonly stepSize: string;
  readonly minPrice: string;
  readonly maxPrice: string;
  readonly minQuantity: string;
  readonly maxQuantity: string;
  readonly maxMarketQuantity: string;
  readonly minNotional: string;
  readonly multiplierUp: string;
  readonly multiplierDown: string;
  readonly underlyingType: string;
  readonly underlyingSubType: readonly string[];
  /** Set where the venue departs from its usual eight hours and so lists it in `fundingInfo`. */
  readonly funding?: { readonly intervalHours: number; readonly cap: string; readonly updateTime: number };
  readonly interestRate: string;
  /** The price around which the simulated market wanders. */
  readonly referencePrice: string;
  /** A usual order of the simulated market, in units of the base asset. */
  readonly typicalAmount: string;
}

/** Whether the contract never expires and so pays funding. */
export function isPerpetual(contract: Contract): boolean {
  return contract.contractType === "PERPETUAL" || contract.contractType === "TRADIFI_PERPETUAL";
}
