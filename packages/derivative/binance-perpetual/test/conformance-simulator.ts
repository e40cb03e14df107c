import type { ConformanceSimulator, ConformanceVenue } from "@conn/testkit";
import {
  type BinancePerpetualSimulator,
  DEFAULT_CONTRACTS,
  DEFAULT_LIMITS,
  startSimulator,
} from "../src/simulator/index.js";

/** Price levels a side: enough for every case, few enough to be compared after every change. */
const LEVELS = 60;

/** The simulated venue as the conformance kit wants it. */
export const simulator: ConformanceSimulator = {
  connectionLifetimeMs: DEFAULT_LIMITS.connectionLifetimeMs,
  async start({ ports, seed, connectionLifetimeMs = DEFAULT_LIMITS.connectionLifetimeMs }) {
    const limits = { connectionLifetimeMs };
    return toConformanceVenue(await startSimulator({ ports, seed, levels: LEVELS, limits }));
  },
};

function toConformanceVenue(running: BinancePerpetualSimulator): ConformanceVenue {
  const { machine, urls, faults, log } = running;
  return {
    urls,
    faults,
    log,
    goOffline: () => running.goOffline(),
    goOnline: () => running.goOnline(),
    close: () => running.close(),
    // Delivery contracts are listed beside the perpetuals, and are another product.
    listings: () =>
      machine
        .symbols()
        .map((symbol) => machine.contractOf(symbol))
        .filter(({ contractType }) => contractType === "PERPETUAL" || contractType === "TRADIFI_PERPETUAL")
        .map(({ exchangeSymbol, status }) => ({ symbol: exchangeSymbol, trading: status === "TRADING" })),
    rulesOf: (symbol) => machine.rulesOf(symbol),
    lastPriceOf: (symbol) => machine.lastPriceOf(symbol),
    bookOf: (symbol) => machine.bookOf(symbol),
    // The venue's ids stay below 2^53.
    bookAt: (symbol, updateId) => machine.bookAt(symbol, Number(updateId)),
    freeze: (symbol) => machine.freeze(symbol),
    unfreeze: (symbol) => machine.unfreeze(symbol),
    publish: (symbol, rows) => machine.publish(symbol, rows),
    listAnother() {
      const [model] = DEFAULT_CONTRACTS;
      machine.addContract({ ...model!, exchangeSymbol: "NEWUSDT", pair: "NEWUSDT", baseAsset: "NEW" });
      return "NEWUSDT";
    },
    listMalformed: () =>
      machine.addMalformedSymbol('{"symbol":"BADUSDT","contractType":"PERPETUAL","filters":[]}'),
    halt: (symbol) => machine.setStatus(symbol, "TRADING_HALT"),
  };
}
