import { ProtocolError } from "@conn/core";
import { describe, expect, it } from "vitest";
import { parseExchangeInfo } from "../src/instruments.js";

const SYMBOL = {
  symbol: "BTCUSDT",
  pair: "BTCUSDT",
  contractType: "PERPETUAL",
  status: "TRADING",
  baseAsset: "BTC",
  quoteAsset: "USDT",
  marginAsset: "USDT",
  pricePrecision: 2,
  quantityPrecision: 3,
  orderTypes: ["LIMIT", "MARKET", "STOP", "STOP_MARKET", "SOMETHING_NEW"],
  timeInForce: ["GTC", "IOC", "FOK", "GTX", "GTD", "RPI"],
  filters: [
    { filterType: "PRICE_FILTER", minPrice: "556.80", maxPrice: "4529764", tickSize: "0.10" },
    { filterType: "LOT_SIZE", minQty: "0.001", maxQty: "1000", stepSize: "0.001" },
    { filterType: "MARKET_LOT_SIZE", minQty: "0.001", maxQty: "120", stepSize: "0.001" },
    { filterType: "MAX_NUM_ORDERS", limit: 200 },
    { filterType: "MIN_NOTIONAL", notional: "100" },
    { filterType: "PERCENT_PRICE", multiplierUp: "1.0500", multiplierDown: "0.9500", multiplierDecimal: "4" },
    { filterType: "SOMETHING_NEW", x: 1 },
  ],
};
const parse = (...symbols: unknown[]) =>
  parseExchangeInfo(Buffer.from(JSON.stringify({ timezone: "UTC", symbols })));

describe("parseExchangeInfo", () => {
  it("reads every rule, by the filters and not by the precisions", () => {
    const { instruments, problems } = parse(SYMBOL);
    expect(problems).toEqual([]);
    expect(JSON.parse(JSON.stringify(instruments))).toEqual([
      {
        tradingPair: "BTC-USDT",
        exchangeSymbol: "BTCUSDT",
        type: "perpetual",
        base: "BTC",
        quote: "USDT",
        settle: "USDT",
        payoff: "linear",
        amountUnit: "base",
        contractSize: "1",
        priceScale: 2,
        amountScale: 3,
        status: "trading",
        venueStatus: "TRADING",
        rules: {
          priceIncrement: "0.1",
          minPrice: "556.8",
          maxPrice: "4529764",
          amountIncrement: "0.001",
          minAmount: "0.001",
          maxAmount: "1000",
          market: { amountIncrement: "0.001", minAmount: "0.001", maxAmount: "120" },
          minNotional: "100",
          maxOpenOrders: 200,
          maxPriceRatio: "1.05",
          minPriceRatio: "0.95",
          orderTypes: ["limit", "market", "stopLimit", "stop", "limitMaker"],
          timeInForce: ["gtc", "ioc", "fok", "gtd"],
        },
      },
    ]);
  });

  it("lists perpetuals of both kinds, and no delivery contracts", () => {
    const { instruments, problems } = parse(
      SYMBOL,
      { ...SYMBOL, symbol: "BTCUSDT_261225", contractType: "CURRENT_QUARTER" },
      { ...SYMBOL, symbol: "TSLAUSDT", baseAsset: "TSLA", contractType: "TRADIFI_PERPETUAL" },
      { ...SYMBOL, symbol: "NEWUSDT", contractType: "", status: "PENDING_TRADING" },
    );
    expect(instruments.map(({ tradingPair }) => tradingPair)).toEqual(["BTC-USDT", "TSLA-USDT"]);
    expect(problems).toEqual([]);
  });

  it.each([
    ["TRADING", "trading"],
    ["PENDING_TRADING", "pending"],
    ["TRADING_HALT", "halted"],
    ["SETTLING", "closing"],
    ["CLOSE", "ended"],
  ])("knows status %s as %s", (venueStatus, status) => {
    expect(parse({ ...SYMBOL, status: venueStatus }).instruments).toMatchObject([{ status, venueStatus }]);
  });

  const filters = (change: (filter: { filterType: string }) => object): object => ({
    ...SYMBOL,
    symbol: "BADUSDT",
    filters: SYMBOL.filters.map(change),
  });
  it.each([
    ["no object", 5],
    ["null", null],
    ["without a base asset", { ...SYMBOL, symbol: "BADUSDT", baseAsset: undefined }],
    ["with an unknown status", { ...SYMBOL, symbol: "BADUSDT", status: "PARTYING" }],
    [
      "without tick size",
      filters((f) => (f.filterType === "PRICE_FILTER" ? { ...f, tickSize: undefined } : f)),
    ],
    [
      "with a tick size of 0",
      filters((f) => (f.filterType === "PRICE_FILTER" ? { ...f, tickSize: "0" } : f)),
    ],
    [
      "with a step that is a number",
      filters((f) => (f.filterType === "LOT_SIZE" ? { ...f, stepSize: 0.001 } : f)),
    ],
    ["without LOT_SIZE", filters((f) => (f.filterType === "LOT_SIZE" ? { filterType: "OTHER" } : f))],
  ])("leaves out and reports an entry %s, and keeps the rest", (_what, entry) => {
    const { instruments, problems } = parse(entry, SYMBOL);
    expect(instruments).toHaveLength(1);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toBeInstanceOf(ProtocolError);
    expect(problems[0]?.code).toBe("MALFORMED_INSTRUMENT");
  });

  it("reads the weight that the venue allows, where it says so in words that are known", () => {
    const limitsOf = (rateLimits: unknown) =>
      parseExchangeInfo(Buffer.from(JSON.stringify({ rateLimits, symbols: [SYMBOL] }))).rateLimits;
    const weight = { rateLimitType: "REQUEST_WEIGHT", interval: "MINUTE", intervalNum: 1, limit: 1200 };
    const orders = { rateLimitType: "ORDERS", interval: "SECOND", intervalNum: 10, limit: 300 };
    expect(limitsOf([orders, weight])).toEqual({ requestWeight: 1200 });
    for (const said of [
      undefined,
      null,
      {},
      [orders],
      [null, "x"],
      [{ ...weight, limit: "1200" }],
      [{ ...weight, limit: 0 }],
      [{ ...weight, intervalNum: 5 }],
      [{ ...weight, interval: "SECOND" }],
    ])
      expect(limitsOf(said)).toBeUndefined();
  });

  it("refuses an answer that is no list", () => {
    expect(() => parseExchangeInfo(Buffer.from("{}"))).toThrow(ProtocolError);
    expect(() => parseExchangeInfo(Buffer.from("<html>"))).toThrow(SyntaxError);
  });
});
