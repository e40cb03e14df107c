import { ProtocolError } from "@conn/core";
import { expect, test } from "vitest";
import { readFrame } from "../read-frame.ts";
import { hyperliquid } from "./hyperliquid.ts";

test("each book is a snapshot at its time", () => {
  const levels = [[{ px: "63460.0", sz: "0.02666", n: 2 }], [{ px: "63488.0", sz: "0.01246", n: 2 }]];
  const data = { coin: "ABC", time: 1785251521889, levels, fast: true };
  expect(readFrame(hyperliquid, { channel: "l2Book", data }).messages).toEqual([
    {
      kind: "snapshot",
      exchangeSymbol: "ABC",
      lastUpdateId: 1785251521889,
      exchangeTimestamp: 1785251521889,
      rows: [
        ["bid", "63460", "0.02666"],
        ["ask", "63488", "0.01246"],
      ],
    },
  ]);
});

test("passes over answers and other channels", () => {
  const silent = [
    { channel: "subscriptionResponse", data: { method: "subscribe" } },
    { channel: "pong" },
    { channel: "bbo", data: { coin: "ABC", time: 1, bbo: [{ px: "1", sz: "1", n: 1 }, null] } },
  ];
  for (const frame of silent) expect(readFrame(hyperliquid, frame).messages).toEqual([]);
});

test("tells of refusals and of what is unknown or malformed", () => {
  expect(readFrame(hyperliquid, { channel: "error", data: "Already subscribed" }).messages).toEqual([
    { type: "refused", requestId: undefined, venueCode: "", message: "Already subscribed" },
  ]);
  expect(readFrame(hyperliquid, {}).messages).toMatchObject([{ type: "unknown" }]);
  const data = { coin: "ABC", time: 1, levels: [[]] };
  expect(() => readFrame(hyperliquid, { channel: "l2Book", data })).toThrow(ProtocolError);
});
