import type { Decoder } from "@conn/cli";
import { ASK, BID, defineKeys, type FrameSink, JsonScanner, type UpdateId } from "@conn/core";
import { malformed } from "../malformed.ts";

const FRAME = defineKeys("topic", "type", "ts", "cts", "data");
const [TOPIC, TYPE, SENT_TIME, MATCH_TIME] = [0, 1, 2, 3];
const BOOK = defineKeys("b", "a", "u");
const [BIDS, ASKS] = [0, 1];

const scanner = new JsonScanner();

/**
 * Bybit, version 5, and the files of 500 levels that it publishes, which hold the same frames. Each topic
 * has a book of its own, as books of different depths have different ids: the topic stands for the symbol.
 */
export const bybit: Decoder = {
  hosts: [
    "stream.bybit.com/v5/public",
    "stream-testnet.bybit.com/v5/public",
    "stream-demo.bybit.com/v5/public",
  ],
  sequence: {
    source: "https://bybit-exchange.github.io/docs/v5/websocket/public/orderbook",
    rules: [
      "After the subscription comes a snapshot, then deltas. A size of 0 deletes.",
      "u is always in sequence: of each delta it is one more than before.",
      "A new snapshot at any time resets the book; u = 1 is a snapshot after a restart of the service.",
      "Level 1 of linear and inverse: after 3 seconds without a change a snapshot is pushed again, with the same u.",
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
  parse(data, sink) {
    scanner.reset(data);
    parseFrame(sink);
    scanner.finish();
  },
};

/** `{"topic": "orderbook.50.BTCUSDT", "type": "snapshot" | "delta", "ts", "data": {"b", "a", "u"}, "cts"}`. */
function parseFrame(sink: FrameSink): void {
  const from = sink.levels.length;
  let topic: string | undefined;
  let type: string | undefined;
  let sentTime: number | undefined;
  let matchTime: number | undefined;
  let updateId: UpdateId | undefined;
  let sides = 0;
  scanner.enterObject();
  for (let key = scanner.nextKey(FRAME); key >= 0; key = scanner.nextKey(FRAME)) {
    if (key === TOPIC) {
      topic = scanner.readSymbol();
      if (topic.startsWith("orderbook.")) continue;
      // Other topics have data of another shape.
      scanner.leave();
      return;
    }
    if (key === TYPE) type = scanner.readSymbol();
    else if (key === SENT_TIME) sentTime = scanner.readInteger();
    else if (key === MATCH_TIME) matchTime = scanner.readInteger();
    else {
      scanner.enterObject();
      for (let field = scanner.nextKey(BOOK); field >= 0; field = scanner.nextKey(BOOK)) {
        if (field === BIDS || field === ASKS) {
          scanner.readLevels(sink.levels, field === BIDS ? BID : ASK);
          sides += 1;
        } else updateId = scanner.readUpdateId();
      }
    }
  }
  // The answer to a request has no topic.
  if (topic === undefined) return;
  if ((type !== "snapshot" && type !== "delta") || updateId === undefined || sides !== 2)
    throw malformed("a book without type, b, a or u");
  const message = sink.depth(type === "snapshot" ? "snapshot" : "diff", topic, from);
  message.firstUpdateId = updateId;
  message.lastUpdateId = updateId;
  message.exchangeTimestamp = matchTime ?? sentTime;
}
