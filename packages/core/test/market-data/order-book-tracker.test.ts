import { crc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FrameSink, OrderBookTracker, type SequenceRecord } from "../../src/market-data/index.js";
import type { OrderBook } from "../../src/order-book/index.js";
import { ASK, BID } from "../../src/parse/index.js";
import { testInstrument } from "../support/instrument.js";
import { VirtualTime } from "../support/virtual-time.js";

const RECORD: SequenceRecord = {
  source: "test",
  rules: [],
  scope: "book",
  olderSnapshot: "drop",
  levelsBy: "price",
  snapshot: "rest",
  bridge: "spansSnapshot",
  steady: "linked",
  crossed: "resync",
  recovery: "refetch",
};
const PAIR = "BTC-USDT";

type Row = readonly [side: "bid" | "ask", price: number, amount: number];
interface Diff {
  readonly first: number;
  readonly last: number;
  readonly previous: number;
  readonly rows: readonly Row[];
}

function setUp(record: SequenceRecord = RECORD, limits = { maxDiffs: 1_000, maxLevels: 100_000 }) {
  const log: string[] = [];
  const requests: number[] = [];
  const tracker = new OrderBookTracker(record, limits, new VirtualTime(), {
    onBookChanged: (_book, kind) => log.push(kind),
    onBookState: (book, previous, fault) => {
      log.push(`${previous}>${book.integrity.state}${fault ? ` ${fault}` : ""}`);
    },
    requestSnapshot: (_pair, failures) => requests.push(failures),
    restartStream: (_pair, how, failures) => log.push(`${how} ${failures}`),
  });
  const book = tracker.track(testInstrument(PAIR));
  const sink = new FrameSink();
  const write = (rows: readonly Row[]): void => {
    sink.reset();
    for (const [side, price, amount] of rows) sink.levels.push(side === "bid" ? BID : ASK, price, amount);
  };
  const diff = ({ first, last, previous, rows }: Diff): void => {
    write(rows);
    const message = sink.depth("diff", "BTCUSDT", 0);
    message.firstUpdateId = first;
    message.lastUpdateId = last;
    message.previousUpdateId = previous;
    tracker.diff(PAIR, message, sink.levels, 1);
  };
  const snapshot = (id: number | undefined, rows: readonly Row[], checksum?: number): void => {
    write(rows);
    const message = sink.depth("snapshot", "BTCUSDT", 0);
    message.lastUpdateId = id;
    message.checksum = checksum;
    tracker.snapshot(PAIR, message, sink.levels, 1);
  };
  /** A diff without ids. */
  const diffOf = (rows: readonly Row[], checksum?: number): void => {
    write(rows);
    const message = sink.depth("diff", "BTCUSDT", 0);
    message.checksum = checksum;
    tracker.diff(PAIR, message, sink.levels, 1);
  };
  const check = (checksum: number): void => tracker.checksum(PAIR, checksum);
  return { tracker, book, log, requests, diff, diffOf, snapshot, check };
}

const levels = (book: OrderBook): string[] => [
  ...book.bids().map(({ price, amount }) => `b ${price} ${amount}`),
  ...book.asks().map(({ price, amount }) => `a ${price} ${amount}`),
];
const START: readonly Row[] = [
  ["bid", 99, 1],
  ["ask", 101, 1],
];

/** A book made live by a snapshot with id 10 and one diff up to 20. */
function live(record?: SequenceRecord) {
  const all = setUp(record);
  all.tracker.subscribed(PAIR);
  all.diff({ first: 5, last: 20, previous: 4, rows: [["bid", 98, 2]] });
  all.snapshot(10, START);
  expect(all.book.integrity.state).toBe("live");
  all.log.length = 0;
  all.requests.length = 0;
  return all;
}

