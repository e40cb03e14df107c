import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type FeedConnection,
  type FrameSink,
  MarketDataFeed,
  type SequenceRecord,
  type TradeRules,
} from "../../src/market-data/index.js";
import { ASK, BID } from "../../src/parse/index.js";
import type { OverlapRole } from "../../src/transport/index.js";
import { testInstrument } from "../support/instrument.js";
import { VirtualTime } from "../support/virtual-time.js";

const LINKED: SequenceRecord = {
  source: "test",
  rules: [],
  scope: "book",
  snapshot: "firstFrame",
  bridge: "follows",
  steady: "linked",
  levelsBy: "price",
  olderSnapshot: "drop",
  crossed: "resync",
  recovery: "resubscribe",
};
const CONTIGUOUS: SequenceRecord = { ...LINKED, steady: "contiguous" };

const PAIR = "BTC-USDT";
const instrument = testInstrument(PAIR);

interface Frame {
  readonly kind: "snapshot" | "diff" | "trade" | "checksum" | "broken";
  readonly first?: number;
  readonly last?: number;
  readonly previous?: number;
  /** Prices of bids and their amounts. */
  readonly bids?: readonly (readonly [number, number])[];
}

interface Connection extends FeedConnection {
  role: OverlapRole | undefined;
}

function writeDepth(kind: "snapshot" | "diff", frame: Frame, sink: FrameSink): void {
  for (const [price, amount] of frame.bids ?? []) sink.levels.push(BID, price, amount);
  if (kind === "snapshot") sink.levels.push(ASK, 1_000, 1);
  const message = sink.depth(kind, instrument.exchangeSymbol, 0);
  message.firstUpdateId = frame.first;
  message.lastUpdateId = frame.last;
  message.previousUpdateId = frame.previous;
}

/** A feed of one pair with two connections, `old` and `young`, and what it asks for. */
function setUp(record: SequenceRecord, trades: TradeRules["ids"] = "contiguous") {
  const asked: string[] = [];
  const problems: string[] = [];
  const states: string[] = [];
  const told: string[] = [];
  const feed: MarketDataFeed<Connection> = new MarketDataFeed<Connection>(
    {
      venue: "test",
      source: {
        sequence: record,
        trades: { ids: trades, backlogOnSubscribe: false },
        parse(data, sink) {
          const frame = JSON.parse(new TextDecoder().decode(data)) as Frame;
          if (frame.kind === "broken") throw new TypeError("broken");
          if (frame.kind === "checksum") {
            sink.add({ type: "checksum", exchangeSymbol: instrument.exchangeSymbol, checksum: 1 });
            return;
          }
          if (frame.kind === "trade") {
            sink.add({
              type: "trade",
              exchangeSymbol: instrument.exchangeSymbol,
              tradeId: String(frame.last),
              side: "buy",
              price: "1",
              amount: "1",
              exchangeTimestamp: 0,
            });
            return;
          }
          writeDepth(frame.kind, frame, sink);
        },
        parseSnapshot: (body, _instrument, sink) =>
          writeDepth("snapshot", JSON.parse(new TextDecoder().decode(body)) as Frame, sink),
        parseTrades(body, _instrument, sink) {
          for (const id of JSON.parse(new TextDecoder().decode(body)) as number[])
            sink.add({
              type: "trade",
              exchangeSymbol: instrument.exchangeSymbol,
              tradeId: String(id),
              side: "buy",
              price: "1",
              amount: "1",
              exchangeTimestamp: 0,
            });
        },
      },
      clock: new VirtualTime(),
      buffer: { maxDiffs: 1_000, maxLevels: 10_000 },
      isListed: () => true,
    },
    {
      onBookChanged: () => undefined,
      onBookState: ({ integrity }, _previous, fault) =>
        states.push(`${integrity.state} ${fault ?? ""}`.trim()),
      onTrade: ({ tradeId }) => told.push(tradeId),
      requestTrades: (_pair, from) => asked.push(`trades ${from}`),
      onProblem: (error) => problems.push(error.code),
      onAnswer: () => undefined,
      onReply: () => undefined,
      onStreamSnapshot: () => undefined,
      pairsOf: () => [PAIR],
      requestSnapshot: () => asked.push("snapshot"),
      restartStream: (_pair, how) => asked.push(how),
    },
  );
  const book = feed.follow(instrument);
  const old: Connection = { id: "old", route: "stream", memo: undefined, role: undefined };
  const young: Connection = { id: "young", route: "stream", memo: undefined, role: undefined };
  const send = (connection: Connection, frame: Frame): void =>
    feed.frame(connection, Buffer.from(JSON.stringify(frame)), 1);
  const bids = (): Record<string, string> =>
    Object.fromEntries(book.bids().map(({ price, amount }) => [price.toFixed(), amount.toFixed()]));
  return {
    feed,
    book,
    old,
    young,
    asked,
    problems,
    states,
    told,
    send,
    bids,
    /** A successor is being made. */
    begin() {
      old.role = "serving";
      young.role = "standby";
      feed.connected(young);
    },
    /** It has taken over. */
    switch(): boolean {
      old.role = "leaving";
      young.role = "succeeding";
      feed.handover.tradesSwitched(PAIR);
      return feed.handover.switched(PAIR);
    },
    /** The old connection is closed. Returns whether the book needs no snapshot for that. */
    end(isComplete = true): boolean {
      young.role = undefined;
      const isJoined = feed.handover.finish(PAIR, isComplete);
      feed.finishTradeHandover(PAIR);
      return isJoined;
    },
  };
}

