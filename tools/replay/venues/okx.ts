import type { Decoder } from "@conn/cli";
import { ASK, BID, defineKeys, type FrameSink, JsonScanner, type UpdateId } from "@conn/core";
import { malformed } from "../malformed.ts";

const FRAME = defineKeys("event", "arg", "action", "data");
const [EVENT, ARG, ACTION] = [0, 1, 2];
const CHANNEL = defineKeys("channel", "instId");
const BOOK = defineKeys("asks", "bids", "ts", "checksum", "seqId", "prevSeqId");
const [ASKS, BIDS, TIME, CHECKSUM, LAST_ID] = [0, 1, 2, 3, 4];

const LETTER_P = 0x70;
const DEPTH_CHANNELS: ReadonlySet<string> = new Set(["books", "books-l2-tbt", "books50-l2-tbt"]);

const scanner = new JsonScanner();

/** OKX, version 5: channels `books`, `books-l2-tbt` and `books50-l2-tbt`. */
export const okx: Decoder = {
  hosts: ["ws.okx.com/ws/v5", "wsus.okx.com/ws/v5", "wseea.okx.com/ws/v5", "ws.okex.com/ws/v5"],
  sequence: {
    source: "https://www.okx.com/docs-v5/en/#order-book-trading-market-data-ws-order-book-channel",
    rules: [
      "The first push is a full snapshot, whose prevSeqId is -1; after it come updates. A size of 0 deletes.",
      "prevSeqId of each message is seqId of the message before.",
      "Without a change for 60 seconds, an empty message is sent whose seqId and prevSeqId are both that of the last.",
      "On maintenance, seqId may be reset: one message then has a seqId below its prevSeqId, and the rule above goes on.",
      "The checksum is the signed CRC32 of the first 25 bids and asks, bidPrice:bidSize:askPrice:askSize:…; since June 2026 it is 0 and means nothing.",
    ],
    scope: "book",
    snapshot: "firstFrame",
    bridge: "follows",
    steady: "linked",
    // Messages have ids since October 2022.
    idsMayBeAbsent: true,
    mayStepBack: true,
    olderSnapshot: "apply",
    levelsBy: "price",
    checksum: { levels: 25, layout: "interleaved", text: "plain" },
    crossed: "resync",
    recovery: "resubscribe",
  },
  parse(data, sink) {
    // The answer to "ping" is "pong", which is no JSON.
    if (data[0] === LETTER_P) return;
    scanner.reset(data);
    parseFrame(sink);
    scanner.finish();
  },
};

/** `{"arg": {"channel", "instId"}, "action": "snapshot" | "update", "data": [book]}`. */
function parseFrame(sink: FrameSink): void {
  const from = sink.levels.length;
  let channel: string | undefined;
  let exchangeSymbol: string | undefined;
  let action: string | undefined;
  let book: BookFields | undefined;
  scanner.enterObject();
  for (let key = scanner.nextKey(FRAME); key >= 0; key = scanner.nextKey(FRAME)) {
    if (key === EVENT) {
      // The answer to a request.
      scanner.leave();
      return;
    }
    if (key === ACTION) action = scanner.readSymbol();
    else if (key === ARG) {
      scanner.enterObject();
      for (let field = scanner.nextKey(CHANNEL); field >= 0; field = scanner.nextKey(CHANNEL)) {
        if (field === 0) channel = scanner.readSymbol();
        else exchangeSymbol = scanner.readSymbol();
      }
    } else {
      scanner.enterArray();
      while (scanner.nextElement()) {
        if (book !== undefined) throw malformed("a frame with more than one book");
        book = readBook(sink);
      }
    }
  }
  if (channel === undefined || !DEPTH_CHANNELS.has(channel)) return;
  if (exchangeSymbol === undefined || book === undefined || (action !== "snapshot" && action !== "update"))
    throw malformed("a book without instId, action or data");
  const message = sink.depth(action === "snapshot" ? "snapshot" : "diff", exchangeSymbol, from);
  message.lastUpdateId = book.lastUpdateId;
  message.previousUpdateId = book.previousUpdateId;
  message.exchangeTimestamp = book.time;
  // 0 says that there is none.
  message.checksum = book.checksum === 0 ? undefined : book.checksum;
}

interface BookFields {
  time?: number;
  checksum?: number;
  lastUpdateId?: UpdateId;
  previousUpdateId?: UpdateId;
}

function readBook(sink: FrameSink): BookFields {
  const book: BookFields = {};
  scanner.enterObject();
  for (let key = scanner.nextKey(BOOK); key >= 0; key = scanner.nextKey(BOOK)) {
    if (key === ASKS || key === BIDS) scanner.readLevels(sink.levels, key === ASKS ? ASK : BID);
    else if (key === TIME) book.time = scanner.readInteger();
    else if (key === CHECKSUM) book.checksum = scanner.readInteger();
    else if (key === LAST_ID) book.lastUpdateId = scanner.readUpdateId();
    else book.previousUpdateId = scanner.readUpdateId();
  }
  return book;
}
