import { describe, expect, it } from "vitest";
import { DEFAULT_CONTRACTS } from "../../src/simulator/index.js";
import { createRig, type Json, START } from "./support/rig.js";

const refusal = (status: number, code: number) => ({ status, json: { code, msg: expect.any(String) } });

describe("general endpoints", () => {
  it("ping and time", () => {
    const rig = createRig();
    expect(rig.get("/fapi/v1/ping")).toEqual({
      status: 200,
      headers: { "content-type": "application/json", "x-mbx-used-weight-1m": "1" },
      json: {},
    });
    rig.advance(1234);
    expect(rig.get("/fapi/v1/time").json).toEqual({ serverTime: START + 1234 });
  });

  it("unknown paths and methods", () => {
    const rig = createRig();
    expect(rig.get("/fapi/v1/nothing")).toMatchObject(refusal(404, -5000));
    expect(rig.get("/")).toMatchObject(refusal(404, -5000));
    expect(rig.get("/public/ws")).toMatchObject(refusal(404, -5000));
  });
});

describe("exchangeInfo", () => {
  it("lists contracts that trade and contracts that do not", () => {
    const rig = createRig();
    const { json } = rig.get("/fapi/v1/exchangeInfo");
    expect(Object.keys(json)).toEqual([
      "timezone",
      "serverTime",
      "futuresType",
      "rateLimits",
      "exchangeFilters",
      "assets",
      "symbols",
    ]);
    expect(json.rateLimits).toEqual([
      { rateLimitType: "REQUEST_WEIGHT", interval: "MINUTE", intervalNum: 1, limit: 2400 },
      { rateLimitType: "ORDERS", interval: "MINUTE", intervalNum: 1, limit: 1200 },
      { rateLimitType: "ORDERS", interval: "SECOND", intervalNum: 10, limit: 300 },
    ]);
    const kinds = json.symbols.map((one: Json) => `${one.contractType} ${one.status}`);
    expect(kinds).toContain("PERPETUAL TRADING");
    expect(kinds).toContain("TRADIFI_PERPETUAL TRADING");
    expect(kinds).toContain("CURRENT_QUARTER TRADING");
    expect(kinds).toContain("PERPETUAL SETTLING");
    expect(kinds).toContain("PERPETUAL PENDING_TRADING");
    expect(json.symbols.map((one: Json) => one.symbol)).toEqual(rig.machine.symbols());
  });

  it("gives every rule as the venue does", () => {
    const btc = createRig()
      .get("/fapi/v1/exchangeInfo")
      .json.symbols.find((one: Json) => one.symbol === "BTCUSDT");
    expect(btc).toMatchObject({
      pair: "BTCUSDT",
      baseAsset: "BTC",
      quoteAsset: "USDT",
      marginAsset: "USDT",
      deliveryDate: 4_133_404_800_000,
      pricePrecision: 2,
      quantityPrecision: 3,
    });
    const filters = Object.fromEntries(btc.filters.map((one: Json) => [one.filterType, one]));
    expect(filters).toEqual({
      PRICE_FILTER: { filterType: "PRICE_FILTER", minPrice: "556.80", maxPrice: "4529764", tickSize: "0.10" },
      LOT_SIZE: { filterType: "LOT_SIZE", minQty: "0.001", maxQty: "1000", stepSize: "0.001" },
      MARKET_LOT_SIZE: { filterType: "MARKET_LOT_SIZE", minQty: "0.001", maxQty: "120", stepSize: "0.001" },
      MAX_NUM_ORDERS: { filterType: "MAX_NUM_ORDERS", limit: 200 },
      // `notional`, not `minNotional` as on spot.
      MIN_NOTIONAL: { filterType: "MIN_NOTIONAL", notional: "50" },
      PERCENT_PRICE: {
        filterType: "PERCENT_PRICE",
        multiplierUp: "1.0500",
        multiplierDown: "0.9500",
        multiplierDecimal: "4",
      },
      POSITION_RISK_CONTROL: { filterType: "POSITION_RISK_CONTROL", positionControlSide: "NONE" },
    });
  });

  it("has prices and amounts of its markets on every contract's grid", () => {
    const rig = createRig();
    for (const contract of DEFAULT_CONTRACTS) {
      const scale = (text: string) => (text.split(".")[1] ?? "").length;
      expect(scale(contract.tickSize)).toBe(contract.pricePrecision);
      expect(scale(contract.stepSize)).toBe(contract.quantityPrecision);
      const tick = BigInt(contract.tickSize.replace(".", ""));
      for (const [price, amount] of rig.machine.bookOf(contract.exchangeSymbol).bids) {
        expect(BigInt(price.replace(".", "")) % tick).toBe(0n);
        expect([scale(price), scale(amount)]).toEqual([contract.pricePrecision, contract.quantityPrecision]);
      }
    }
  });
});

