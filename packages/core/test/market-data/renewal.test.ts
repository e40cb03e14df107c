import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SequenceRecord } from "../../src/market-data/index.js";
import { createFakeVenue } from "../support/fake-venue.js";
import type { FakeSocket } from "../support/fake-web-socket.js";

const MAX_AGE_MS = 100_000;
const SOCKET = {
  pingAfterIdleMs: 10_000_000,
  backoff: { initialMs: 500, factor: 2, maxMs: 4_000, jitter: 0 },
};
const PAIRS = { BTCUSDT: "BTC-USDT", ETHUSDT: "ETH-USDT" } as const;
type Symbol = keyof typeof PAIRS;

/** What the venue holds of one connection. */
interface VenueSide {
  readonly socket: FakeSocket;
  isOpen: boolean;
  readonly subscribed: Set<string>;
  /** Frames on their way to the client. */
  readonly outbox: string[];
  acks: number;
  /** Pings that were answered. */
  pongs: number;
}

/** A venue with books that change, whose frames arrive when the test lets them. */
async function start(sequence: Partial<SequenceRecord> = {}, snapshotFirst = false) {
  const fake = createFakeVenue({ maxAgeMs: MAX_AGE_MS, sequence });
  const { time, webSocket, host, plugin } = fake;
  const inStream = sequence.snapshot === "firstFrame";
  const sides: VenueSide[] = [];
  /** Amount of the one bid of each book after each change; ids are the changes' numbers times ten. */
  const versions = { BTCUSDT: 1, ETHUSDT: 1 };
  const snapshotOf = (symbol: Symbol, version = versions[symbol]): object => ({
    s: symbol,
    id: version * 10,
    bids: [[90, version]],
    asks: [[110, 1]],
  });
  fake.answerWith(({ url }) => {
    const symbol = new URL(url).searchParams.get("s");
    if (symbol !== null) return fake.respond(200, snapshotOf(symbol as Symbol));
    return fake.respond(200, ["BTC-USDT", "ETH-USDT"]);
  });
  const connector = host.create(plugin, { tradingPairs: ["BTC-USDT"], socket: SOCKET });
  const states: string[] = [];
  const problems: string[] = [];
  const connections: string[] = [];
  connector.on("orderBookState", ({ tradingPair, state, fault }) =>
    states.push([tradingPair, state, fault].filter(Boolean).join(" ")),
  );
  connector.on("problem", ({ error }) => problems.push(error.code));
  connector.on("connection", ({ connectionId, state, reason }) =>
    connections.push([connectionId, state, reason].filter(Boolean).join(" ")),
  );
  await connector.start();
  await time.advance(0);

  const alive = (): VenueSide[] => {
    for (const socket of webSocket.sockets.slice(sides.length))
      sides.push({ socket, isOpen: false, subscribed: new Set(), outbox: [], acks: 0, pongs: 0 });
    return sides.filter(({ socket }) => !socket.ended);
  };
  const venue = {
    time,
    connector,
    states,
    problems,
    connections,
    webSocket,
    alive,
    /** Changes a book. */
    publish(symbol: Symbol): void {
      versions[symbol] += 1;
      const version = versions[symbol];
      const diff = {
        s: symbol,
        previous: (version - 1) * 10,
        id: version * 10,
        bids: [[90, version]],
        asks: [],
      };
      for (const side of alive()) if (side.subscribed.has(symbol)) side.outbox.push(JSON.stringify(diff));
    },
    /** Opens what is dialed and reads what clients sent; nothing arrives at the client yet. */
    serve(refuse: readonly string[] = []): void {
      for (const side of alive()) {
        if (!side.isOpen) side.socket.open();
        side.isOpen = true;
        for (const payload of side.socket.pings.slice(side.pongs)) side.outbox.push(`pong ${payload}`);
        side.pongs = side.socket.pings.length;
        for (const text of side.socket.sent.splice(0)) {
          const { sub, unsub, id } = JSON.parse(text) as { sub?: Symbol[]; unsub?: Symbol[]; id: number };
          for (const symbol of unsub ?? []) side.subscribed.delete(symbol);
          if (sub?.some((symbol) => refuse.includes(symbol))) {
            side.outbox.push(JSON.stringify({ refused: id }));
            continue;
          }
          const ack = JSON.stringify({ ack: id });
          if (!snapshotFirst) side.outbox.push(ack);
          for (const symbol of sub ?? []) {
            side.subscribed.add(symbol);
            if (inStream) side.outbox.push(JSON.stringify({ kind: "snapshot", ...snapshotOf(symbol) }));
          }
          if (snapshotFirst) side.outbox.push(ack);
        }
      }
    },
    deliver(side: VenueSide | undefined, count: number): void {
      for (const frame of side?.outbox.splice(0, count) ?? []) {
        if (frame.includes("ack")) (side as VenueSide).acks += 1;
        if (frame.startsWith("pong")) side?.socket.pong(frame.slice(5));
        else side?.socket.receive(frame);
      }
    },
    /** Lets everything arrive that is on its way, until nothing more comes of it. */
    async pump(): Promise<void> {
      do {
        await time.advance(0);
        venue.serve();
        for (const side of alive()) venue.deliver(side, side.outbox.length);
        await time.advance(0);
      } while (
        alive().some(({ isOpen, outbox, socket }) => !isOpen || outbox.length + socket.sent.length > 0)
      );
    },
    /** Lets time pass, in which everything arrives within a second. */
    async pass(ms: number): Promise<void> {
      for (let left = ms; left > 0; left -= 1_000) {
        await venue.pump();
        await time.advance(Math.min(1_000, left));
      }
      await venue.pump();
    },
    /** Expects live books to be as the venue's were at their ids. */
    check(): void {
      for (const [tradingPair, book] of connector.orderBooks) {
        if (book.integrity.state !== "live") continue;
        const id = Number(book.integrity.lastUpdateId);
        expect([tradingPair, book.bestBid?.amount.toNumber()]).toEqual([tradingPair, id / 10]);
      }
    },
    /** Expects live books to be as the venue's are now: nothing is on its way. */
    checkCurrent(): void {
      for (const [symbol, tradingPair] of Object.entries(PAIRS)) {
        const book = connector.orderBooks.get(tradingPair);
        if (book?.integrity.state === "live")
          expect(book.integrity.lastUpdateId).toBe(versions[symbol as Symbol] * 10);
      }
      venue.check();
    },
    /** The same, and all of them to be live. */
    checkReady(): void {
      expect(connector.ready).toBe(true);
      venue.checkCurrent();
    },
    async stop(): Promise<void> {
      const stopping = connector.stop();
      await time.advance(1_000);
      await stopping;
      expect(time.pending).toBe(0);
      expect(webSocket.sockets.every(({ ended }) => ended)).toBe(true);
      expect(fake.openClients()).toBe(0);
    },
  };
  await venue.pump();
  venue.publish("BTCUSDT");
  await venue.pump();
  expect(connector.ready).toBe(true);
  states.length = 0;
  return venue;
}

