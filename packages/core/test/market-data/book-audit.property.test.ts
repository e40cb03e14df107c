import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ConnError } from "../../src/errors/index.js";
import { BookAuditor } from "../../src/market-data/book-auditor.js";
import { FrameSink, OrderBookTracker, type SequenceRecord } from "../../src/market-data/index.js";
import { ASK, BID } from "../../src/parse/index.js";
import { testInstrument } from "../support/instrument.js";
import { VirtualTime } from "../support/virtual-time.js";

const PAIR = "BTC-USDT";
const INSTRUMENT = testInstrument(PAIR);
const BASE: Omit<SequenceRecord, "bridge" | "steady"> = {
  source: "test",
  rules: [],
  scope: "book",
  olderSnapshot: "drop",
  levelsBy: "price",
  snapshot: "rest",
  crossed: "resync",
  recovery: "refetch",
};
const RECORDS: readonly SequenceRecord[] = [
  { ...BASE, bridge: "spansSnapshot", steady: "linked" },
  { ...BASE, bridge: "spansNext", steady: "contiguous" },
];

type Side = "bid" | "ask";
interface Row {
  readonly side: Side;
  readonly price: number;
  amount: number;
}
interface Diff {
  readonly first: number;
  readonly last: number;
  readonly previous: number;
  readonly rows: readonly Row[];
}
interface Snapshot {
  readonly id: number;
  readonly rows: readonly Row[];
}

/** A venue: a book of whole prices around a wandering middle, diffs that gather changes, snapshots of limited depth. */
class Venue {
  readonly levels = { bid: new Map<number, number>(), ask: new Map<number, number>() };
  readonly #depth: number;
  #middle = 100;
  #id = 50;
  #sent = 50;
  #first: number | undefined;
  #changed = new Map<string, Row>();

  constructor(depth: number) {
    this.#depth = depth;
    for (let step = 1; step <= 25; step += 1) {
      this.levels.bid.set(101 - step, 1 + (step % 5));
      this.levels.ask.set(100 + step, 1 + (step % 7));
    }
  }

  /** Sets a level some steps away from the middle. */
  set(side: Side, step: number, amount: number): void {
    this.#change({ side, price: side === "bid" ? this.#middle + 1 - step : this.#middle + step, amount });
  }

  /** Moves the middle: what it passes is gone. */
  move(up: boolean): void {
    if (up) {
      this.#middle += 1;
      this.#change({ side: "ask", price: this.#middle, amount: 0 });
    } else {
      this.#change({ side: "bid", price: this.#middle, amount: 0 });
      this.#middle -= 1;
    }
  }

