import { type Connector, createHost } from "@conn/core";
import { createLoopbackWorld } from "@conn/testkit";
import { describe, expect, it } from "vitest";
import { plugin } from "../src/index.js";
import { DEFAULT_LIMITS, startSimulator } from "../src/simulator/index.js";

const CONNECTORS = 4;
const MINUTE_MS = 60_000;
const ADDRESS = "127.0.0.1";

/** All that a connector asks of the venue for its data, again and again as fast as it is answered. */
const LOOPS: readonly ((connector: Connector) => Promise<unknown>)[] = [
  (connector) => connector.fetchTickers(),
  (connector) => connector.fetchTickers(["BTC-USDT"]),
  (connector) => connector.fetchLastTradedPrices(),
  (connector) => connector.fetchFundingInfo(),
  (connector) => connector.fetchOpenInterest("ETH-USDT"),
  (connector) => connector.fetchInstruments(),
  (connector) => connector.checkNetwork(),
];

describe(`${CONNECTORS} connectors of one host at full speed`, () => {
  it.each([
    ["what is declared", DEFAULT_LIMITS.weightPerMinute],
    ["less than is declared, as it tells", 700],
  ])(
    "never exceed a venue that allows %s, and lose no book to it",
    { timeout: 60_000 },
    async (_what, weightPerMinute) => {
      const world = createLoopbackWorld({ seed: 4 });
      const ports = world.portsOf("venue");
      const limits = { ...DEFAULT_LIMITS, weightPerMinute };
      const starting = startSimulator({ ports, seed: 4, levels: 30, eventsPerSecond: 2, limits });
      const venue = await world.complete(starting, { withinMs: 1 });
      const host = createHost(world.portsOf("bot"));
      const connectors = Array.from({ length: CONNECTORS }, () =>
        host.create(plugin, {
          environment: "sim",
          urls: venue.urls,
          channels: ["orderBook", "trades", "ticker", "funding"],
          auditIntervalMs: 5_000,
        }),
      );
      const problems: unknown[] = [];
      const told: unknown[] = [];
      for (const connector of connectors) {
        connector.on("rateLimit", (event) => told.push(event));
        connector.on("problem", ({ error }) => {
          if (error.code !== "LIMIT_DIFFERS") problems.push(error);
        });
      }
      const statuses = new Map<number, number>();
      let most = 0;
      world.onTraffic((event) => {
        if (event.type !== "answer" || event.status === undefined) return;
        statuses.set(event.status, (statuses.get(event.status) ?? 0) + 1);
        most = Math.max(most, venue.machine.weightUsed(ADDRESS, venue.now()));
      });
      // Some answers are late, so that calls are under way when the venue's minute ends.
      venue.faults.delayAnswer({ kind: "/fapi/v1/ping" }, 700, 20);

      const started = Promise.all(connectors.map((connector) => connector.start()));
      await world.complete(started, { withinMs: MINUTE_MS });
      const pairs = connectors[0]!.tradingPairs;
      for (const connector of connectors) for (const pair of pairs) connector.addTradingPair(pair);
      const failures: unknown[] = [];
      let calls = 0;
      let stopped = false;
      const repeat = async (connector: Connector, call: (typeof LOOPS)[number]): Promise<void> => {
        while (!stopped) {
          await call(connector).catch((error: unknown) => failures.push(error));
          calls += 1;
        }
      };
      const loops = connectors.flatMap((connector) => LOOPS.map((call) => repeat(connector, call)));
      const snapshots = (): number =>
        connectors.reduce(
          (sum, { orderBooks }) =>
            sum + [...orderBooks.values()].reduce((all, { integrity }) => all + integrity.snapshots, 0),
          0,
        );
      await world.advance(MINUTE_MS);
      const before = snapshots();
      for (let turn = 0; turn < 8; turn += 1) {
        for (const connector of connectors) connector.resyncOrderBook(pairs[turn % pairs.length]!);
        await world.advance(MINUTE_MS / 4);
      }
      stopped = true;
      await world.complete(Promise.all(loops), { withinMs: 10 * MINUTE_MS });
      const ready = Promise.all(connectors.map((connector) => connector.whenReady()));
      await world.complete(ready, { withinMs: 10 * MINUTE_MS });

      expect([...statuses.keys()]).toEqual([200]);
      expect([failures, problems, told]).toEqual([[], [], []]);
      expect(most).toBeLessThanOrEqual(weightPerMinute);
      // All but the reserve was asked for, and the least urgent lane got its part.
      expect(most).toBeGreaterThanOrEqual(0.9 * weightPerMinute);
      expect(calls).toBeGreaterThan(100);
      expect(snapshots() - before).toBeGreaterThanOrEqual(8);

      const stopping = Promise.all(connectors.map((connector) => connector.stop()));
      await world.complete(stopping, { withinMs: 10_000 });
      await venue.close();
      expect(world.handles()).toEqual({ timers: 0, sockets: 0, httpClients: 0, requests: 0, servers: 0 });
    },
  );
});
