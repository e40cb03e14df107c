import { createSeededRandom, serveVenue } from "@conn/simulator";
import type { ConformanceSimulator } from "../../src/index.js";
import { CONNECTION_LIFETIME_MS, ExampleMachine } from "./example-machine.js";

/** The example venue, served. */
export const exampleSimulator: ConformanceSimulator = {
  connectionLifetimeMs: CONNECTION_LIFETIME_MS,
  async start({ ports, seed, connectionLifetimeMs }) {
    const random = createSeededRandom(seed, "example");
    const running = await serveVenue({
      ports,
      createMachine: (startAt) => new ExampleMachine(startAt, random, connectionLifetimeMs),
      urls: (authority) => ({ rest: `http://${authority}`, stream: `ws://${authority}` }),
    });
    const { machine, urls, faults, log } = running;
    return {
      urls,
      faults,
      log,
      goOffline: () => running.goOffline(),
      goOnline: () => running.goOnline(),
      close: () => running.close(),
      listings: () => [...machine.markets.values()].map(({ symbol, trading }) => ({ symbol, trading })),
      rulesOf: () => ({ priceIncrement: "0.01", amountIncrement: "0.001", minAmount: "0.001" }),
      lastPriceOf: () => "99.50",
      bookOf: (symbol) => machine.book(symbol),
      bookAt: (symbol, updateId) => machine.bookAt(symbol, Number(updateId)),
      freeze: (symbol) => machine.freeze(symbol),
      unfreeze: (symbol) => machine.unfreeze(symbol),
      publish: (symbol, rows) => machine.publish(symbol, rows),
      listAnother() {
        machine.list("NEW", true);
        return "NEW";
      },
      listMalformed: () => machine.listMalformed(),
      halt(symbol) {
        machine.market(symbol).trading = false;
      },
    };
  },
};
