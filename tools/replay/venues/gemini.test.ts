import { ProtocolError } from "@conn/core";
import { expect, test } from "vitest";
import { readFrame } from "../read-frame.ts";
import { gemini } from "./gemini.ts";

const changes = [
  ["buy", "9122.04", "0.00121425"],
  ["sell", "9122.07", "0"],
];
const rows = [
  ["bid", "9122.04", "0.00121425"],
  ["ask", "9122.07", "0"],
];

test("what has trades is the snapshot, even if there were none", () => {
  const frame = { type: "l2_updates", symbol: "ABCUSD", changes, trades: [], auction_events: [] };
  expect(readFrame(gemini, frame).messages).toEqual([{ kind: "snapshot", exchangeSymbol: "ABCUSD", rows }]);
});

test("what has none is a diff", () => {
  expect(readFrame(gemini, { type: "l2_updates", symbol: "ABCUSD", changes }).messages).toEqual([
    { kind: "diff", exchangeSymbol: "ABCUSD", rows },
  ]);
});

test("passes over what says nothing of levels", () => {
  const silent = [
    { type: "heartbeat", timestamp: 1700000000123 },
    { type: "trade", symbol: "ABCUSD", event_id: 1, price: "1", quantity: "2", side: "buy", tid: 3 },
    { type: "candles_1m_updates", symbol: "ABCUSD", changes: [[1700000000000, 1, 2, 0.5, 1, 7]] },
    { type: "auction_result", symbol: "ABCUSD", result: "success" },
  ];
  for (const frame of silent) expect(readFrame(gemini, frame).messages).toEqual([]);
});

test("tells of refusals and of what is unknown or malformed", () => {
  expect(readFrame(gemini, { result: "error", reason: "InvalidJson" }).messages).toEqual([
    { type: "refused", requestId: undefined, venueCode: "InvalidJson", message: "" },
  ]);
  expect(readFrame(gemini, { type: "surprise" }).messages).toMatchObject([{ type: "unknown" }]);
  expect(() => readFrame(gemini, { type: "l2_updates", symbol: "A" })).toThrow(ProtocolError);
  expect(() => readFrame(gemini, { type: "l2_updates", symbol: "A", changes: [["both", "1", "1"]] })).toThrow(
    ProtocolError,
  );
});
