import type { Decoder } from "@conn/cli";
import {
  ASK,
  BID,
  defineKeys,
  type FrameSink,
  JsonScanner,
  type SequenceRecord,
  type UpdateId,
} from "@conn/core";
import { nextField, readLevelRows, readText } from "../json-reading.ts";
import { malformed } from "../malformed.ts";
import { queryParameter } from "../snapshot-url.ts";

const FRAME = defineKeys("id", "channel", "event", "error", "result");
const REFUSAL = defineKeys("code", "message", "label");
const DEPTH = defineKeys("t", "s", "full", "U", "u", "b", "a");
const SNAPSHOT = defineKeys("id", "bids", "asks");
const LEVEL = defineKeys("p", "s");

const frame = new JsonScanner();
/** For what can only be read when the rest of the frame is known. */
const part = new JsonScanner();

/**
 * The channel with REST snapshots, of spot and futures.
 *
 * @see https://www.gate.com/docs/developers/apiv4/ws/en/#how-to-maintain-local-order-book
 */
const orderBookUpdateSequence: SequenceRecord = {
  source: "https://www.gate.com/docs/developers/apiv4/ws/en/#how-to-maintain-local-order-book",
  rules: [
    "Fetch the base order book with with_id=true; its id is the base id.",
    "Drop notifications with u < base id + 1.",
    "The first one kept has U <= base id + 1 and u >= base id + 1; if its U is larger, the base is too old.",
    "U of a later one is u of the one before + 1; a larger U is a hole: start over.",
    "An amount is absolute; 0 removes the level.",
  ],
  scope: "book",
  snapshot: "rest",
  bridge: "spansNext",
  steady: "contiguous",
  olderSnapshot: "drop",
  levelsBy: "price",
  crossed: "resync",
  recovery: "refetch",
};

/** The channel `obu` of 2025, whose snapshots come in the stream. */
const orderBookV2Sequence: SequenceRecord = {
  source: "https://www.gate.com/announcements/article/45317",
  rules: [
    "The first push after subscribing is a full depth update (full=true), and the server may resend one: it replaces the book, whose id becomes its u.",
    "If U = local depth ID + 1, the update is continuous.",
    "If U is anything else, unsubscribe and subscribe again.",
    'An amount of "0" removes the level.',
  ],
  scope: "book",
  snapshot: "firstFrame",
  bridge: "follows",
  steady: "contiguous",
  olderSnapshot: "drop",
  levelsBy: "price",
  crossed: "resync",
  recovery: "resubscribe",
};

/** The decoders of one of Gate's products, by the channel that the recording subscribed to. */
export interface GateDecoders {
  readonly orderBookUpdate: Decoder;
  readonly orderBookV2: Decoder;
}

/** Gate writes its products alike, but for the names of channels and of the symbol in REST queries. */
export function createGateDecoders(
  product: "spot" | "futures",
  symbolInQuery: string,
  hosts: readonly string[],
): GateDecoders {
  return {
    orderBookUpdate: {
      hosts,
      sequence: orderBookUpdateSequence,
      parse: (data, sink) => parseFrame(data, sink, product, "order_book_update"),
      parseSnapshot: (body, { exchangeSymbol }, sink) => parseSnapshot(body, exchangeSymbol, sink),
      snapshotSymbol: (url) => queryParameter(url, "/order_book", symbolInQuery),
    },
    orderBookV2: {
      sequence: orderBookV2Sequence,
      parse: (data, sink) => parseFrame(data, sink, product, "obu"),
    },
  };
}

/** Gate spot. */
export const { orderBookUpdate: gate, orderBookV2: gateOrderBookV2 } = createGateDecoders(
  "spot",
  "currency_pair",
  ["api.gateio.ws/ws/v4", "api.gateio.ws/api/v4/spot"],
);

