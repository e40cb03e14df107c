import type { Decoder } from "@conn/cli";
import { ASK, BID, defineKeys, type FrameSink, JsonScanner, type UpdateId } from "@conn/core";
import { nextField, readText } from "../json-reading.ts";
import { malformed } from "../malformed.ts";

const FRAME = defineKeys("event", "channel", "data");
const DEPTH = defineKeys("microtimestamp", "bids", "asks");
const REFUSAL = defineKeys("code", "message");

const CHANNEL = "diff_order_book_";

const frame = new JsonScanner();
/** For what can only be read when the rest of the frame is known. */
const part = new JsonScanner();

/** Bitstamp: the live full order book, joined to a REST snapshot. */
export const bitstamp: Decoder = {
  hosts: ["ws.bitstamp.net", "www.bitstamp.net"],
  sequence: {
    source: "https://www.bitstamp.net/websocket/v2/",
    rules: [
      "diff_order_book is the live full order book: levels that changed, with 0 for those that are gone.",
      "Take a REST snapshot, drop the diffs whose microtimestamp is not above its own, apply the others.",
      "There are no numbers by which a missing diff could be noticed.",
    ],
    scope: "book",
    snapshot: "rest",
    bridge: "newer",
    steady: "none",
    olderSnapshot: "drop",
    levelsBy: "price",
    crossed: "resync",
    recovery: "refetch",
  },
  parse: parseFrame,
  parseSnapshot: (body, { exchangeSymbol }, sink) => parseDepth(body, sink, "snapshot", exchangeSymbol),
  snapshotSymbol: (url) => /\/api\/v2\/order_book\/([^/?]+)/.exec(url)?.[1],
};

function parseFrame(data: Uint8Array, sink: FrameSink): void {
  let event = "";
  let channel = "";
  let content: Uint8Array | undefined;
  frame.reset(data);
  frame.enterObject();
  for (let name = nextField(frame, FRAME); name !== undefined; name = nextField(frame, FRAME)) {
    if (name === "event") event = frame.readSymbol();
    else if (name === "channel") channel = frame.readSymbol();
    else content = frame.readRaw();
  }
  frame.finish();
  if (event === "data" && channel.startsWith(CHANNEL)) {
    if (content === undefined) throw malformed("an order book without data");
    parseDepth(content, sink, "diff", channel.slice(CHANNEL.length));
  } else if (event === "bts:error") {
    const { code, message } = readRefusal(content);
    sink.add({ type: "refused", requestId: undefined, venueCode: code, message });
  } else if (event === "" || event === "bts:request_reconnect") {
    // The venue is about to end the connection; nothing tells which diffs are lost with it.
    sink.add({ type: "unknown", what: event === "" ? "a frame without an event" : event });
  }
}

function readRefusal(content: Uint8Array | undefined): { code: string; message: string } {
  const refusal = { code: "", message: "" };
  if (content === undefined) return refusal;
  part.reset(content);
  part.enterObject();
  for (let name = nextField(part, REFUSAL); name !== undefined; name = nextField(part, REFUSAL)) {
    if (name === "code") refusal.code = readText(part);
    else refusal.message = part.readString();
  }
  return refusal;
}

/** Snapshots and diffs have the same shape. */
function parseDepth(
  content: Uint8Array,
  sink: FrameSink,
  kind: "snapshot" | "diff",
  exchangeSymbol: string,
): void {
  const from = sink.levels.length;
  let microtimestamp: UpdateId | undefined;
  let sides = 0;
  part.reset(content);
  part.enterObject();
  for (let name = nextField(part, DEPTH); name !== undefined; name = nextField(part, DEPTH)) {
    if (name === "microtimestamp") {
      microtimestamp = part.readUpdateId();
    } else {
      part.readLevels(sink.levels, name === "bids" ? BID : ASK);
      sides += 1;
    }
  }
  part.finish();
  if (microtimestamp === undefined || sides !== 2) {
    throw malformed("an order book without microtimestamp, bids or asks");
  }
  const message = sink.depth(kind, exchangeSymbol, from);
  message.lastUpdateId = microtimestamp;
  message.exchangeTimestamp =
    typeof microtimestamp === "number" ? Math.floor(microtimestamp / 1_000) : undefined;
}
