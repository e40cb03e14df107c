/**
 * An instrument as `public/get-instruments` lists it, and how its simulated market behaves. Decimal numbers
 * are texts, written as the venue writes them.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/rest/public-get-instruments
 */
export interface Instrument {
  /** The venue's `symbol`: `BTC_USDT` for a spot pair, `BTCUSD-PERP` for a perpetual. */
  readonly exchangeSymbol: string;
  readonly instrumentType: "CCY_PAIR" | "PERPETUAL_SWAP" | "FUTURE";
  readonly displayName: string;
  readonly baseCurrency: string;
  readonly quoteCurrency: string;
  /** Decimals in which prices are written. */
  readonly quoteDecimals: number;
  /** Decimals in which amounts are written. */
  readonly quantityDecimals: number;
  readonly priceTickSize: string;
  readonly quantityTickSize: string;
  readonly maxLeverage: string;
  readonly tradable: boolean;
  /** Milliseconds since 1970; 0 for what never expires. */
  readonly expiryTimestampMs: number;
  /** The index behind a derivative; spot pairs have none. */
  readonly underlyingSymbol?: string;
  /** The price around which the simulated market wanders. */
  readonly referencePrice: string;
  /** A usual order of the simulated market, in units of the base currency. */
  readonly typicalAmount: string;
}
