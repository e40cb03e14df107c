import type { Decoder } from "@conn/cli";
import { ASK, BID, defineKeys, type FrameSink, JsonScanner } from "@conn/core";
import { nextField } from "../json-reading.ts";
import { malformed } from "../malformed.ts";

const FRAME = defineKeys("topic", "type", "data", "timestamp_e6", "success", "ret_msg");
/** A delta's changes, or the snapshot of a linear contract. */
const DATA = defineKeys("delete", "update", "insert", "order_book");
const ROW = defineKeys("price", "symbol", "side", "size");

const BOOK = /^(orderBookL2_25|orderBook_200\.100ms)\.(.+)$/;

const frame = new JsonScanner();
/** For what can only be read when the rest of the frame is known. */
const part = new JsonScanner();

/** Bybit's v2 feed, which is retired. Rows have an id, but always tell their price too. */
export const bybitV2Legacy: Decoder = {
  hosts: ["stream.bybit.com/realtime"],
  sequence: {
    source: "https://bybit-exchange.github.io/docs-legacy/futuresV2/inverse/#t-websocketorderbook25",
    rules: [
      "A snapshot comes first, then deltas of levels to delete, update and insert.",
      "cross_seq is a number of the matching engine; deltas do not count.",
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
  let topic: string | undefined;
  let type = "";
  let content: Uint8Array | undefined;
  let microtimestamp: number | undefined;
  let success: boolean | undefined;
  let text = "";
  frame.reset(data);
  frame.enterObject();
  for (let name = nextField(frame, FRAME); name !== undefined; name = nextField(frame, FRAME)) {
    if (name === "topic") topic = frame.readSymbol();
    else if (name === "type") type = frame.readSymbol();
    else if (name === "data") content = frame.readRaw();
    else if (name === "timestamp_e6") microtimestamp = frame.readInteger();
    else if (name === "success") success = frame.readBoolean();
    else text = frame.readString();
  }
  frame.finish();
  if (success === false) {
    sink.add({ type: "refused", requestId: undefined, venueCode: "", message: text });
  } else if (topic === undefined) {
    if (success === undefined) sink.add({ type: "unknown", what: "a frame without a topic" });
  } else {
    const symbol = BOOK.exec(topic)?.[2];
    if (symbol === undefined) return;
    if (type !== "snapshot" && type !== "delta") throw malformed(`an order book of type ${type}`);
    if (content === undefined) throw malformed("an order book without data");
    const from = sink.levels.length;
    parseData(content, sink);
    const message = sink.depth(type === "snapshot" ? "snapshot" : "diff", symbol, from);
    message.exchangeTimestamp = microtimestamp === undefined ? undefined : Math.floor(microtimestamp / 1_000);
  }
}

function parseData(content: Uint8Array, sink: FrameSink): void {
  part.reset(content);
  if (part.peek() === "array") {
    readRows(sink, false);
    return;
  }
  part.enterObject();
  for (let name = nextField(part, DATA); name !== undefined; name = nextField(part, DATA)) {
    readRows(sink, name === "delete");
  }
}

function readRows(sink: FrameSink, isDeletion: boolean): void {
  part.enterArray();
  while (part.nextElement()) {
    let price: string | undefined;
    let size = isDeletion ? "0" : undefined;
    let side = "";
    part.enterObject();
    for (let name = nextField(part, ROW); name !== undefined; name = nextField(part, ROW)) {
      if (name === "price") price = part.readDecimal();
      else if (name === "side") side = part.readSymbol();
      else if (name === "size" && !isDeletion) size = part.readDecimal();
    }
    if (side !== "Buy" && side !== "Sell") throw malformed(`a level of side ${side}`);
    if (
      price === undefined ||
      size === undefined ||
      !sink.levels.pushText(side === "Buy" ? BID : ASK, price, size)
    ) {
      throw malformed("a row that is no level");
    }
  }
}
