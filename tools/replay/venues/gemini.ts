import type { Decoder } from "@conn/cli";
import { ASK, BID, defineKeys, type FrameSink, JsonScanner, type LevelSide } from "@conn/core";
import { nextField } from "../json-reading.ts";
import { malformed } from "../malformed.ts";

const FRAME = defineKeys("type", "symbol", "changes", "trades", "result", "reason", "message");

const frame = new JsonScanner();

/** Gemini, market data v2. */
export const gemini: Decoder = {
  hosts: ["api.gemini.com"],
  sequence: {
    source: "https://developer.gemini.com/websocket/archived/v2.md",
    rules: [
      "The initial response shows the existing state of the order book and the last 50 trades: only it has trades.",
      "Subsequent l2_updates are changes [side, price, quantity]; a quantity of 0 removes the level.",
      "There are no numbers by which a missing message could be noticed.",
    ],
    scope: "book",
    snapshot: "firstFrame",
    bridge: "follows",
    steady: "none",
    olderSnapshot: "apply",
    levelsBy: "price",
    crossed: "resync",
    recovery: "resubscribe",
  },
  parse: parseFrame,
};

function parseFrame(data: Uint8Array, sink: FrameSink): void {
  const from = sink.levels.length;
  let type = "";
  let symbol: string | undefined;
  let hasChanges = false;
  let hasTrades = false;
  let result = "";
  let reason = "";
  let text = "";
  frame.reset(data);
  frame.enterObject();
  for (let name = nextField(frame, FRAME); name !== undefined; name = nextField(frame, FRAME)) {
    if (name === "type") type = frame.readSymbol();
    else if (name === "symbol") symbol = frame.readSymbol();
    else if (name === "trades") hasTrades = true;
    else if (name === "result") result = frame.readString();
    else if (name === "reason") reason = frame.readString();
    else if (name === "message") text = frame.readString();
    else if (type === "" || type === "l2_updates") {
      // Candles have changes too, but are not levels; the venue writes the type first.
      readChanges(sink);
      hasChanges = true;
    }
  }
  frame.finish();
  if (type === "l2_updates") {
    if (symbol === undefined || !hasChanges) throw malformed("an order book without symbol or changes");
    sink.depth(hasTrades ? "snapshot" : "diff", symbol, from);
  } else if (result === "error") {
    sink.add({ type: "refused", requestId: undefined, venueCode: reason, message: text });
  } else if (!/^(heartbeat|trade|block_trade|candles_\w+|auction_\w+)$/.test(type)) {
    sink.add({ type: "unknown", what: `type ${type}` });
  }
}

function readChanges(sink: FrameSink): void {
  frame.enterArray();
  while (frame.nextElement()) {
    frame.enterArray();
    frame.nextElement();
    const side = readSide(frame.readSymbol());
    frame.nextElement();
    frame.readPrice();
    frame.nextElement();
    frame.readAmount();
    frame.leave();
    frame.pushLevel(sink.levels, side);
  }
}

function readSide(side: string): LevelSide {
  if (side === "buy") return BID;
  if (side === "sell") return ASK;
  throw malformed(`a level of side ${side}`);
}
