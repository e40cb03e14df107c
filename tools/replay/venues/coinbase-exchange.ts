import type { Decoder } from "@conn/cli";
import { ASK, BID, defineKeys, type FrameSink, JsonScanner, type LevelSide } from "@conn/core";
import { nextField, readIsoTime } from "../json-reading.ts";
import { malformed } from "../malformed.ts";

const FRAME = defineKeys(
  // Advanced Trade
  "channel",
  "sequence_num",
  "timestamp",
  "events",
  // Exchange
  "type",
  "product_id",
  "bids",
  "asks",
  "changes",
  "time",
  // both
  "message",
  "reason",
);
const EVENT = defineKeys("type", "product_id", "updates");
const UPDATE = defineKeys("price_level", "new_quantity", "side");

/** Messages of the Exchange feed that say nothing of levels. */
const OTHER_TYPES =
  /^(subscriptions|heartbeat|ticker|status|match|last_match|received|open|done|change|activate)$/;

const frame = new JsonScanner();
/** For what can only be read when the rest of the frame is known. */
const part = new JsonScanner();

/**
 * Coinbase: the Exchange feed (level2, level2_batch), which has no sequence for books, and that of Advanced
 * Trade (l2_data), which counts per connection.
 */
export const coinbaseExchange: Decoder = {
  hosts: ["ws-feed.pro.coinbase.com", "ws-feed.exchange.coinbase.com", "advanced-trade-ws.coinbase.com"],
  // Frames of all streams share the count.
  alsoReads: ["control", "ticker", "trades", "candles"],
  sequence: {
    source: "https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket/websocket-overview",
    rules: [
      "Advanced Trade: sequence_num grows by 1 with each message of a connection, of whatever channel; a hole is a lost message.",
      "level2: the first event is a snapshot, the others bring new quantities of levels; 0 removes one.",
      "Exchange: neither snapshot nor l2update has a number (https://docs.cdp.coinbase.com/exchange/websocket-feed/channels#level2-channel).",
    ],
    scope: "connection",
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
  let channel: string | undefined;
  let type: string | undefined;
  let product: string | undefined;
  let exchangeTimestamp: number | undefined;
  let events: Uint8Array | undefined;
  let changes: Uint8Array | undefined;
  let sides = 0;
  let text = "";
  let reason = "";
  frame.reset(data);
  frame.enterObject();
  for (let name = nextField(frame, FRAME); name !== undefined; name = nextField(frame, FRAME)) {
    if (name === "channel") channel = frame.readSymbol();
    else if (name === "sequence_num") sink.sequence = frame.readUpdateId();
    else if (name === "timestamp" || name === "time") exchangeTimestamp = readIsoTime(frame);
    else if (name === "events") events = frame.readRaw();
    else if (name === "type") type = frame.readSymbol();
    else if (name === "product_id") product = frame.readSymbol();
    else if (name === "changes") changes = frame.readRaw();
    else if (name === "message") text = frame.readString();
    else if (name === "reason") reason = frame.readString();
    else {
      frame.readLevels(sink.levels, name === "bids" ? BID : ASK);
      sides += 1;
    }
  }
  frame.finish();
  if (type === "error") {
    sink.add({ type: "refused", requestId: undefined, venueCode: reason, message: text });
  } else if (channel !== undefined) {
    if (channel !== "l2_data") return;
    if (events === undefined) throw malformed("level2 data without events");
    parseEvents(events, sink, exchangeTimestamp);
  } else if (type === "snapshot") {
    if (product === undefined || sides !== 2) throw malformed("a snapshot without product_id, bids or asks");
    sink.depth("snapshot", product, from).exchangeTimestamp = exchangeTimestamp;
  } else if (type === "l2update") {
    if (product === undefined || changes === undefined)
      throw malformed("an l2update without product_id or changes");
    parseChanges(changes, sink);
    sink.depth("diff", product, from).exchangeTimestamp = exchangeTimestamp;
  } else if (type === undefined || !OTHER_TYPES.test(type)) {
    sink.add({ type: "unknown", what: `type ${type}` });
  }
}

/** The changes of the Exchange feed: `[side, price, size]`. */
function parseChanges(changes: Uint8Array, sink: FrameSink): void {
  part.reset(changes);
  part.enterArray();
  while (part.nextElement()) {
    part.enterArray();
    part.nextElement();
    const side = readSide(part.readSymbol());
    part.nextElement();
    part.readPrice();
    part.nextElement();
    part.readAmount();
    part.leave();
    part.pushLevel(sink.levels, side);
  }
}

/** The events of Advanced Trade. */
function parseEvents(events: Uint8Array, sink: FrameSink, exchangeTimestamp: number | undefined): void {
  part.reset(events);
  part.enterArray();
  while (part.nextElement()) {
    const from = sink.levels.length;
    let type = "";
    let product: string | undefined;
    let hasUpdates = false;
    part.enterObject();
    for (let name = nextField(part, EVENT); name !== undefined; name = nextField(part, EVENT)) {
      if (name === "type") type = part.readSymbol();
      else if (name === "product_id") product = part.readSymbol();
      else {
        readUpdates(sink);
        hasUpdates = true;
      }
    }
    if (product === undefined || !hasUpdates) throw malformed("a level2 event without product_id or updates");
    if (type !== "snapshot" && type !== "update") throw malformed(`a level2 event of type ${type}`);
    sink.depth(type === "snapshot" ? "snapshot" : "diff", product, from).exchangeTimestamp =
      exchangeTimestamp;
  }
}

function readUpdates(sink: FrameSink): void {
  part.enterArray();
  while (part.nextElement()) {
    let side: LevelSide | undefined;
    part.enterObject();
    for (let name = nextField(part, UPDATE); name !== undefined; name = nextField(part, UPDATE)) {
      if (name === "side") side = readSide(part.readSymbol());
      else if (name === "price_level") part.readPrice();
      else part.readAmount();
    }
    if (side === undefined) throw malformed("a level without a side");
    part.pushLevel(sink.levels, side);
  }
}

function readSide(side: string): LevelSide {
  if (side === "buy" || side === "bid") return BID;
  if (side === "sell" || side === "offer" || side === "ask") return ASK;
  throw malformed(`a level of side ${side}`);
}
