import { FrameSink, ProtocolError, VenueError } from "@conn/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseMarketFrame } from "../src/market-frame.js";
import { tickers } from "../src/tickers.js";

const ROW = {
  h: "40210.50",
  l: "38990.10",
  a: "39871.201234567890123",
  c: "-0.0123",
  b: "39870.000000",
  bs: "0.1000",
  k: "39872.40",
  ks: "0.2000",
  i: "BTC_USDT",
  v: "1203.4410",
  vv: "47801234.55",
  oi: "0",
  t: 1790000002345,
};
const MESSAGE = {
  type: "ticker",
  exchangeSymbol: "BTC_USDT",
  exchangeTimestamp: 1790000002345,
  lastPrice: "39871.201234567890123",
  bestBid: "39870.000000",
  bestBidAmount: "0.1000",
  bestAsk: "39872.40",
  bestAskAmount: "0.2000",
  highPrice: "40210.50",
  lowPrice: "38990.10",
  baseVolume: "1203.4410",
};

const frameOf = (row: object, id = -1): string =>
  JSON.stringify({
    id,
    method: "subscribe",
    code: 0,
    result: {
      instrument_name: "BTC_USDT",
      subscription: "ticker.BTC_USDT",
      channel: "ticker",
      data: [row],
    },
  });
function parse(bytes: string | Uint8Array): readonly unknown[] {
  const sink = new FrameSink();
  parseMarketFrame(Buffer.from(bytes), sink, new Set());
  return [...sink.messages];
}
const answer = (result: unknown, code: number | string = 0): Uint8Array =>
  Buffer.from(JSON.stringify({ id: -1, method: "public/get-tickers", code, result }));
const read = (body: Uint8Array): readonly unknown[] | undefined => tickers(["BTC_USDT"])[0]?.parse(body);

describe("a ticker frame", () => {
  it("is read; the first one acknowledges its subscription", () => {
    expect(parse(frameOf(ROW))).toEqual([MESSAGE]);
    expect(parse(frameOf(ROW, 7))).toEqual([MESSAGE, { type: "acknowledged", requestId: 7 }]);
  });

  it("says what there is none of, and does not speak of what is missing or empty", () => {
    const { ks: _, ...some } = { ...ROW, a: null, b: null, bs: null, k: "0.00", v: "0", h: "" };
    const [message] = parse(frameOf(some));
    expect(message).toEqual({
      ...MESSAGE,
      lastPrice: null,
      bestBid: null,
      bestBidAmount: null,
      bestAsk: null,
      bestAskAmount: undefined,
      baseVolume: "0",
      highPrice: undefined,
    });
    expect(message).not.toHaveProperty("bestAskAmount");
  });

  it("takes numbers that are not in quotes as they are written", () => {
    const raw = frameOf(ROW).replace('"39871.201234567890123"', "39871.201234567890123");
    expect(parse(raw)).toEqual([MESSAGE]);
  });

  it.each<[string, object]>([
    ["without instrument", { ...ROW, i: undefined }],
    ["without time", { ...ROW, t: undefined }],
    ["with a broken price", { ...ROW, a: "1,5" }],
    ["with a price that is a list", { ...ROW, b: ["1"] }],
  ])("is refused %s", (_what, row) => {
    expect(() => parse(frameOf(row))).toThrow(ProtocolError);
  });

  it("is refused as a typed error or read, whichever bytes of it are wrong", () => {
    const flips = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 });
    fc.assert(
      fc.property(flips, fc.nat(), (wrong, length) => {
        const bytes = Buffer.from(frameOf(ROW));
        for (const [at, value] of wrong) bytes[at % bytes.length] = value;
        for (const data of [bytes, bytes.subarray(0, length % bytes.length)]) {
          try {
            parse(data);
          } catch (error) {
            expect(error).toBeInstanceOf(ProtocolError);
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("tickers by REST", () => {
  it("are asked for in one call, whether of one or of many", () => {
    const [one, ...others] = tickers(["BTC_USDT"]);
    expect([one?.path, one?.query, one?.cost]).toEqual([
      "/public/get-tickers",
      { instrument_name: "BTC_USDT" },
      { "public/get-tickers": 1 },
    ]);
    expect(others).toEqual([]);
    expect(tickers(["BTC_USDT", "ETH_USDT"]).map(({ query }) => query)).toEqual([{}]);
  });

  it("are read", () => {
    const { bs: _bs, ks: _ks, ...row } = ROW;
    const { bestBidAmount: _bid, bestAskAmount: _ask, ...message } = MESSAGE;
    expect(read(answer({ data: [row, { ...row, i: "ETH_USDT", a: null }] }))).toEqual([
      message,
      { ...message, exchangeSymbol: "ETH_USDT", lastPrice: null },
    ]);
    expect(read(answer({ data: [] }, "0"))).toEqual([]);
  });

  it("are refused in the venue's words, also with HTTP status 200", () => {
    for (const code of [40004, "40004"]) {
      expect(() => read(answer(undefined, code))).toThrow(VenueError);
      expect(() => read(answer(null, code))).toThrow(expect.objectContaining({ venueCode: "40004" }));
    }
  });

  it("are refused if they are malformed", () => {
    for (const result of [undefined, null, {}, { data: {} }, { data: [{}] }, { data: [{ ...ROW, a: "x" }] }])
      expect(() => read(answer(result))).toThrow(ProtocolError);
    for (const text of ["", "[]", "<html>", `{"result":{"data":[]}}`])
      expect(() => read(Buffer.from(text))).toThrow(ProtocolError);
  });
});
