import fc from "fast-check";
import { expect, test } from "vitest";
import { hashBook } from "../../src/recording/book-hash.js";
import type { RecordedLine } from "../../src/recording/recording.js";
import { type ReplayedBook, ReplaySession } from "../../src/recording/replay-session.js";
import type { ReplaySource } from "../../src/recording/replay-source.js";
import { answered, connected, received, toySource } from "../support/toy-venue.js";

const SYMBOL = "AB";

interface Outcome {
  readonly books: readonly ReplayedBook[];
  readonly problems: readonly number[];
}

function play(lines: readonly RecordedLine[], source: ReplaySource = toySource()): Outcome {
  const problems: number[] = [];
  const session = new ReplaySession("toy", source, (n) => problems.push(n));
  for (const line of lines) session.play(line);
  return { books: session.books, problems };
}

/** What matters of the first book. */
function firstOf({ books }: Outcome): object {
  const [replayed] = books;
  if (replayed === undefined) throw new Error("no book was met");
  const { book, exchangeSymbol, firstFaultAtN } = replayed;
  const { state, diffs, staleDiffs, gaps, resyncs } = book.integrity;
  const levels = [...book.bids(), ...book.asks()].map(({ price, amount }) => `${price}x${amount}`).join(" ");
  return { exchangeSymbol, levels, state, diffs, staleDiffs, gaps, resyncs, firstFaultAtN };
}

const diff = (n: number, id: number, levels: Record<string, string> = { [`${id}`]: "1" }): RecordedLine =>
  received(n, { symbol: SYMBOL, id, levels });
const snapshot = (n: number, id: number, levels: Record<string, string> = { 1: "1" }): RecordedLine =>
  answered(n, { symbol: SYMBOL, id, levels });
/** A snapshot that comes in the stream. */
const streamed = (n: number, id: number, levels: Record<string, string> = { 1: "1" }): RecordedLine =>
  received(n, { symbol: SYMBOL, kind: "snapshot", id, levels });

test("a recorded answer meets a tracker that asks for it: the book joins the stream", () => {
  const outcome = play([diff(1, 10), snapshot(2, 11, { 1: "2", "-30": "3" }), diff(3, 11), diff(4, 12)]);
  expect(firstOf(outcome)).toEqual({
    exchangeSymbol: SYMBOL,
    levels: "12x1 1x2 30x3",
    state: "live",
    diffs: 1,
    staleDiffs: 2,
    gaps: 0,
    resyncs: 0,
    firstFaultAtN: undefined,
  });
});

test("whenever the answer comes, before any diff or after all of them, the book is the same", () => {
  const diffs = Array.from({ length: 12 }, (_, index) => diff(index, 10 + index));
  const truth = play([snapshot(0, 12, { 1: "5" }), ...diffs]);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: diffs.length }), (place) => {
      const lines = [...diffs.slice(0, place), snapshot(0, 12, { 1: "5" }), ...diffs.slice(place)];
      const outcome = play(lines.map((line, n) => ({ ...line, n })));
      expect(firstOf(outcome)).toEqual(firstOf(truth));
      expect(hashBook(outcome.books[0]!.book)).toBe(hashBook(truth.books[0]!.book));
    }),
    { numRuns: 50 },
  );
  expect(firstOf(truth)).toMatchObject({ state: "live", diffs: 9, staleDiffs: 3 });
});

test("an answer that nobody asked for changes nothing", () => {
  const asked = [diff(1, 10), snapshot(2, 10), diff(3, 11)];
  const outcome = play([...asked, snapshot(4, 11, { 7: "7" }), diff(5, 12)]);
  expect(firstOf(outcome)).toEqual(firstOf(play([...asked, diff(5, 12)])));
});

test("after a hole the next recorded answer restores trust; none from before it does", () => {
  const untilHole = [diff(1, 10), snapshot(2, 10), diff(3, 11), snapshot(4, 13), diff(5, 13)];
  expect(firstOf(play(untilHole))).toMatchObject({
    state: "resyncing",
    gaps: 1,
    resyncs: 1,
    firstFaultAtN: 5,
  });
  const outcome = play([...untilHole, diff(6, 14), snapshot(7, 13), diff(8, 15), diff(9, 17)]);
  // The second hole opens a further gap, but trust was lost first by the first.
  expect(firstOf(outcome)).toMatchObject({ state: "resyncing", gaps: 2, resyncs: 2, firstFaultAtN: 5 });
  expect(firstOf(play([...untilHole, diff(6, 14), snapshot(7, 13)]))).toMatchObject({
    state: "live",
    levels: "14x1 1x1",
    firstFaultAtN: 5,
  });
});

