import { describe, expect, it } from "vitest";
import type { ConnError } from "../../src/errors/index.js";
import { BookAuditor } from "../../src/market-data/book-auditor.js";
import {
  canBeAudited,
  FrameSink,
  OrderBookTracker,
  type SequenceRecord,
} from "../../src/market-data/index.js";
import { BID, LevelBatch } from "../../src/parse/index.js";
import { testInstrument } from "../support/instrument.js";
import { VirtualTime } from "../support/virtual-time.js";

const PAIR = "BTC-USDT";
const INSTRUMENT = testInstrument(PAIR);
const RECORD: SequenceRecord = {
  source: "test",
  rules: [],
  scope: "book",
  olderSnapshot: "drop",
  levelsBy: "price",
  snapshot: "rest",
  bridge: "spansNext",
  steady: "contiguous",
  crossed: "resync",
  recovery: "refetch",
};

/** Bids as texts: an audit treats the sides alike. */
type Rows = readonly (readonly [price: string, amount: string])[];

function setUp(record: SequenceRecord = RECORD) {
  const problems: ConnError[] = [];
  const limits = { maxDiffs: 5, maxLevels: 1_000 };
  const clock = new VirtualTime();
  const tracker = new OrderBookTracker(record, limits, clock, {
    onBookChanged: () => undefined,
    onBookState: () => undefined,
    requestSnapshot: () => undefined,
    restartStream: () => undefined,
  });
  const auditor = new BookAuditor("test", { record, buffer: limits, clock }, tracker, (error) => {
    // Told while the book is still what the error says of it.
    expect(tracker.books.get(PAIR)?.integrity.state).toBe("live");
    problems.push(error);
  });
  const book = tracker.track(INSTRUMENT);
  const sink = new FrameSink();
  const write = (kind: "diff" | "snapshot", first: number | undefined, last: number, rows: Rows) => {
    sink.reset();
    for (const [price, amount] of rows) expect(sink.levels.pushText(BID, price, amount)).toBe(true);
    const message = sink.depth(kind, "BTCUSDT", 0);
    message.firstUpdateId = first;
    message.lastUpdateId = last;
    return message;
  };
  /** A diff with one id. */
  const diff = (id: number, rows: Rows = []): void => {
    const message = write("diff", id, id, rows);
    tracker.diff(PAIR, message, sink.levels, 1);
    auditor.diff(PAIR, message, sink.levels, 1);
  };
  const snapshot = (id: number, rows: Rows): void =>
    tracker.snapshot(PAIR, write("snapshot", undefined, id, rows), sink.levels, 1);
  const auditSnapshot = (id: number, rows: Rows): void =>
    auditor.snapshot(PAIR, write("snapshot", undefined, id, rows), sink.levels, 1);
  let ends = 0;
  const begin = (): boolean =>
    auditor.begin(INSTRUMENT, () => {
      ends += 1;
    });
  tracker.subscribed(PAIR);
  return { tracker, auditor, book, problems, begin, diff, snapshot, auditSnapshot, ends: () => ends };
}

const START: Rows = [
  ["99", "1"],
  ["98", "2"],
];

/** A live book at update 11. */
function live(record?: SequenceRecord) {
  const all = setUp(record);
  all.snapshot(10, START);
  all.diff(11);
  expect(all.book.integrity.state).toBe("live");
  return all;
}

describe("which books can be audited", () => {
  it.each([
    [{}, true],
    [{ bridge: "spansSnapshot", steady: "linked" }, true],
    [{ steady: "monotonic" }, true],
    // Nothing proves that no diff is missing between snapshot and stream.
    [{ bridge: "newer" }, false],
    [{ steady: "none" }, false],
    [{ idsMayBeAbsent: true }, false],
    // Snapshots cannot be asked for beside the stream.
    [{ snapshot: "firstFrame", bridge: "follows" }, false],
    [{ snapshot: "everyFrame", bridge: "follows" }, false],
    [{ snapshot: "request" }, false],
  ] as const)("with %o: %s", (changes, expected) => {
    expect(canBeAudited({ ...RECORD, ...changes })).toBe(expected);
  });
});

