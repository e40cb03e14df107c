import { ProtocolError } from "@conn/core";
import { expect, test } from "vitest";
import { readFrame } from "../read-frame.ts";
import { bitmex } from "./bitmex.ts";

const row = { symbol: "XYZUSD", id: 62400580205, side: "Sell", timestamp: "2024-11-24T08:26:22.356Z" };

test("a partial brings ids and prices", () => {
  const data = [
    { ...row, size: 33000, price: 98459.9 },
    { ...row, id: 7, side: "Buy", size: 1, price: 98459.8 },
  ];
  const frame = {
    table: "orderBookL2",
    action: "partial",
    keys: ["symbol"],
    filter: { symbol: "XYZUSD" },
    data,
  };
  expect(readFrame(bitmex, frame).messages).toEqual([
    {
      kind: "snapshot",
      exchangeSymbol: "XYZUSD",
      exchangeTimestamp: Date.UTC(2024, 10, 24, 8, 26, 22, 356),
      rows: [
        ["ask", "98459.9", "33000", 62400580205],
        ["bid", "98459.8", "1", 7],
      ],
    },
  ]);
});

test("update and delete go by the id, even where they tell the price", () => {
  const old = { symbol: "XYZUSD", id: 7, side: "Buy" };
  const cases = [
    ["update", { ...old, size: 5 }, "5"],
    ["update", { ...old, size: 5, price: 100 }, "5"],
    ["delete", old, "0"],
    ["delete", { ...old, price: 100, size: 5 }, "0"],
  ] as const;
  for (const [action, data, amount] of cases) {
    expect(readFrame(bitmex, { table: "orderBookL2_25", action, data: [data] }).messages).toEqual([
      { kind: "diff", exchangeSymbol: "XYZUSD", rows: [["bid", undefined, amount, 7]] },
    ]);
  }
});

test("a frame of the whole table has a message for each symbol", () => {
  const data = [
    { symbol: "A", id: 1, side: "Buy", size: 1, price: 10 },
    { symbol: "A", id: 2, side: "Buy", size: 2, price: 9 },
    { symbol: "B", id: 3, side: "Sell", size: 3, price: 11 },
  ];
  expect(readFrame(bitmex, { table: "orderBookL2", action: "insert", data }).messages).toMatchObject([
    {
      exchangeSymbol: "A",
      rows: [
        ["bid", "10", "1", 1],
        ["bid", "9", "2", 2],
      ],
    },
    { exchangeSymbol: "B", rows: [["ask", "11", "3", 3]] },
  ]);
});

test("a partial without rows is an empty book of the symbol in its filter", () => {
  const frame = { table: "orderBookL2", action: "partial", data: [], filter: { symbol: "A" } };
  expect(readFrame(bitmex, frame).messages).toEqual([{ kind: "snapshot", exchangeSymbol: "A", rows: [] }]);
});

test("passes over answers, other tables and the text pong", () => {
  const silent = [
    "pong",
    { info: "Welcome", version: "1", timestamp: "2024-11-24T08:26:22.356Z", limit: { remaining: 39 } },
    { success: true, subscribe: "orderBookL2:A", request: { op: "subscribe", args: [] } },
    { table: "trade", action: "insert", data: [{ symbol: "A", side: "Buy", size: 1, price: 1 }] },
  ];
  for (const frame of silent) expect(readFrame(bitmex, frame).messages).toEqual([]);
});

test("tells of refusals and of what is unknown or malformed", () => {
  const refusal = { status: 400, error: "Unknown table: x", meta: {}, request: {} };
  expect(readFrame(bitmex, refusal).messages).toEqual([
    { type: "refused", requestId: undefined, venueCode: "400", message: "Unknown table: x" },
  ]);
  expect(readFrame(bitmex, {}).messages).toMatchObject([{ type: "unknown" }]);
  const wrong = [
    { action: "merge", data: [] },
    { action: "insert", data: [{ symbol: "A", id: 1, side: "Buy", size: 1 }] },
    { action: "update", data: [{ symbol: "A", id: 1, side: "Buy" }] },
    { action: "update", data: [{ symbol: "A", id: 1, side: "Both", size: 1 }] },
  ];
  for (const frame of wrong) {
    expect(() => readFrame(bitmex, { table: "orderBookL2", ...frame })).toThrow(ProtocolError);
  }
});
