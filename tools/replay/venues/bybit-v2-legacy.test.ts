import { ProtocolError } from "@conn/core";
import { expect, test } from "vitest";
import { readFrame } from "../read-frame.ts";
import { bybitV2Legacy } from "./bybit-v2-legacy.ts";

const row = { price: "7.943", symbol: "ABCUSD", id: 79430, side: "Buy" };

test("a snapshot is a list of rows, or has one", () => {
  const rows = [{ ...row, size: 154219 }];
  for (const data of [rows, { order_book: rows }]) {
    const frame = { topic: "orderBookL2_25.ABCUSD", type: "snapshot", data, timestamp_e6: 1700000000123456 };
    expect(readFrame(bybitV2Legacy, frame).messages).toEqual([
      {
        kind: "snapshot",
        exchangeSymbol: "ABCUSD",
        exchangeTimestamp: 1700000000123,
        rows: [["bid", "7.943", "154219"]],
      },
    ]);
  }
});

test("a delta deletes, updates and inserts", () => {
  const data = {
    delete: [{ ...row, size: 9 }],
    update: [{ ...row, price: "7.9", size: 2 }],
    insert: [{ ...row, price: "8", side: "Sell", size: 3 }],
    transactTimeE6: 0,
  };
  const frame = { topic: "orderBook_200.100ms.ABCUSD", type: "delta", data, cross_seq: 1 };
  expect(readFrame(bybitV2Legacy, frame).messages).toEqual([
    {
      kind: "diff",
      exchangeSymbol: "ABCUSD",
      rows: [
        ["bid", "7.943", "0"],
        ["bid", "7.9", "2"],
        ["ask", "8", "3"],
      ],
    },
  ]);
});

test("passes over answers and other topics, tells of refusals and of what is malformed", () => {
  expect(readFrame(bybitV2Legacy, { success: true, ret_msg: "", conn_id: "1" }).messages).toEqual([]);
  expect(readFrame(bybitV2Legacy, { topic: "trade.ABCUSD", data: [] }).messages).toEqual([]);
  expect(readFrame(bybitV2Legacy, { success: false, ret_msg: "error:topic" }).messages).toMatchObject([
    { type: "refused", message: "error:topic" },
  ]);
  expect(readFrame(bybitV2Legacy, {}).messages).toMatchObject([{ type: "unknown" }]);
  const frame = { topic: "orderBookL2_25.ABCUSD", type: "delta", data: { insert: [row] } };
  expect(() => readFrame(bybitV2Legacy, frame)).toThrow(ProtocolError);
});
