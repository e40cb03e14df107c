import { ProtocolError } from "@conn/core";
import { expect, test } from "vitest";
import { readFrame } from "../read-frame.ts";
import { okxV3Legacy } from "./okx-v3-legacy.ts";

const data = [
  {
    instrument_id: "ABC-USDT",
    asks: [["1.6", "2", "0", "1"]],
    bids: [["1.5", "0", "0", "0"]],
    timestamp: "2021-04-17T16:49:58.993Z",
    checksum: -5,
  },
];

test("a partial is a snapshot, an update a diff, both with a checksum", () => {
  for (const [action, kind] of [
    ["partial", "snapshot"],
    ["update", "diff"],
  ]) {
    expect(readFrame(okxV3Legacy, { table: "spot/depth_l2_tbt", action, data }).messages).toEqual([
      {
        kind,
        exchangeSymbol: "ABC-USDT",
        exchangeTimestamp: Date.UTC(2021, 3, 17, 16, 49, 58, 993),
        checksum: -5,
        rows: [
          ["ask", "1.6", "2"],
          ["bid", "1.5", "0"],
        ],
      },
    ]);
  }
});

test("passes over answers and other tables, tells of refusals and of what is malformed", () => {
  expect(readFrame(okxV3Legacy, "pong").messages).toEqual([]);
  expect(readFrame(okxV3Legacy, { event: "subscribe", channel: "spot/depth:A" }).messages).toEqual([]);
  expect(readFrame(okxV3Legacy, { table: "spot/depth5", data }).messages).toEqual([]);
  expect(readFrame(okxV3Legacy, { event: "error", message: "no", errorCode: 30040 }).messages).toMatchObject([
    { type: "refused", venueCode: "30040" },
  ]);
  expect(readFrame(okxV3Legacy, {}).messages).toMatchObject([{ type: "unknown" }]);
  expect(() => readFrame(okxV3Legacy, { table: "swap/depth", action: "merge", data })).toThrow(ProtocolError);
});