describe("an audit", () => {
  it("begins with a live book only, and not beside another", () => {
    const { begin, snapshot, diff, auditor } = setUp();
    expect(begin()).toBe(false);
    snapshot(10, START);
    expect(begin()).toBe(false);
    diff(11);
    expect(auditor.begin(testInstrument("ETH-USDT"), () => undefined)).toBe(false);
    expect(begin()).toBe(true);
    expect(begin()).toBe(false);
    auditor.cancel("ETH-USDT");
    expect(begin()).toBe(false);
    auditor.cancel(PAIR);
    expect(begin()).toBe(true);
  });

  it("compares when both books stand at one update, joined by a diff or in a market that is quiet", () => {
    const { begin, diff, auditSnapshot, book, ends } = live();
    begin();
    auditSnapshot(13, START);
    expect(book.integrity.audits).toBe(0);
    diff(12);
    expect(book.integrity.audits).toBe(0);
    diff(13);
    expect(book.integrity).toMatchObject({ audits: 1, auditMismatches: 0 });
    begin();
    auditSnapshot(13, START);
    expect(book.integrity).toMatchObject({ audits: 2, auditMismatches: 0, state: "live" });
    expect(ends()).toBe(2);
  });

  it("compares exactly, beyond what doubles can tell apart", () => {
    const long: Rows = [["99.00000000000000000001", "1"]];
    const { begin, diff, auditSnapshot, book } = live();
    diff(12, long);
    begin();
    auditSnapshot(12, [...long, ...START]);
    expect(book.integrity).toMatchObject({ audits: 1, auditMismatches: 0 });
    begin();
    auditSnapshot(12, [["99.00000000000000000002", "1"], ...START]);
    expect(book.integrity).toMatchObject({ audits: 2, auditMismatches: 1, state: "resyncing" });
  });

  it("names the levels that differ, the first twenty of many, and leaves the book to be built anew", () => {
    const { begin, auditSnapshot, problems, book, snapshot, diff } = live();
    begin();
    auditSnapshot(11, [["99", "1.5"], ["98.5", "3"], ...START.slice(1)]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({
      code: "BOOK_MISMATCH",
      details: {
        tradingPair: PAIR,
        lastUpdateId: 11,
        count: 2,
        levels: [
          { side: "bid", price: "99", amount: "1", auditAmount: "1.5" },
          { side: "bid", price: "98.5", amount: "0", auditAmount: "3" },
        ],
      },
    });
    expect(book.integrity).toMatchObject({ state: "resyncing", lastFault: "audit", resyncs: 1 });
    // One of the two is wrong, and the shadow may be the one: its levels are not in the book.
    expect(book.bids().map(({ price }) => price.toFixed())).toEqual(["99", "98"]);
    snapshot(12, START);
    diff(13);
    expect(book.integrity.state).toBe("live");
    begin();
    auditSnapshot(
      13,
      Array.from({ length: 30 }, (_, index) => [`9${index + 10}`, "1"] as const),
    );
    expect(problems[1]?.details.count).toBe(30);
    expect(problems[1]?.details.levels).toHaveLength(20);
  });

  it("is given up where its snapshot cannot be joined", () => {
    const { begin, diff, auditSnapshot, ends, book, problems } = live();
    begin();
    diff(12);
    diff(13);
    auditSnapshot(10, START);
    expect([ends(), book.integrity.audits, problems.length]).toEqual([1, 0, 0]);
    expect(book.integrity.state).toBe("live");
    expect(begin()).toBe(true);
  });

  it("keeps no more diffs than a first snapshot may wait for", () => {
    const { begin, diff, auditSnapshot, book } = live();
    begin();
    for (let id = 12; id <= 30; id += 1) diff(id, [["97", String(id)]]);
    // Of the nineteen diffs only the newest are kept: a snapshot among them is joined.
    auditSnapshot(29, [...START, ["97", "29"]]);
    expect(book.integrity).toMatchObject({ audits: 1, auditMismatches: 0 });
    begin();
    for (let id = 31; id <= 50; id += 1) diff(id, [["97", String(id)]]);
    auditSnapshot(31, [...START, ["97", "31"]]);
    expect(book.integrity).toMatchObject({ audits: 1, auditMismatches: 0 });
  });

  it("is given up when the book has begun anew, even where holes are not seen", () => {
    const { begin, tracker, diff, snapshot, auditSnapshot, book, ends, problems } = live({
      ...RECORD,
      steady: "monotonic",
    });
    begin();
    tracker.silent(PAIR);
    auditSnapshot(11, START);
    diff(12);
    tracker.disconnected(PAIR, "disconnected");
    // Diffs 13 to 19 are lost, and with them a level; what comes then follows for all that can be seen.
    tracker.subscribed(PAIR);
    snapshot(20, [["99", "7"]]);
    diff(21);
    expect(book.integrity).toMatchObject({ state: "live", audits: 0, auditMismatches: 0 });
    expect([ends(), problems.length]).toEqual([1, 0]);
  });

  it("waits while the connection is silent, and is not fooled by another book of the same pair", () => {
    const { begin, tracker, diff, auditSnapshot, book, ends } = live();
    begin();
    tracker.silent(PAIR);
    auditSnapshot(11, [["99", "5"]]);
    expect([ends(), book.integrity.auditMismatches]).toEqual([0, 0]);
    tracker.untrack(PAIR);
    tracker.track(INSTRUMENT);
    diff(12);
    expect([ends(), book.integrity.audits]).toEqual([1, 0]);
  });

  it("adds nothing to a book that has lost trust meanwhile, or is kept to a depth", () => {
    const batch = new LevelBatch();
    batch.pushText(BID, "50", "1");
    const known = { lowestBid: undefined, highestAsk: undefined };
    const { tracker, book } = live();
    tracker.distrust(PAIR, "requested");
    tracker.complete(PAIR, batch, known);
    expect(book.bidCount).toBe(2);
    const trimmed = live({ ...RECORD, trimDepth: 2 });
    trimmed.tracker.complete(PAIR, batch, known);
    expect(trimmed.book.bidCount).toBe(2);
  });
});
