import { Decimal } from "@conn/core";
import { createSeededRandom, serveVenue } from "@conn/simulator";
import type { ConformanceSimulator } from "../../src/index.js";
import { EXAMPLE_LIMITS, type ExampleLimits, ExampleMachine } from "./example-machine.js";
import { exampleFunding, exampleOpenInterest, exampleTicker } from "./example-market-info.js";
import type { ExampleProtocol } from "./example-protocol.js";

/** The example venue, served. */
export const exampleSimulator = createExampleSimulator("rest");

/** The example venue as it speaks a protocol. */
export function createExampleSimulator(protocol: ExampleProtocol): ConformanceSimulator {
  return {
    connectionLifetimeMs: EXAMPLE_LIMITS.connectionLifetimeMs,
    async start({ ports, seed, limits: lowered = {}, clockSkewMs = 0 }) {
      const limits: ExampleLimits = {
        topicsPerConnection: lowered.topicsPerConnection ?? EXAMPLE_LIMITS.topicsPerConnection,
        framesPerSecond: lowered.clientFrames ?? EXAMPLE_LIMITS.framesPerSecond,
        connectionLifetimeMs: lowered.connectionLifetimeMs ?? EXAMPLE_LIMITS.connectionLifetimeMs,
      };
      const running = await serveVenue({
        ports,
        clockSkewMs,
        createMachine: (startAt) =>
          new ExampleMachine(startAt, createSeededRandom(seed, "example"), { protocol, limits }),
        urls: (authority) => ({ rest: `http://${authority}`, stream: `ws://${authority}` }),
      });
      const { machine, urls, faults, log } = running;
      return {
        urls,
        faults,
        log,
        now: () => running.now(),
        limits: {
          topicsPerConnection: limits.topicsPerConnection,
          clientFrames: {
            limit: limits.framesPerSecond,
            intervalMs: 1_000,
            window: "sliding",
            counts: ["ping", "pong"],
          },
        },
        ...(protocol !== "rest" && { snapshotFrameKind: "book" }),
        ...(protocol === "request" && { snapshotRequestKind: "snapshot" }),
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
        bookOf: (symbol) => machine.market(symbol).book(),
        bookAt: (symbol, updateId) => machine.market(symbol).bookAt(Number(updateId)),
        // A change is sent at once, so that the latest frame has them all.
        bookSent: (symbol) => machine.market(symbol).book(),
        tickerOf: (symbol) => exampleTicker(machine.facts(symbol)),
        fundingOf: (symbol) => exampleFunding(machine.facts(symbol), machine.now),
        openInterestOf: (symbol) => exampleOpenInterest(machine.facts(symbol)),
        sendFunding: (symbol, part, exchangeTimestamp) =>
          machine.sendFunding(symbol, part, exchangeTimestamp),
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
}