describe("errors", () => {
  it.each([
    ["/fapi/v1/depth", 400, -1102],
    ["/fapi/v1/depth?symbol=", 400, -1102],
    ["/fapi/v1/depth?symbol=NOPE", 400, -1121],
    ["/fapi/v1/depth?symbol=BTCUSDT&limit=7", 400, -4021],
    ["/fapi/v1/depth?symbol=BTCUSDT&limit=5000", 400, -4021],
    ["/fapi/v1/depth?symbol=OMGUSDT", 400, -1122],
    ["/fapi/v1/ticker/bookTicker?symbol=EGLDUSDT", 400, -1122],
    ["/fapi/v1/ticker/price?symbol=NOPE", 400, -1121],
    ["/fapi/v1/premiumIndex?symbol=NOPE", 400, -1121],
    ["/fapi/v1/fundingRate?symbol=NOPE", 400, -1121],
    ["/fapi/v1/trades", 400, -1102],
    ["/fapi/v1/trades?symbol=BTCUSDT&limit=1001", 400, -1130],
    ["/fapi/v1/trades?symbol=BTCUSDT&limit=many", 400, -1102],
    ["/fapi/v1/aggTrades?symbol=BTCUSDT&fromId=-1", 400, -1102],
    [`/fapi/v1/aggTrades?symbol=BTCUSDT&startTime=${START - 3 * 86_400_000}`, 400, -4166],
  ])("%s is refused with %i %i", (path, status, code) => {
    expect(createRig().get(path)).toMatchObject(refusal(status, code));
  });

  it("a symbol may be in lower case, and beyond ASCII", () => {
    const rig = createRig();
    expect(rig.get("/fapi/v1/ticker/price?symbol=btcusdt").json.symbol).toBe("BTCUSDT");
    const path = `/fapi/v1/ticker/price?symbol=${encodeURIComponent("币安人生USDT")}`;
    expect(rig.get(path).json.symbol).toBe("币安人生USDT");
  });
});

