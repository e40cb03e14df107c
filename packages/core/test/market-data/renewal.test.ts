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
      sides.push({ socket, isOpen: false, subscribed: new Set(), outbox: [], acks: 0 });
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
        side?.socket.receive(frame);
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
    /** Expects live books to be as the venue's are now. */
    checkCurrent(): void {
      expect(connector.ready).toBe(true);
      for (const [symbol, tradingPair] of Object.entries(PAIRS)) {
        const book = connector.orderBooks.get(tradingPair);
        if (book !== undefined) expect(book.integrity.lastUpdateId).toBe(versions[symbol as Symbol] * 10);
      }
      venue.check();
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
      venue.checkCurrent();
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
    venue.checkCurrent();
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
        venue.checkCurrent();
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
        venue.checkCurrent();
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
      venue.checkCurrent();
      await venue.stop();
    },
  );

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
    venue.checkCurrent();
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
    venue.checkCurrent();
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
    venue.checkCurrent();
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

const operation = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("publish" as const),
      symbol: fc.constantFrom<Symbol>("BTCUSDT", "ETHUSDT"),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("serve" as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("deliver" as const),
      young: fc.boolean(),
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("pass" as const),
      ms: fc.constantFrom(100, 1_000, 3_000, 6_000, 40_000, 79_000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("toggle" as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("failSuccessor" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("tick" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("kill" as const), young: fc.boolean() }) },
);

const records: readonly [string, Partial<SequenceRecord>][] = [
  ["linked diffs and snapshots by request", {}],
  [
    "linked diffs and snapshots in the stream",
    { snapshot: "firstFrame", bridge: "follows", recovery: "resubscribe" },
  ],
  [
    "no ids and snapshots in the stream",
    { snapshot: "firstFrame", bridge: "follows", steady: "none", recovery: "resubscribe" },
  ],
];

describe("in whatever order things happen", () => {
  it.each(records)(
    "no live book is wrong, all recover, and stop leaves nothing: %s",
    async (_what, record) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(operation, { maxLength: 40 }),
          fc.boolean(),
          async (operations, snapshotFirst) => {
            const venue = await start(record, snapshotFirst);
            const { connector, states } = venue;
            const hasIds = record.steady !== "none";
            let killed = false;
            for (const step of operations) {
              const [old, young] = venue.alive();
              if (step.do === "publish") venue.publish(step.symbol);
              else if (step.do === "serve") venue.serve();
              else if (step.do === "deliver") venue.deliver(step.young ? (young ?? old) : old, step.count);
              else if (step.do === "pass") await venue.pass(step.ms);
              else if (step.do === "tick") await venue.time.advance(1);
              else if (step.do === "toggle") {
                if (connector.orderBooks.has("ETH-USDT")) connector.removeTradingPair("ETH-USDT");
                else connector.addTradingPair("ETH-USDT");
              } else if (step.do === "failSuccessor") {
                // Not before its last confirmation could it have taken over.
                if (young?.acks === 0) young.socket.end();
              } else {
                killed = true;
                (step.young ? (young ?? old) : old)?.socket.end();
              }
              await venue.time.advance(0);
              expect(venue.alive().length).toBeLessThanOrEqual(2);
              if (hasIds) venue.check();
            }
            // Nothing but the loss of the connection in use costs the trust in a book.
            if (hasIds && !killed) expect(states.filter((state) => state.startsWith("BTC-USDT"))).toEqual([]);
            await venue.pass(20_000);
            for (const symbol of ["BTCUSDT", "ETHUSDT"] as const) venue.publish(symbol);
            await venue.pump();
            venue.checkCurrent();
            expect(venue.alive().length).toBeLessThanOrEqual(2);
            await venue.stop();
          },
        ),
        { numRuns: 150 },
      );
    },
    30_000,
  );
});
