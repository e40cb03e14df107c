import { expect, it } from "vitest";
import { createFakeVenue } from "../support/fake-venue.js";

it("snapshots asked for on a connection and subscriptions have different ids: a refusal is not taken for another", async () => {
  const { host, plugin, time, webSocket } = createFakeVenue();
  const asking = {
    ...plugin,
    create() {
      const definition = plugin.create({});
      const { orderBooks } = definition;
      return {
        ...definition,
        orderBooks: {
          ...orderBooks,
          sequence: { ...orderBooks.sequence, snapshot: "request" as const },
          formatSnapshotRequest: (_instrument: unknown, id: number) => JSON.stringify({ snapshot: true, id }),
        },
      };
    },
  };
  const connector = host.create(asking, { tradingPairs: ["BTC-USDT"] });
  const starting = connector.start();
  await time.advance(0);
  await starting;
  const { last: socket } = webSocket;
  socket.open();
  socket.receive(JSON.stringify({ ack: 1 }));
  connector.addTradingPair("ETH-USDT");
  await time.advance(60_000);
  const ids = socket.sent.map((text) => JSON.parse(text).id);
  expect(socket.sent.filter((text) => text.includes("snapshot")).length).toBeGreaterThan(0);
  expect(new Set(ids).size).toBe(ids.length);
  await connector.stop();
});
