import { type FrameMessage, FrameSink, ProtocolError } from "@conn/core";
import { describe, expect, it } from "vitest";
import { parseMarketFrame } from "../src/market-frame.js";

function parse(data: object): readonly FrameMessage[] {
  const sink = new FrameSink();
  parseMarketFrame(Buffer.from(JSON.stringify({ stream: "x", data })), sink);
  return [...sink.messages];
}

const TICKER = {
  e: "24hrTicker",
  E: 1790000002345,
  s: "SOLUSDT",
  ps: "SOLUSDT",
  p: "-1.2500",
  P: "0.886",
  w: "141.9612",
  c: "142.3700",
  Q: "3.10",
  o: "141.1200",
  h: "144.0100",
  l: "139.8800",
  v: "81234.56",
  q: "11532001.7703",
  O: 1789913580000,
  C: 1790000002340,
  F: 500100,
  L: 512200,
  n: 12101,
  st: 1,
};
const MARK_PRICE = {
  e: "markPriceUpdate",
  E: 1790000003000,
  s: "ADAUSDT",
  p: "0.81234567",
  ap: "0.81234567",
  P: "0.81201122",
  i: "0.81220000",
  r: "-0.00012345",
  T: 1790006400000,
  st: 1,
};

describe("a ticker event", () => {
  it("is read, with the venue's 24 hours and without best prices", () => {
    expect(parse(TICKER)).toEqual([
      {
        type: "ticker",
        exchangeSymbol: "SOLUSDT",
        exchangeTimestamp: 1790000002345,
        lastPrice: "142.3700",
        openPrice: "141.1200",
        highPrice: "144.0100",
        lowPrice: "139.8800",
        baseVolume: "81234.56",
        quoteVolume: "11532001.7703",
      },
    ]);
  });

  it("says that there is no price where the venue writes zero, and that there was no volume", () => {
    const none = { ...TICKER, c: "0.00", o: "0", h: "0.0000", l: 0, v: "0", q: "0.00" };
    expect(parse(none)).toMatchObject([
      {
        lastPrice: null,
        openPrice: null,
        highPrice: null,
        lowPrice: null,
        baseVolume: "0",
        quoteVolume: "0.00",
      },
    ]);
  });

  it("does not speak of what is missing or empty", () => {
    const { h: _, ...rest } = { ...TICKER, c: null, o: "" };
    const [message] = parse(rest);
    expect(message).toMatchObject({ lowPrice: "139.8800" });
    expect(message).toMatchObject({ lastPrice: undefined, openPrice: undefined });
    expect(message).not.toHaveProperty("highPrice");
  });
});

describe("a mark price event", () => {
  it("is read", () => {
    expect(parse(MARK_PRICE)).toEqual([
      {
        type: "funding",
        exchangeSymbol: "ADAUSDT",
        exchangeTimestamp: 1790000003000,
        markPrice: "0.81234567",
        indexPrice: "0.81220000",
        fundingRate: "-0.00012345",
        nextFundingTimestamp: 1790006400000,
      },
    ]);
  });

  it("does not speak of what is missing, null, empty or zero, but of a rate of zero", () => {
    const nothing = {
      markPrice: undefined,
      indexPrice: undefined,
      fundingRate: undefined,
      nextFundingTimestamp: undefined,
    };
    const { e, E, s } = MARK_PRICE;
    for (const fields of [
      {},
      { p: null, i: null, r: null, T: null },
      { p: "", i: "", r: "", T: 0 },
      { p: "0.00000000", i: "0" },
    ])
      expect(parse({ e, E, s, ...fields })).toMatchObject([nothing]);
    expect(parse({ e, E, s, r: "0.00000000", i: "12.5" })).toMatchObject([
      { ...nothing, fundingRate: "0.00000000", indexPrice: "12.5" },
    ]);
  });
});

describe("market info that is malformed", () => {
  it.each<[string, object]>([
    ["a ticker without symbol", { ...TICKER, s: undefined }],
    ["a ticker without time", { ...TICKER, E: undefined }],
    ["a ticker with a broken price", { ...TICKER, c: "1,5" }],
    ["a ticker with a price that is an object", { ...TICKER, h: {} }],
    ["a mark price without symbol", { ...MARK_PRICE, s: undefined }],
    ["a mark price without time", { ...MARK_PRICE, E: undefined }],
    ["a mark price that is no number", { ...MARK_PRICE, p: "much" }],
    ["a rate that is no number", { ...MARK_PRICE, r: [] }],
    ["a funding time with a fraction", { ...MARK_PRICE, T: 1.5 }],
  ])("is refused: %s", (_what, data) => {
    expect(() => parse(data)).toThrow(ProtocolError);
  });
});
