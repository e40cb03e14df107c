import type { Contract } from "../contracts/contract.js";
import { MOST_OPEN_ORDERS } from "../private/order-form.js";
import type { RestRequest } from "./venue-data.js";

/**
 * `GET /fapi/v1/exchangeInfo`.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Exchange-Information
 */
export function exchangeInfo({ venue, at }: RestRequest): string {
  const head = JSON.stringify({
    timezone: "UTC",
    serverTime: at,
    futuresType: "U_MARGINED",
    rateLimits: [
      {
        rateLimitType: "REQUEST_WEIGHT",
        interval: "MINUTE",
        intervalNum: 1,
        limit: venue.limits.weightPerMinute,
      },
      { rateLimitType: "ORDERS", interval: "MINUTE", intervalNum: 1, limit: venue.limits.ordersPerMinute },
      {
        rateLimitType: "ORDERS",
        interval: "SECOND",
        intervalNum: 10,
        limit: venue.limits.ordersPerTenSeconds,
      },
    ],
    exchangeFilters: [],
    assets: [
      { asset: "USDT", marginAvailable: true, autoAssetExchange: "-10000" },
      { asset: "BTC", marginAvailable: true, autoAssetExchange: "-0.10000000" },
      { asset: "USDC", marginAvailable: true, autoAssetExchange: "-10000" },
    ],
  });
  const symbols = [
    ...Array.from(venue.contracts.values(), ({ contract }) =>
      JSON.stringify(
        symbolEntry(
          venue.malformed.has(contract.exchangeSymbol)
            ? { ...contract, tickSize: "a tenth", stepSize: "" }
            : contract,
        ),
      ),
    ),
    ...venue.malformedSymbols,
  ];
  return `${head.slice(0, -1)},"symbols":[${symbols.join(",")}]}`;
}

function symbolEntry(contract: Contract): unknown {
  return {
    symbol: contract.exchangeSymbol,
    pair: contract.pair,
    contractType: contract.contractType,
    deliveryDate: contract.deliveryDate,
    onboardDate: contract.onboardDate,
    status: contract.status,
    maintMarginPercent: "2.5000",
    requiredMarginPercent: "5.0000",
    baseAsset: contract.baseAsset,
    quoteAsset: contract.quoteAsset,
    marginAsset: contract.marginAsset,
    pricePrecision: contract.pricePrecision,
    quantityPrecision: contract.quantityPrecision,
    baseAssetPrecision: 8,
    quotePrecision: 8,
    underlyingType: contract.underlyingType,
    underlyingSubType: contract.underlyingSubType,
    triggerProtect: "0.0500",
    liquidationFee: "0.012500",
    marketTakeBound: "0.05",
    maxMoveOrderLimit: 10_000,
    // The order of filters and of the fields in them differs from symbol to symbol at the venue.
    filters: [
      {
        maxPrice: contract.maxPrice,
        tickSize: contract.tickSize,
        filterType: "PRICE_FILTER",
        minPrice: contract.minPrice,
      },
      {
        stepSize: contract.stepSize,
        minQty: contract.minQuantity,
        maxQty: contract.maxQuantity,
        filterType: "LOT_SIZE",
      },
      {
        minQty: contract.minQuantity,
        maxQty: contract.maxMarketQuantity,
        filterType: "MARKET_LOT_SIZE",
        stepSize: contract.stepSize,
      },
      { filterType: "MAX_NUM_ORDERS", limit: MOST_OPEN_ORDERS },
      { notional: contract.minNotional, filterType: "MIN_NOTIONAL" },
      {
        multiplierDown: contract.multiplierDown,
        multiplierUp: contract.multiplierUp,
        multiplierDecimal: "4",
        filterType: "PERCENT_PRICE",
      },
      { filterType: "POSITION_RISK_CONTROL", positionControlSide: "NONE" },
    ],
    orderTypes: [
      "LIMIT",
      "MARKET",
      "STOP",
      "STOP_MARKET",
      "TAKE_PROFIT",
      "TAKE_PROFIT_MARKET",
      "TRAILING_STOP_MARKET",
    ],
    timeInForce: ["GTC", "IOC", "FOK", "GTX", "GTD"],
    permissionSets: ["GRID", "COPY", "DCA", "PSB"],
  };
}
