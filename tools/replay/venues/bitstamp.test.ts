import { ProtocolError } from "@conn/core";
import { expect, test } from "vitest";
import { readFrame, readSnapshot } from "../read-frame.ts";
import { bitstamp } from "./bitstamp.ts";

const content = {
  timestamp: "1700000000",
  microtimestamp: "1700000000123456",
  bids: [["1.5", "0.00000000"]],
  asks: [["1.6", "2.50000000"]],
};
const read = {
  lastUpdateId: 1700000000123456,
  exchangeTimestamp: 1700000000123,
  rows: [
    ["bid", "1.5", "0"],
    ["ask", "1.6", "2.5"],
  ],
};

test("a diff is of the symbol in its channel, wherever that stands", () => {
  const frames = [
    { data: content, channel: "diff_order_book_abcusd", event: "data" },
    { event: "data", channel: "diff_order_book_abcusd", data: content },
  ];
  for (const frame of frames) {
    expect(readFrame(bitstamp, frame).messages).toEqual([
      { kind: "diff", exchangeSymbol: "abcusd", ...read },
    ]);
  }
});

test("takes its snapshot from REST", () => {
  expect(readSnapshot(bitstamp, "abcusd", content).messages).toEqual([
    { kind: "snapshot", exchangeSymbol: "abcusd", ...read },
  ]);
  const body = new Uint8Array();
  const url = "https://www.bitstamp.net/api/v2";
  expect(bitstamp.snapshotSymbol?.(`${url}/order_book/abcusd?group=1`, body)).toBe("abcusd");
  expect(bitstamp.snapshotSymbol?.(`${url}/order_book/abcusd/`, body)).toBe("abcusd");
  expect(bitstamp.snapshotSymbol?.(`${url}/trading-pairs-info/`, body)).toBeUndefined();
});

test("passes over answers and other channels", () => {
  const silent = [
    { event: "bts:subscription_succeeded", channel: "diff_order_book_abcusd", data: {} },
    { event: "bts:heartbeat", channel: "", data: { status: "success" } },
    { event: "trade", channel: "live_trades_abcusd", data: { id: 1, price: 1.5, amount: 2 } },
    { event: "data", channel: "order_book_abcusd", data: content },
  ];
  for (const frame of silent) expect(readFrame(bitstamp, frame).messages).toEqual([]);
});

test("tells of refusals, of a request to reconnect and of what is malformed", () => {
  const refusal = {
    event: "bts:error",
    channel: "",
    data: { code: null, message: "Bad subscription string." },
  };
  expect(readFrame(bitstamp, refusal).messages).toEqual([
    { type: "refused", requestId: undefined, venueCode: "", message: "Bad subscription string." },
  ]);
  expect(
    readFrame(bitstamp, { event: "bts:request_reconnect", channel: "", data: "" }).messages,
  ).toMatchObject([{ type: "unknown" }]);
  const frame = {
    event: "data",
    channel: "diff_order_book_abcusd",
    data: { ...content, microtimestamp: null },
  };
  expect(() => readFrame(bitstamp, frame)).toThrow(ProtocolError);
});
