import type { Ports } from "@conn/core";
import { type RunningVenue, serveVenue } from "@conn/simulator";
import {
  type BinancePerpetualMachine,
  type BinancePerpetualMachineOptions,
  createBinancePerpetualMachine,
} from "./binance-perpetual-machine.js";
import { DEFAULT_ACCOUNT } from "./private/account-verbs.js";

/** How to start the simulator. */
export interface StartSimulatorOptions extends Omit<BinancePerpetualMachineOptions, "startAt"> {
  readonly ports: Pick<Ports, "clock" | "timers" | "server">;
  /** Port on 127.0.0.1; 0, the default, for a free one. */
  readonly port?: number;
  /** How many milliseconds the venue's clock is ahead of this machine's; negative: behind. Default 0. */
  readonly clockSkewMs?: number;
}

/** The simulator, listening. */
export interface BinancePerpetualSimulator
  extends RunningVenue<BinancePerpetualMachine, "rest" | "public" | "market" | "private" | "wallet"> {
  /** An API key of the account `default`, which has 100,000 USDT and may trade. */
  readonly credentials: { readonly apiKey: string; readonly secret: string };
}

/**
 * Starts a simulated Binance USDⓈ-M futures venue on the loopback interface. It serves market data and
 * accounts as the venue documents them; its prices are invented, and only keys that it issued are accepted.
 *
 * @throws {NetworkError} if the port cannot be had.
 * @throws {TypeError} if a contract's numbers contradict each other.
 *
 * @example
 * ```ts
 * const simulator = await startSimulator({ ports, seed: 7 });
 * simulator.urls.rest; // "http://127.0.0.1:49152"
 * simulator.faults.lose({ kind: "depth", symbol: "BTCUSDT" });
 * simulator.machine.bookOf("BTCUSDT").bids[0];
 * await simulator.close();
 * ```
 */
export async function startSimulator(options: StartSimulatorOptions): Promise<BinancePerpetualSimulator> {
  const { ports, port, clockSkewMs, ...machineOptions } = options;
  const venue = await serveVenue({
    ports,
    ...(port === undefined ? {} : { port }),
    ...(clockSkewMs === undefined ? {} : { clockSkewMs }),
    createMachine: (startAt) => createBinancePerpetualMachine({ ...machineOptions, startAt }),
    urls: (authority) => ({
      rest: `http://${authority}`,
      public: `ws://${authority}/public`,
      market: `ws://${authority}/market`,
      private: `ws://${authority}/private`,
      // A host of its own at the venue.
      wallet: `http://${authority}`,
    }),
  });
  return { ...venue, credentials: venue.machine.createApiKey(DEFAULT_ACCOUNT) };
}
