import type { Ports } from "@conn/core";
import { type RunningVenue, serveVenue } from "@conn/simulator";
import {
  type CryptoComMachine,
  type CryptoComMachineOptions,
  createCryptoComMachine,
} from "./crypto-com-machine.js";
import { DEFAULT_ACCOUNT } from "./private/account-verbs.js";

/** How to start the simulator. */
export interface StartSimulatorOptions extends Omit<CryptoComMachineOptions, "startAt"> {
  readonly ports: Pick<Ports, "clock" | "timers" | "server">;
  /** Port on 127.0.0.1; 0, the default, for a free one. */
  readonly port?: number;
  /** How many milliseconds the venue's clock is ahead of this machine's; negative: behind. Default 0. */
  readonly clockSkewMs?: number;
}

/** The simulator, listening. */
export interface CryptoComSimulator extends RunningVenue<CryptoComMachine, "rest" | "market" | "user"> {
  /** An API key of the account `default`, which has `DEFAULT_FUNDS` and may trade. */
  readonly credentials: { readonly apiKey: string; readonly secret: string };
}

/**
 * Starts a simulated Crypto.com Exchange on the loopback interface. It serves market data and accounts
 * as the venue documents them; its prices are invented, and only keys that it issued are accepted.
 *
 * @throws {NetworkError} if the port cannot be had.
 * @throws {TypeError} if an instrument's numbers contradict each other.
 *
 * @example
 * ```ts
 * const simulator = await startSimulator({ ports, seed: 7 });
 * simulator.urls.rest; // "http://127.0.0.1:49152/exchange/v1"
 * simulator.faults.lose({ kind: "book.update", symbol: "BTC_USDT" });
 * simulator.machine.bookOf("BTC_USDT").bids[0];
 * await simulator.close();
 * ```
 */
export async function startSimulator(options: StartSimulatorOptions): Promise<CryptoComSimulator> {
  const { ports, port, clockSkewMs, ...machineOptions } = options;
  const venue = await serveVenue({
    ports,
    ...(port === undefined ? {} : { port }),
    ...(clockSkewMs === undefined ? {} : { clockSkewMs }),
    createMachine: (startAt) => createCryptoComMachine({ ...machineOptions, startAt }),
    urls: (authority) => ({
      rest: `http://${authority}/exchange/v1`,
      market: `ws://${authority}/exchange/v1/market`,
      user: `ws://${authority}/exchange/v1/user`,
    }),
  });
  return { ...venue, credentials: venue.machine.createApiKey(DEFAULT_ACCOUNT) };
}
