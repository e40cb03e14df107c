import type { Decoder } from "@conn/cli";
import { ASK, BID, defineKeys, type FrameSink, JsonScanner, type LevelSide, type UpdateId } from "@conn/core";
import { nextField, readText } from "../json-reading.ts";
import { malformed } from "../malformed.ts";

const FRAME = defineKeys("id", "method", "params", "error");
const PARAMETERS = defineKeys("channel", "data", "type");
const REFUSAL = defineKeys("code", "message");
const DEPTH = defineKeys(
  "type",
  "timestamp",
  "instrument_name",
  "change_id",
  "prev_change_id",
  "bids",
  "asks",
);

const frame = new JsonScanner();
/** For what can only be read when the rest of the frame is known. */
const part = new JsonScanner();

/**
 * Deribit, and the venues that run its platform. The grouped channel
 * `book.{instrument}.{group}.{depth}.{interval}` sends nothing but snapshots, which say no type.
 *
 * @see https://docs.deribit.com/subscriptions/orderbook/bookinstrument_namegroupdepthinterval
 */
export const deribit: Decoder = {
  hosts: ["www.deribit.com", "test.deribit.com"],
  sequence: {
    source: "https://docs.deribit.com/subscriptions/orderbook/bookinstrument_nameinterval",
    rules: [
      "The first notification is a full snapshot, later ones are changes: [new | change | delete, price, amount].",
      "If prev_change_id equals the change_id of the previous message, no messages were missed.",
    ],
    scope: "book",
    snapshot: "firstFrame",
    bridge: "follows",
    steady: "linked",
    olderSnapshot: "drop",
    levelsBy: "price",
    crossed: "resync",
    recovery: "resubscribe",
  },
  parse: parseFrame,
};

function parseFrame(data: Uint8Array, sink: FrameSink): void {
  let requestId: number | undefined;
  let method: string | undefined;
  let refusal: { code: string; message: string } | undefined;
  let parameters: Uint8Array | undefined;
  frame.reset(data);
  frame.enterObject();
  for (let name = nextField(frame, FRAME); name !== undefined; name = nextField(frame, FRAME)) {
    if (name === "id") requestId = frame.peek() === "number" ? frame.readInteger() : undefined;
    else if (name === "method") method = frame.readSymbol();
    else if (name === "params") parameters = frame.readRaw();
    else refusal = readRefusal();
  }
  frame.finish();
  if (refusal !== undefined) {
    sink.add({ type: "refused", requestId, venueCode: refusal.code, message: refusal.message });
  } else if (method === "subscription" || method === "heartbeat") {
    if (parameters === undefined) throw malformed(`a ${method} without params`);
    parseParameters(parameters, sink, method);
  } else if (method !== undefined || requestId === undefined) {
    sink.add({ type: "unknown", what: `method ${method}` });
  }
}

function readRefusal(): { code: string; message: string } {
  const refusal = { code: "", message: "" };
  frame.enterObject();
  for (let name = nextField(frame, REFUSAL); name !== undefined; name = nextField(frame, REFUSAL)) {
    if (name === "code") refusal.code = readText(frame);
    else refusal.message = frame.readString();
  }
  return refusal;
}

function parseParameters(
  parameters: Uint8Array,
  sink: FrameSink,
  method: "subscription" | "heartbeat",
): void {
  let channel: string | undefined;
  let type: string | undefined;
  let data: Uint8Array | undefined;
  part.reset(parameters);
  part.enterObject();
  for (let name = nextField(part, PARAMETERS); name !== undefined; name = nextField(part, PARAMETERS)) {
    if (name === "channel") channel = part.readSymbol();
    else if (name === "type") type = part.readSymbol();
    else data = part.readRaw();
  }
  if (method === "heartbeat") {
    // The venue closes a connection that does not answer.
    if (type === "test_request") {
      sink.add({ type: "heartbeat", reply: '{"jsonrpc":"2.0","method":"public/test","params":{}}' });
    }
    return;
  }
  if (channel === undefined) throw malformed("a subscription without a channel");
  if (!channel.startsWith("book.")) return;
  if (data === undefined) throw malformed("an order book without data");
  parseDepth(data, sink);
}

function parseDepth(data: Uint8Array, sink: FrameSink): void {
  const from = sink.levels.length;
  let type = "snapshot";
  let exchangeSymbol: string | undefined;
  let exchangeTimestamp: number | undefined;
  let lastUpdateId: UpdateId | undefined;
  let previousUpdateId: UpdateId | undefined;
  let sides = 0;
  frame.reset(data);
  frame.enterObject();
  for (let name = nextField(frame, DEPTH); name !== undefined; name = nextField(frame, DEPTH)) {
    if (name === "type") type = frame.readSymbol();
    else if (name === "timestamp") exchangeTimestamp = frame.readInteger();
    else if (name === "instrument_name") exchangeSymbol = frame.readSymbol();
    else if (name === "change_id") lastUpdateId = frame.readUpdateId();
    else if (name === "prev_change_id") previousUpdateId = frame.readUpdateId();
    else {
      readChanges(sink, name === "bids" ? BID : ASK);
      sides += 1;
    }
  }
  if (type !== "snapshot" && type !== "change") throw malformed(`an order book of type ${type}`);
  if (exchangeSymbol === undefined || lastUpdateId === undefined || sides !== 2) {
    throw malformed("an order book without instrument_name, change_id, bids or asks");
  }
  const message = sink.depth(type === "snapshot" ? "snapshot" : "diff", exchangeSymbol, from);
  message.lastUpdateId = lastUpdateId;
  message.previousUpdateId = previousUpdateId;
  message.exchangeTimestamp = exchangeTimestamp;
}

/** Reads `[action, price, amount]`, or `[price, amount]` as in the grouped channel. */
function readChanges(sink: FrameSink, side: LevelSide): void {
  frame.enterArray();
  while (frame.nextElement()) {
    let action = "new";
    frame.enterArray();
    frame.nextElement();
    if (frame.peek() === "string") {
      action = frame.readSymbol();
      frame.nextElement();
    }
    const price = frame.readDecimal();
    frame.nextElement();
    const amount = frame.readDecimal();
    frame.leave();
    if (action !== "new" && action !== "change" && action !== "delete")
      throw malformed(`a level's action ${action}`);
    if (!sink.levels.pushText(side, price, action === "delete" ? "0" : amount)) {
      throw malformed("a row that is no level");
    }
  }
}