/** A diff of a chain in which each one names the one before: ids are tens. */
const linked = (index: number): Frame => ({
  kind: "diff",
  previous: (index - 1) * 10,
  last: index * 10,
  bids: [[index, index]],
});
const snapshot = (index: number): Frame => ({
  kind: "snapshot",
  last: index * 10,
  bids: Array.from({ length: index }, (_, level): [number, number] => [level + 1, level + 1]),
});

describe("a book whose stream goes over to a successor", () => {
  it("goes over where the successor's diff is the next one, not where it is ahead", () => {
    const { book, old, young, begin, send, switch: switchOver, end, bids } = setUp(LINKED);
    send(old, snapshot(2));
    begin();
    // The successor is two diffs ahead, from its first one on.
    send(young, linked(5));
    expect(book.integrity).toMatchObject({ state: "live", lastUpdateId: 20, diffs: 0 });
    send(old, linked(3));
    expect(switchOver()).toBe(true);
    send(young, linked(6));
    expect(book.integrity).toMatchObject({ state: "live", lastUpdateId: 30, diffs: 1 });
    send(old, linked(4));
    expect(book.integrity).toMatchObject({ state: "live", lastUpdateId: 60, diffs: 4, gaps: 0 });
    // From here on the old connection is not listened to, whatever it says.
    send(old, linked(5));
    send(old, linked(9));
    end();
    send(young, linked(7));
    expect(book.integrity).toMatchObject({ state: "live", lastUpdateId: 70, diffs: 5, gaps: 0, resyncs: 0 });
    expect(Object.keys(bids())).toHaveLength(7);
  });

  it("stays with the old connection while the successor is not ready, and loses nothing with it", () => {
    const { feed, book, old, young, begin, send, switch: switchOver } = setUp(LINKED);
    send(old, snapshot(1));
    begin();
    send(young, linked(2));
    expect(book.integrity.lastUpdateId).toBe(10);
    send(young, linked(3));
    // The successor is lost and comes back later: what it said before does not lead to what it says then.
    feed.connected(young);
    send(young, linked(5));
    expect(switchOver()).toBe(true);
    for (const index of [2, 3]) send(old, linked(index));
    expect(book.integrity).toMatchObject({ state: "live", lastUpdateId: 30, diffs: 2 });
    send(old, linked(4));
    expect(book.integrity).toMatchObject({ state: "live", lastUpdateId: 50, diffs: 4, gaps: 0 });
  });

  it("has no use for the snapshot with which the successor's stream begins, older or newer", () => {
    const { book, old, young, begin, send, switch: switchOver } = setUp(LINKED);
    send(old, snapshot(3));
    begin();
    send(young, snapshot(4));
    switchOver();
    for (const index of [2, 3, 5]) send(young, snapshot(index));
    send(young, linked(6));
    expect(book.integrity).toMatchObject({ snapshots: 1, lastUpdateId: 30 });
    for (const index of [4, 5]) send(old, linked(index));
    expect(book.integrity).toMatchObject({ state: "live", snapshots: 1, lastUpdateId: 60, diffs: 3 });
  });

  it("takes the successor's snapshot if it waits for one", () => {
    const { feed, book, old, young, begin, send, switch: switchOver } = setUp(LINKED);
    send(old, snapshot(3));
    begin();
    switchOver();
    feed.tracker.distrust(PAIR, "requested");
    send(young, linked(4));
    send(young, snapshot(5));
    send(old, linked(6));
    send(young, linked(6));
    expect(book.integrity).toMatchObject({
      state: "live",
      snapshots: 2,
      lastUpdateId: 60,
      diffs: 1,
      gaps: 0,
    });
  });

  it("is the successor's when the old connection is gone, and a hole between the two is found at once", () => {
    const { book, old, young, begin, send, switch: switchOver, end, asked } = setUp(LINKED);
    send(old, snapshot(1));
    begin();
    switchOver();
    send(young, linked(4));
    expect(book.integrity.state).toBe("live");
    end();
    expect(book.integrity).toMatchObject({ state: "resyncing", gaps: 1, lastUpdateId: 10 });
    expect(asked.at(-1)).toBe("resubscribe");
  });

  it("needs a snapshot if the old connection is lost before the book has gone over", () => {
    for (const isMoved of [false, true]) {
      const { book, old, young, begin, send, switch: switchOver, end } = setUp(LINKED);
      send(old, snapshot(1));
      begin();
      switchOver();
      // A change that only the old connection had would never show as long as there is no other.
      if (isMoved) send(young, linked(2));
      expect(end(false)).toBe(isMoved);
      expect(book.integrity.state).toBe("live");
    }
  });

  it("takes a gap of the connection it is on for one, in either phase", () => {
    for (const phase of ["standby", "leaving"]) {
      const { book, old, begin, send, switch: switchOver } = setUp(LINKED);
      send(old, snapshot(1));
      begin();
      if (phase === "leaving") switchOver();
      send(old, linked(3));
      expect(book.integrity).toMatchObject({ state: "resyncing", gaps: 1 });
    }
  });

  it("is not the matter of what the successor sends before it has taken over", () => {
    const { book, young, old, begin, send, problems } = setUp({ ...LINKED, steady: "none" });
    send(old, { kind: "snapshot", bids: [[1, 1]] });
    begin();
    send(young, { kind: "snapshot", bids: [[2, 2]] });
    send(young, { kind: "diff", bids: [[3, 3]] });
    // Told, but no reason to distrust a book that comes by the other connection.
    send(young, { kind: "broken" });
    expect(problems).toEqual(["MALFORMED_FRAME"]);
    expect(book.integrity).toMatchObject({ state: "live", snapshots: 1, diffs: 0 });
    send(old, { kind: "broken" });
    expect(book.integrity.state).toBe("resyncing");
  });

  it.each<[string, Partial<SequenceRecord>]>([
    ["no ids", { steady: "none" }],
    ["ids that only rise", { steady: "monotonic" }],
    ["ids that may be absent", { idsMayBeAbsent: true }],
    ["a count of the connection", { scope: "connection" }],
    ["frames without ids that are books of their own", { snapshot: "everyFrame", steady: "none" }],
  ])("needs another snapshot where the venue has %s", (_what, change) => {
    const { book, old, young, begin, send, switch: switchOver } = setUp({ ...LINKED, ...change });
    send(old, snapshot(3));
    begin();
    send(young, snapshot(4));
    expect(book.integrity.snapshots).toBe(1);
    expect(switchOver()).toBe(false);
    send(old, snapshot(5));
    expect(book.integrity.snapshots).toBe(1);
    send(young, snapshot(6));
    expect(book.integrity.snapshots).toBe(2);
  });

  it("goes over by any newer frame where every frame is a whole book with an id", () => {
    const {
      book,
      old,
      young,
      begin,
      send,
      switch: switchOver,
    } = setUp({
      ...LINKED,
      snapshot: "everyFrame",
      steady: "monotonic",
    });
    send(old, snapshot(3));
    begin();
    expect(switchOver()).toBe(true);
    send(young, snapshot(2));
    send(old, snapshot(4));
    send(young, snapshot(5));
    send(old, snapshot(6));
    expect(book.integrity).toMatchObject({ state: "live", lastUpdateId: 50, snapshots: 3 });
  });

  it("that waits for a snapshot goes over at once", () => {
    const rest: SequenceRecord = {
      ...LINKED,
      snapshot: "rest",
      bridge: "spansSnapshot",
      recovery: "refetch",
    };
    const { feed, book, old, young, begin, send, switch: switchOver, asked } = setUp(rest);
    feed.tracker.subscribed(PAIR);
    begin();
    send(young, linked(2));
    expect(switchOver()).toBe(false);
    send(young, linked(3));
    send(old, linked(2));
    feed.snapshot(instrument, Buffer.from(JSON.stringify(snapshot(1))), 1);
    expect(book.integrity).toMatchObject({ state: "live", lastUpdateId: 30, diffs: 2 });
    expect(asked).toEqual(["snapshot"]);
  });

  it("may step back with the old connection while the successor is behind", () => {
    const {
      book,
      old,
      young,
      begin,
      send,
      switch: switchOver,
      end,
    } = setUp({ ...LINKED, mayStepBack: true });
    send(old, snapshot(1));
    begin();
    switchOver();
    for (const index of [2, 3]) send(old, linked(index));
    for (const index of [1, 2]) send(young, linked(index));
    send(old, { kind: "diff", previous: 30, last: 5, bids: [[1, 7]] });
    send(young, linked(3));
    send(young, { kind: "diff", previous: 30, last: 5, bids: [[1, 7]] });
    send(young, { kind: "diff", previous: 5, last: 6, bids: [[1, 8]] });
    end();
    expect(book.integrity).toMatchObject({ state: "live", lastUpdateId: 6, diffs: 4, gaps: 0 });
  });

  it("is verified by checksums of its own connection only", () => {
    const {
      book,
      old,
      young,
      begin,
      send,
      switch: switchOver,
    } = setUp({
      ...LINKED,
      checksum: { levels: 1, layout: "interleaved", text: "plain" },
    });
    send(old, snapshot(1));
    begin();
    send(young, { kind: "checksum" });
    switchOver();
    send(young, { kind: "checksum" });
    expect(book.integrity).toMatchObject({ state: "live", checksumFailures: 0 });
    send(young, linked(2));
    send(old, { kind: "checksum" });
    expect(book.integrity.state).toBe("live");
    send(young, { kind: "checksum" });
    expect(book.integrity).toMatchObject({ state: "resyncing", checksumFailures: 1 });
  });
});