describe("the tracker", () => {
  it("asks for a snapshot when the stream is confirmed, and joins it to what was buffered", () => {
    const { tracker, book, log, requests, diff, snapshot } = setUp();
    expect(requests).toEqual([]);
    tracker.subscribed(PAIR);
    expect(requests).toEqual([0]);
    diff({ first: 1, last: 3, previous: 0, rows: [["bid", 50, 1]] });
    diff({ first: 5, last: 20, previous: 3, rows: [["bid", 98, 2]] });
    expect(book.integrity.state).toBe("awaitingSnapshot");
    snapshot(10, START);
    expect(levels(book)).toEqual(["b 99 1", "b 98 2", "a 101 1"]);
    expect(book.integrity).toMatchObject({
      state: "live",
      lastUpdateId: 20,
      snapshots: 1,
      diffs: 1,
      staleDiffs: 1,
    });
    expect(log).toEqual(["snapshot", "awaitingSnapshot>live"]);
  });

  it("is syncing until a diff joins the snapshot", () => {
    const { tracker, book, diff, snapshot } = setUp();
    tracker.subscribed(PAIR);
    snapshot(10, START);
    expect(book.integrity.state).toBe("syncing");
    diff({ first: 8, last: 12, previous: 7, rows: [] });
    expect(book.integrity.state).toBe("live");
  });

  it("fetches again while the snapshot is older than the stream, keeping what it has", () => {
    const { tracker, book, requests, diff, snapshot } = setUp();
    tracker.subscribed(PAIR);
    diff({ first: 15, last: 20, previous: 14, rows: [["bid", 98, 2]] });
    diff({ first: 21, last: 30, previous: 20, rows: [["bid", 97, 3]] });
    snapshot(10, START);
    expect(requests).toEqual([0, 1]);
    expect(book.integrity.state).not.toBe("live");
    snapshot(17, START);
    expect(levels(book)).toEqual(["b 99 1", "b 98 2", "b 97 3", "a 101 1"]);
    expect(book.integrity.state).toBe("live");
  });

  it("notices a lost diff at the next one, and recovers from where it stands", () => {
    const { book, log, requests, diff, snapshot } = live();
    diff({ first: 31, last: 40, previous: 30, rows: [["ask", 102, 5]] });
    expect(log).toEqual(["live>resyncing gap"]);
    expect(requests).toEqual([1]);
    expect(book.integrity).toMatchObject({ gaps: 1, resyncs: 1, lastFault: "gap" });
    diff({ first: 41, last: 50, previous: 40, rows: [["ask", 103, 5]] });
    snapshot(35, START);
    expect(levels(book)).toEqual(["b 99 1", "a 101 1", "a 102 5", "a 103 5"]);
    expect(log.at(-1)).toBe("resyncing>live");
  });

  it("changes nothing for duplicates and old diffs", () => {
    const { book, log, diff } = live();
    diff({ first: 5, last: 20, previous: 4, rows: [["bid", 1, 1]] });
    diff({ first: 1, last: 3, previous: 0, rows: [["bid", 1, 1]] });
    expect(log).toEqual([]);
    expect(book.integrity).toMatchObject({ state: "live", staleDiffs: 2, gaps: 0 });
  });

  it("distrusts a crossed book, or only counts it, by the record", () => {
    const strict = live();
    strict.diff({ first: 21, last: 30, previous: 20, rows: [["bid", 101, 1]] });
    expect(strict.log).toEqual(["live>resyncing crossed"]);
    expect(strict.requests).toEqual([1]);
    const lenient = live({ ...RECORD, crossed: "report" });
    lenient.diff({ first: 21, last: 30, previous: 20, rows: [["bid", 101, 1]] });
    expect(lenient.log).toEqual(["diff"]);
    expect(lenient.book.integrity).toMatchObject({ state: "live", crossed: 1 });
  });

  it("ends trust with the connection and starts over on the next", () => {
    const { tracker, book, log, requests, diff, snapshot } = live();
    tracker.disconnected(PAIR, "disconnected");
    expect(log).toEqual(["live>resyncing disconnected"]);
    snapshot(1_000, [["bid", 1, 1]]);
    expect(levels(book)).toEqual(["b 99 1", "b 98 2", "a 101 1"]);
    tracker.subscribed(PAIR);
    expect(requests).toEqual([0]);
    diff({ first: 90, last: 110, previous: 89, rows: [] });
    snapshot(100, START);
    expect(log.at(-1)).toBe("resyncing>live");
  });

  it("is stale while the venue is silent and live again when it speaks", () => {
    const { tracker, log } = live();
    tracker.silent(PAIR);
    tracker.silent(PAIR);
    tracker.alive(PAIR);
    expect(log).toEqual(["live>stale silent", "stale>live"]);
  });

  it("restarts the stream where the record says so", () => {
    const { tracker, log, requests, diff } = live({ ...RECORD, recovery: "resubscribe" });
    diff({ first: 31, last: 40, previous: 30, rows: [] });
    expect(log).toEqual(["live>resyncing gap", "resubscribe 1"]);
    expect(requests).toEqual([]);
    tracker.subscribed(PAIR);
    expect(requests).toEqual([1]);
  });

  it("keeps its memory bounded while a snapshot does not come", () => {
    const { tracker, book, diff, snapshot } = setUp(RECORD, { maxDiffs: 100, maxLevels: 1_000 });
    tracker.subscribed(PAIR);
    for (let id = 1; id <= 20_000; id += 1) {
      diff({ first: id, last: id, previous: id - 1, rows: [["bid", 90 + (id % 9), id]] });
    }
    expect(book.integrity.lastFault).toBe("bufferOverflow");
    snapshot(19_990, START);
    expect(book.integrity.state).toBe("live");
    expect(book.integrity.lastUpdateId).toBe(20_000);
    expect(book.integrity.diffs).toBeLessThanOrEqual(100);
  });

  it("forgets a pair that is no longer tracked", () => {
    const { tracker, log, diff, snapshot } = live();
    tracker.untrack(PAIR);
    diff({ first: 21, last: 30, previous: 20, rows: [["bid", 1, 1]] });
    snapshot(5, START);
    tracker.disconnected(PAIR, "disconnected");
    expect(log).toEqual([]);
    expect(tracker.books.size).toBe(0);
  });
});

