import {
  Decimal,
  type Instrument,
  type InstrumentListing,
  type InstrumentStatus,
  type OrderType,
  ProtocolError,
  parseJson,
  type TimeInForce,
  type TradingRules,
} from "@conn/core";
import * as v from "valibot";
import { REQUEST_WEIGHT } from "./constants.js";

/** A decimal in a string: never a JSON number, which would already have lost digits. */
const decimal = v.pipe(
  v.string(),
  v.regex(/^\d+(\.\d+)?$/),
  v.transform((text) => new Decimal(text)),
);
const positive = v.pipe(
  decimal,
  v.check((value) => value.gt(0), "must be above 0"),
);
const scale = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(30));

const FILTERS = {
  PRICE_FILTER: v.object({ tickSize: positive, minPrice: decimal, maxPrice: decimal }),
  LOT_SIZE: v.object({ stepSize: positive, minQty: decimal, maxQty: decimal }),
  MARKET_LOT_SIZE: v.object({ stepSize: positive, minQty: decimal, maxQty: decimal }),
  MAX_NUM_ORDERS: v.object({ limit: v.pipe(v.number(), v.integer()) }),
  // The key is `notional` here and `minNotional` on the spot market.
  MIN_NOTIONAL: v.object({ notional: decimal }),
  PERCENT_PRICE: v.object({ multiplierUp: positive, multiplierDown: positive }),
} as const;

const SYMBOL = v.object({
  symbol: v.pipe(v.string(), v.nonEmpty()),
  contractType: v.string(),
  status: v.string(),
  baseAsset: v.pipe(v.string(), v.nonEmpty()),
  quoteAsset: v.pipe(v.string(), v.nonEmpty()),
  marginAsset: v.pipe(v.string(), v.nonEmpty()),
  pricePrecision: scale,
  quantityPrecision: scale,
  orderTypes: v.array(v.string()),
  timeInForce: v.array(v.string()),
  filters: v.array(v.looseObject({ filterType: v.string() })),
});
const EXCHANGE_INFO = v.object({ symbols: v.array(v.unknown()), rateLimits: v.optional(v.unknown()) });

/** The entry that speaks of the pool declared as `REQUEST_WEIGHT`: weight by the minute. */
const WEIGHT_LIMIT = v.object({
  rateLimitType: v.literal("REQUEST_WEIGHT"),
  interval: v.literal("MINUTE"),
  intervalNum: v.literal(1),
  limit: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
});

type SymbolEntry = v.InferOutput<typeof SYMBOL>;

/** Crypto perpetuals, and since 2025-12 those on shares and commodities. Delivery contracts are another product. */
const PERPETUAL_TYPES = new Set(["PERPETUAL", "TRADIFI_PERPETUAL"]);

/** @see https://developers.binance.com/docs/derivatives/usds-margined-futures/common-definition (Contract status) */
const STATUSES: Readonly<Record<string, InstrumentStatus>> = {
  TRADING: "trading",
  PENDING_TRADING: "pending",
  TRADING_HALT: "halted",
  DOWN: "halted",
  PRE_SETTLE: "closing",
  SETTLING: "closing",
  PRE_DELIVERING: "closing",
  DELIVERING: "closing",
  PRE_DELISTING: "closing",
  DELISTING: "closing",
  DELIVERED: "ended",
  CLOSE: "ended",
};

/** Order types of the venue that this library has a word for; others are not offered. */
const ORDER_TYPES: Readonly<Record<string, OrderType>> = {
  LIMIT: "limit",
  MARKET: "market",
  STOP: "stopLimit",
  STOP_MARKET: "stop",
  TAKE_PROFIT: "takeProfitLimit",
  TAKE_PROFIT_MARKET: "takeProfit",
  TRAILING_STOP_MARKET: "trailingStop",
};

const TIMES_IN_FORCE: Readonly<Record<string, TimeInForce>> = {
  GTC: "gtc",
  IOC: "ioc",
  FOK: "fok",
  GTD: "gtd",
};

/**
 * Reads the answer to `GET /fapi/v1/exchangeInfo`. An entry that is malformed is left out and reported.
 *
 * @throws {ProtocolError} MALFORMED_ANSWER if there is no list of symbols.
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Exchange-Information
 */
