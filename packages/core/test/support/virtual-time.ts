import type { Clock, Timers } from "../../src/ports/index.js";

interface Due {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** A clock and timers that stand still until told to advance, unless to look at the clock takes time. */
export class VirtualTime implements Clock, Timers {
  #now = 0;
  #order = 0;
  #due: Due[] = [];
  /** How far the wall clock has jumped, in ms. */
  wallJump = 0;
  /** Time that passes with each look at a clock, in ms. */
  lookMs = 0;

  now(): number {
    this.#now += this.lookMs;
    return 1_700_000_000_000 + this.#now + this.wallJump;
  }

  monotonic(): number {
    this.#now += this.lookMs;
    return this.#now;
  }

  set(delayMs: number, callback: () => void): { cancel(): void } {
    this.#order += 1;
    const due: Due = { at: this.#now + Math.max(0, delayMs), order: this.#order, callback };
    this.#due.push(due);
    return {
      cancel: () => {
        this.#due = this.#due.filter((other) => other !== due);
      },
    };
  }

  /** Lets `ms` pass as a machine that sleeps does: nothing runs, and what was due runs late. */
  sleep(ms: number): void {
    this.#now += ms;
  }

  /** Timers that are set. */
  get pending(): number {
    return this.#due.length;
  }

  /** Runs what is due within `ms`, in order of time; promises settle in between. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settle();
    for (;;) {
      const next = this.#due.toSorted((a, b) => a.at - b.at || a.order - b.order)[0];
      if (next === undefined || next.at > until) break;
      this.#due = this.#due.filter((other) => other !== next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
      await settle();
    }
    this.#now = until;
  }
}

/** Lets every promise that can settle without time settle. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 100; round += 1) await Promise.resolve();
}