  /** The changes since the last diff, if there were any. */
  flush(): Diff | undefined {
    if (this.#first === undefined) return undefined;
    const diff = {
      first: this.#first,
      last: this.#id,
      previous: this.#sent,
      rows: [...this.#changed.values()],
    };
    this.#first = undefined;
    this.#sent = this.#id;
    this.#changed = new Map();
    return diff;
  }

  snapshot(): Snapshot {
    const rows = (side: Side): Row[] =>
      [...this.levels[side]]
        .sort(([a], [b]) => (side === "bid" ? b - a : a - b))
        .slice(0, this.#depth)
        .map(([price, amount]) => ({ side, price, amount }));
    return { id: this.#id, rows: [...rows("bid"), ...rows("ask")] };
  }

  #change(row: Row): void {
    this.#id += 1;
    this.#first ??= this.#id;
    if (row.amount === 0) this.levels[row.side].delete(row.price);
    else this.levels[row.side].set(row.price, row.amount);
    this.#changed.set(`${row.side} ${row.price}`, row);
  }
}

/** A tracker with its auditor, to which everything comes as late as the test wants. */
class Client {
  readonly problems: ConnError[] = [];
  readonly tracker: OrderBookTracker;
  readonly auditor: BookAuditor;
  readonly book;
  /** Whether the tracker waits for a snapshot. */
  wantsSnapshot = false;
  /** Diffs on their way. */
  readonly wire: Diff[] = [];
  readonly #sink = new FrameSink();

  constructor(record: SequenceRecord) {
    const limits = { maxDiffs: 1_000, maxLevels: 100_000 };
    const clock = new VirtualTime();
    this.tracker = new OrderBookTracker(record, limits, clock, {
      onBookChanged: () => undefined,
      onBookState: () => undefined,
      requestSnapshot: () => {
        this.wantsSnapshot = true;
      },
      restartStream: () => undefined,
    });
    this.auditor = new BookAuditor("test", { record, buffer: limits, clock }, this.tracker, (error) =>
      this.problems.push(error),
    );
    this.book = this.tracker.track(INSTRUMENT);
    this.tracker.subscribed(PAIR);
  }

  diff(diff: Diff): void {
    const message = this.#write("diff", diff.rows);
    message.firstUpdateId = diff.first;
    message.previousUpdateId = diff.previous;
    message.lastUpdateId = diff.last;
    this.tracker.diff(PAIR, message, this.#sink.levels, 1);
    this.auditor.diff(PAIR, message, this.#sink.levels, 1);
  }

  snapshot({ id, rows }: Snapshot): void {
    const message = this.#write("snapshot", rows);
    message.lastUpdateId = id;
    this.wantsSnapshot = false;
    this.tracker.snapshot(PAIR, message, this.#sink.levels, 1);
  }

  auditSnapshot({ id, rows }: Snapshot): void {
    const message = this.#write("snapshot", rows);
    message.lastUpdateId = id;
    this.auditor.snapshot(PAIR, message, this.#sink.levels, 1);
  }

  deliver(most = Number.POSITIVE_INFINITY): void {
    for (const diff of this.wire.splice(0, most)) this.diff(diff);
  }

  #write(kind: "diff" | "snapshot", rows: readonly Row[]): ReturnType<FrameSink["depth"]> {
    this.#sink.reset();
    for (const { side, price, amount } of rows)
      this.#sink.levels.push(side === "bid" ? BID : ASK, price, amount);
    return this.#sink.depth(kind, "BTCUSDT", 0);
  }
}

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("set" as const),
      side: fc.constantFrom<Side>("bid", "ask"),
      step: fc.integer({ min: 1, max: 25 }),
      amount: fc.integer({ min: 0, max: 9 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("move" as const), up: fc.boolean() }) },
  { weight: 5, arbitrary: fc.constant({ kind: "flush" as const }) },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant("deliver" as const), most: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: "audit" as const }) },
  { weight: 3, arbitrary: fc.constant({ kind: "takeAuditSnapshot" as const }) },
  { weight: 3, arbitrary: fc.constant({ kind: "auditSnapshot" as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: "takeSnapshot" as const }) },
  { weight: 4, arbitrary: fc.constant({ kind: "snapshot" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "lose" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "resync" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "giveUp" as const }) },
);

/** A client whose book is live. */
function liveClient(record: SequenceRecord, venue: Venue): Client {
  const client = new Client(record);
  client.snapshot(venue.snapshot());
  venue.set("bid", 3, 4);
  client.diff(venue.flush()!);
  expect(client.book.integrity.state).toBe("live");
  return client;
}

/** Brings everything that is on its way to the client, and its book to life. */
function settle(venue: Venue, client: Client): void {
  for (let round = 0; round < 5; round += 1) {
    venue.set("ask", 1, 1 + round);
    const diff = venue.flush();
    if (diff !== undefined) client.wire.push(diff);
    client.deliver();
    if (client.wantsSnapshot) client.snapshot(venue.snapshot());
  }
  expect(client.book.integrity.state).toBe("live");
}

/** The venue's levels against the client's, as far as the client says that it knows them. */
function expectKnownTruth(venue: Venue, client: Client): void {
  const { lowestBid, highestAsk } = client.tracker.knownPrices(PAIR)!;
  const mine = (side: Side): [number, number][] =>
    client.book[side === "bid" ? "bids" : "asks"]().map(({ price, amount }) => [
      price.toNumber(),
      amount.toNumber(),
    ]);
  for (const [price, amount] of mine("bid")) expect(venue.levels.bid.get(price)).toBe(amount);
  for (const [price, amount] of mine("ask")) expect(venue.levels.ask.get(price)).toBe(amount);
  const missing = (side: Side): number[] => {
    const has = new Map(mine(side));
    return [...venue.levels[side].keys()].filter((price) => !has.has(price));
  };
  expect(missing("bid").filter((price) => lowestBid === undefined || lowestBid.lte(price))).toEqual([]);
  expect(missing("ask").filter((price) => highestAsk === undefined || highestAsk.gte(price))).toEqual([]);
}

describe.each(RECORDS)("audits of a book by $bridge and $steady", (record) => {
  it("find nothing where nothing is wrong, whatever is late, lost or begun anew meanwhile", () => {
    let audits = 0;
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 30 }),
        fc.array(step, { minLength: 40, maxLength: 120, size: "max" }),
        (depth, steps) => {
          const venue = new Venue(depth);
          const client = liveClient(record, venue);
          let snapshot: Snapshot | undefined;
          let auditSnapshot: Snapshot | undefined;
          for (const one of steps) {
            switch (one.kind) {
              case "set":
                venue.set(one.side, one.step, one.amount);
                break;
              case "move":
                venue.move(one.up);
                break;
              case "flush": {
                const diff = venue.flush();
                if (diff !== undefined) client.wire.push(diff);
                break;
              }
              case "deliver":
                client.deliver(one.most);
                break;
              case "lose":
                client.wire.shift();
                break;
              case "resync":
                client.tracker.distrust(PAIR, "requested");
                break;
              case "takeSnapshot":
                snapshot = venue.snapshot();
                break;
              case "snapshot":
                if (client.wantsSnapshot) client.snapshot(snapshot ?? venue.snapshot());
                snapshot = undefined;
                break;
              case "audit":
                client.auditor.begin(INSTRUMENT, () => undefined);
                break;
              // Also before an audit begins: a venue may serve a snapshot that is old.
              case "takeAuditSnapshot":
                auditSnapshot ??= venue.snapshot();
                break;
              case "auditSnapshot":
                client.auditSnapshot(auditSnapshot ?? venue.snapshot());
                auditSnapshot = undefined;
                break;
              case "giveUp":
                client.auditor.cancel(PAIR);
                break;
            }
            expect(client.problems).toEqual([]);
          }
          settle(venue, client);
          audits += client.book.integrity.audits;
          expect(client.problems).toEqual([]);
          expect(client.book.integrity.auditMismatches).toBe(0);
        },
      ),
      { numRuns: 300 },
    );
    // Otherwise nothing would have been shown.
    expect(audits).toBeGreaterThan(30);
  });

  it("find a level that is wrong, whatever else changes, and name it", () => {
    fc.assert(
      fc.property(
        fc.record({
          depth: fc.integer({ min: 3, max: 30 }),
          drift: fc.array(fc.boolean(), { maxLength: 12 }),
          side: fc.constantFrom<Side>("bid", "ask"),
          rank: fc.integer({ min: 0, max: 2 }),
          told: fc.constantFrom("more", "less", "nothing"),
          others: fc.array(fc.integer({ min: 4, max: 20 }), { minLength: 1, maxLength: 6 }),
          late: fc.boolean(),
        }),
        ({ depth, drift, side, rank, told, others, late }) => {
          const venue = new Venue(depth);
          const client = liveClient(record, venue);
          for (const up of drift) venue.move(up);
          // The best levels are there and of one size, wherever the middle is now.
          for (const step of [1, 2, 3]) for (const one of ["bid", "ask"] as const) venue.set(one, step, 6);
          const diff = venue.flush()!;
          const { price } = venue.snapshot().rows.filter((row) => row.side === side)[rank]!;
          const wrong = { more: 7, less: 5, nothing: 0 }[told]!;
          const isTheOne = (row: Row): boolean => row.side === side && row.price === price;
          client.diff({
            ...diff,
            rows: diff.rows.map((row) => (isTheOne(row) ? { ...row, amount: wrong } : row)),
          });
          expect(client.book.integrity.state).toBe("live");
          const known = client.tracker.knownPrices(PAIR)!;
          const isKnown = side === "bid" ? known.lowestBid!.lte(price) : known.highestAsk!.gte(price);

          expect(client.auditor.begin(INSTRUMENT, () => undefined)).toBe(true);
          const snapshot = venue.snapshot();
          if (!late) client.auditSnapshot(snapshot);
          for (const step of others) {
            venue.set("bid", step, 8);
            venue.set("ask", step, 8);
            client.diff(venue.flush()!);
          }
          if (late) client.auditSnapshot(snapshot);
          const { integrity } = client.book;
          if (told === "nothing" && !isKnown) {
            // A book that knows nothing of a price does not deny that there is a level: now it has it.
            expect([integrity.audits, integrity.auditMismatches]).toEqual([1, 0]);
            expectKnownTruth(venue, client);
            return;
          }
          expect([integrity.audits, integrity.auditMismatches, integrity.lastFault]).toEqual([1, 1, "audit"]);
          expect(integrity.state).toBe("resyncing");
          expect(client.problems).toHaveLength(1);
          expect(client.problems[0]).toMatchObject({
            code: "BOOK_MISMATCH",
            details: {
              count: 1,
              levels: [{ side, price: String(price), amount: String(wrong), auditAmount: "6" }],
            },
          });
          settle(venue, client);
          expectKnownTruth(venue, client);
        },
      ),
    );
  });

  it("complete a book whose market has wandered out of what its snapshot showed", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 10 }),
        fc.boolean(),
        fc.integer({ min: 0, max: 12 }),
        (depth, up, distance) => {
          const venue = new Venue(depth);
          const client = liveClient(record, venue);
          for (let count = 0; count < distance; count += 1) venue.move(up);
          venue.set("bid", 1, 2);
          client.diff(venue.flush()!);
          const before = client.tracker.knownPrices(PAIR)!;
          client.auditor.begin(INSTRUMENT, () => undefined);
          const snapshot = venue.snapshot();
          client.auditSnapshot(snapshot);
          expect(client.book.integrity).toMatchObject({ audits: 1, auditMismatches: 0, state: "live" });
          const known = client.tracker.knownPrices(PAIR)!;
          const prices = (side: Side): number[] =>
            snapshot.rows.filter((row) => row.side === side).map(({ price }) => price);
          expect(known.lowestBid!.toNumber()).toBe(Math.min(before.lowestBid!.toNumber(), ...prices("bid")));
          expect(known.highestAsk!.toNumber()).toBe(
            Math.max(before.highestAsk!.toNumber(), ...prices("ask")),
          );
          expectKnownTruth(venue, client);
          // And it goes on from there.
          venue.set("ask", 1, 3);
          client.diff(venue.flush()!);
          expect(client.book.integrity.state).toBe("live");
          expectKnownTruth(venue, client);
        },
      ),
    );
  });
});
