import type { Instrument } from "../instruments/instrument.js";
import type { RestRequest } from "./venue-data.js";

/**
 * `public/get-instruments`: one list of everything, of all products. Fields and their order as captured in June
 * 2026; the venue tells no status but `tradable`.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/rest/public-get-instruments
 */
export function instruments({ venue }: RestRequest): string {
  const entries = Array.from(venue.markets.values(), ({ instrument }) =>
    JSON.stringify(
      entryOf(
        venue.malformed.has(instrument.exchangeSymbol)
          ? { ...instrument, priceTickSize: "a tenth", quantityTickSize: "" }
          : instrument,
      ),
    ),
  );
  return `{"data":[${[...entries, ...venue.malformedEntries].join(",")}]}`;
}

function entryOf(instrument: Instrument): object {
  const isSpot = instrument.instrumentType === "CCY_PAIR";
  return {
    symbol: instrument.exchangeSymbol,
    inst_type: instrument.instrumentType,
    display_name: instrument.displayName,
    base_ccy: instrument.baseCurrency,
    quote_ccy: instrument.quoteCurrency,
    quote_decimals: instrument.quoteDecimals,
    quantity_decimals: instrument.quantityDecimals,
    price_tick_size: instrument.priceTickSize,
    qty_tick_size: instrument.quantityTickSize,
    max_leverage: instrument.maxLeverage,
    tradable: instrument.tradable,
    expiry_timestamp_ms: instrument.expiryTimestampMs,
    ...(instrument.underlyingSymbol === undefined ? {} : { underlying_symbol: instrument.underlyingSymbol }),
    beta_product: false,
    product_type: "DIGITAL_CURRENCIES",
    ...(isSpot ? { margin_buy_enabled: true, margin_sell_enabled: true } : { contract_size: "1" }),
  };
}
