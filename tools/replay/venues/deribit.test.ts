import { ProtocolError } from "@conn/core";
import { expect, test } from "vitest";
import { readFrame } from "../read-frame.ts";
import { deribit } from "./deribit.ts";

function book(channel: string, data: object): object {
  return { jsonrpc: "2.0", method: "subscription", params: { channel, data } };
}

test("a snapshot may have a predecessor that is null", () => {
  const data = {
    type: "snapshot",
    timestamp: 5,
    instrument_name: "ABC-PERPETUAL",
    change_id: 10,
    prev_change_id: null,
    bids: [["new", 42500.5, 1000]],
    asks: [["new", 0.0005, 1]],
  };
  expect(readFrame(deribit, book("book.ABC-PERPETUAL.100ms", data)).messages).toEqual([
    {
      kind: "snapshot",
      exchangeSymbol: "ABC-PERPETUAL",
      lastUpdateId: 10,
      exchangeTimestamp: 5,
      rows: [
        ["bid", "42500.5", "1000"],
        ["ask", "0.0005", "1"],
      ],
    },
  ]);
});

test("a change names its predecessor, and deletes by its action, whatever the amount", () => {
  const data = {
    type: "change",
    timestamp: 6,
    instrument_name: "ABC-PERPETUAL",
    change_id: 12,
    prev_change_id: 10,
    bids: [["delete", 42500.5, 3]],
    asks: [["change", 42501, 20]],
  };
  expect(readFrame(deribit, book("book.ABC-PERPETUAL.raw", data)).messages).toEqual([
    {
      kind: "diff",
      exchangeSymbol: "ABC-PERPETUAL",
      lastUpdateId: 12,
      previousUpdateId: 10,
      exchangeTimestamp: 6,
      rows: [
        ["bid", "42500.5", "0"],
        ["ask", "42501", "20"],
      ],
    },
  ]);
});

test("numbers keep all digits that the frame has", () => {
  const data =
    '{"type":"snapshot","instrument_name":"A","change_id":9007199254740993,"bids":[["new",1e-7,1234567890.12345678]],"asks":[]}';
  const frame = `{"method":"subscription","params":{"channel":"book.A.raw","data":${data}}}`;
  expect(readFrame(deribit, frame).messages).toMatchObject([
    { lastUpdateId: 9007199254740993n, rows: [["bid", "0.0000001", "1234567890.12345678"]] },
  ]);
});

test("every frame of a grouped channel is a snapshot", () => {
  const data = { instrument_name: "A", timestamp: 6, change_id: 12, bids: [[5, 1]], asks: [[6, 2]] };
  expect(readFrame(deribit, book("book.A.none.10.100ms", data)).messages).toEqual([
    {
      kind: "snapshot",
      exchangeSymbol: "A",
      lastUpdateId: 12,
      exchangeTimestamp: 6,
      rows: [
        ["bid", "5", "1"],
        ["ask", "6", "2"],
      ],
    },
  ]);
});

test("passes over answers and other channels, and answers a test request", () => {
  expect(readFrame(deribit, { jsonrpc: "2.0", id: 1, result: ["book.A.raw"] }).messages).toEqual([]);
  expect(readFrame(deribit, book("ticker.A.raw", { timestamp: 1 })).messages).toEqual([]);
  const heartbeat = { jsonrpc: "2.0", method: "heartbeat", params: { type: "heartbeat" } };
  expect(readFrame(deribit, heartbeat).messages).toEqual([]);
  const test = { ...heartbeat, params: { type: "test_request" } };
  expect(readFrame(deribit, test).messages).toMatchObject([
    { type: "heartbeat", reply: expect.stringContaining("public/test") },
  ]);
});

test("tells of refusals and of what is unknown or malformed", () => {
  const error = { message: "Invalid params", data: { reason: "unknown channel" }, code: -32602 };
  expect(readFrame(deribit, { jsonrpc: "2.0", id: 4, error }).messages).toEqual([
    { type: "refused", requestId: 4, venueCode: "-32602", message: "Invalid params" },
  ]);
  expect(readFrame(deribit, { method: "surprise" }).messages).toMatchObject([{ type: "unknown" }]);
  const data = { type: "change", instrument_name: "A", change_id: 1, bids: [["merge", 5, 1]], asks: [] };
  expect(() => readFrame(deribit, book("book.A.raw", data))).toThrow(ProtocolError);
  expect(() => readFrame(deribit, book("book.A.raw", { ...data, type: "news" }))).toThrow(ProtocolError);
});
