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
    restartStream: (_pair, how) => log.push(how),
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
  const snapshot = (id: number, rows: readonly Row[]): void => {
    write(rows);
    const message = sink.depth("snapshot", "BTCUSDT", 0);
    message.lastUpdateId = id;
    tracker.snapshot(PAIR, message, sink.levels, 1);
  };
  return { tracker, book, log, requests, diff, snapshot };
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
    expect(log).toEqual(["live>resyncing gap", "resubscribe"]);
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
