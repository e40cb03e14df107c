import { ProtocolError } from "@conn/core";
import { describe, expect, test } from "vitest";
import { readFrame, readSnapshot } from "../read-frame.ts";
import { gate, gateOrderBookV2 } from "./gate.ts";
import { gateFutures, gateFuturesOrderBookV2 } from "./gate-futures.ts";

const update = {
  t: 1700000000123,
  e: "depthUpdate",
  E: 1700000000,
  s: "ABC_USDT",
  U: 101,
  u: 103,
  l: "100",
  b: [["0.5", "0"]],
  a: [["0.51", "12345678901234567.5"]],
};
const read = {
  kind: "diff",
  exchangeSymbol: "ABC_USDT",
  firstUpdateId: 101,
  lastUpdateId: 103,
  exchangeTimestamp: 1700000000123,
  rows: [
    ["bid", "0.5", "0"],
    ["ask", "0.51", "12345678901234567.5"],
  ],
};

describe("order_book_update", () => {
  test("of spot is a diff with both ids", () => {
    const frame = { time: 1, time_ms: 1, channel: "spot.order_book_update", event: "update", result: update };
    expect(readFrame(gate, frame).messages).toEqual([read]);
  });

  test("reads the same when the fields stand in another order", () => {
    const frame = { result: update, event: "update", channel: "spot.order_book_update", error: null };
    expect(readFrame(gate, frame).messages).toEqual([read]);
  });

  test("of futures has levels that are objects, and contracts for amounts", () => {
    const result = { t: 5, s: "ABC_USDT", U: 7, u: 7, b: [{ p: "9", s: 3 }], a: [{ s: 0, p: "10" }] };
    const frame = { channel: "futures.order_book_update", event: "update", result };
    expect(readFrame(gateFutures, frame).messages).toEqual([
      {
        kind: "diff",
        exchangeSymbol: "ABC_USDT",
        firstUpdateId: 7,
        lastUpdateId: 7,
        exchangeTimestamp: 5,
        rows: [
          ["bid", "9", "3"],
          ["ask", "10", "0"],
        ],
      },
    ]);
  });

  test("without its ids is malformed", () => {
    const { U: _, ...result } = update;
    const frame = { channel: "spot.order_book_update", event: "update", result };
    expect(() => readFrame(gate, frame)).toThrow(ProtocolError);
  });

  test("takes its snapshot from REST", () => {
    const spot = { id: 100, current: 1700000000000, update: 1700000000000, asks: [["2", "1"]], bids: [] };
    expect(readSnapshot(gate, "ABC_USDT", spot).messages).toEqual([
      { kind: "snapshot", exchangeSymbol: "ABC_USDT", lastUpdateId: 100, rows: [["ask", "2", "1"]] },
    ]);
    const futures = { id: 100, current: 1700000000.1, asks: [], bids: [{ p: "1.5", s: 20 }] };
    expect(readSnapshot(gateFutures, "ABC_USDT", futures).messages).toEqual([
      { kind: "snapshot", exchangeSymbol: "ABC_USDT", lastUpdateId: 100, rows: [["bid", "1.5", "20"]] },
    ]);
    expect(() => readSnapshot(gate, "ABC_USDT", { asks: [], bids: [] })).toThrow(ProtocolError);
  });

  test("knows whose snapshot a REST answer is", () => {
    const host = "https://api.gateio.ws/api/v4";
    const body = new Uint8Array();
    expect(gate.snapshotSymbol?.(`${host}/spot/order_book?currency_pair=A_B&with_id=true`, body)).toBe("A_B");
    expect(gate.snapshotSymbol?.(`${host}/spot/currency_pairs`, body)).toBeUndefined();
    expect(gateFutures.snapshotSymbol?.(`${host}/futures/usdt/order_book?contract=A_B`, body)).toBe("A_B");
  });
});

describe("obu", () => {
  test("begins with the whole book, which is known by full", () => {
    const result = { t: 5, full: true, s: "ob.ABC_USDT.50", u: 9, b: [["1", "2"]], a: [["3", "4"]] };
    const frame = { channel: "spot.obu", result, time_ms: 6, event: "update" };
    expect(readFrame(gateOrderBookV2, frame).messages).toEqual([
      {
        kind: "snapshot",
        exchangeSymbol: "ABC_USDT",
        lastUpdateId: 9,
        exchangeTimestamp: 5,
        rows: [
          ["bid", "1", "2"],
          ["ask", "3", "4"],
        ],
      },
    ]);
  });

  test("goes on with changes, of which a side may be missing", () => {
    const result = { t: 5, s: "ob.ABC_USDT.50", U: 10, u: 11, b: [["1", "0"]] };
    const frame = { channel: "futures.obu", event: "update", result };
    expect(readFrame(gateFuturesOrderBookV2, frame).messages).toEqual([
      {
        kind: "diff",
        exchangeSymbol: "ABC_USDT",
        firstUpdateId: 10,
        lastUpdateId: 11,
        exchangeTimestamp: 5,
        rows: [["bid", "1", "0"]],
      },
    ]);
  });
});

test("passes over what says nothing of levels", () => {
  const silent = [
    { time: 1, channel: "spot.order_book_update", event: "subscribe", result: { status: "success" } },
    {
      time: 1,
      channel: "spot.trades",
      event: "update",
      result: { id: 1, currency_pair: "A_B", side: "buy" },
    },
    { time: 1, channel: "spot.pong", event: "", error: null, result: null },
  ];
  for (const frame of silent) expect(readFrame(gate, frame).messages).toEqual([]);
});

test("tells of refusals and of what is unknown", () => {
  const error = { code: 2, message: "unknown currency pair: A_B" };
  const frame = {
    time: 1,
    id: 7,
    channel: "spot.order_book_update",
    event: "subscribe",
    error,
    result: null,
  };
  expect(readFrame(gate, frame).messages).toEqual([
    { type: "refused", requestId: 7, venueCode: "2", message: "unknown currency pair: A_B" },
  ]);
  expect(readFrame(gate, { channel: "margin.books", event: "update" }).messages).toMatchObject([
    { type: "unknown" },
  ]);
  expect(readFrame(gate, { channel: "spot.order_book_update", event: "halt" }).messages).toMatchObject([
    { type: "unknown" },
  ]);
});
