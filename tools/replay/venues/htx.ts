import type { Decoder } from "@conn/cli";
import { ASK, BID, defineKeys, type FrameSink, JsonScanner, type UpdateId } from "@conn/core";
import { nextField, readText } from "../json-reading.ts";
import { malformed } from "../malformed.ts";

const FRAME = defineKeys(
  "ch",
  "ts",
  "tick",
  "ping",
  "id",
  "status",
  "subbed",
  "unsubbed",
  "err-code",
  "err-msg",
);
const TICK = defineKeys("bids", "asks", "version");

/** `step0` is the book itself, the other steps merge its prices. */
const DEPTH = /^market\.[^.]+\.depth\.step\d+$/;

const frame = new JsonScanner();
/** For what can only be read when the rest of the frame is known. */
const part = new JsonScanner();

/**
 * HTX spot, linear swaps and coin swaps: every frame of `market.$symbol.depth.$step` is the whole book.
 * The symbol of a book is the channel, as one symbol has a book for each step.
 */
export const htx: Decoder = {
  hosts: ["api.huobi.pro", "api-aws.huobi.pro", "api.hbdm.com"],
  sequence: {
    source: "https://huobiapi.github.io/docs/spot/v1/en/#market-depth",
    rules: ["market.$symbol.depth.step0 sends the current book, 150 levels a side at most, at each push."],
    scope: "book",
    snapshot: "everyFrame",
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
  let channel: string | undefined;
  let exchangeTimestamp: number | undefined;
  let tick: Uint8Array | undefined;
  let ping: string | undefined;
  let status = "";
  let code = "";
  let text = "";
  let isAnswer = false;
  frame.reset(data);
  frame.enterObject();
  for (let name = nextField(frame, FRAME); name !== undefined; name = nextField(frame, FRAME)) {
    if (name === "ch") channel = frame.readSymbol();
    else if (name === "ts") exchangeTimestamp = frame.readInteger();
    else if (name === "tick") tick = frame.readRaw();
    else if (name === "ping") ping = readText(frame);
    else if (name === "status") status = frame.readSymbol();
    else if (name === "err-code") code = readText(frame);
    else if (name === "err-msg") text = frame.readString();
    else isAnswer = true;
  }
  frame.finish();
  if (ping !== undefined) {
    sink.add({ type: "heartbeat", reply: `{"pong":${ping}}` });
  } else if (status === "error") {
    sink.add({ type: "refused", requestId: undefined, venueCode: code, message: text });
  } else if (channel === undefined) {
    if (!isAnswer) sink.add({ type: "unknown", what: "a frame without a channel" });
  } else if (DEPTH.test(channel)) {
    if (tick === undefined) throw malformed("an order book without a tick");
    parseTick(tick, sink, channel, exchangeTimestamp);
  }
}

function parseTick(
  tick: Uint8Array,
  sink: FrameSink,
  channel: string,
  exchangeTimestamp: number | undefined,
): void {
  const from = sink.levels.length;
  let version: UpdateId | undefined;
  let sides = 0;
  part.reset(tick);
  part.enterObject();
  for (let name = nextField(part, TICK); name !== undefined; name = nextField(part, TICK)) {
    if (name === "version") {
      version = part.readUpdateId();
    } else {
      part.readLevels(sink.levels, name === "bids" ? BID : ASK);
      sides += 1;
    }
  }
  if (sides !== 2) throw malformed("an order book without bids or asks");
  const message = sink.depth("snapshot", channel, from);
  message.lastUpdateId = version;
  message.exchangeTimestamp = exchangeTimestamp;
}