describe("a connection that grows old", () => {
  it("is replaced while its books stay live, and its successor is watched over as it was", async () => {
    const venue = await start();
    const { connector, states, connections } = venue;
    for (let second = 0; second < 90; second += 1) {
      venue.publish("BTCUSDT");
      await venue.pass(1_000);
      venue.checkReady();
    }
    expect(states).toEqual([]);
    expect(connector.orderBook("BTC-USDT").integrity).toMatchObject({ diffs: 91, snapshots: 1, gaps: 0 });
    expect(connections).toEqual([
      "stream-1 connecting",
      "stream-1 open",
      "stream-2 connecting",
      "stream-2 open",
      "stream-1 closing renewed",
      "stream-1 idle",
    ]);
    venue.alive()[0]?.socket.end();
    expect(states).toEqual(["BTC-USDT resyncing disconnected"]);
    await venue.pass(1_000);
    venue.publish("BTCUSDT");
    await venue.pump();
    venue.checkReady();
    await venue.stop();
  });

  it.each<[string, Partial<SequenceRecord>, boolean]>([
    ["a snapshot by request", { steady: "none", bridge: "newer" }, false],
    [
      "the snapshot of the successor's stream",
      { snapshot: "firstFrame", bridge: "follows", steady: "none", recovery: "resubscribe" },
      false,
    ],
    [
      "the stream anew where its snapshot came too early",
      { snapshot: "firstFrame", bridge: "follows", steady: "none", recovery: "resubscribe" },
      true,
    ],
  ])(
    "is replaced where the venue has no ids, and its books begin anew with %s",
    async (_what, record, early) => {
      const venue = await start(record, early);
      const { connector, states } = venue;
      const before = connector.orderBook("BTC-USDT").integrity.snapshots;
      for (let second = 0; second < 90; second += 1) {
        venue.publish("BTCUSDT");
        await venue.pass(1_000);
        venue.checkReady();
      }
      expect(states).toEqual(["BTC-USDT resyncing renewed", "BTC-USDT live"]);
      expect(connector.orderBook("BTC-USDT").integrity.snapshots).toBe(before + 1);
      await venue.stop();
    },
  );

  it.each([false, true])(
    "is replaced where the stream begins with a snapshot, which is then of no use (before its confirmation: %s)",
    async (early) => {
      const venue = await start(
        { snapshot: "firstFrame", bridge: "follows", recovery: "resubscribe" },
        early,
      );
      const { connector, states } = venue;
      for (let second = 0; second < 90; second += 1) {
        venue.publish("BTCUSDT");
        await venue.pass(1_000);
        venue.checkReady();
      }
      expect(states).toEqual([]);
      expect(connector.orderBook("BTC-USDT").integrity).toMatchObject({ snapshots: 1, gaps: 0, resyncs: 0 });
      await venue.stop();
    },
  );

  it.each<[string, Partial<SequenceRecord>]>([
    ["requested", {}],
    ["in the stream", { snapshot: "firstFrame", bridge: "follows", recovery: "resubscribe" }],
  ])(
    "and is lost while its successor has half of the streams leaves no book behind, with snapshots %s",
    async (_w, record) => {
      const venue = await start(record);
      const { connector, states, problems, time } = venue;
      connector.addTradingPair("ETH-USDT");
      await venue.pump();
      venue.publish("ETHUSDT");
      await venue.pump();
      expect(connector.ready).toBe(true);
      states.length = 0;
      await venue.pass(79_000);
      await time.advance(1_000);
      const [old, young] = venue.alive();
      // One frame has both topics: refused as a whole, it is asked for topic by topic.
      venue.serve(["ETHUSDT"]);
      venue.deliver(young, 1);
      venue.serve(["ETHUSDT"]);
      venue.deliver(young, Number.POSITIVE_INFINITY);
      expect(problems).toEqual(["SUBSCRIPTION_REFUSED"]);
      expect(states).toEqual([]);
      old?.socket.end();
      expect(states).toEqual(["BTC-USDT resyncing disconnected", "ETH-USDT resyncing disconnected"]);
      await venue.pass(1_000);
      venue.publish("BTCUSDT");
      await venue.pump();
      expect(connector.status.missingOrderBooks).toEqual(["ETH-USDT"]);
      connector.removeTradingPair("ETH-USDT");
      connector.addTradingPair("ETH-USDT");
      await venue.pump();
      venue.publish("ETHUSDT");
      await venue.pump();
      venue.checkReady();
      await venue.stop();
    },
  );

  it("and is lost in the overlap costs the trust in books whose last changes it may have kept", async () => {
    const venue = await start();
    const { connector, states } = venue;
    connector.addTradingPair("ETH-USDT");
    await venue.pump();
    venue.publish("ETHUSDT");
    await venue.pass(79_000);
    await venue.time.advance(1_000);
    states.length = 0;
    // A change that comes just before the successor is served, and never arrives.
    venue.publish("ETHUSDT");
    venue.serve();
    const [old, young] = venue.alive();
    venue.publish("BTCUSDT");
    venue.deliver(young, Number.POSITIVE_INFINITY);
    expect(states).toEqual([]);
    old?.socket.end();
    expect(states).toEqual(["ETH-USDT resyncing disconnected"]);
    await venue.pump();
    venue.publish("ETHUSDT");
    await venue.pump();
    venue.checkReady();
    await venue.stop();
  });

  it("does not speak for a pair that is removed, and added again to its successor", async () => {
    const venue = await start({ snapshot: "firstFrame", bridge: "follows", recovery: "resubscribe" });
    const { connector } = venue;
    await venue.pass(79_000);
    await venue.time.advance(1_000);
    for (let turn = 0; turn < 2; turn += 1) {
      connector.addTradingPair("ETH-USDT");
      venue.serve();
      connector.removeTradingPair("ETH-USDT");
    }
    venue.deliver(venue.alive()[1], Number.POSITIVE_INFINITY);
    venue.serve();
    venue.publish("ETHUSDT");
    connector.addTradingPair("ETH-USDT");
    // The snapshots that the old connection was to bring are of no use any more.
    await venue.pump();
    venue.checkReady();
    await venue.stop();
  });

  it("leaves its successor's streams to be asked for once where they must begin anew", async () => {
    const record = { snapshot: "firstFrame", bridge: "follows", recovery: "resubscribe" } as const;
    const venue = await start(record, true);
    const { connector, states } = venue;
    await venue.pass(90_000);
    expect(states).toEqual([]);
    connector.resyncOrderBook("BTC-USDT");
    await venue.time.advance(0);
    const [side] = venue.alive();
    expect(side?.socket.sent.map((text) => Object.keys(JSON.parse(text))[0])).toEqual(["unsub"]);
    const { snapshots } = connector.orderBook("BTC-USDT").integrity;
    await venue.pass(20_000);
    venue.checkReady();
    expect(connector.orderBook("BTC-USDT").integrity.snapshots).toBe(snapshots + 1);
    await venue.stop();
  });

  it("leaves nothing behind that would mislead the next renewal", async () => {
    const venue = await start();
    const { states } = venue;
    await venue.pass(79_000);
    await venue.time.advance(1_000);
    await venue.pump();
    // The book has gone over to the successor, which is lost before the old connection is closed.
    venue.publish("BTCUSDT");
    venue.deliver(venue.alive()[1], 1);
    venue.alive()[1]?.socket.end();
    expect(states).toEqual(["BTC-USDT resyncing disconnected"]);
    await venue.pass(1_000);
    venue.publish("BTCUSDT");
    await venue.pass(79_000);
    venue.checkReady();
    states.length = 0;
    await venue.time.advance(1_000);
    venue.serve();
    const [old, young] = venue.alive();
    venue.publish("BTCUSDT");
    venue.publish("BTCUSDT");
    // The successor is two changes ahead.
    venue.deliver(young, 1);
    venue.publish("BTCUSDT");
    venue.deliver(young, Number.POSITIVE_INFINITY);
    venue.check();
    venue.deliver(old, Number.POSITIVE_INFINITY);
    venue.checkReady();
    expect(states).toEqual([]);
    await venue.stop();
  });

  it("lets its listeners remove the pair that begins anew, which is then not asked for", async () => {
    const record = {
      snapshot: "firstFrame",
      bridge: "follows",
      steady: "none",
      recovery: "resubscribe",
    } as const;
    const venue = await start(record, true);
    const { connector } = venue;
    connector.addTradingPair("ETH-USDT");
    await venue.pump();
    connector.on("orderBookState", ({ fault }) => {
      if (fault === "renewed" && connector.orderBooks.has("BTC-USDT"))
        connector.removeTradingPair("BTC-USDT");
    });
    await venue.pass(90_000);
    expect([...connector.orderBooks.keys()]).toEqual(["ETH-USDT"]);
    expect(venue.alive().map(({ subscribed }) => [...subscribed])).toEqual([["ETHUSDT"]]);
    venue.publish("ETHUSDT");
    await venue.pump();
    venue.checkReady();
    await venue.stop();
  });

  it("lets its listeners do as they like, even stop", async () => {
    for (const act of ["remove", "stop"] as const) {
      const venue = await start({ steady: "none", bridge: "newer" });
      const { connector } = venue;
      let stopped: Promise<void> | undefined;
      // The first thing told of the switch.
      connector.on("orderBookState", ({ state }) => {
        if (state !== "resyncing") return;
        if (act === "remove") connector.removeTradingPair("BTC-USDT");
        else stopped ??= connector.stop();
      });
      await venue.pass(90_000);
      expect(act === "remove" ? connector.orderBooks.size : stopped).toEqual(
        act === "remove" ? 0 : expect.any(Promise),
      );
      await stopped;
      await venue.stop();
    }
  });
});

