import { describe, expect, it } from "vitest";
import type { FundingMessage, TickerMessage } from "../../src/market-data/index.js";
import { MarketInfo } from "../../src/market-data/index.js";

const PAIR = "BTC-USDT";
const funding = (exchangeTimestamp: number, fields: Partial<FundingMessage> = {}): FundingMessage => ({
  type: "funding",
  exchangeSymbol: "BTCUSDT",
  exchangeTimestamp,
  ...fields,
});
const ticker = (exchangeTimestamp: number, fields: Partial<TickerMessage> = {}): TickerMessage => ({
  type: "ticker",
  exchangeSymbol: "BTCUSDT",
  exchangeTimestamp,
  ...fields,
});
const WHOLE = {
  markPrice: "100.5",
  indexPrice: "100.25",
  fundingRate: "-0.0001",
  nextFundingTimestamp: 9_000,
};

/** Numbers as text, so that they can be compared. */
const plain = (value: object | undefined): unknown => JSON.parse(JSON.stringify(value ?? null));

function setUp() {
  const told: unknown[] = [];
  const info = new MarketInfo({
    onTicker: (one) => told.push(plain(one)),
    onFundingInfo: (one) => told.push(plain(one)),
  });
  return { info, told };
}

describe("funding", () => {
  it("is told as soon as it is whole, and then with every news", () => {
    const { info, told } = setUp();
    info.merge(PAIR, funding(10, { markPrice: "100.5", indexPrice: "100.25" }), 11);
    expect(info.fundingInfo(PAIR)).toBeUndefined();
    info.merge(PAIR, funding(10, { fundingRate: "-0.0001" }), 12);
    expect(told).toEqual([]);
    info.merge(PAIR, funding(10, { nextFundingTimestamp: 9_000 }), 13);
    const whole = { tradingPair: PAIR, ...WHOLE, exchangeTimestamp: 10, receivedTimestamp: 13 };
    expect(told).toEqual([whole]);
    expect(plain(info.fundingInfo(PAIR))).toEqual(whole);
    info.merge(PAIR, funding(20, { markPrice: "101" }), 21);
    info.merge(PAIR, funding(20, { markPrice: "101" }), 22);
    info.merge(PAIR, funding(15, WHOLE), 23);
    expect(told.slice(1)).toEqual([
      { ...whole, markPrice: "101", exchangeTimestamp: 20, receivedTimestamp: 21 },
      // The parts that were known only as of 10.
      { ...whole, markPrice: "101", exchangeTimestamp: 20, receivedTimestamp: 23 },
    ]);
    info.merge(PAIR, funding(30, { fundingIntervalMs: 8 }), 31);
    expect(plain(info.fundingInfo(PAIR))).toMatchObject({ fundingIntervalMs: 8, markPrice: "101" });
  });

  it("is exact", () => {
    const { info } = setUp();
    const fundingRate = "0.000012345678901234567890123456789";
    info.merge(PAIR, funding(1, { ...WHOLE, fundingRate }), 1);
    expect(info.fundingInfo(PAIR)?.fundingRate.toFixed()).toBe(fundingRate);
  });

  it("takes nothing of a message with a number that is none", () => {
    const { info, told } = setUp();
    info.merge(PAIR, funding(1, WHOLE), 1);
    expect(() => info.merge(PAIR, funding(2, { markPrice: "5", indexPrice: "five" }), 2)).toThrow();
    expect(info.fundingInfo(PAIR)?.markPrice.toFixed()).toBe("100.5");
    expect(told).toHaveLength(1);
  });
});

describe("a ticker", () => {
  it("keeps what a message does not speak of, and drops what the venue says is not there", () => {
    const { info, told } = setUp();
    info.merge(PAIR, ticker(1, { bestBid: "9", bestAsk: "11" }), 1);
    expect(told).toEqual([]);
    info.merge(PAIR, ticker(2, { lastPrice: "10", baseVolume: "0" }), 2);
    expect(plain(info.ticker(PAIR))).toEqual({
      tradingPair: PAIR,
      lastPrice: "10",
      bestBid: "9",
      bestAsk: "11",
      baseVolume: "0",
      exchangeTimestamp: 2,
      receivedTimestamp: 2,
    });
    info.merge(PAIR, ticker(3, { bestBid: null }), 3);
    expect(info.ticker(PAIR)).not.toHaveProperty("bestBid");
    expect(info.ticker(PAIR)?.bestAsk?.toFixed()).toBe("11");
    info.merge(PAIR, ticker(4, { lastPrice: null }), 4);
    expect(info.ticker(PAIR)).toBeUndefined();
    expect(told).toHaveLength(2);
  });

  it("is one thing, funding of the pair another, and both can be forgotten", () => {
    const { info } = setUp();
    info.merge(PAIR, ticker(1, { lastPrice: "1" }), 1);
    info.merge(PAIR, funding(1, WHOLE), 1);
    info.merge("ETH-USDT", ticker(1, { lastPrice: "2" }), 1);
    info.forget(PAIR);
    expect([info.ticker(PAIR), info.fundingInfo(PAIR)]).toEqual([undefined, undefined]);
    expect(info.ticker("ETH-USDT")?.lastPrice.toFixed()).toBe("2");
  });
});
