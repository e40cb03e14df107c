import { type Clock, createMemoryJournals, type Timer, type Timers } from "@conn/core";
import type { EventQueue } from "./event-queue.js";

/** Sums of drifting time are not exact. */
const ROUNDING_MS = 1e-6;

/** The time that a simulation lives by. */
export interface SimulatedTime {
  /** Virtual ms since the beginning. */
  readonly elapsedMs: number;
  readonly queue: EventQueue;
}

/**
 * A computer with a clock of its own: its wall clock may jump and drift, and it may sleep. While it
 * sleeps its timers do not run and nothing reaches it.
 */
export class SimulatedComputer {
  readonly name: string;
  readonly clock: Clock;
  readonly timers: Timers;
  /** What its disk keeps, whatever becomes of its programs. */
  readonly journals = createMemoryJournals();
  readonly #time: SimulatedTime;
  readonly #startAt: number;
  /** Whether monotonic time stands still in sleep: it does on Linux, and goes on elsewhere. */
  readonly #restsInSleep: boolean;
  #wallOffsetMs = 0;
  #driftPpm = 0;
  #driftSince = 0;
  #sleptMs = 0;
  #asleepSince = 0;
  #wakesAt = 0;
  #pendingTimers = 0;
  /** Monotonic ms a true one. */
  #rate = 1;
  #rateSince = 0;
  #gained = 0;

  constructor(
    name: string,
    time: SimulatedTime,
    options: { readonly startAt: number; readonly restsInSleep: boolean },
  ) {
    this.name = name;
    this.#time = time;
    this.#startAt = options.startAt;
    this.#restsInSleep = options.restsInSleep;
    this.clock = {
      now: () => Math.floor(this.#startAt + this.#ticked() + this.#wallOffsetMs + this.#drifted()),
      monotonic: () => this.#monotonic(),
    };
    this.timers = { set: (delayMs, callback) => this.#set(delayMs, callback) };
  }

  /** Timers that are set and have not run. */
  get pendingTimers(): number {
    return this.#pendingTimers;
  }

  /** Moves the wall clock. */
  jump(ms: number): void {
    this.#wallOffsetMs += ms;
  }

  /** From now on the wall clock gains so many microseconds a second. */
  drift(ppm: number): void {
    this.#wallOffsetMs += this.#drifted();
    this.#driftSince = this.#time.elapsedMs;
    this.#driftPpm = ppm;
  }

  /** From now on its oscillator runs at this rate: monotonic time, timers and wall time alike. */
  runAt(rate: number): void {
    this.#gained = this.#ticked() - this.#time.elapsedMs;
    this.#rateSince = this.#time.elapsedMs;
    this.#rate = rate;
  }

  /** Falls asleep for so long; asleep already, it sleeps at least so long from now. */
  sleep(ms: number): void {
    const { elapsedMs } = this.#time;
    if (!this.isAsleep) this.#asleepSince = elapsedMs;
    const before = this.#wakesAt > elapsedMs ? this.#wakesAt - this.#asleepSince : 0;
    this.#wakesAt = Math.max(this.#wakesAt, elapsedMs + ms);
    this.#sleptMs += this.#wakesAt - this.#asleepSince - before;
  }

  get isAsleep(): boolean {
    return this.#wakesAt > this.#time.elapsedMs;
  }

  /** Runs `deliver` now, or when the computer wakes up. What arrives in sleep keeps its order. */
  whenAwake(deliver: () => void): void {
    if (this.isAsleep) this.#time.queue.plan(this.#wakesAt, () => this.whenAwake(deliver));
    else deliver();
  }

  #drifted(): number {
    return ((this.#time.elapsedMs - this.#driftSince) * this.#driftPpm) / 1e6;
  }

  /** What its oscillator makes of the time since the beginning. */
  #ticked(): number {
    const { elapsedMs } = this.#time;
    return elapsedMs + this.#gained + (elapsedMs - this.#rateSince) * (this.#rate - 1);
  }

  #monotonic(): number {
    const ticked = this.#ticked();
    if (!this.#restsInSleep) return ticked;
    return this.isAsleep
      ? ticked - (this.#sleptMs - (this.#wakesAt - this.#time.elapsedMs))
      : ticked - this.#sleptMs;
  }

  #set(delayMs: number, callback: () => void): Timer {
    if (!(delayMs >= 0)) throw new TypeError(`a delay must be a non-negative number, not ${delayMs}`);
    const { queue } = this.#time;
    // Whole milliseconds and at least one, as the machine's timers do.
    const forMs = Math.max(1, Math.ceil(delayMs));
    const dueAt = this.#monotonic() + forMs;
    this.#pendingTimers += 1;
    let done = false;
    const finish = (): void => {
      if (done) return;
      done = true;
      this.#pendingTimers -= 1;
    };
    const fire = (): void => {
      if (done) return;
      const early = dueAt - this.#monotonic();
      if (this.isAsleep || early > ROUNDING_MS) {
        planned = queue.plan(this.isAsleep ? this.#wakesAt : this.#time.elapsedMs + early / this.#rate, fire);
        return;
      }
      finish();
      callback();
    };
    let planned = queue.plan(this.#time.elapsedMs + forMs / this.#rate, fire);
    return {
      cancel: () => {
        finish();
        planned.canceled = true;
      },
    };
  }
}
