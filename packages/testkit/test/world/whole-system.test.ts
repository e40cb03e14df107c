import { createHost } from "@conn/core";
import { expect, it } from "vitest";
import { createLoopbackWorld } from "../../src/index.js";
import { defineExamplePlugin } from "../example/example-plugin.js";
import { exampleSimulator } from "../example/example-simulator.js";

/** Everything that a connector tells in a minute in which its venue drops, loses, delays and falls silent. */
async function history(seed: number): Promise<string[]> {
  const world = createLoopbackWorld({ seed });
  const venue = await exampleSimulator.start({ ports: world.portsOf("venue"), seed });
  const connector = createHost(world.portsOf("bot")).create(defineExamplePlugin(), {
    environment: "sim",
    urls: venue.urls,
    tradingPairs: ["AAA-USD", "BBB-USD", "CCC-USD"],
  });
  const told: string[] = [];
  connector.on("connection", ({ state, reason, delayMs, receivedTimestamp }) =>
    told.push(`${receivedTimestamp} ${state} ${reason} ${delayMs}`),
  );
  connector.on("orderBookState", ({ tradingPair, state, fault, receivedTimestamp }) =>
    told.push(`${receivedTimestamp} ${tradingPair} ${state} ${fault}`),
  );
  connector.on("orderBook", ({ tradingPair, book, receivedTimestamp }) =>
    told.push(`${receivedTimestamp} ${tradingPair} ${book.integrity.lastUpdateId} ${book.bestBid?.amount}`),
  );
  await world.complete(connector.start(), { withinMs: 5_000 });
  await world.advance(5_000);
  venue.faults.lose({ kind: "depth" }, 3);
  await world.advance(10_000);
  venue.faults.drop();
  await world.advance(10_000);
  venue.faults.delay({ kind: "depth" }, 300, 5);
  venue.faults.silence({}, 15_000);
  await world.advance(35_000);
  await world.complete(connector.stop(), { withinMs: 5_000 });
  await venue.close();
  return told;
}

it("gives the same minute for the same seed, with venue, connector and faults, and another for another", async () => {
  const [first, again, other] = [await history(1), await history(1), await history(2)];
  expect(first.length).toBeGreaterThan(500);
  expect(again).toEqual(first);
  expect(other).not.toEqual(first);
});
