import { Decimal } from "@conn/core";
import type { VenueMarket } from "../market/venue-market.js";
import type { TradedInstrument } from "./venue-rules.js";

/** A market takes no limit order this many times above or below the price around which it wanders. */
const BAND_FACTOR = 4;

/** An instrument with its numbers ready for the core. */
export interface TradedMarket {
  readonly symbol: string;
  readonly market: VenueMarket;
  readonly base: string;
  readonly quote: string;
  readonly settle: string;
  readonly isLinear: boolean;
  readonly feeInQuote: boolean;
  readonly contractSize: Decimal;
  /** Quote per tick and lot. */
  readonly unitValue: Decimal;
  readonly markPrice: (() => Decimal) | undefined;
  priceOf(tick: number): Decimal;
  amountOf(lots: number): Decimal;
  /** Price times amount times contract size. */
  quoteOf(tick: number, lots: number): Decimal;
  /** `undefined` if the text is no positive multiple of the tick. */
  parsePrice(text: string): number | undefined;
  /** `undefined` if the text is no positive multiple of the step, or too large to count. */
  parseAmount(text: string): number | undefined;
  /** Whether an order at this tick would go so far through the market that no book could remain. */
  isOutOfBand(isBuy: boolean, tick: number): boolean;
}

/** Prepares an instrument. */
export function createTradedMarket(instrument: TradedInstrument): TradedMarket {
  const { market, quote } = instrument;
  const tickSize = new Decimal(market.priceText(1));
  const lotSize = new Decimal(market.amountText(1));
  const contractSize = new Decimal(instrument.contractSize ?? "1");
  const unitValue = tickSize.times(lotSize).times(contractSize);
  const parseUnits = (text: string, unit: Decimal): number | undefined => {
    if (!isPlainDecimal(text)) return undefined;
    const units = new Decimal(text).div(unit);
    // A whole number that fits: the conversion is exact.
    const count = units.isInteger() ? units.toNumber() : 0;
    return count > 0 && Number.isSafeInteger(count) ? count : undefined;
  };
  return {
    symbol: instrument.symbol,
    market,
    base: instrument.base,
    quote,
    settle: instrument.settle ?? quote,
    isLinear: instrument.kind === "linear",
    feeInQuote: instrument.feeIn === "quote",
    contractSize,
    unitValue,
    markPrice: instrument.markPrice,
    priceOf: (tick) => tickSize.times(tick),
    amountOf: (lots) => lotSize.times(lots),
    quoteOf: (tick, lots) => unitValue.times(tick).times(lots),
    parsePrice: (text) => parseUnits(text, tickSize),
    parseAmount: (text) => parseUnits(text, lotSize),
    isOutOfBand: (isBuy, tick) =>
      isBuy ? tick > market.anchorTicks * BAND_FACTOR : tick * BAND_FACTOR < market.anchorTicks,
  };
}

/** Whether a text is a decimal number without sign and exponent. */
export function isPlainDecimal(text: string): boolean {
  return /^\d+(?:\.\d+)?$/.test(text);
}
