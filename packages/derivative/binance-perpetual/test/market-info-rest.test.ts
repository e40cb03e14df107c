import { ProtocolError, type RestCall } from "@conn/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fundingInfo, openInterest, tickers } from "../src/market-info-rest.js";

const symbols = (count: number): string[] => Array.from({ length: count }, (_, index) => `S${index}USDT`);
const read = <Answer>(call: RestCall<Answer> | undefined, body: unknown): Answer => {
  if (call === undefined) throw new Error("no such call");
  return call.parse(Buffer.from(typeof body === "string" ? body : JSON.stringify(body)));
};
const shown = (calls: readonly RestCall<unknown>[]): string[] =>
  calls.map(({ path, query, cost }) => `${path} ${query?.symbol ?? "*"} ${Object.values(cost).join()}`);

describe("calls", () => {
  it("ask for each symbol while that weighs less than to ask for all", () => {
    expect(shown(tickers(["BTCUSDT"]))).toEqual([
      "/fapi/v1/ticker/24hr BTCUSDT 1",
      "/fapi/v1/ticker/bookTicker BTCUSDT 2",
    ]);
    expect(shown(tickers(["A", "B", "C"]))).toEqual([
      "/fapi/v1/ticker/24hr A 1",
      "/fapi/v1/ticker/24hr B 1",
      "/fapi/v1/ticker/24hr C 1",
      "/fapi/v1/ticker/bookTicker * 5",
    ]);
    expect(shown(tickers(symbols(40)))).toEqual([
      "/fapi/v1/ticker/24hr * 40",
      "/fapi/v1/ticker/bookTicker * 5",
    ]);
    expect(shown(fundingInfo(["BTCUSDT"]))).toEqual([
      "/fapi/v1/premiumIndex BTCUSDT 1",
      "/fapi/v1/fundingInfo * 1",
    ]);
    expect(shown(fundingInfo(symbols(10)))).toEqual([
      "/fapi/v1/premiumIndex * 10",
      "/fapi/v1/fundingInfo * 1",
    ]);
  });

  it("never weigh more than asking for all does", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 700 }), (count) => {
        const weigh = (calls: readonly RestCall<unknown>[]): number =>
          calls.reduce((sum, { cost }) => sum + (cost.requestWeight ?? 0), 0);
        expect(weigh(tickers(symbols(count)))).toBe(Math.min(count, 40) + Math.min(2 * count, 5));
        expect(weigh(fundingInfo(symbols(count)))).toBe(Math.min(count, 10));
      }),
    );
  });
});

describe("answers", () => {
  const STATISTICS = {
    symbol: "BTCUSDT",
    priceChange: "-1.250",
    lastPrice: "142.370",
    openPrice: "143.620",
    highPrice: "144.010",
    lowPrice: "139.880",
    volume: "81234.56",
    quoteVolume: "11532001.77",
    openTime: 1789913580000,
    closeTime: 1790000002340,
    count: 76,
  };

  it("of statistics are read, of one and of all", () => {
    const [call] = tickers(["BTCUSDT"]);
    const message = {
      type: "ticker",
      exchangeSymbol: "BTCUSDT",
      exchangeTimestamp: 1790000002340,
      lastPrice: "142.370",
      openPrice: "143.620",
      highPrice: "144.010",
      lowPrice: "139.880",
      baseVolume: "81234.56",
      quoteVolume: "11532001.77",
    };
    expect(read(call, STATISTICS)).toEqual([message]);
    expect(read(call, [STATISTICS, { symbol: "NEWUSDT", count: 0 }])).toEqual([
      message,
      { type: "ticker", exchangeSymbol: "NEWUSDT", exchangeTimestamp: undefined },
    ]);
  });

  it("of best prices are read; a side without orders has none", () => {
    const call = tickers(["BTCUSDT"])[1];
    const row = { symbol: "BTCUSDT", bidPrice: "4.0", bidQty: "431", askPrice: "0.00", askQty: "0.000" };
    expect(read(call, { ...row, time: 5, lastUpdateId: 7 })).toEqual([
      {
        type: "ticker",
        exchangeSymbol: "BTCUSDT",
        exchangeTimestamp: 5,
        bestBid: "4.0",
        bestBidAmount: "431",
        bestAsk: null,
        bestAskAmount: null,
      },
    ]);
  });

  it("of premium indexes are read; what is empty is not spoken of", () => {
    const [call] = fundingInfo(["BTCUSDT"]);
    const row = {
      symbol: "BTCUSDT",
      markPrice: "0.81234567",
      indexPrice: "0.81220000",
      estimatedSettlePrice: "0.81201122",
      lastFundingRate: "-0.00012345",
      interestRate: "0.00010000",
      nextFundingTime: 1790006400000,
      time: 1790000003000,
    };
    const delivery = { ...row, symbol: "D", indexPrice: "0", lastFundingRate: "", nextFundingTime: 0 };
    expect(read(call, [row, delivery])).toEqual([
      {
        type: "funding",
        exchangeSymbol: "BTCUSDT",
        exchangeTimestamp: 1790000003000,
        markPrice: "0.81234567",
        indexPrice: "0.81220000",
        fundingRate: "-0.00012345",
        nextFundingTimestamp: 1790006400000,
      },
      {
        type: "funding",
        exchangeSymbol: "D",
        exchangeTimestamp: 1790000003000,
        markPrice: "0.81234567",
      },
    ]);
  });

  it("of intervals are read; who is not listed has the usual one", () => {
    const call = fundingInfo(["AUSDT", "BUSDT"]).at(-1);
    const listed = { symbol: "BUSDT", fundingIntervalHours: 4, adjustedFundingRateCap: "0.02" };
    expect(read(call, [{ ...listed, symbol: "CUSDT" }, listed])).toMatchObject([
      { exchangeSymbol: "AUSDT", exchangeTimestamp: undefined, fundingIntervalMs: 8 * 3_600_000 },
      { exchangeSymbol: "BUSDT", exchangeTimestamp: undefined, fundingIntervalMs: 4 * 3_600_000 },
    ]);
    expect(read(call, [])).toHaveLength(2);
  });

  it("of open interest are read exactly", () => {
    const call = openInterest("BTCUSDT");
    expect([call.path, call.query]).toEqual(["/fapi/v1/openInterest", { symbol: "BTCUSDT" }]);
    const answer = read(call, `{"openInterest":"20418.70312345678901234","symbol":"BTCUSDT","time":9}`);
    expect(answer.openInterest.toFixed()).toBe("20418.70312345678901234");
    expect(answer.exchangeTimestamp).toBe(9);
  });

  it("that are malformed are refused", () => {
    const [statistics, best] = tickers(["BTCUSDT"]);
    const [premium, intervals] = fundingInfo(["BTCUSDT"]);
    const calls: readonly (RestCall<unknown> | undefined)[] = [
      statistics,
      best,
      premium,
      intervals,
      openInterest("BTCUSDT"),
    ];
    for (const call of calls) {
      for (const body of ["", "null", "5", "[[]]", "[{]", "<html>", '[{"time":"x"}]', "[{}]"])
        expect(() => read(call, body)).toThrow(ProtocolError);
    }
    expect(() => read(premium, [{ symbol: "A", markPrice: "x" }])).toThrow(ProtocolError);
    expect(() => read(statistics, { ...STATISTICS, lastPrice: "1e" })).toThrow(ProtocolError);
    expect(() => read(intervals, [{ symbol: "A", fundingIntervalHours: 0 }])).toThrow(ProtocolError);
  });
});