describe("tickers", () => {
  const trading = 9;

  it("price, of one and of all that trade", () => {
    const rig = createRig();
    for (const path of ["/fapi/v1/ticker/price", "/fapi/v2/ticker/price"]) {
      const one = rig.get(`${path}?symbol=BTCUSDT`).json;
      const last = rig.machine.tradesOf("BTCUSDT").at(-1)!;
      expect(one).toEqual({ symbol: "BTCUSDT", price: last.price, time: last.at });
      const all = rig.get(path).json;
      expect(all).toHaveLength(trading);
      expect(all[0]).toEqual(one);
    }
  });

  it("bookTicker is the top of the book", () => {
    const rig = createRig();
    rig.advance(3000);
    const one = rig.get("/fapi/v1/ticker/bookTicker?symbol=ETHUSDT").json;
    const { bids, asks, lastUpdateId } = rig.machine.bookOf("ETHUSDT");
    expect(one).toEqual({
      symbol: "ETHUSDT",
      bidPrice: bids[0]![0],
      bidQty: bids[0]![1],
      askPrice: asks[0]![0],
      askQty: asks[0]![1],
      time: expect.any(Number),
      lastUpdateId,
    });
    expect(rig.get("/fapi/v1/ticker/bookTicker").json).toHaveLength(trading);
  });

  it("24hr sums up the trades", () => {
    const rig = createRig();
    rig.advance(90_000);
    const { json } = rig.get("/fapi/v1/ticker/24hr?symbol=BTCUSDT");
    const trades = rig.machine.tradesOf("BTCUSDT");
    const milli = (text: string): bigint => BigInt(text.replace(".", ""));
    const volume = trades.reduce((sum, one) => sum + milli(one.amount), 0n);
    const quote = trades.reduce((sum, one) => sum + milli(one.amount) * milli(one.price), 0n);
    const prices = trades.map((one) => Number(one.price));
    expect(json).toMatchObject({
      symbol: "BTCUSDT",
      lastPrice: trades.at(-1)!.price,
      lastQty: trades.at(-1)!.amount,
      openPrice: trades[0]!.price,
      highPrice: Math.max(...prices).toFixed(2),
      lowPrice: Math.min(...prices).toFixed(2),
      firstId: trades[0]!.tradeId,
      lastId: trades.at(-1)!.tradeId,
      count: trades.length,
    });
    expect(milli(json.volume)).toBe(volume);
    expect(milli(json.quoteVolume)).toBe((quote + 500n) / 1000n);
    expect(milli(json.weightedAvgPrice)).toBe((quote * 2n + volume) / (volume * 2n));
    expect(Number(json.priceChange)).toBeCloseTo(Number(json.lastPrice) - Number(json.openPrice), 6);
    expect(rig.get("/fapi/v1/ticker/24hr").json).toHaveLength(trading);
  });

  it("24hr forgets what is older than a day", () => {
    const rig = createRig({ eventsPerSecond: 0.5 });
    rig.advance(60 * 3_600_000);
    const { json } = rig.get("/fapi/v1/ticker/24hr?symbol=BTCUSDT");
    expect(json.openTime).toBe(Math.floor(rig.now / 60_000) * 60_000 - 86_340_000);
    const recent = rig.machine.tradesOf("BTCUSDT").filter((one) => one.at >= json.openTime);
    expect(json.count).toBe(recent.length);
    expect(json.firstId).toBe(recent[0]!.tradeId);
  });
});

describe("trades", () => {
  it("the latest fills, oldest first", () => {
    const rig = createRig();
    rig.advance(20_000);
    const rows = rig.get("/fapi/v1/trades?symbol=1000PEPEUSDT&limit=20").json;
    const truth = rig.machine.tradesOf("1000PEPEUSDT").slice(-20);
    expect(rows.map((one: Json) => [one.id, one.price, one.qty, one.time, one.isBuyerMaker])).toEqual(
      truth.map((one) => [one.tradeId, one.price, one.amount, one.at, one.takerSide === "sell"]),
    );
    expect(Object.keys(rows[0])).toEqual([
      "id",
      "price",
      "qty",
      "quoteQty",
      "time",
      "isBuyerMaker",
      "isRPITrade",
    ]);
    const { price, qty, quoteQty } = rows[0];
    expect(BigInt(quoteQty.replace(".", ""))).toBe(BigInt(price.replace(".", "")) * BigInt(qty));
  });

  it("aggregates cover every fill once, by id, time or latest", () => {
    const rig = createRig({ eventsPerSecond: 60 });
    rig.advance(30_000);
    const ask = (query: string): Json[] => rig.get(`/fapi/v1/aggTrades?symbol=BTCUSDT${query}`).json;
    const all = ask("&limit=1000");
    expect(Object.keys(all[0])).toEqual(["a", "p", "q", "nq", "f", "l", "T", "m"]);
    const trades = rig.machine.tradesOf("BTCUSDT");
    let merged = 0;
    for (const [index, row] of all.entries()) {
      if (index > 0) {
        expect(row.a).toBe(all[index - 1].a + 1);
        expect(row.f).toBe(all[index - 1].l + 1);
      }
      const fills = trades.filter((one) => one.tradeId >= row.f && one.tradeId <= row.l);
      expect(fills).toHaveLength(row.l - row.f + 1);
      if (fills.length > 1) merged++;
      const sum = fills.reduce((total, one) => total + BigInt(one.amount.replace(".", "")), 0n);
      expect(BigInt(row.q.replace(".", ""))).toBe(sum);
      expect(row.nq).toBe(row.q);
      expect(new Set(fills.map((one) => `${one.price} ${one.takerSide}`))).toEqual(
        new Set([`${row.p} ${row.m ? "sell" : "buy"}`]),
      );
      expect(fills.at(-1)!.at).toBe(row.T);
    }
    expect(merged).toBeGreaterThan(0);
    const middle = all[50];
    expect(ask(`&fromId=${middle.a}&limit=10`)).toEqual(all.slice(50, 60));
    expect(ask("&limit=5")).toEqual(all.slice(-5));
    const window = ask(`&startTime=${middle.T}&endTime=${middle.T + 5000}`);
    expect(window).toEqual(all.filter((row) => row.T >= middle.T && row.T <= middle.T + 5000));
    expect(ask(`&fromId=${all.at(-1).a + 1}`)).toEqual([]);
  });
});

