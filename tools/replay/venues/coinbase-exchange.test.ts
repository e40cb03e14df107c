import { ProtocolError } from "@conn/core";
import { describe, expect, test } from "vitest";
import { readFrame } from "../read-frame.ts";
import { coinbaseExchange } from "./coinbase-exchange.ts";

describe("Exchange", () => {
  test("a snapshot has both sides", () => {
    const frame = { type: "snapshot", product_id: "ABC-USD", asks: [["2", "1.00"]], bids: [["1", "3"]] };
    expect(readFrame(coinbaseExchange, frame)).toEqual({
      sequence: undefined,
      messages: [
        {
          kind: "snapshot",
          exchangeSymbol: "ABC-USD",
          rows: [
            ["ask", "2", "1"],
            ["bid", "1", "3"],
          ],
        },
      ],
    });
  });

  test("an l2update has changes of either side", () => {
    const changes = [
      ["buy", "1", "0.00"],
      ["sell", "2", "5"],
    ];
    const frame = { type: "l2update", product_id: "ABC-USD", changes, time: "2024-11-24T08:26:22.356789Z" };
    expect(readFrame(coinbaseExchange, frame).messages).toEqual([
      {
        kind: "diff",
        exchangeSymbol: "ABC-USD",
        exchangeTimestamp: Date.UTC(2024, 10, 24, 8, 26, 22, 356),
        rows: [
          ["bid", "1", "0"],
          ["ask", "2", "5"],
        ],
      },
    ]);
  });

  test("passes over what says nothing of levels", () => {
    const silent = [
      { type: "subscriptions", channels: [] },
      { type: "ticker", sequence: 9, product_id: "ABC-USD", side: "buy", time: "2024-11-24T08:26:22Z" },
      { type: "last_match", product_id: "ABC-USD", sequence: 9, side: "sell", size: "1", price: "2" },
    ];
    for (const frame of silent) expect(readFrame(coinbaseExchange, frame).messages).toEqual([]);
  });
});

describe("Advanced Trade", () => {
  const level = { event_time: "2026-04-07T14:30:00.123456Z" };

  test("l2_data counts on its connection, and has a message for each event", () => {
    const frame = {
      channel: "l2_data",
      client_id: "",
      timestamp: "2026-04-07T14:30:00.123456Z",
      sequence_num: 0,
      events: [
        {
          type: "snapshot",
          product_id: "ABC-USD",
          updates: [{ side: "bid", ...level, price_level: "68900.00", new_quantity: "1.50000000" }],
        },
        {
          type: "update",
          product_id: "DEF-USD",
          updates: [{ side: "offer", ...level, price_level: "3", new_quantity: "0" }],
        },
      ],
    };
    const exchangeTimestamp = Date.UTC(2026, 3, 7, 14, 30, 0, 123);
    expect(readFrame(coinbaseExchange, frame)).toEqual({
      sequence: 0,
      messages: [
        { kind: "snapshot", exchangeSymbol: "ABC-USD", exchangeTimestamp, rows: [["bid", "68900", "1.5"]] },
        { kind: "diff", exchangeSymbol: "DEF-USD", exchangeTimestamp, rows: [["ask", "3", "0"]] },
      ],
    });
  });

  test("frames of other channels count too", () => {
    const silent = [
      { channel: "heartbeats", sequence_num: 4, events: [{ heartbeat_counter: 3 }] },
      { channel: "subscriptions", sequence_num: 5, events: [{ subscriptions: { level2: ["ABC-USD"] } }] },
      { channel: "market_trades", sequence_num: 6, events: [{ type: "update", trades: [] }] },
    ];
    for (const frame of silent) {
      expect(readFrame(coinbaseExchange, frame)).toEqual({ sequence: frame.sequence_num, messages: [] });
    }
  });

  test("an event of another kind is malformed", () => {
    const events = [{ type: "merge", product_id: "A", updates: [] }];
    expect(() => readFrame(coinbaseExchange, { channel: "l2_data", events })).toThrow(ProtocolError);
  });
});

test("tells of refusals and of what is unknown", () => {
  expect(
    readFrame(coinbaseExchange, { type: "error", message: "Failed", reason: "no channel" }).messages,
  ).toEqual([{ type: "refused", requestId: undefined, venueCode: "no channel", message: "Failed" }]);
  expect(readFrame(coinbaseExchange, { type: "surprise" }).messages).toMatchObject([{ type: "unknown" }]);
});