describe("a venue whose stream begins with a snapshot", () => {
  const STREAM: SequenceRecord = {
    ...RECORD,
    snapshot: "firstFrame",
    bridge: "follows",
    recovery: "resubscribe",
  };

  it("is live with the snapshot, even before the subscription is confirmed", () => {
    const { tracker, book, log, requests, diff, snapshot } = setUp(STREAM);
    diff({ first: 1, last: 9, previous: 0, rows: [["bid", 50, 1]] });
    snapshot(10, START);
    expect(log).toEqual(["snapshot", "awaitingSnapshot>live"]);
    tracker.subscribed(PAIR);
    expect(requests).toEqual([]);
    diff({ first: 11, last: 20, previous: 10, rows: [["bid", 98, 2]] });
    expect(levels(book)).toEqual(["b 99 1", "b 98 2", "a 101 1"]);
  });

  it("takes a second snapshot, and drops one that is older", () => {
    const { book, log, snapshot } = setUp(STREAM);
    snapshot(10, START);
    snapshot(30, [["bid", 97, 1]]);
    snapshot(20, START);
    expect(levels(book)).toEqual(["b 97 1"]);
    expect(book.integrity).toMatchObject({ state: "live", snapshots: 2, staleDiffs: 1, lastUpdateId: 30 });
    expect(log.filter((entry) => entry !== "snapshot")).toEqual(["awaitingSnapshot>live"]);
    const lenient = setUp({ ...STREAM, olderSnapshot: "apply" });
    lenient.snapshot(10, START);
    lenient.snapshot(1, [["bid", 97, 1]]);
    expect(levels(lenient.book)).toEqual(["b 97 1"]);
  });

  it("begins the stream anew after a gap, and ignores the rest of the old one", () => {
    const { tracker, book, log, diff, snapshot } = setUp(STREAM);
    snapshot(10, START);
    diff({ first: 21, last: 30, previous: 20, rows: [["bid", 98, 2]] });
    diff({ first: 31, last: 40, previous: 30, rows: [["bid", 98, 2]] });
    expect(log.slice(2)).toEqual(["live>resyncing gap", "resubscribe 1"]);
    expect(levels(book)).toEqual(["b 99 1", "a 101 1"]);
    tracker.subscribed(PAIR);
    snapshot(5, [["bid", 96, 1]]);
    expect(levels(book)).toEqual(["b 96 1"]);
    expect(book.integrity.state).toBe("live");
  });

  it("begins the stream anew when no snapshot comes, more and more slowly", () => {
    const { tracker, log, requests } = setUp(STREAM);
    tracker.subscribed(PAIR);
    tracker.snapshotFailed(PAIR);
    tracker.subscribed(PAIR);
    tracker.snapshotFailed(PAIR);
    expect(requests).toEqual([0, 1]);
    expect(log).toEqual(["resubscribe 1", "resubscribe 2"]);
  });
});

