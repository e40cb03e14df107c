import type { Logger, Ports } from "@conn/core";
import { createSeededRandom } from "@conn/simulator";
import { nextTurn, settled } from "../world/event-loop.js";
import { EventQueue } from "./event-queue.js";
import { SimulatedComputer, type SimulatedTime } from "./simulated-computer.js";
import { SimulatedNetwork } from "./simulated-network.js";

/** Wall time at the beginning of every simulation: the year 2026. */
const START_AT = 1_767_225_600_000;
const TURN_EVERY = 8;

/** Computers, a network between them, and the one time in which everything happens. */
export class SimulatedWorld {
  readonly seed: number;
  readonly network: SimulatedNetwork;
  /** Errors that somebody logged. */
  readonly loggedErrors: string[] = [];
  readonly #time: { elapsedMs: number; readonly queue: EventQueue } & SimulatedTime;
  #events = 0;

  constructor(seed: number) {
    this.seed = seed;
    this.#time = { elapsedMs: 0, queue: new EventQueue() };
    this.network = new SimulatedNetwork(this.#time, createSeededRandom(seed, "network"));
  }

  /** Virtual ms since the beginning. */
  get elapsedMs(): number {
    return this.#time.elapsedMs;
  }

  /** How many things have happened: timers, frames, requests, answers, faults. */
  get events(): number {
    return this.#events;
  }

  addComputer(name: string, options: { readonly restsInSleep?: boolean } = {}): SimulatedComputer {
    return new SimulatedComputer(name, this.#time, { startAt: START_AT, restsInSleep: false, ...options });
  }

  /** What a program on this computer sees of the world. */
  portsOf(computer: SimulatedComputer): Ports {
    return {
      clock: computer.clock,
      timers: computer.timers,
      random: createSeededRandom(this.seed, computer.name),
      logger: this.#logger(computer.name),
      http: this.network.httpPort(computer),
      webSocket: this.network.webSocketPort(computer),
      journals: computer.journals,
      server: this.network.serverPort(computer),
    };
  }

  /** Does something later, on no computer. */
  after(ms: number, run: () => void): void {
    this.#time.queue.plan(this.#time.elapsedMs + ms, run);
  }

  /** Lets everything happen that needs no time. */
  settle(): Promise<void> {
    return nextTurn();
  }

  /** Lets one thing happen, and all that follows from it at once; false if nothing is left to happen. */
  async step(): Promise<boolean> {
    const event = this.#time.queue.next();
    if (event === undefined) return false;
    this.#time.elapsedMs = Math.max(this.#time.elapsedMs, event.at);
    this.#events += 1;
    event.run();
    // Rejections that nobody handles are only told with a turn.
    await (this.#events % TURN_EVERY === 0 ? nextTurn() : settled());
    return true;
  }

  #logger(name: string): Logger {
    const ignore = (): void => undefined;
    return {
      debug: ignore,
      info: ignore,
      warn: ignore,
      error: (message, fields) => {
        const { error } = fields ?? {};
        this.loggedErrors.push(`${name}: ${message}${error instanceof Error ? `: ${error.stack}` : ""}`);
      },
    };
  }
}