test("a snapshot from before the first diff is no fault: another is asked for", () => {
  const outcome = play([diff(1, 20), snapshot(2, 15), diff(3, 21), snapshot(4, 20), diff(5, 22)]);
  expect(firstOf(outcome)).toMatchObject({
    state: "live",
    firstFaultAtN: undefined,
    levels: "22x1 21x1 1x1",
  });
});

test("a diff that is lost right after the snapshot is noticed, although the book was never live", () => {
  const outcome = play([diff(1, 10), snapshot(2, 10), diff(4, 12)]);
  expect(firstOf(outcome)).toMatchObject({ state: "syncing", firstFaultAtN: 4, resyncs: 0 });
});

test("a hole among the diffs that wait for a snapshot is noticed when it is in", () => {
  const outcome = play([diff(1, 10), diff(2, 12), snapshot(3, 9)]);
  expect(firstOf(outcome)).toMatchObject({ gaps: 1, firstFaultAtN: 3 });
});

test.each(["no JSON", "{}"])(
  "an answer that cannot be used is reported, and the next one taken: %s",
  (body) => {
    const outcome = play([diff(1, 10), answered(2, body), diff(3, 11), snapshot(4, 10), diff(5, 12)]);
    expect(outcome.problems).toEqual([2]);
    expect(firstOf(outcome)).toMatchObject({
      state: "live",
      levels: "12x1 11x1 1x1",
      firstFaultAtN: undefined,
    });
  },
);

test("an answer whose question cannot be told from it is reported", () => {
  const source = toySource(
    {},
    {
      snapshotSymbol: () => {
        throw new TypeError("no symbol");
      },
    },
  );
  expect(play([snapshot(1, 10)], source)).toEqual({ books: [], problems: [1] });
});

test("a frame that cannot be read is reported, and the others count", () => {
  const outcome = play([diff(1, 10), snapshot(2, 10), received(3, "no JSON"), diff(4, 11)]);
  expect(outcome.problems).toEqual([3]);
  expect(firstOf(outcome)).toMatchObject({ state: "live", levels: "11x1 1x1" });
});

test("where the snapshot comes in the stream, the book waits for one after a hole, and takes it if it comes", () => {
  const source = toySource({ snapshot: "firstFrame", bridge: "follows", recovery: "resubscribe" });
  const lost = [streamed(1, 10), diff(2, 11), diff(4, 13), diff(5, 14)];
  expect(firstOf(play(lost, source))).toMatchObject({
    state: "resyncing",
    levels: "11x1 1x1",
    staleDiffs: 1,
    firstFaultAtN: 4,
  });
  const outcome = play([...lost, streamed(6, 20), diff(7, 21)], source);
  expect(firstOf(outcome)).toMatchObject({ state: "live", levels: "21x1 1x1", resyncs: 1, firstFaultAtN: 4 });
});

test("where the stream must begin anew for a snapshot by REST, a recorded answer still serves", () => {
  const source = toySource({ recovery: "resubscribe" });
  const lines = [diff(1, 10), snapshot(2, 10), diff(3, 11), diff(5, 13), diff(6, 14), snapshot(7, 13)];
  expect(firstOf(play(lines, source))).toMatchObject({
    state: "live",
    levels: "14x1 1x1",
    firstFaultAtN: 5,
  });
});