describe("funding", () => {
  it("premiumIndex of one and of all, empty where a contract expires", () => {
    const rig = createRig();
    const one = rig.get("/fapi/v1/premiumIndex?symbol=BTCUSDT").json;
    expect(one).toEqual({
      symbol: "BTCUSDT",
      markPrice: expect.stringMatching(/^\d+\.\d{8}$/),
      indexPrice: expect.stringMatching(/^\d+\.\d{8}$/),
      estimatedSettlePrice: expect.stringMatching(/^\d+\.\d{8}$/),
      lastFundingRate: expect.stringMatching(/^-?0\.\d{8}$/),
      interestRate: "0.00010000",
      nextFundingTime: (Math.floor(START / 28_800_000) + 1) * 28_800_000,
      time: START,
    });
    const { bids, asks } = rig.machine.bookOf("BTCUSDT");
    expect(Number(one.markPrice)).toBeCloseTo((Number(bids[0]![0]) + Number(asks[0]![0])) / 2, 6);
    expect(rig.get("/fapi/v1/premiumIndex?symbol=XAUUSDT").json.nextFundingTime).toBe(
      (Math.floor(START / 14_400_000) + 1) * 14_400_000,
    );
    expect(rig.get("/fapi/v1/premiumIndex?symbol=BTCUSDT_261225").json).toMatchObject({
      lastFundingRate: "",
      interestRate: "",
      nextFundingTime: 0,
    });
    expect(rig.get("/fapi/v1/premiumIndex").json).toHaveLength(rig.machine.symbols().length);
  });

  it("fundingInfo lists only contracts that were adjusted", () => {
    expect(createRig().get("/fapi/v1/fundingInfo").json).toEqual([
      {
        symbol: "XAUUSDT",
        adjustedFundingRateCap: "0.00500000",
        adjustedFundingRateFloor: "-0.00500000",
        fundingIntervalHours: 4,
        disclaimer: false,
        updateTime: 1_769_796_333_728,
      },
      expect.objectContaining({ symbol: "币安人生USDT", fundingIntervalHours: 4 }),
    ]);
  });

  it("fundingRate: the past, and what is paid while the venue runs", () => {
    const rig = createRig({ eventsPerSecond: 1 });
    const history = rig.get("/fapi/v1/fundingRate?symbol=BTCUSDT").json;
    expect(history).toHaveLength(100);
    expect(history[0]).toEqual({
      symbol: "BTCUSDT",
      fundingTime: expect.any(Number),
      fundingRate: expect.stringMatching(/^-?0\.\d{8}$/),
      markPrice: expect.stringMatching(/^\d+\.\d{8}$/),
      rateType: "Regular",
    });
    for (const [index, row] of history.entries()) {
      if (index > 0) expect(row.fundingTime).toBeGreaterThan(history[index - 1].fundingTime);
      expect(row.fundingTime % 28_800_000).toBeLessThan(10);
    }
    const next = rig.get("/fapi/v1/premiumIndex?symbol=BTCUSDT").json.nextFundingTime;
    rig.advance(next - rig.now - 1);
    const { lastFundingRate } = rig.get("/fapi/v1/premiumIndex?symbol=BTCUSDT").json;
    rig.advance(1000);
    const after = rig.get(`/fapi/v1/fundingRate?symbol=BTCUSDT&startTime=${next}`).json;
    expect(after).toHaveLength(1);
    expect(after[0].fundingRate).toBe(lastFundingRate);
    expect(rig.get(`/fapi/v1/fundingRate?symbol=BTCUSDT&endTime=${next - 1}&limit=2`).json).toEqual(
      history.slice(-2),
    );
    expect(rig.get("/fapi/v1/fundingRate?limit=1000").json.length).toBeGreaterThan(900);
  });
});
