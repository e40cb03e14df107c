/** A ticker in the venue's texts; a field is absent where the venue does not tell it or there is none. */
export interface VenueTicker {
  readonly lastPrice: string;
  readonly bestBid?: string;
  readonly bestBidAmount?: string;
  readonly bestAsk?: string;
  readonly bestAskAmount?: string;
  /** This and what follows: of the last 24 hours. */
  readonly openPrice?: string;
  readonly highPrice?: string;
  readonly lowPrice?: string;
  readonly baseVolume?: string;
  readonly quoteVolume?: string;
}

/** Mark price, index price and funding, in the venue's texts. */
export interface VenueFunding {
  readonly markPrice: string;
  readonly indexPrice: string;
  /** As a fraction, for one interval. */
  readonly fundingRate: string;
  /** In ms since 1970-01-01 UTC. */
  readonly nextFundingTimestamp: number;
  /** Where the venue tells it. */
  readonly fundingIntervalMs?: number;
}

/** A funding message of a part: what is left out is missing in it, `null` is null and an empty text empty. */
export interface VenueFundingPart {
  readonly markPrice?: string | null;
  readonly indexPrice?: string | null;
  readonly fundingRate?: string | null;
  readonly nextFundingTimestamp?: number | null;
}

/**
 * The truth about tickers, funding and open interest; a simulated venue has what the connector supports. All of
 * it is as of the present moment.
 */
export interface MarketInfoTruth {
  /** What the venue tells, by REST or by its stream, of which one may tell less; undefined before the first trade. */
  tickerOf?(symbol: string, by: "rest" | "stream"): VenueTicker | undefined;
  fundingOf?(symbol: string): VenueFunding;
  /**
   * Sends a funding message that says this, whatever is true, to all who follow the funding of a symbol; its
   * time is the present one unless it is given.
   */
  sendFunding?(symbol: string, part: VenueFundingPart, exchangeTimestamp?: number): void;
  /** In the instrument's `amountUnit`. Moves with trades. */
  openInterestOf?(symbol: string): string;
}
