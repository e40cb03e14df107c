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
import { malformed } from "./malformed.ts";
import { queryParameter } from "./snapshot-url.ts";

const EVENT = defineKeys("data", "e", "E", "T", "s", "U", "u", "pu", "b", "a");
const [DATA, TYPE, EVENT_TIME, MATCH_TIME, SYMBOL, FIRST_ID, LAST_ID, PREVIOUS_ID, BIDS] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8,
];
const SNAPSHOT = defineKeys("lastUpdateId", "E", "T", "bids", "asks");

const scanner = new JsonScanner();

/** What all products of Binance have in common: depth updates, and snapshots by REST. */
export const binanceDepth: Pick<Decoder, "parse" | "parseSnapshot" | "snapshotSymbol"> = {
  parse(data, sink) {
    scanner.reset(data);
    parseEvent(sink);
    scanner.finish();
  },
  parseSnapshot,
  snapshotSymbol: (url) => queryParameter(url, "/depth", "symbol"),
};

/** An event, or the `{"stream", "data"}` of a combined stream around it. All but depth updates are passed over. */
function parseEvent(sink: FrameSink): void {
  const from = sink.levels.length;
  let exchangeSymbol: string | undefined;
  let eventTime: number | undefined;
  let matchTime: number | undefined;
  let firstUpdateId: UpdateId | undefined;
  let lastUpdateId: UpdateId | undefined;
  let previousUpdateId: UpdateId | undefined;
  let sides = 0;
  scanner.enterObject();
  for (let key = scanner.nextKey(EVENT); key >= 0; key = scanner.nextKey(EVENT)) {
    if (key === DATA) {
      if (scanner.peek() === "object") parseEvent(sink);
    } else if (key === TYPE) {
      if (scanner.readSymbol() !== "depthUpdate") {
        // Other events use the same letters for other things.
        scanner.leave();
        return;
      }
    } else if (key === EVENT_TIME) eventTime = scanner.readInteger();
    else if (key === MATCH_TIME) matchTime = scanner.readInteger();
    else if (key === SYMBOL) exchangeSymbol = scanner.readSymbol();
    else if (key === FIRST_ID) firstUpdateId = scanner.readUpdateId();
    else if (key === LAST_ID) lastUpdateId = scanner.readUpdateId();
    else if (key === PREVIOUS_ID) previousUpdateId = scanner.readUpdateId();
    else {
      scanner.readLevels(sink.levels, key === BIDS ? BID : ASK);
      sides += 1;
    }
  }
  if (exchangeSymbol === undefined && sides === 0) return;
  if (exchangeSymbol === undefined || firstUpdateId === undefined || lastUpdateId === undefined || sides < 2)
    throw malformed("a depthUpdate without s, U, u, b or a");
  const message = sink.depth("diff", exchangeSymbol, from);
  message.firstUpdateId = firstUpdateId;
  message.lastUpdateId = lastUpdateId;
  message.previousUpdateId = previousUpdateId;
  message.exchangeTimestamp = matchTime ?? eventTime;
}

function parseSnapshot(body: Uint8Array, { exchangeSymbol }: Instrument, sink: FrameSink): void {
  const from = sink.levels.length;
  let lastUpdateId: UpdateId | undefined;
  let eventTime: number | undefined;
  let matchTime: number | undefined;
  let sides = 0;
  scanner.reset(body);
  scanner.enterObject();
  for (let key = scanner.nextKey(SNAPSHOT); key >= 0; key = scanner.nextKey(SNAPSHOT)) {
    if (key === 0) lastUpdateId = scanner.readUpdateId();
    else if (key === 1) eventTime = scanner.readInteger();
    else if (key === 2) matchTime = scanner.readInteger();
    else {
      scanner.readLevels(sink.levels, key === 3 ? BID : ASK);
      sides += 1;
    }
  }
  scanner.finish();
  if (lastUpdateId === undefined || sides < 2)
    throw malformed("a snapshot without lastUpdateId, bids or asks");
  const message = sink.depth("snapshot", exchangeSymbol, from);
  message.lastUpdateId = lastUpdateId;
  message.exchangeTimestamp = matchTime ?? eventTime;
}
