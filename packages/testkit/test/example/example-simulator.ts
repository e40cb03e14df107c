import { Decimal } from "@conn/core";
import { createSeededRandom, serveVenue } from "@conn/simulator";
import type { ConformanceSimulator } from "../../src/index.js";
import { ExampleMachine } from "./example-machine.js";
import { exampleFunding, exampleOpenInterest, exampleTicker } from "./example-market-info.js";

/** The example venue, served. */
export const exampleSimulator: ConformanceSimulator = {
  async start({ ports, seed }) {
    const running = await serveVenue({
      ports,
      createMachine: (startAt) => new ExampleMachine(startAt, createSeededRandom(seed, "example")),
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
      rulesOf: (symbol) => ({
        priceIncrement: machine.market(symbol).tick,
        amountIncrement: "0.001",
        minAmount: "0.001",
      }),
      lastPriceOf: () => "99.50",
      bookOf: (symbol) => machine.book(symbol),
      bookAt: (symbol, updateId) => machine.bookAt(symbol, Number(updateId)),
      tickerOf: (symbol) => exampleTicker(machine.facts(symbol)),
      fundingOf: (symbol) => exampleFunding(machine.facts(symbol), machine.now),
      openInterestOf: (symbol) => exampleOpenInterest(machine.facts(symbol)),
      sendFunding: (symbol, part, exchangeTimestamp) => machine.sendFunding(symbol, part, exchangeTimestamp),
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
      resume(symbol) {
        machine.market(symbol).trading = true;
      },
      refineTick(symbol) {
        const market = machine.market(symbol);
        market.tick = new Decimal(market.tick).div(10).toFixed();
        return market.tick;
      },
      delist: (symbol) => machine.delist(symbol),
      relist: (symbol) => machine.relist(symbol),
      rename(symbol) {
        machine.rename(symbol, `X${symbol}`);
        return `X${symbol}`;
      },
    };
  },
};