/** Cuts the changes from `from` to `to` into diffs, by the lengths given. */
function cut(from: number, to: number, lengths: readonly number[]): Frame[] {
  const frames: Frame[] = [];
  let previous = from - 1;
  for (let turn = 0; previous < to; turn += 1) {
    const first = previous + 1;
    const last = Math.min(to, previous + (lengths[turn % lengths.length] ?? 1));
    const bids = Array.from({ length: last - previous }, (_, index): [number, number] => {
      const change = first + index;
      // Twenty levels, each change sets one of them: applied out of order, or not at all, it shows.
      return [1 + (change % 20), change];
    });
    frames.push({ kind: "diff", first, last, previous, bids });
    previous = last;
  }
  return frames;
}

/** The levels after `to` changes. */
function levelsAfter(to: number): Record<string, string> {
  const levels: Record<string, string> = {};
  for (let change = 1; change <= to; change += 1) levels[String(1 + (change % 20))] = String(change);
  return levels;
}

const changes = 60;
const lengthsArbitrary = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 });

/** How the frames of two connections may come: from where the successor begins, what comes first, when it switches. */
const scheduleArbitrary = fc.record({
  lengths: lengthsArbitrary,
  successorLengths: lengthsArbitrary,
  skipped: fc.integer({ min: 0, max: 15 }),
  /** Of the old connection before anything of the successor comes. */
  before: fc.integer({ min: 0, max: 10 }),
  turns: fc.array(fc.boolean(), { minLength: 5, maxLength: 80, size: "max" }),
  switchAt: fc.double({ min: 0, max: 1, noNaN: true }),
  startsWithSnapshot: fc.boolean(),
});