export function parseExchangeInfo(body: Uint8Array): InstrumentListing {
  const answer = v.safeParse(EXCHANGE_INFO, parseJson(body));
  if (!answer.success) throw new ProtocolError("MALFORMED_ANSWER", "exchangeInfo has no list of symbols");
  const instruments: Instrument[] = [];
  const problems: ProtocolError[] = [];
  for (const entry of answer.output.symbols) {
    try {
      const symbol = v.parse(SYMBOL, entry);
      if (PERPETUAL_TYPES.has(symbol.contractType)) instruments.push(parseSymbol(symbol));
    } catch (cause) {
      const { symbol } = (entry ?? {}) as { readonly symbol?: unknown };
      problems.push(
        new ProtocolError(
          "MALFORMED_INSTRUMENT",
          `the entry of ${String(symbol)} in exchangeInfo cannot be used`,
          {
            cause,
            details: { exchangeSymbol: symbol },
          },
        ),
      );
    }
  }
  const rateLimits = parseRateLimits(answer.output.rateLimits);
  return { instruments, problems, ...(rateLimits && { rateLimits }) };
}

/** What the venue says it allows; undefined if it does not say it in the words that are known. */
function parseRateLimits(entries: unknown): Readonly<Record<string, number>> | undefined {
  for (const entry of Array.isArray(entries) ? entries : []) {
    const weight = v.safeParse(WEIGHT_LIMIT, entry);
    if (weight.success) return { [REQUEST_WEIGHT.id]: weight.output.limit };
  }
  return undefined;
}

function parseSymbol(symbol: SymbolEntry): Instrument {
  const status = STATUSES[symbol.status];
  if (status === undefined) throw new TypeError(`unknown status ${symbol.status}`);
  return {
    tradingPair: `${symbol.baseAsset}-${symbol.quoteAsset}`,
    exchangeSymbol: symbol.symbol,
    type: "perpetual",
    base: symbol.baseAsset,
    quote: symbol.quoteAsset,
    settle: symbol.marginAsset,
    payoff: "linear",
    amountUnit: "base",
    contractSize: new Decimal(1),
    // These are how numbers are written; the steps that orders must keep stand in the filters.
    priceScale: symbol.pricePrecision,
    amountScale: symbol.quantityPrecision,
    status,
    venueStatus: symbol.status,
    rules: parseRules(symbol),
  };
}

function parseRules(symbol: SymbolEntry): TradingRules {
  const find = <Type extends keyof typeof FILTERS>(
    type: Type,
  ): v.InferOutput<(typeof FILTERS)[Type]> | undefined => {
    const filter = symbol.filters.find(({ filterType }) => filterType === type);
    return filter && (v.parse(FILTERS[type], filter) as v.InferOutput<(typeof FILTERS)[Type]>);
  };
  const price = find("PRICE_FILTER");
  const lot = find("LOT_SIZE");
  if (price === undefined || lot === undefined) throw new TypeError("PRICE_FILTER or LOT_SIZE is missing");
  const marketLot = find("MARKET_LOT_SIZE");
  const notional = find("MIN_NOTIONAL");
  const openOrders = find("MAX_NUM_ORDERS");
  const percent = find("PERCENT_PRICE");
  const orderTypes = symbol.orderTypes.flatMap((type) => ORDER_TYPES[type] ?? []);
  // Post-only is a time in force here.
  if (symbol.timeInForce.includes("GTX")) orderTypes.push("limitMaker");
  return {
    priceIncrement: price.tickSize,
    minPrice: price.minPrice,
    maxPrice: price.maxPrice,
    amountIncrement: lot.stepSize,
    minAmount: lot.minQty,
    maxAmount: lot.maxQty,
    ...(marketLot && {
      market: {
        amountIncrement: marketLot.stepSize,
        minAmount: marketLot.minQty,
        maxAmount: marketLot.maxQty,
      },
    }),
    ...(notional && { minNotional: notional.notional }),
    ...(openOrders && { maxOpenOrders: openOrders.limit }),
    ...(percent && { maxPriceRatio: percent.multiplierUp, minPriceRatio: percent.multiplierDown }),
    orderTypes,
    timeInForce: symbol.timeInForce.flatMap((word) => TIMES_IN_FORCE[word] ?? []),
  };
}
