import { type FrameMessage, FrameSink, ProtocolError } from "@conn/core";
import { describe, expect, it } from "vitest";
import { parseMarketFrame } from "../src/market-frame.js";

function parse(frame: unknown, begun = new Set<string>()) {
  const sink = new FrameSink();
  parseMarketFrame(Buffer.from(typeof frame === "string" ? frame : JSON.stringify(frame)), sink, begun);
  const { sides, prices, amounts, length } = sink.levels;
  const levels = Array.from({ length }, (_, row) => [sides[row], prices[row], amounts[row]]);
  return { messages: [...sink.messages] as FrameMessage[], levels };
}

const channel = (name: string, data: unknown): object => ({
  id: -1,
  method: "subscribe",
  code: 0,
  result: { instrument_name: "BTC_USDT", subscription: `${name}.BTC_USDT.50`, channel: name, data },
});
const SNAPSHOT = {
  asks: [["30082.5", "0.1689", "1"]],
  bids: [["30077.0", "0.5", "1"]],
  t: 1654780033786,
  tt: 1654780033755,
  u: 542048017824,
  cs: 0,
};
const UPDATE = {
  update: { asks: [["30083.5", "0", "0"]], bids: [] },
  t: 1,
  tt: 1,
  u: 542048017900,
  pu: 542048017824,
  cs: 0,
};

describe("parseMarketFrame", () => {
  it("reads a snapshot", () => {
    const { messages, levels } = parse(channel("book", [SNAPSHOT]));
    expect(messages).toMatchObject([
      {
        kind: "snapshot",
        exchangeSymbol: "BTC_USDT",
        lastUpdateId: 542048017824,
        exchangeTimestamp: 1654780033786,
        to: 2,
      },
    ]);
    expect(levels.toSorted()).toEqual([
      [0, 30077, 0.5],
      [1, 30082.5, 0.1689],
    ]);
  });

  it("reads an update, and an empty one", () => {
    expect(parse(channel("book.update", [UPDATE])).messages).toMatchObject([
      { kind: "diff", lastUpdateId: 542048017900, previousUpdateId: 542048017824, from: 0, to: 1 },
    ]);
    const empty = { ...UPDATE, update: { asks: [], bids: [] } };
    expect(parse(channel("book.update", [empty])).messages).toMatchObject([{ kind: "diff", from: 0, to: 0 }]);
  });

  it("keeps ids beyond 2^53 apart", () => {
    const text = JSON.stringify(channel("book.update", [UPDATE])).replace("542048017900", "9007199254740993");
    expect(parse(text).messages).toMatchObject([{ lastUpdateId: 9007199254740993n }]);
  });

  it("reads trades, oldest first, and tells the backlog of a subscription", () => {
    const rows = [
      { d: "4611686018455979971", t: 2, p: "1.5", q: "2", s: "SELL", i: "BTC_USDT" },
      { d: "4611686018455979970", t: 1, p: "1.4", q: "3", s: "BUY", i: "BTC_USDT" },
    ];
    const begun = new Set<string>();
    const facts = { type: "trade", exchangeSymbol: "BTC_USDT" };
    expect(parse(channel("trade", rows), begun).messages).toEqual([
      {
        ...facts,
        tradeId: "4611686018455979970",
        side: "buy",
        price: "1.4",
        amount: "3",
        exchangeTimestamp: 1,
        backlog: true,
      },
      {
        ...facts,
        tradeId: "4611686018455979971",
        side: "sell",
        price: "1.5",
        amount: "2",
        exchangeTimestamp: 2,
        backlog: true,
      },
    ]);
    expect(parse(channel("trade", rows), begun).messages).toMatchObject([
      { backlog: false },
      { backlog: false },
    ]);
  });

  it("answers a heartbeat with its id", () => {
    expect(parse({ id: 1587523073344, method: "public/heartbeat", code: 0 }).messages).toEqual([
      { type: "heartbeat", reply: '{"id":1587523073344,"method":"public/respond-heartbeat"}' },
    ]);
  });

  it("reads answers to requests", () => {
    expect(parse({ id: 7, method: "subscribe", code: 0 }).messages).toEqual([
      { type: "acknowledged", requestId: 7 },
    ]);
    // Channels without an acknowledgement answer with their first data.
    expect(parse({ ...channel("trade", []), id: 7 }).messages).toEqual([
      { type: "acknowledged", requestId: 7 },
    ]);
    expect(parse({ id: 7, method: "subscribe", code: 40004, message: "bad" }).messages).toEqual([
      { type: "refused", requestId: 7, venueCode: "40004", message: "bad" },
    ]);
    expect(parse({ id: -1, method: "ERROR", code: 40003, message: "x" }).messages).toMatchObject([
      { type: "refused", requestId: undefined },
    ]);
  });

  it("names what it does not know", () => {
    expect(parse({ id: 1, method: "public/news", code: 0 }).messages).toEqual([
      { type: "unknown", what: "method public/news" },
    ]);
    expect(parse(channel("candlestick", [])).messages).toEqual([
      { type: "unknown", what: "channel candlestick" },
    ]);
  });

  it.each([
    ["no JSON", "hello"],
    ["an update without pu", channel("book.update", [{ ...UPDATE, pu: undefined }])],
    ["a book without u", channel("book", [{ ...SNAPSHOT, u: undefined }])],
    ["a book without asks", channel("book", [{ ...SNAPSHOT, asks: undefined }])],
    [
      "data without instrument",
      { id: -1, method: "subscribe", code: 0, result: { channel: "book", data: [] } },
    ],
    [
      "data without channel",
      { id: -1, method: "subscribe", code: 0, result: { instrument_name: "X", data: [] } },
    ],
    ["a trade without side", channel("trade", [{ d: "1", t: 1, p: "1", q: "1" }])],
    ["a trade of an unknown side", channel("trade", [{ d: "1", t: 1, p: "1", q: "1", s: "MAYBE" }])],
  ])("refuses %s", (_what, frame) => {
    expect(() => parse(frame)).toThrow(ProtocolError);
  });
});
