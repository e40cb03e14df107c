import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createHost } from "@conn/core";
import { createLoopbackWorld, expectBookEquals } from "@conn/testkit";
import { expect, it } from "vitest";
import { plugin } from "../src/index.js";
import { startSimulator } from "../src/simulator/index.js";

const RECONNECTS = 2_000;
/** Reconnects after which caches, compiled code and the bounded logs of venue and world have their size. */
const WARM_UP = 1_000;
/** For the trades that the venue remembers; a leak of some hundred bytes a reconnect would be more. */
const SLACK_BYTES = 1_000_000;
const PAIRS = ["BTC-USDT", "ETH-USDT"];

setFlagsFromString("--expose-gc");
// as: the function of V8's own that the flag brings into new contexts.
const collectGarbage = runInNewContext("gc") as () => void;

function usedBytes(): number {
  collectGarbage();
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

it("reconnects 2,000 times in flat memory, and leaves nothing open", { timeout: 120_000 }, async () => {
  const world = createLoopbackWorld({ seed: 1 });
  const venue = await world.complete(
    startSimulator({
      ports: world.portsOf("venue"),
      seed: 1,
      levels: 30,
      eventsPerSecond: 1,
      historySize: 1024,
    }),
    { withinMs: 1 },
  );
  const before = world.handles("bot");
  const connector = createHost(world.portsOf("bot")).create(plugin, {
    environment: "sim",
    urls: venue.urls,
    tradingPairs: PAIRS,
    // A connection that lives for a moment counts as good, so that the delays do not grow.
    socket: { stableAfterMs: 1, backoff: { initialMs: 10, factor: 1, maxMs: 10, jitter: 0.5 } },
  });
  await world.complete(connector.start(), { withinMs: 10_000 });
  await world.complete(connector.whenReady(), { withinMs: 10_000 });

  const sizes: number[] = [];
  for (let count = 1; count <= RECONNECTS; count += 1) {
    venue.faults.drop();
    await world.settle();
    expect(connector.ready).toBe(false);
    await world.until(() => connector.ready, { withinMs: 600_000, what: `reconnect ${count}` });
    if (count === WARM_UP || count === RECONNECTS) sizes.push(usedBytes());
  }
  for (const pair of PAIRS) {
    const book = connector.orderBook(pair);
    expect(book.integrity.resyncs).toBe(RECONNECTS);
    expectBookEquals(book, venue.machine.bookAt(pair.replace("-", ""), Number(book.integrity.lastUpdateId)));
  }
  const [warm = 0, end = 0] = sizes;
  expect(end - warm).toBeLessThan(SLACK_BYTES);

  await world.complete(connector.stop(), { withinMs: 10_000 });
  expect(world.handles("bot")).toEqual(before);
  await venue.close();
  expect(world.handles()).toEqual(before);
});
