import { ProtocolError } from "@conn/core";
import { expect, test } from "vitest";
import { readFrame } from "../read-frame.ts";
import { bitget, bitgetUnified } from "./bitget.ts";

const argument = { instType: "SPOT", channel: "books", instId: "ABCUSDT" };

test("a v1 snapshot teaches with how many places the venue writes numbers", () => {
  const data = [{ asks: [["0.10", "7"]], bids: [["0.09", "6.400"]], checksum: -5, ts: "1700000000123" }];
  expect(
    readFrame(bitget, { action: "snapshot", arg: { ...argument, instType: "sp" }, data }).messages,
  ).toEqual([
    {
      kind: "snapshot",
      exchangeSymbol: "sp:ABCUSDT",
      exchangeTimestamp: 1700000000123,
      checksum: -5,
      scales: { price: 2, amount: 3 },
      rows: [
        ["ask", "0.1", "7"],
        ["bid", "0.09", "6.4"],
      ],
    },
  ]);
});

test("a v2 update has a sequence, and no scales of its own", () => {
  const data = [{ asks: [["0.10", "0"]], bids: [], checksum: 9, seq: 12, ts: "1700000000123" }];
  expect(readFrame(bitget, { data, arg: argument, action: "update", ts: 1700000000200 }).messages).toEqual([
    {
      kind: "diff",
      exchangeSymbol: "SPOT:ABCUSDT",
      lastUpdateId: 12,
      exchangeTimestamp: 1700000000123,
      checksum: 9,
      rows: [["ask", "0.1", "0"]],
    },
  ]);
});

test("a v3 update names its predecessor, and its checksum of 0 is none", () => {
  const arg = { instType: "usdt-futures", topic: "books", symbol: "ABCUSDT" };
  const data = [{ a: [], b: [["5", "1.25"]], checksum: 0, pseq: 11, seq: 12, ts: "1700000000123" }];
  expect(readFrame(bitgetUnified, { action: "update", arg, data, ts: 1 }).messages).toEqual([
    {
      kind: "diff",
      exchangeSymbol: "usdt-futures:ABCUSDT",
      lastUpdateId: 12,
      previousUpdateId: 11,
      exchangeTimestamp: 1700000000123,
      rows: [["bid", "5", "1.25"]],
    },
  ]);
});

test("an empty snapshot teaches no scales", () => {
  const frame = { action: "snapshot", arg: argument, data: [{ asks: [], bids: [], checksum: 0, ts: "1" }] };
  expect(readFrame(bitget, frame).messages).toEqual([
    { kind: "snapshot", exchangeSymbol: "SPOT:ABCUSDT", exchangeTimestamp: 1, rows: [] },
  ]);
});

test("passes over answers, other channels and the text pong", () => {
  const silent = [
    "pong",
    { event: "subscribe", arg: argument },
    { action: "snapshot", arg: { ...argument, channel: "trade" }, data: [["1", "2", "3", "buy"]] },
    { action: "snapshot", arg: { ...argument, channel: "books5" }, data: [{ asks: [], bids: [] }] },
  ];
  for (const frame of silent) expect(readFrame(bitget, frame).messages).toEqual([]);
});

test("tells of refusals and of what is unknown or malformed", () => {
  const refusal = { event: "error", arg: argument, code: 30001, msg: "no such instrument", op: "subscribe" };
  expect(readFrame(bitget, refusal).messages).toEqual([
    { type: "refused", requestId: undefined, venueCode: "30001", message: "no such instrument" },
  ]);
  expect(readFrame(bitget, { hello: 1 }).messages).toMatchObject([{ type: "unknown" }]);
  expect(() => readFrame(bitget, { action: "merge", arg: argument, data: [] })).toThrow(ProtocolError);
  expect(() => readFrame(bitget, { action: "update", arg: argument, data: [{ asks: [] }] })).toThrow(
    ProtocolError,
  );
});
