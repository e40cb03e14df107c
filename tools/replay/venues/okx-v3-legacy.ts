import type { Decoder } from "@conn/cli";
import { ASK, BID, defineKeys, type FrameSink, JsonScanner } from "@conn/core";
import { isText, nextField, readIsoTime, readText } from "../json-reading.ts";
import { malformed } from "../malformed.ts";

const FRAME = defineKeys("event", "message", "errorCode", "table", "action", "data");
const DEPTH = defineKeys("instrument_id", "asks", "bids", "timestamp", "checksum");

/** Of spot, futures, swaps and options. */
const BOOK = /^\w+\/depth(_l2_tbt)?$/;

const frame = new JsonScanner();
/** For what can only be read when the rest of the frame is known. */
const part = new JsonScanner();

/** The v3 feed of OKEx, which is retired. */
export const okxV3Legacy: Decoder = {
  hosts: ["real.okex.com"],
  sequence: {
    source: "https://www.okx.com/docs-v3/en/#ws_swap-checksum",
    rules: [
      "A partial comes first, then updates of levels; an amount of 0 deletes.",
      "The checksum is the CRC-32, signed, of bid1:ask1:bid2:ask2:… (price:amount) of 25 levels; where one side ends, the other goes on alone.",
    ],
    scope: "book",
    snapshot: "firstFrame",
    bridge: "follows",
    steady: "none",
    olderSnapshot: "apply",
    levelsBy: "price",
    checksum: { levels: 25, layout: "interleaved", text: "plain" },
    crossed: "resync",
    recovery: "resubscribe",
  },
  parse: parseFrame,
};

function parseFrame(data: Uint8Array, sink: FrameSink): void {
  if (isText(data, "pong")) return;
  let event: string | undefined;
  let text = "";
  let code = "";
  let table: string | undefined;
  let action = "";
  let rows: Uint8Array | undefined;
  frame.reset(data);
  frame.enterObject();
  for (let name = nextField(frame, FRAME); name !== undefined; name = nextField(frame, FRAME)) {
    if (name === "event") event = frame.readSymbol();
    else if (name === "message") text = frame.readString();
    else if (name === "errorCode") code = readText(frame);
    else if (name === "table") table = frame.readSymbol();
    else if (name === "action") action = frame.readSymbol();
    else rows = frame.readRaw();
  }
  frame.finish();
  if (event === "error") {
    sink.add({ type: "refused", requestId: undefined, venueCode: code, message: text });
  } else if (event !== undefined) {
    // subscribe, unsubscribe, login
  } else if (table === undefined) {
    sink.add({ type: "unknown", what: "a frame without a table" });
  } else if (BOOK.test(table)) {
    if (action !== "partial" && action !== "update") throw malformed(`an order book with action ${action}`);
    if (rows === undefined) throw malformed("an order book without data");
    part.reset(rows);
    part.enterArray();
    while (part.nextElement()) readDepth(sink, action === "partial" ? "snapshot" : "diff");
  }
}

function readDepth(sink: FrameSink, kind: "snapshot" | "diff"): void {
  const from = sink.levels.length;
  let exchangeSymbol: string | undefined;
  let exchangeTimestamp: number | undefined;
  let checksum: number | undefined;
  let sides = 0;
  part.enterObject();
  for (let name = nextField(part, DEPTH); name !== undefined; name = nextField(part, DEPTH)) {
    if (name === "instrument_id") exchangeSymbol = part.readSymbol();
    else if (name === "timestamp") exchangeTimestamp = readIsoTime(part);
    else if (name === "checksum") checksum = part.readInteger();
    else {
      part.readLevels(sink.levels, name === "asks" ? ASK : BID);
      sides += 1;
    }
  }
  if (exchangeSymbol === undefined || sides !== 2)
    throw malformed("an order book without instrument_id, asks or bids");
  const message = sink.depth(kind, exchangeSymbol, from);
  message.exchangeTimestamp = exchangeTimestamp;
  message.checksum = checksum;
}
