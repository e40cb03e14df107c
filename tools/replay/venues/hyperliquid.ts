import type { Decoder } from "@conn/cli";
import { ASK, BID, defineKeys, type FrameSink, JsonScanner } from "@conn/core";
import { nextField, readLevelRows, readText } from "../json-reading.ts";
import { malformed } from "../malformed.ts";

const FRAME = defineKeys("channel", "data");
const BOOK = defineKeys("coin", "time", "levels");
const LEVEL = defineKeys("px", "sz");

const frame = new JsonScanner();
/** For what can only be read when the rest of the frame is known. */
const part = new JsonScanner();

/** Hyperliquid: l2Book. */
export const hyperliquid: Decoder = {
  hosts: ["api.hyperliquid.xyz", "api.hyperliquid-testnet.xyz", "api-ui.hyperliquid.xyz"],
  sequence: {
    source: "https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/websocket/subscriptions",
    rules: [
      "Each l2Book is a snapshot of the best levels: bids, then asks.",
      "There is no sequence; time tells which of two snapshots is the newer.",
    ],
    scope: "book",
    snapshot: "everyFrame",
    bridge: "follows",
    steady: "none",
    olderSnapshot: "drop",
    levelsBy: "price",
    crossed: "report",
    recovery: "resubscribe",
  },
  parse: parseFrame,
};

function parseFrame(data: Uint8Array, sink: FrameSink): void {
  let channel: string | undefined;
  let content: Uint8Array | undefined;
  frame.reset(data);
  frame.enterObject();
  for (let name = nextField(frame, FRAME); name !== undefined; name = nextField(frame, FRAME)) {
    if (name === "channel") channel = frame.readSymbol();
    else content = frame.readRaw();
  }
  frame.finish();
  if (channel === undefined) {
    sink.add({ type: "unknown", what: "a frame without a channel" });
  } else if (channel === "error") {
    part.reset(content ?? new Uint8Array());
    sink.add({
      type: "refused",
      requestId: undefined,
      venueCode: "",
      message: content === undefined ? "" : readText(part),
    });
  } else if (channel === "l2Book") {
    if (content === undefined) throw malformed("an order book without data");
    parseBook(content, sink);
  }
}

function parseBook(content: Uint8Array, sink: FrameSink): void {
  const from = sink.levels.length;
  let coin: string | undefined;
  let time: number | undefined;
  let sides = 0;
  part.reset(content);
  part.enterObject();
  for (let name = nextField(part, BOOK); name !== undefined; name = nextField(part, BOOK)) {
    if (name === "coin") coin = part.readSymbol();
    else if (name === "time") time = part.readInteger();
    else {
      part.enterArray();
      while (part.nextElement()) {
        if (sides < 2) readLevelRows(part, LEVEL, sink.levels, sides === 0 ? BID : ASK);
        sides += 1;
      }
    }
  }
  if (coin === undefined || time === undefined || sides !== 2) {
    throw malformed("an order book without coin, time, bids or asks");
  }
  const message = sink.depth("snapshot", coin, from);
  message.lastUpdateId = time;
  message.exchangeTimestamp = time;
}
