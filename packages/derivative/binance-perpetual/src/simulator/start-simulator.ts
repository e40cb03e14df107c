import type { Ports } from "@conn/core";
import { type RunningVenue, serveVenue } from "@conn/simulator";
import {
  type BinancePerpetualMachine,
  type BinancePerpetualMachineOptions,
  createBinancePerpetualMachine,
} from "./binance-perpetual-machine.js";

/** How to start the simulator. */
export interface StartSimulatorOptions extends Omit<BinancePerpetualMachineOptions, "startAt"> {
  readonly ports: Pick<Ports, "clock" | "timers" | "server">;
  /** Port on 127.0.0.1; 0, the default, for a free one. */
  readonly port?: number;
  /** How many milliseconds the venue's clock is ahead of this machine's; negative: behind. Default 0. */
  readonly clockSkewMs?: number;
}

/** The simulator, listening. */
export type BinancePerpetualSimulator = RunningVenue<BinancePerpetualMachine, "rest" | "public" | "market">;

/**
 * Starts a simulated Binance USDⓈ-M futures venue on the loopback interface. It serves market data as the
 * venue documents it; its prices are invented.
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
  return serveVenue({
    ports,
    ...(port === undefined ? {} : { port }),
    ...(clockSkewMs === undefined ? {} : { clockSkewMs }),
    createMachine: (startAt) => createBinancePerpetualMachine({ ...machineOptions, startAt }),
    urls: (authority) => ({
      rest: `http://${authority}`,
      public: `ws://${authority}/public`,
      market: `ws://${authority}/market`,
    }),
  });
}
