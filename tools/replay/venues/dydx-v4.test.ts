import { ProtocolError } from "@conn/core";
import { expect, test } from "vitest";
import { readFrame } from "../read-frame.ts";
import { dydxV4 } from "./dydx-v4.ts";

const message = { connection_id: "c", channel: "v4_orderbook", id: "ABC-USD" };

test("the answer to the subscription is the snapshot", () => {
  const contents = { bids: [{ price: "3040.6", size: "0.658" }], asks: [{ size: "1", price: "3073.1" }] };
  expect(readFrame(dydxV4, { type: "subscribed", message_id: 1, ...message, contents })).toEqual({
    sequence: 1,
    messages: [
      {
        kind: "snapshot",
        exchangeSymbol: "ABC-USD",
        rows: [
          ["bid", "3040.6", "0.658"],
          ["ask", "3073.1", "1"],
        ],
      },
    ],
  });
});

test("a message, or a batch of them, is one diff", () => {
  const single = { type: "channel_data", message_id: 2, ...message, contents: { bids: [["5", "0"]] } };
  expect(readFrame(dydxV4, single)).toEqual({
    sequence: 2,
    messages: [{ kind: "diff", exchangeSymbol: "ABC-USD", rows: [["bid", "5", "0"]] }],
  });
  const contents = [{ asks: [["6", "1"]] }, { asks: [["6", "0"]] }];
  expect(readFrame(dydxV4, { type: "channel_batch_data", message_id: 3, ...message, contents })).toEqual({
    sequence: 3,
    messages: [
      {
        kind: "diff",
        exchangeSymbol: "ABC-USD",
        rows: [
          ["ask", "6", "1"],
          ["ask", "6", "0"],
        ],
      },
    ],
  });
});

test("frames of other kinds and channels count too", () => {
  const silent = [
    { type: "connected", connection_id: "c", message_id: 0 },
    { type: "channel_data", message_id: 4, channel: "v4_trades", id: "ABC-USD", contents: { trades: [] } },
    { type: "unsubscribed", message_id: 5, channel: "v4_orderbook", id: "ABC-USD" },
  ];
  for (const frame of silent) {
    expect(readFrame(dydxV4, frame)).toEqual({ sequence: frame.message_id, messages: [] });
  }
});

test("tells of refusals and of what is unknown or malformed", () => {
  expect(readFrame(dydxV4, { type: "error", message: "Invalid channel", message_id: 1 })).toMatchObject({
    messages: [{ type: "refused", message: "Invalid channel" }],
  });
  expect(readFrame(dydxV4, { type: "surprise" }).messages).toMatchObject([{ type: "unknown" }]);
  expect(() => readFrame(dydxV4, { type: "channel_data", message_id: 1, channel: "v4_orderbook" })).toThrow(
    ProtocolError,
  );
});