function parseFrame(
  data: Uint8Array,
  sink: FrameSink,
  product: "spot" | "futures",
  depthChannel: "order_book_update" | "obu",
): void {
  let requestId: number | undefined;
  let channel = "";
  let event = "";
  let refusal: { code: string; message: string } | undefined;
  let result: Uint8Array | undefined;
  frame.reset(data);
  frame.enterObject();
  for (let name = nextField(frame, FRAME); name !== undefined; name = nextField(frame, FRAME)) {
    if (name === "id") requestId = frame.peek() === "number" ? frame.readInteger() : undefined;
    else if (name === "channel") channel = frame.readSymbol();
    else if (name === "event") event = frame.readSymbol();
    else if (name === "error") refusal = readRefusal();
    else result = frame.readRaw();
  }
  frame.finish();
  if (refusal !== undefined) {
    sink.add({ type: "refused", requestId, venueCode: refusal.code, message: refusal.message });
  } else if (!channel.startsWith(`${product}.`)) {
    sink.add({ type: "unknown", what: `channel ${channel}` });
  } else if (event !== "update" && event !== "all") {
    // The answer to a subscription or a ping.
    if (event === "subscribe" || event === "unsubscribe" || channel === `${product}.pong`) return;
    sink.add({ type: "unknown", what: `event ${event} of ${channel}` });
  } else if (channel === `${product}.${depthChannel}`) {
    if (result === undefined) throw malformed("an order book without a result");
    parseDepth(result, sink, depthChannel);
  }
}

function readRefusal(): { code: string; message: string } {
  const refusal = { code: "", message: "" };
  frame.enterObject();
  for (let name = nextField(frame, REFUSAL); name !== undefined; name = nextField(frame, REFUSAL)) {
    if (name === "message") refusal.message = frame.readString();
    else refusal.code = readText(frame);
  }
  return refusal;
}

function parseDepth(result: Uint8Array, sink: FrameSink, depthChannel: "order_book_update" | "obu"): void {
  const from = sink.levels.length;
  let exchangeSymbol: string | undefined;
  let isFull = false;
  let firstUpdateId: UpdateId | undefined;
  let lastUpdateId: UpdateId | undefined;
  let exchangeTimestamp: number | undefined;
  part.reset(result);
  part.enterObject();
  for (let name = nextField(part, DEPTH); name !== undefined; name = nextField(part, DEPTH)) {
    if (name === "t") exchangeTimestamp = part.readInteger();
    else if (name === "s") exchangeSymbol = part.readSymbol();
    else if (name === "full") isFull = part.readBoolean();
    else if (name === "U") firstUpdateId = part.readUpdateId();
    else if (name === "u") lastUpdateId = part.readUpdateId();
    else readLevelRows(part, LEVEL, sink.levels, name === "b" ? BID : ASK);
  }
  const isSnapshot = isFull && depthChannel === "obu";
  if (exchangeSymbol === undefined || lastUpdateId === undefined)
    throw malformed("an order book without s or u");
  if (firstUpdateId === undefined && !isSnapshot) throw malformed("an order book update without U");
  // The channel obu names the stream: ob.BTC_USDT.50.
  if (depthChannel === "obu") exchangeSymbol = /^ob\.(.+)\.\d+$/.exec(exchangeSymbol)?.[1] ?? exchangeSymbol;
  const message = sink.depth(isSnapshot ? "snapshot" : "diff", exchangeSymbol, from);
  if (!isSnapshot) message.firstUpdateId = firstUpdateId;
  message.lastUpdateId = lastUpdateId;
  message.exchangeTimestamp = exchangeTimestamp;
}

function parseSnapshot(body: Uint8Array, exchangeSymbol: string, sink: FrameSink): void {
  const from = sink.levels.length;
  let lastUpdateId: UpdateId | undefined;
  let sides = 0;
  frame.reset(body);
  frame.enterObject();
  for (let name = nextField(frame, SNAPSHOT); name !== undefined; name = nextField(frame, SNAPSHOT)) {
    if (name === "id") {
      lastUpdateId = frame.readUpdateId();
    } else {
      readLevelRows(frame, LEVEL, sink.levels, name === "bids" ? BID : ASK);
      sides += 1;
    }
  }
  frame.finish();
  // Without with_id=true in the query there is no id.
  if (lastUpdateId === undefined || sides !== 2) throw malformed("an order book without id, bids or asks");
  sink.depth("snapshot", exchangeSymbol, from).lastUpdateId = lastUpdateId;
}