test("a hole in the count of a connection costs the trust in all its books, and in no others", () => {
  const source = toySource({
    scope: "connection",
    snapshot: "firstFrame",
    bridge: "follows",
    steady: "none",
    recovery: "reconnect",
  });
  const book = (n: number, conn: number, symbol: string, count: number, kind?: "snapshot"): RecordedLine =>
    received(n, { symbol, count, levels: { [`${n}`]: "1" }, ...(kind && { kind }) }, conn);
  const { books } = play(
    [
      book(1, 1, "AB", 1, "snapshot"),
      book(2, 1, "CD", 2, "snapshot"),
      book(3, 2, "EF", 1, "snapshot"),
      book(4, 1, "AB", 3),
      book(6, 1, "CD", 5),
      book(7, 2, "EF", 2),
    ],
    source,
  );
  expect(
    books.map(({ exchangeSymbol, book: { integrity }, firstFaultAtN }) => [
      exchangeSymbol,
      integrity.state,
      firstFaultAtN,
    ]),
  ).toEqual([
    ["AB", "resyncing", 6],
    ["CD", "resyncing", 6],
    ["EF", "live", undefined],
  ]);
});

test("a connection that stands in for another ends the trust in what that one carried", () => {
  const source = toySource({ snapshot: "firstFrame", bridge: "follows" });
  const lines = [connected(1), streamed(2, 10), diff(3, 11), connected(4)];
  expect(firstOf(play(lines, source))).toMatchObject({ state: "resyncing", firstFaultAtN: 4 });
  const outcome = play([...lines, streamed(5, 11), diff(6, 12)], source);
  expect(firstOf(outcome)).toMatchObject({ state: "live", levels: "12x1 1x1", firstFaultAtN: 4 });
});

test("time is that of the recording, and never runs backward", () => {
  const lines = [diff(1, 10), snapshot(2, 10), diff(3, 11)];
  const session = new ReplaySession("toy", toySource(), () => undefined);
  for (const line of lines) session.play(line);
  const book = session.bookOf(SYMBOL)!;
  expect(book.integrity.receivedTimestamp).toBe(1_700_000_000_300);
  session.play({ ...received(4, { symbol: "CD", id: 1, levels: {} }), ts: 1_700_000_005 });
  expect(book.ageMs).toBe(4_700);
  session.play({ ...received(5, { symbol: "CD", id: 2, levels: {} }), ts: 1_700_000_001 });
  expect(book.ageMs).toBe(4_700);
});

const ended = (n: number, conn: number): RecordedLine => ({ ...connected(n, conn), dir: "disconnect" });
const on = (conn: number, line: RecordedLine): RecordedLine => ({ ...line, conn });

test("a connection that ended takes its books with it, until they come by another one", () => {
  const lines = [
    connected(1, 1),
    on(1, diff(2, 10)),
    snapshot(3, 10),
    on(1, diff(4, 11)),
    ended(5, 1),
    connected(6, 2),
    on(2, diff(7, 15)),
    snapshot(8, 15, { 2: "1" }),
    on(2, diff(9, 16)),
  ];
  expect(firstOf(play(lines.slice(0, 5)))).toMatchObject({ state: "resyncing", firstFaultAtN: 5 });
  expect(firstOf(play(lines))).toMatchObject({ state: "live", levels: "16x1 2x1", resyncs: 1 });
});

test("a book of which a connection brought nothing but its snapshot goes with it too", () => {
  const source = {
    ...toySource(),
    symbolsNamedIn: (text: string) => (text === "subscribe" ? [SYMBOL] : []),
  };
  const sent = (n: number, conn: number): RecordedLine => ({
    ...connected(n, conn),
    dir: "send",
    raw: "subscribe",
  });
  const lines = [connected(1, 1), sent(2, 1), snapshot(3, 10), on(1, diff(4, 11)), ended(5, 1)];
  const again = [connected(6, 2), sent(7, 2), snapshot(8, 20), ended(9, 2)];
  const third = [
    connected(10, 3),
    sent(11, 3),
    on(3, diff(12, 21)),
    snapshot(13, 21, { 5: "1" }),
    on(3, diff(14, 22)),
  ];
  // The diff with id 21 would have followed the second snapshot, which nobody trusts any more.
  expect(firstOf(play([...lines, ...again, ...third], source))).toMatchObject({
    state: "live",
    levels: "22x1 5x1",
    gaps: 0,
  });
});

test("a refusal is no snapshot", () => {
  const outcome = play([diff(1, 10), { ...snapshot(2, 10), status: 503 }, snapshot(3, 10), diff(4, 11)]);
  expect(outcome.problems).toEqual([]);
  expect(firstOf(outcome)).toMatchObject({ state: "live", levels: "11x1 1x1", firstFaultAtN: undefined });
});