const constant = <const Value>(value: Value): fc.Arbitrary<Value> => fc.constant(value);
const operations = {
  publish: fc.record({ do: constant("publish"), symbol: fc.constantFrom<Symbol>("BTCUSDT", "ETHUSDT") }),
  serve: fc.record({ do: constant("serve") }),
  deliver: fc.record({ do: constant("deliver"), young: fc.boolean(), count: fc.integer({ min: 1, max: 4 }) }),
  /** Time in which everything arrives. */
  pass: fc.record({ do: constant("pass"), ms: fc.constantFrom(100, 3_000, 6_000, 40_000, 79_000) }),
  /** Time in which nothing arrives. */
  tick: fc.record({ do: constant("tick"), ms: fc.constantFrom(1, 1_000) }),
  toggle: fc.record({ do: constant("toggle") }),
  failSuccessor: fc.record({ do: constant("failSuccessor") }),
  kill: fc.record({ do: constant("kill"), young: fc.boolean() }),
};

/** What may happen to connections; the loss of one that is in use only if `kills`. */
const stepsArbitrary = (kills: boolean) =>
  fc.array(
    fc.oneof(
      { weight: 6, arbitrary: operations.publish },
      { weight: 4, arbitrary: operations.serve },
      { weight: 8, arbitrary: operations.deliver },
      { weight: 2, arbitrary: operations.pass },
      { weight: 3, arbitrary: operations.tick },
      { weight: 2, arbitrary: operations.toggle },
      { weight: 1, arbitrary: operations.failSuccessor },
      { weight: kills ? 1 : 0, arbitrary: operations.kill },
    ),
    { maxLength: 50, size: "max" },
  );