describe("a venue with checksums and a limited depth", () => {
  const STREAM: SequenceRecord = {
    ...RECORD,
    snapshot: "firstFrame",
    bridge: "follows",
    steady: "none",
    recovery: "resubscribe",
    trimDepth: 2,
    checksum: { levels: 2, layout: "interleaved", text: "plain" },
  };
  const rows: readonly Row[] = [
    ["bid", 99, 1],
    ["bid", 98, 2],
    ["ask", 101, 3],
    ["ask", 102.5, 4],
  ];
  const crcOf = (text: string): number => crc32(text);

  it("forgets what falls out of the depth, then compares", () => {
    const { book, log, check, snapshot, diffOf } = setUp(STREAM);
    snapshot(undefined, [...rows, ["bid", 97, 9]], crcOf("99:1:101:3:98:2:102.5:4"));
    expect(levels(book)).toEqual(["b 99 1", "b 98 2", "a 101 3", "a 102.5 4"]);
    diffOf([["bid", 100, 5]], crcOf("100:5:101:3:99:1:102.5:4"));
    expect(levels(book)).toEqual(["b 100 5", "b 99 1", "a 101 3", "a 102.5 4"]);
    check(crcOf("100:5:101:3:99:1:102.5:4") | 0);
    expect(book.integrity).toMatchObject({ state: "live", checksumFailures: 0 });
    diffOf([["bid", 100, 6]], crcOf("100:5:101:3:99:1:102.5:4"));
    expect(book.integrity).toMatchObject({ state: "resyncing", checksumFailures: 1, lastFault: "checksum" });
    expect(log.at(-1)).toBe("resubscribe 1");
  });

  it("compares checksums that come in messages of their own", () => {
    const { book, check, snapshot } = setUp(STREAM);
    snapshot(undefined, rows);
    check(1);
    expect(book.integrity).toMatchObject({ state: "resyncing", checksumFailures: 1 });
    check(1);
    expect(book.integrity.checksumFailures).toBe(1);
  });
});

describe("a venue that names levels by id", () => {
  const BY_ID: SequenceRecord = {
    ...RECORD,
    snapshot: "firstFrame",
    bridge: "follows",
    steady: "none",
    levelsBy: "id",
    recovery: "resubscribe",
  };

  it("finds prices by id, and takes an unknown id for a gap", () => {
    const { tracker, book, log } = setUp(BY_ID);
    const sink = new FrameSink();
    const send = (
      kind: "snapshot" | "diff",
      each: readonly [0 | 1, number, string | undefined, string][],
    ): void => {
      sink.reset();
      for (const [side, id, price, amount] of each) sink.levels.pushById(side, id, price, amount);
      const message = sink.depth(kind, "BTCUSDT", 0);
      tracker[kind](PAIR, message, sink.levels, 1);
    };
    send("snapshot", [
      [BID, 7, "99.5", "1"],
      [ASK, 8, "101", "2"],
    ]);
    send("diff", [[BID, 7, undefined, "5"]]);
    expect(levels(book)).toEqual(["b 99.5 5", "a 101 2"]);
    send("diff", [
      [ASK, 8, undefined, "0"],
      [ASK, 9, "102", "3"],
      [ASK, 7, "99.6", "1"],
    ]);
    expect(levels(book)).toEqual(["a 99.6 1", "a 102 3"]);
    send("diff", [[ASK, 8, undefined, "1"]]);
    expect(log.slice(-2)).toEqual(["live>resyncing unknownLevel", "resubscribe 1"]);
    expect(book.integrity.gaps).toBe(1);
  });
});

