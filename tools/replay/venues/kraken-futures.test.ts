import { ProtocolError } from "@conn/core";
import { expect, test } from "vitest";
import { readFrame } from "../read-frame.ts";
import { krakenFutures } from "./kraken-futures.ts";

test("a snapshot has levels that are objects", () => {
  const frame = {
    feed: "book_snapshot",
    product_id: "PF_ABCUSD",
    timestamp: 1700000000123,
    seq: 10,
    tickSize: null,
    bids: [{ price: 34892.5, qty: 6385 }],
    asks: [{ qty: 0.0113, price: 34911.5 }],
  };
  expect(readFrame(krakenFutures, frame).messages).toEqual([
    {
      kind: "snapshot",
      exchangeSymbol: "PF_ABCUSD",
      lastUpdateId: 10,
      exchangeTimestamp: 1700000000123,
      rows: [
        ["bid", "34892.5", "6385"],
        ["ask", "34911.5", "0.0113"],
      ],
    },
  ]);
});

test("a delta is one level, numbered", () => {
  const frame = { feed: "book", product_id: "A", side: "sell", seq: 11, price: 34981, qty: 0, timestamp: 5 };
  expect(readFrame(krakenFutures, frame).messages).toEqual([
    {
      kind: "diff",
      exchangeSymbol: "A",
      firstUpdateId: 11,
      lastUpdateId: 11,
      exchangeTimestamp: 5,
      rows: [["ask", "34981", "0"]],
    },
  ]);
});

test("passes over what says nothing of levels", () => {
  const silent = [
    { event: "info", version: 1 },
    { event: "subscribed", feed: "book", product_ids: ["A"] },
    { feed: "heartbeat", time: 1 },
    { feed: "trade", product_id: "A", side: "sell", type: "fill", seq: 3, time: 1, qty: 1, price: 2 },
    { feed: "ticker", product_id: "A", bid: 1, ask: 2, price: "-0.5", seq: "x" },
  ];
  for (const frame of silent) expect(readFrame(krakenFutures, frame).messages).toEqual([]);
});

test("tells of refusals and of what is unknown or malformed", () => {
  expect(readFrame(krakenFutures, { event: "error", message: "Invalid product id" }).messages).toEqual([
    { type: "refused", requestId: undefined, venueCode: "error", message: "Invalid product id" },
  ]);
  expect(readFrame(krakenFutures, { event: "subscribed_failed", feed: "book" }).messages).toMatchObject([
    { type: "refused" },
  ]);
  expect(readFrame(krakenFutures, { event: "surprise" }).messages).toMatchObject([{ type: "unknown" }]);
  expect(readFrame(krakenFutures, {}).messages).toMatchObject([{ type: "unknown" }]);
  const wrong = [
    { product_id: "A", seq: 1, price: 1, qty: 1 },
    { product_id: "A", side: "buy", price: 1, qty: 1 },
    { product_id: "A", side: "buy", seq: 1, price: 1 },
  ];
  for (const frame of wrong)
    expect(() => readFrame(krakenFutures, { feed: "book", ...frame })).toThrow(ProtocolError);
});
