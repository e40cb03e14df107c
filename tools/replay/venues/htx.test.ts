import { ProtocolError } from "@conn/core";
import { expect, test } from "vitest";
import { readFrame } from "../read-frame.ts";
import { htx } from "./htx.ts";

test("each push is the whole book of its channel, exact to the last digit", () => {
  const frame =
    '{"ch":"market.abceth.depth.step0","ts":5,"tick":{"bids":[[9.121E-7,92730.24]],"asks":[[1,123456789012345678.5]],"version":326375185,"ts":4}}';
  expect(readFrame(htx, frame).messages).toEqual([
    {
      kind: "snapshot",
      exchangeSymbol: "market.abceth.depth.step0",
      lastUpdateId: 326375185,
      exchangeTimestamp: 5,
      rows: [
        ["bid", "9.121e-7", "92730.24"],
        ["ask", "1", "123456789012345678.5"],
      ],
    },
  ]);
});

test("answers a ping with its number", () => {
  expect(readFrame(htx, '{"ping":1618678073643}').messages).toEqual([
    { type: "heartbeat", reply: '{"pong":1618678073643}' },
  ]);
});

test("passes over answers and other channels", () => {
  const silent = [
    { id: "1", status: "ok", subbed: "market.abceth.depth.step0", ts: 5 },
    { ch: "market.abceth.trade.detail", ts: 5, tick: { id: 1, data: [{ price: 1, amount: 2 }] } },
    { ch: "market.abceth.mbp.150", ts: 5, tick: { seqNum: 2, prevSeqNum: 1, bids: [], asks: [] } },
  ];
  for (const frame of silent) expect(readFrame(htx, frame).messages).toEqual([]);
});

test("tells of refusals and of what is unknown or malformed", () => {
  const refusal = { status: "error", ts: 5, id: "1", "err-code": "bad-request", "err-msg": "invalid topic" };
  expect(readFrame(htx, refusal).messages).toEqual([
    { type: "refused", requestId: undefined, venueCode: "bad-request", message: "invalid topic" },
  ]);
  expect(readFrame(htx, { hello: 1 }).messages).toMatchObject([{ type: "unknown" }]);
  const frame = { ch: "market.abceth.depth.step0", ts: 5, tick: { bids: [] } };
  expect(() => readFrame(htx, frame)).toThrow(ProtocolError);
});
