import { type FrameMessage, FrameSink, ProtocolError } from "@conn/core";
import { describe, expect, it } from "vitest";
import { parseDepthSnapshot, parseMarketFrame } from "../src/market-frame.js";

function parse(frame: unknown): { messages: readonly FrameMessage[]; levels: [number, number, number][] } {
  const sink = new FrameSink();
  parseMarketFrame(Buffer.from(typeof frame === "string" ? frame : JSON.stringify(frame)), sink);
  const levels = Array.from({ length: sink.levels.length }, (_, index): [number, number, number] => [
    sink.levels.sides[index] as number,
    sink.levels.prices[index] as number,
    sink.levels.amounts[index] as number,
  ]);
  return { messages: [...sink.messages], levels };
}

const DEPTH = {
  e: "depthUpdate",
  E: 1626992741037,
  T: 1626992741024,
  s: "SUSHIUSDT",
  ps: "SUSHIUSDT",
  st: 1,
  U: 600859599090,
  u: 600859600917,
  pu: 600859598061,
  b: [["7.5040", "813"]],
  a: [["7.6150", "0"]],
};
const TRADE = {
  e: "aggTrade",
  E: 1626992741575,
  a: 16599292,
  s: "CTKUSDT",
  p: "1.01100",
  q: "10",
  nq: "10",
  f: 1,
  l: 1,
  T: 1626992741421,
  m: false,
};
const wrap = (data: object): object => ({ stream: "x", data });

describe("parseMarketFrame", () => {
  it("reads a depth update", () => {
    const { messages, levels } = parse(wrap(DEPTH));
    expect(messages).toEqual([
      {
        type: "depth",
        kind: "diff",
        exchangeSymbol: "SUSHIUSDT",
        from: 0,
        to: 2,
        firstUpdateId: 600859599090,
        lastUpdateId: 600859600917,
        previousUpdateId: 600859598061,
        exchangeTimestamp: 1626992741024,
      },
    ]);
    expect(levels).toEqual([
      [0, 7.504, 813],
      [1, 7.615, 0],
    ]);
  });

  it("reads fields in any order and skips those it does not know", () => {
    const reversed = Object.fromEntries(
      [...Object.entries({ ...DEPTH, news: { b: [1], x: "}" } })].reverse(),
    );
    expect(parse({ data: reversed, stream: "x", more: [1] }).messages).toMatchObject([
      { lastUpdateId: DEPTH.u },
    ]);
  });

  it.each([
    [false, "buy"],
    [true, "sell"],
  ])("reads an aggregate trade; buyer is maker: %s, so the taker's side is %s", (m, side) => {
    expect(parse(wrap({ ...TRADE, m })).messages).toEqual([
      {
        type: "trade",
        exchangeSymbol: "CTKUSDT",
        tradeId: "16599292",
        side,
        price: "1.01100",
        amount: "10",
        exchangeTimestamp: 1626992741421,
      },
    ]);
  });

  it("reads answers to subscription requests", () => {
    expect(parse({ result: null, id: 3 }).messages).toEqual([{ type: "acknowledged", requestId: 3 }]);
    expect(parse({ id: 3, code: 2, msg: "Invalid request" }).messages).toEqual([
      { type: "refused", requestId: 3, venueCode: "2", message: "Invalid request" },
    ]);
    expect(parse({ error: { code: -1, msg: "no" }, id: null }).messages).toEqual([
      { type: "refused", requestId: undefined, venueCode: "-1", message: "no" },
    ]);
  });

  it("names what it does not know", () => {
    expect(parse(wrap({ e: "bookTicker", b: "1", a: "2" })).messages).toEqual([
      { type: "unknown", what: "event bookTicker" },
    ]);
    expect(parse({ hello: 1 }).messages).toEqual([{ type: "unknown", what: "a frame without data" }]);
  });

  const without = (key: keyof typeof DEPTH): object =>
    wrap(Object.fromEntries(Object.entries(DEPTH).filter(([name]) => name !== key)));
  it.each([
    ["no JSON", "hello"],
    ["nothing", ""],
    ["a JSON array", "[]"],
    ["a truncated frame", JSON.stringify(wrap(DEPTH)).slice(0, -5)],
    ["two frames in one", `${JSON.stringify(wrap(DEPTH))}{}`],
    ["no s", without("s")],
    ["no U", without("U")],
    ["no u", without("u")],
    ["no pu", without("pu")],
    ["no b", without("b")],
    ["no a", without("a")],
    ["no T", without("T")],
    ["no e", without("e")],
    ["U above u", wrap({ ...DEPTH, U: DEPTH.u + 1 })],
    ["u as a fraction", wrap({ ...DEPTH, u: 1.5 })],
    ["a null id", wrap({ ...DEPTH, pu: null })],
    ["bids as an object", wrap({ ...DEPTH, b: {} })],
    ["a level without amount", wrap({ ...DEPTH, b: [["1"]] })],
    ["a level that is a string", wrap({ ...DEPTH, b: ["1"] })],
    ["a price that is no number", wrap({ ...DEPTH, b: [["x", "1"]] })],
    ["a negative amount", wrap({ ...DEPTH, b: [["1", "-1"]] })],
    ["a trade without price", wrap({ ...TRADE, p: undefined })],
    ["a trade with a broken price", wrap({ ...TRADE, p: "1,5" })],
  ])("refuses %s", (_what, frame) => {
    expect(() => parse(frame)).toThrow(ProtocolError);
  });

  it("keeps numbers that no double holds", () => {
    const sink = new FrameSink();
    parseMarketFrame(
      Buffer.from(JSON.stringify(wrap({ ...DEPTH, b: [["12345.678901234567890123", "1e-7"]], a: [] }))),
      sink,
    );
    expect(sink.levels.exact.get(0)).toEqual({ price: "12345.678901234567890123", amount: "0.0000001" });
  });
});

describe("parseDepthSnapshot", () => {
  it("reads a snapshot", () => {
    const sink = new FrameSink();
    const body = {
      lastUpdateId: 5,
      E: 1,
      T: 2,
      bids: [["1.0", "2"]],
      asks: [
        ["3", "4"],
        ["5", "6"],
      ],
    };
    parseDepthSnapshot(Buffer.from(JSON.stringify(body)), "BTCUSDT", sink);
    expect(sink.messages).toMatchObject([
      { kind: "snapshot", lastUpdateId: 5, from: 0, to: 3, exchangeTimestamp: 2 },
    ]);
    expect([...sink.levels.sides.subarray(0, 3)]).toEqual([0, 1, 1]);
  });

  it("refuses an incomplete one", () => {
    const sink = new FrameSink();
    expect(() => parseDepthSnapshot(Buffer.from(`{"lastUpdateId":1,"bids":[]}`), "X", sink)).toThrow(
      ProtocolError,
    );
    expect(() => parseDepthSnapshot(Buffer.from(`{"bids":[],"asks":[]}`), "X", sink)).toThrow(ProtocolError);
  });
});
