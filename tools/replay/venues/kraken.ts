import type { Decoder } from "@conn/cli";
import {
  ASK,
  BID,
  type BookScales,
  defineKeys,
  type FrameSink,
  JsonScanner,
  type LevelSide,
} from "@conn/core";
import { malformed } from "../malformed.ts";

const BOOK = defineKeys("as", "bs", "a", "b", "c");
const [SNAPSHOT_ASKS, SNAPSHOT_BIDS, ASKS, BIDS] = [0, 1, 2, 3];
const SUBSCRIBED_DEPTH = /^book-(\d+)$/;

const scanner = new JsonScanner();

/** Kraken spot, version 1 of the feed. It has no ids: the checksum alone shows what was lost. */
export const kraken: Decoder = {
  hosts: ["ws.kraken.com", "beta-ws.kraken.com"],
  sequence: {
    source: "https://docs.kraken.com/api/docs/guides/spot-ws-book-v1",
    rules: [
      "On subscription a snapshot is published, followed by level updates. A volume of 0 removes the level.",
      "Truncate the book to the subscribed depth after each update.",
      "The checksum is the CRC32 of the top 10 asks, low to high, then the top 10 bids, high to low: price and volume without decimal point and leading zeros.",
      "Checksums are not sent in snapshots, only in updates, of which all levels are processed first.",
    ],
    scope: "book",
    snapshot: "firstFrame",
    bridge: "follows",
    steady: "none",
    olderSnapshot: "apply",
    levelsBy: "price",
    checksum: { levels: 10, layout: "asksThenBids", text: "digits" },
    crossed: "resync",
    recovery: "resubscribe",
  },
  parse(data, sink) {
    scanner.reset(data);
    // Everything but data of a channel is an object: heartbeats, status, answers.
    if (scanner.peek() === "array") parseChannel(sink);
    scanner.finish();
  },
};

/** `[channelId, book, "book-1000", "XBT/USD"]`; an update of both sides has two books, one for each. */
function parseChannel(sink: FrameSink): void {
  const from = sink.levels.length;
  const names: string[] = [];
  let kind: "snapshot" | "diff" | undefined;
  let checksum: number | undefined;
  let scales: BookScales | undefined;
  scanner.enterArray();
  while (scanner.nextElement()) {
    const element = scanner.peek();
    if (element === "string") names.push(scanner.readSymbol());
    if (element !== "object") continue;
    scanner.enterObject();
    for (let key = scanner.nextKey(BOOK); key >= 0; key = scanner.nextKey(BOOK)) {
      if (key === SNAPSHOT_ASKS || key === SNAPSHOT_BIDS || key === ASKS || key === BIDS) {
        kind = key === ASKS || key === BIDS ? "diff" : "snapshot";
        scales = readLevels(sink, key === ASKS || key === SNAPSHOT_ASKS ? ASK : BID) ?? scales;
      } else checksum = scanner.readInteger();
    }
  }
  const [channel, exchangeSymbol] = names;
  const depth = SUBSCRIBED_DEPTH.exec(channel ?? "")?.[1];
  if (depth === undefined || exchangeSymbol === undefined || kind === undefined)
    throw malformed("an array that is no book");
  const message = sink.depth(kind, exchangeSymbol, from);
  message.checksum = checksum;
  message.scales = scales;
  message.trimDepth = Number(depth);
}

/**
 * Levels `["price", "volume", "timestamp", "r"?]`. All numbers of a pair are written with the same decimal
 * places, which the checksum needs.
 *
 * @returns the decimal places of the first level, if there is one.
 */
function readLevels(sink: FrameSink, side: LevelSide): BookScales | undefined {
  let scales: BookScales | undefined;
  scanner.enterArray();
  while (scanner.nextElement()) {
    scanner.enterArray();
    if (!scanner.nextElement()) throw malformed("a level without price");
    if (scales !== undefined) {
      scanner.readPrice();
      if (!scanner.nextElement()) throw malformed("a level without volume");
      scanner.readAmount();
      scanner.pushLevel(sink.levels, side);
    } else {
      const price = scanner.readDecimal();
      if (!scanner.nextElement()) throw malformed("a level without volume");
      const amount = scanner.readDecimal();
      if (!sink.levels.pushText(side, price, amount)) throw malformed("a level below zero");
      scales = { price: decimalPlaces(price), amount: decimalPlaces(amount) };
    }
    scanner.leave();
  }
  return scales;
}

function decimalPlaces(text: string): number {
  const point = text.indexOf(".");
  return point < 0 ? 0 : text.length - point - 1;
}
