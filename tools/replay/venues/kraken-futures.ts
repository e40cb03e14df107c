import type { Decoder } from "@conn/cli";
import { ASK, BID, defineKeys, type FrameSink, JsonScanner, type LevelSide, type UpdateId } from "@conn/core";
import { nextField, readLevelRows } from "../json-reading.ts";
import { malformed } from "../malformed.ts";

const FRAME = defineKeys(
  "event",
  "feed",
  "product_id",
  "seq",
  "timestamp",
  "message",
  "bids",
  "asks",
  "side",
  "price",
  "qty",
);
const LEVEL = defineKeys("price", "qty");

const frame = new JsonScanner();

/** Kraken Futures. */
export const krakenFutures: Decoder = {
  hosts: ["futures.kraken.com", "demo-futures.kraken.com"],
  sequence: {
    source: "https://docs.kraken.com/api/docs/futures-api/websocket/book",
    rules: [
      "A book_snapshot comes first, then book frames of one level each; a qty of 0 removes the level.",
      "seq is the sequence number of the subscription's messages: it grows by 1 per product.",
    ],
    scope: "book",
    snapshot: "firstFrame",
    bridge: "follows",
    steady: "contiguous",
    olderSnapshot: "apply",
    levelsBy: "price",
    crossed: "resync",
    recovery: "resubscribe",
  },
  parse: parseFrame,
};

function parseFrame(data: Uint8Array, sink: FrameSink): void {
  const from = sink.levels.length;
  let event: string | undefined;
  let feed: string | undefined;
  let text = "";
  let product: string | undefined;
  let seq: UpdateId | undefined;
  let exchangeTimestamp: number | undefined;
  let side: LevelSide | undefined;
  let sides = 0;
  frame.reset(data);
  frame.enterObject();
  for (let name = nextField(frame, FRAME); name !== undefined; name = nextField(frame, FRAME)) {
    switch (name) {
      case "event":
        event = frame.readSymbol();
        break;
      case "feed":
        feed = frame.readSymbol();
        // The venue writes the feed first. Other feeds use the same names for other things.
        if (feed !== "book" && feed !== "book_snapshot") {
          frame.finish();
          return;
        }
        break;
      case "message":
        text = frame.readString();
        break;
      case "product_id":
        product = frame.readSymbol();
        break;
      case "seq":
        seq = frame.readUpdateId();
        break;
      case "timestamp":
        exchangeTimestamp = frame.readInteger();
        break;
      case "side":
        side = readSide(frame.readSymbol());
        break;
      case "price":
        frame.readPrice();
        break;
      case "qty":
        frame.readAmount();
        break;
      default:
        readLevelRows(frame, LEVEL, sink.levels, name === "bids" ? BID : ASK);
        sides += 1;
    }
  }
  frame.finish();
  if (event !== undefined) {
    if (event === "error" || event === "alert" || event.endsWith("_failed")) {
      sink.add({ type: "refused", requestId: undefined, venueCode: event, message: text });
    } else if (!/^(info|subscribed|unsubscribed|challenge|pong)$/.test(event)) {
      sink.add({ type: "unknown", what: `event ${event}` });
    }
  } else if (feed === "book_snapshot") {
    if (product === undefined || seq === undefined || sides !== 2) {
      throw malformed("a book_snapshot without product_id, seq, bids or asks");
    }
    const message = sink.depth("snapshot", product, from);
    message.lastUpdateId = seq;
    message.exchangeTimestamp = exchangeTimestamp;
  } else if (feed === "book") {
    if (product === undefined || seq === undefined || side === undefined) {
      throw malformed("a book without product_id, seq or side");
    }
    frame.pushLevel(sink.levels, side);
    const message = sink.depth("diff", product, from);
    message.firstUpdateId = seq;
    message.lastUpdateId = seq;
    message.exchangeTimestamp = exchangeTimestamp;
  } else if (feed === undefined) {
    sink.add({ type: "unknown", what: "a frame without event or feed" });
  }
}

function readSide(side: string): LevelSide {
  if (side === "buy") return BID;
  if (side === "sell") return ASK;
  throw malformed(`a level of side ${side}`);
}
