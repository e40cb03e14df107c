import type { Decoder } from "@conn/cli";
import { ASK, BID, defineKeys, type FrameSink, JsonScanner } from "@conn/core";
import { nextField, readLevelRows } from "../json-reading.ts";
import { malformed } from "../malformed.ts";

const FRAME = defineKeys("type", "message_id", "channel", "id", "contents", "message");
const CONTENTS = defineKeys("bids", "asks");
const LEVEL = defineKeys("price", "size");

const frame = new JsonScanner();
/** For what can only be read when the rest of the frame is known. */
const part = new JsonScanner();

/** The indexer of dYdX v4. */
export const dydxV4: Decoder = {
  hosts: ["indexer.dydx.trade"],
  // Frames of all streams share the count.
  alsoReads: ["control", "ticker", "trades", "candles"],
  sequence: {
    source: "https://docs.dydx.xyz/indexer-client/websockets",
    rules: [
      "message_id grows by 1 with each message of a connection, of whatever channel; a hole is a lost message.",
      "subscribed has the book; channel_data and channel_batch_data change levels, a size of 0 removes one.",
      "The book may be crossed, as the indexer merges what several nodes saw: uncrossing is up to the reader.",
    ],
    scope: "connection",
    snapshot: "firstFrame",
    bridge: "follows",
    steady: "none",
    olderSnapshot: "apply",
    levelsBy: "price",
    crossed: "report",
    recovery: "resubscribe",
  },
  parse: parseFrame,
};

function parseFrame(data: Uint8Array, sink: FrameSink): void {
  let type = "";
  let channel: string | undefined;
  let market: string | undefined;
  let contents: Uint8Array | undefined;
  let text = "";
  frame.reset(data);
  frame.enterObject();
  for (let name = nextField(frame, FRAME); name !== undefined; name = nextField(frame, FRAME)) {
    if (name === "type") type = frame.readSymbol();
    else if (name === "message_id") sink.sequence = frame.readUpdateId();
    else if (name === "channel") channel = frame.readSymbol();
    else if (name === "id") market = frame.readSymbol();
    else if (name === "message") text = frame.readString();
    else contents = frame.readRaw();
  }
  frame.finish();
  switch (type) {
    case "connected":
    case "unsubscribed":
    case "pong":
      return;
    case "error":
      sink.add({ type: "refused", requestId: undefined, venueCode: "", message: text });
      return;
    case "subscribed":
    case "channel_data":
    case "channel_batch_data":
      if (channel !== "v4_orderbook") return;
      if (market === undefined || contents === undefined)
        throw malformed("an order book without id or contents");
      parseContents(contents, sink, market, type === "subscribed" ? "snapshot" : "diff");
      return;
    default:
      sink.add({ type: "unknown", what: `type ${type}` });
  }
}

function parseContents(
  contents: Uint8Array,
  sink: FrameSink,
  market: string,
  kind: "snapshot" | "diff",
): void {
  const from = sink.levels.length;
  part.reset(contents);
  if (part.peek() === "array") {
    // A batch: changes in the order in which they happened, so that the last of a level counts.
    part.enterArray();
    while (part.nextElement()) readSides(sink);
  } else {
    readSides(sink);
  }
  sink.depth(kind, market, from);
}

function readSides(sink: FrameSink): void {
  part.enterObject();
  for (let name = nextField(part, CONTENTS); name !== undefined; name = nextField(part, CONTENTS)) {
    readLevelRows(part, LEVEL, sink.levels, name === "bids" ? BID : ASK);
  }
}
