import type { Decoder } from "@conn/cli";
import {
  ASK,
  BID,
  type BookScales,
  defineKeys,
  type FrameSink,
  JsonScanner,
  type LevelSide,
  type SequenceRecord,
  type UpdateId,
} from "@conn/core";
import { isText, nextField, readText } from "../json-reading.ts";
import { malformed } from "../malformed.ts";

const FRAME = defineKeys("event", "code", "msg", "action", "arg", "data");
const ARGUMENT = defineKeys("instType", "channel", "topic", "instId", "symbol");
const DEPTH = defineKeys("asks", "a", "bids", "b", "checksum", "ts", "seq", "pseq");

const frame = new JsonScanner();
/** For what can only be read when the rest of the frame is known. */
const part = new JsonScanner();

const common = {
  scope: "book",
  snapshot: "firstFrame",
  bridge: "follows",
  olderSnapshot: "apply",
  levelsBy: "price",
  checksum: { levels: 25, layout: "interleaved", text: "scaled" },
  crossed: "resync",
  recovery: "resubscribe",
} as const satisfies Partial<SequenceRecord>;

const checksumRule =
  "The checksum is the CRC-32, signed, of bid1:ask1:bid2:ask2:… (price:amount, as the venue writes them) of 25 levels; where one side ends, the other goes on alone.";

/**
 * Bitget's classic feeds: v1, which is retired and had no sequence, and v2.
 *
 * A symbol is `instType:instId`, as in `SPOT:BTCUSDT`: a product may have another's instId.
 */
export const bitget: Decoder = {
  hosts: ["ws.bitget.com", "wspap.bitget.com", "api.bitget.com"],
  sequence: {
    ...common,
    source: "https://www.bitget.com/api-doc/spot/websocket/public/Depth-Channel",
    rules: [
      "books: the first push is the full data (snapshot), then comes what changed (update); an amount of 0 deletes.",
      "v2: seq increases with each update of the order book. v1 has none.",
      checksumRule,
    ],
    steady: "monotonic",
    idsMayBeAbsent: true,
  },
  parse: parseFrame,
};

/** Bitget's unified account, v3. */
export const bitgetUnified: Decoder = {
  hosts: ["ws.bitget.com/v3", "wspap.bitget.com/v3"],
  sequence: {
    ...common,
    source: "https://www.bitget.com/api-doc/uta/websocket/public/Order-Book-Channel",
    rules: [
      "books: the first push is the full data (snapshot), then comes what changed (update); an amount of 0 deletes.",
      "pseq is the seq of the push before: if it is another, something is missing.",
      `${checksumRule} It is 0, or missing, where the venue gives none.`,
    ],
    steady: "linked",
  },
  parse: parseFrame,
};

function parseFrame(data: Uint8Array, sink: FrameSink): void {
  if (isText(data, "pong")) return;
  let event: string | undefined;
  let code = "";
  let text = "";
  let action = "";
  let argument = { instType: "", channel: "", instId: "" };
  let rows: Uint8Array | undefined;
  frame.reset(data);
  frame.enterObject();
  for (let name = nextField(frame, FRAME); name !== undefined; name = nextField(frame, FRAME)) {
    if (name === "event") event = frame.readSymbol();
    else if (name === "code") code = readText(frame);
    else if (name === "msg") text = frame.readString();
    else if (name === "action") action = frame.readSymbol();
    else if (name === "arg") argument = readArgument();
    else rows = frame.readRaw();
  }
  frame.finish();
  if (event === "error") {
    sink.add({ type: "refused", requestId: undefined, venueCode: code, message: text });
  } else if (event !== undefined) {
    // subscribe, unsubscribe, login
  } else if (argument.channel === "") {
    sink.add({ type: "unknown", what: "a frame without a channel" });
  } else if (argument.channel === "books") {
    if (action !== "snapshot" && action !== "update") throw malformed(`an order book with action ${action}`);
    if (argument.instType === "" || argument.instId === "") throw malformed("an order book without a symbol");
    if (rows === undefined) throw malformed("an order book without data");
    const symbol = `${argument.instType}:${argument.instId}`;
    part.reset(rows);
    part.enterArray();
    while (part.nextElement()) readDepth(sink, symbol, action === "snapshot" ? "snapshot" : "diff");
  }
}

function readArgument(): { instType: string; channel: string; instId: string } {
  const argument = { instType: "", channel: "", instId: "" };
  frame.enterObject();
  for (let name = nextField(frame, ARGUMENT); name !== undefined; name = nextField(frame, ARGUMENT)) {
    if (name === "instType") argument.instType = frame.readSymbol();
    else if (name === "channel" || name === "topic") argument.channel = frame.readSymbol();
    else argument.instId = frame.readSymbol();
  }
  return argument;
}

function readDepth(sink: FrameSink, symbol: string, kind: "snapshot" | "diff"): void {
  const from = sink.levels.length;
  const scales = { price: 0, amount: 0 };
  let sides = 0;
  let checksum: number | undefined;
  let exchangeTimestamp: number | undefined;
  let lastUpdateId: UpdateId | undefined;
  let previousUpdateId: UpdateId | undefined;
  part.enterObject();
  for (let name = nextField(part, DEPTH); name !== undefined; name = nextField(part, DEPTH)) {
    if (name === "checksum") checksum = part.readInteger();
    else if (name === "ts") exchangeTimestamp = part.readInteger();
    else if (name === "seq") lastUpdateId = part.readUpdateId();
    else if (name === "pseq") previousUpdateId = part.readUpdateId();
    else {
      const side = name.startsWith("a") ? ASK : BID;
      if (kind === "snapshot") readLevelsAndScales(sink, side, scales);
      else part.readLevels(sink.levels, side);
      sides += 1;
    }
  }
  if (sides !== 2) throw malformed("an order book without asks or bids");
  const message = sink.depth(kind, symbol, from);
  message.lastUpdateId = lastUpdateId;
  message.previousUpdateId = previousUpdateId;
  message.exchangeTimestamp = exchangeTimestamp;
  // Zero stands for no checksum.
  message.checksum = checksum === 0 ? undefined : checksum;
  if (kind === "snapshot" && message.to > from) message.scales = scales;
}

/**
 * Reads levels and learns with how many places the venue writes the pair's numbers, which is what its
 * checksum counts: all rows have the same, but for an amount of "0".
 */
function readLevelsAndScales(
  sink: FrameSink,
  side: LevelSide,
  scales: { -readonly [Key in keyof BookScales]: number },
) {
  part.enterArray();
  while (part.nextElement()) {
    part.enterArray();
    part.nextElement();
    const price = part.readDecimal();
    part.nextElement();
    const amount = part.readDecimal();
    part.leave();
    if (!sink.levels.pushText(side, price, amount)) throw malformed("a row that is no level");
    scales.price = Math.max(scales.price, places(price));
    scales.amount = Math.max(scales.amount, places(amount));
  }
}

function places(number: string): number {
  const point = number.indexOf(".");
  return point < 0 ? 0 : number.length - point - 1;
}