describe("whatever is lost, repeated or swapped", () => {
  it("a live book is the venue's book at its update id, and it gets live again", () => {
    const row = fc
      .tuple(fc.constantFrom("bid" as const, "ask" as const), fc.integer({ min: 1, max: 20 }), fc.nat(3))
      .map(([side, step, amount]): Row => [side, side === "bid" ? 100 - step : 100 + step, amount]);
    const step = fc.record({
      rows: fc.array(row, { maxLength: 4 }),
      ids: fc.integer({ min: 1, max: 3 }),
      fate: fc.constantFrom("arrives", "arrives", "arrives", "lost", "twice", "swapped", "reconnect"),
      answer: fc.constantFrom("none", "fresh", "old", "failed"),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { tracker, book, requests, diff, snapshot } = setUp();
        const venue = new Map<string, Row>();
        const history = new Map<number, string[]>();
        const snapshots: { id: number; rows: Row[] }[] = [];
        let id = 0;
        let answered = 0;
        let held: Diff | undefined;
        const state = (): string[] =>
          [...venue.values()]
            .toSorted((a, b) =>
              a[0] !== b[0] ? (a[0] === "bid" ? -1 : 1) : a[0] === "bid" ? b[1] - a[1] : a[1] - b[1],
            )
            .map(([side, price, amount]) => `${side[0]} ${price} ${amount}`);
        const check = (): void => {
          if (book.integrity.state !== "live") return;
          expect(levels(book)).toEqual(history.get(book.integrity.lastUpdateId as number));
        };
        const change = (rows: readonly Row[], ids: number): Diff => {
          const previous = id;
          for (const each of rows) {
            if (each[2] === 0) venue.delete(`${each[0]} ${each[1]}`);
            else venue.set(`${each[0]} ${each[1]}`, each);
          }
          id += ids;
          history.set(id, state());
          snapshots.push({ id, rows: [...venue.values()] });
          return { first: previous + 1, last: id, previous, rows };
        };
        const deliver = (message: Diff): void => {
          diff(message);
          check();
        };
        const answer = (kind: string): void => {
          if (answered === requests.length || kind === "none") return;
          answered = requests.length;
          if (kind === "failed") {
            tracker.snapshotFailed(PAIR);
            return;
          }
          const taken = snapshots.at(kind === "fresh" ? -1 : -5) ?? { id: 0, rows: [] };
          snapshot(taken.id, taken.rows);
          check();
        };
        tracker.subscribed(PAIR);
        for (const { rows, ids, fate, answer: kind } of steps) {
          const message = change(rows, ids);
          if (fate === "swapped" && held === undefined) held = message;
          else if (fate !== "lost") {
            if (fate === "reconnect") {
              tracker.disconnected(PAIR, "disconnected");
              tracker.subscribed(PAIR);
              held = undefined;
            }
            deliver(message);
            if (fate === "twice") deliver(message);
            if (held !== undefined) {
              deliver(held);
              held = undefined;
            }
          }
          answer(kind);
        }
        for (let round = 0; round < 3; round += 1) {
          deliver(change([["bid", 90, round + 1]], 1));
          answer("fresh");
          check();
        }
        deliver(change([], 1));
        expect(book.integrity.state).toBe("live");
        check();
      }),
      { numRuns: 500 },
    );
  });
});
