import type { Decoder } from "@conn/cli";
import {
  ASK,
  BID,
  defineKeys,
  type FrameSink,
  type Instrument,
  JsonScanner,
  type UpdateId,
} from "@conn/core";
import { malformed } from "../malformed.ts";
import { queryParameter } from "../snapshot-url.ts";

const ENVELOPE = defineKeys("data");
const UPDATE = defineKeys("sequenceStart", "sequenceEnd", "symbol", "time", "changes");
const [FIRST_ID, LAST_ID, SYMBOL, TIME] = [0, 1, 2, 3];
const SIDES = defineKeys("bids", "asks");
const SNAPSHOT = defineKeys("sequence", "time", "bids", "asks");

const scanner = new JsonScanner();

/** KuCoin spot: `/market/level2`, and snapshots by REST. */
export const kucoin: Decoder = {
  hosts: ["push-private.kucoin.com", "ws-api-spot.kucoin.com", "api.kucoin.com"],
  sequence: {
    source: "https://www.kucoin.com/docs-new/3470068w0",
    rules: [
      "Discard what is not after the sequence of the snapshot.",
      "sequenceStart(new) <= sequenceEnd(old) + 1 and sequenceEnd(new) > sequenceEnd(old).",
      "The sequence of each change is that of the last modification of its price; it does not serve for judging continuity.",
      "If the price is 0, ignore the change and update the sequence. If the size is 0, remove the price.",
    ],
    scope: "book",
    snapshot: "rest",
    bridge: "spansNext",
    steady: "contiguous",
    olderSnapshot: "drop",
    levelsBy: "price",
    crossed: "resync",
    recovery: "refetch",
  },
  parse(data, sink) {
    scanner.reset(data);
    scanner.enterObject();
    // Answers and pongs have no data, or a text.
    while (scanner.nextKey(ENVELOPE) >= 0) if (scanner.peek() === "object") parseUpdate(sink);
    scanner.finish();
  },
  parseSnapshot,
  snapshotSymbol: (url) => queryParameter(url, "/market/orderbook/level2", "symbol"),
};

/**
 * `{"sequenceStart", "sequenceEnd", "symbol", "changes": {"asks": [["price", "size", "sequence"]], "bids"}}`.
 *
 * A change that the snapshot already contains need not be left out: it was the last of its price before
 * the snapshot, so the snapshot has the same size.
 */
function parseUpdate(sink: FrameSink): void {
  const from = sink.levels.length;
  let exchangeSymbol: string | undefined;
  let firstUpdateId: UpdateId | undefined;
  let lastUpdateId: UpdateId | undefined;
  let time: number | undefined;
  let sides = 0;
  scanner.enterObject();
  for (let key = scanner.nextKey(UPDATE); key >= 0; key = scanner.nextKey(UPDATE)) {
    if (key === SYMBOL) exchangeSymbol = scanner.readSymbol();
    else if (key === FIRST_ID) firstUpdateId = scanner.readUpdateId();
    else if (key === LAST_ID) lastUpdateId = scanner.readUpdateId();
    else if (key === TIME) time = scanner.readInteger();
    else {
      scanner.enterObject();
      for (let side = scanner.nextKey(SIDES); side >= 0; side = scanner.nextKey(SIDES)) {
        // A price of 0 is no level, and the book passes over it.
        scanner.readLevels(sink.levels, side === 0 ? BID : ASK);
        sides += 1;
      }
    }
  }
  // Data of other topics.
  if (sides === 0) return;
  if (exchangeSymbol === undefined || firstUpdateId === undefined || lastUpdateId === undefined || sides < 2)
    throw malformed("an update without symbol, sequenceStart, sequenceEnd or changes");
  const message = sink.depth("diff", exchangeSymbol, from);
  message.firstUpdateId = firstUpdateId;
  message.lastUpdateId = lastUpdateId;
  message.exchangeTimestamp = time;
}

function parseSnapshot(body: Uint8Array, { exchangeSymbol }: Instrument, sink: FrameSink): void {
  const from = sink.levels.length;
  let sequence: UpdateId | undefined;
  let time: number | undefined;
  let sides = 0;
  scanner.reset(body);
  scanner.enterObject();
  while (scanner.nextKey(ENVELOPE) >= 0) {
    scanner.enterObject();
    for (let key = scanner.nextKey(SNAPSHOT); key >= 0; key = scanner.nextKey(SNAPSHOT)) {
      if (key === 0) sequence = scanner.readUpdateId();
      else if (key === 1) time = scanner.readInteger();
      else {
        scanner.readLevels(sink.levels, key === 2 ? BID : ASK);
        sides += 1;
      }
    }
  }
  scanner.finish();
  if (sequence === undefined || sides !== 2) throw malformed("a snapshot without sequence, bids or asks");
  const message = sink.depth("snapshot", exchangeSymbol, from);
  message.lastUpdateId = sequence;
  message.exchangeTimestamp = time;
}