const inStream = { snapshot: "firstFrame", bridge: "follows", recovery: "resubscribe" } as const;
const histories: readonly [string, boolean, Partial<SequenceRecord>][] = [
  ["linked diffs and snapshots by request", false, {}],
  ["linked diffs and snapshots in the stream", false, inStream],
  ["linked diffs and snapshots by request, connections lost", true, {}],
  ["linked diffs and snapshots in the stream, connections lost", true, inStream],
  ["no ids and snapshots in the stream, connections lost", true, { ...inStream, steady: "none" }],
];

describe("in whatever order things happen", () => {
  it.each(histories)(
    "no live book is wrong, all recover, and stop leaves nothing: %s",
    async (_what, kills, record) => {
      await fc.assert(
        fc.asyncProperty(stepsArbitrary(kills), fc.boolean(), async (steps, snapshotFirst) => {
          const venue = await start(record, snapshotFirst);
          const { connector, states } = venue;
          let lagMs = 0;
          // The successor is dialed, and everything else is still to come.
          await venue.pass(79_000);
          await venue.time.advance(1_000);
          expect(venue.alive()).toHaveLength(2);
          for (const step of steps) {
            const [old, young] = venue.alive();
            if (step.do === "publish") venue.publish(step.symbol);
            else if (step.do === "serve") venue.serve();
            else if (step.do === "deliver") venue.deliver(step.young ? (young ?? old) : old, step.count);
            else if (step.do === "kill") (step.young ? (young ?? old) : old)?.socket.end();
            else if (step.do === "pass") {
              await venue.pass(step.ms);
              lagMs = 0;
            } else if (step.do === "tick") {
              // Nothing is longer on its way than the overlap lasts.
              if (lagMs + step.ms > 4_000) continue;
              await venue.time.advance(step.ms);
              lagMs += step.ms;
            } else if (step.do === "toggle") {
              if (connector.orderBooks.has("ETH-USDT")) connector.removeTradingPair("ETH-USDT");
              else connector.addTradingPair("ETH-USDT");
            } else if (young?.acks === 0) {
              // Not before its last confirmation could it have taken over.
              young.socket.end();
            }
            await venue.time.advance(0);
            expect(venue.alive().length).toBeLessThanOrEqual(2);
            // Without ids nobody can say of when a book is.
            if (record.steady !== "none") venue.check();
          }
          if (!kills) expect(states.filter((state) => state.startsWith("BTC-USDT"))).toEqual([]);
          await venue.pass(20_000);
          venue.checkCurrent();
          for (const symbol of ["BTCUSDT", "ETHUSDT"] as const) venue.publish(symbol);
          await venue.pump();
          venue.checkReady();
          await venue.stop();
        }),
        { numRuns: 300 },
      );
    },
    30_000,
  );
});