describe("whichever connection is ahead, and by however much", () => {
  it.each([
    ["linked diffs, the same on both connections", LINKED],
    ["contiguous diffs, cut differently on each", CONTIGUOUS],
  ])("nothing is lost and nothing applied twice: %s", (_what, record) => {
    fc.assert(
      fc.property(scheduleArbitrary, (schedule) => {
        const { book, old, young, begin, send, switch: switchOver, end, bids, states } = setUp(record);
        const { lengths, successorLengths, skipped, before, turns, switchAt, startsWithSnapshot } = schedule;
        const all = cut(1, changes, lengths);
        // The venue serves the successor from some diff on; linked ones are the same on every connection.
        const from = skipped % all.length;
        const firstChange = all[from]?.first ?? 1;
        const successor = record === LINKED ? all.slice(from) : cut(firstChange, changes, successorLengths);
        const queue = { old: [...all], young: [...successor] };
        send(old, { kind: "snapshot", last: 0, bids: [] });
        for (const frame of queue.old.splice(0, Math.min(before, from))) send(old, frame);
        begin();
        if (startsWithSnapshot) send(young, { kind: "snapshot", last: firstChange - 1, bids: [[999, 1]] });
        const at = Math.floor(switchAt * turns.length);
        for (const [turn, isOld] of turns.entries()) {
          if (turn === at) expect(switchOver()).toBe(true);
          const frame = queue[isOld ? "old" : "young"].shift();
          if (frame !== undefined) send(isOld ? old : young, frame);
          expect(book.integrity.state).toBe("live");
          // What the book says of itself is so.
          expect(bids()).toEqual(levelsAfter(Number(book.integrity.lastUpdateId)));
        }
        // The overlap is long enough for the old connection to bring what came before the successor's first diff.
        while ((queue.old[0]?.first ?? firstChange) < firstChange) send(old, queue.old.shift() as Frame);
        end();
        for (const frame of queue.young) send(young, frame);
        expect(book.integrity).toMatchObject({ lastUpdateId: changes, gaps: 0, resyncs: 0, snapshots: 1 });
        expect(states).toEqual(["live"]);
        expect(bids()).toEqual(levelsAfter(changes));
        if (record === LINKED) expect(book.integrity.diffs).toBe(all.length);
      }),
      { numRuns: 500 },
    );
  });

  it("a book never lies, even where the two connections cut linked diffs differently", () => {
    fc.assert(
      fc.property(scheduleArbitrary, (schedule) => {
        const { book, old, young, begin, send, switch: switchOver, end, bids } = setUp(LINKED);
        const { lengths, successorLengths, turns, switchAt } = schedule;
        const queue = { old: cut(1, changes, lengths), young: cut(1, changes, successorLengths) };
        const check = (): void => {
          if (book.integrity.state !== "live") return;
          expect(bids()).toEqual(levelsAfter(Number(book.integrity.lastUpdateId)));
        };
        send(old, { kind: "snapshot", last: 0, bids: [] });
        begin();
        const at = Math.floor(switchAt * turns.length);
        for (const [turn, isOld] of turns.entries()) {
          if (turn === at) switchOver();
          const frame = queue[isOld ? "old" : "young"].shift();
          if (frame !== undefined) send(isOld ? old : young, frame);
          check();
        }
        end();
        check();
        for (const frame of queue.young) {
          send(young, frame);
          check();
        }
        // Up to date, or known not to be.
        expect(book.integrity.state !== "live" || book.integrity.lastUpdateId === changes).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("the first trade of all is told first, whoever brings it", () => {
    const { young, begin, send, end, told, asked } = setUp(LINKED);
    begin();
    for (const last of [2, 3]) send(young, { kind: "trade", last });
    expect(told).toEqual([]);
    end();
    send(young, { kind: "trade", last: 4 });
    expect([told, asked]).toEqual([["2"], ["trades 3"]]);
  });

  it("each trade is told once and in order, and what neither connection brought is asked for", () => {
    fc.assert(
      fc.property(scheduleArbitrary, fc.boolean(), ({ skipped, before, turns, switchAt }, isFirst) => {
        const { feed, old, young, begin, send, switch: switchOver, end, told, asked } = setUp(LINKED);
        const ids = Array.from({ length: changes }, (_, index) => index + 1);
        const trade = (last: number): Frame => ({ kind: "trade", last });
        const backfill = (): void => {
          for (const request of asked.splice(0)) {
            const from = Number(request.split(" ")[1]);
            feed.missedTrades(instrument, Buffer.from(JSON.stringify(ids.slice(from - 1))), 1);
          }
        };
        const queue = { old: [...ids], young: ids.slice(skipped) };
        // The first trade of all may come in the midst of the renewal.
        for (const id of queue.old.splice(0, isFirst ? 0 : 1 + before)) send(old, trade(id));
        begin();
        const at = Math.floor(switchAt * turns.length);
        for (const [turn, isOld] of turns.entries()) {
          if (turn === at) switchOver();
          const id = queue[isOld ? "old" : "young"].shift();
          if (id !== undefined) send(isOld ? old : young, trade(id));
          // As long as both bring them, nothing has to be asked for.
          expect(asked).toEqual([]);
        }
        if (isFirst && told.length === 0) send(old, trade(queue.old.shift() as number));
        end();
        backfill();
        for (const id of queue.young) {
          send(young, trade(id));
          backfill();
        }
        expect(told).toEqual(ids.map(String));
      }),
      { numRuns: 500 },
    );
  });
});
