import type { Decoder } from "@conn/cli";
import { ASK, BID, defineKeys, type FrameSink, JsonScanner } from "@conn/core";
import { malformed } from "../malformed.ts";

const FRAME = defineKeys("result");
const RESULT = defineKeys("instrument_name", "channel", "data");
const BOOK = defineKeys("t", "bids", "asks");

const scanner = new JsonScanner();

/** Crypto.com, version 2 of the market feed, which is retired: it sent the whole book in every frame. */
export const cryptoCom: Decoder = {
  hosts: ["stream.crypto.com/v2"],
  sequence: {
    source: "https://exchange-docs.crypto.com/spot/index.html#book-instrument_name-depth",
    rules: [
      "Every frame of book.{instrument_name}.{depth} is a full snapshot.",
      "t is the time of the book: recordings show that books are sent again after newer ones, with their old t.",
    ],
    scope: "book",
    snapshot: "everyFrame",
    bridge: "follows",
    steady: "monotonic",
    olderSnapshot: "drop",
    levelsBy: "price",
    crossed: "resync",
    recovery: "resubscribe",
  },
  parse(data, sink) {
    scanner.reset(data);
    scanner.enterObject();
    while (scanner.nextKey(FRAME) >= 0) parseResult(sink);
    scanner.finish();
  },
};

/** `{"instrument_name", "channel": "book", "data": [{"bids", "asks", "t"}]}`; other channels are passed over. */
function parseResult(sink: FrameSink): void {
  const from = sink.levels.length;
  let exchangeSymbol: string | undefined;
  let time: number | undefined;
  let books = 0;
  let sides = 0;
  scanner.enterObject();
  for (let key = scanner.nextKey(RESULT); key >= 0; key = scanner.nextKey(RESULT)) {
    if (key === 0) exchangeSymbol = scanner.readSymbol();
    else if (key === 1) {
      if (scanner.readSymbol() === "book") continue;
      scanner.leave();
      return;
    } else {
      scanner.enterArray();
      while (scanner.nextElement()) {
        books += 1;
        scanner.enterObject();
        for (let field = scanner.nextKey(BOOK); field >= 0; field = scanner.nextKey(BOOK)) {
          if (field === 0) time = scanner.readInteger();
          else {
            scanner.readLevels(sink.levels, field === 1 ? BID : ASK);
            sides += 1;
          }
        }
      }
    }
  }
  if (exchangeSymbol === undefined || time === undefined || books !== 1 || sides !== 2)
    throw malformed("a book without instrument_name, t, bids or asks");
  const message = sink.depth("snapshot", exchangeSymbol, from);
  message.lastUpdateId = time;
  message.exchangeTimestamp = time;
}
