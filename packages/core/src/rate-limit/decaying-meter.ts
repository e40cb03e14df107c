import type { Meter } from "./meter.js";

/** A counter that falls evenly down to zero. */
export class DecayingMeter implements Meter {
  #limit: number;
  #decayPerMs: number;
  /** Counter at `#at`, without what is in flight. */
  #level = 0;
  #at = 0;
  #inFlight = 0;

  constructor(limit: number, decayPerSecond: number) {
    this.#limit = limit;
    this.#decayPerMs = decayPerSecond / 1_000;
  }

  get limit(): number {
    return this.#limit;
  }

  revise(limit: number, decayPerSecond: number, now: number): void {
    this.used(now);
    this.#limit = limit;
    this.#decayPerMs = decayPerSecond / 1_000;
  }

  used(now: number): number {
    this.#level = Math.max(0, this.#level - (now - this.#at) * this.#decayPerMs);
    this.#at = now;
    return this.#inFlight + this.#level;
  }

  take(weight: number): void {
    this.#inFlight += weight;
  }

  giveBack(weight: number): void {
    this.#inFlight -= weight;
  }

  settle(weight: number, now: number): void {
    this.used(now);
    this.#inFlight -= weight;
    this.#level += weight;
  }

  waitFor(weight: number, now: number): number {
    return this.#waitUntilGone(this.used(now) + weight - this.#limit);
  }

  leastWait(weight: number, now: number): number {
    this.used(now);
    return this.#waitUntilGone(this.#level + weight - this.#limit);
  }

  /** The venue's counter stands at `level`, of which it need not have counted anything that is in flight. */
  raiseTo(level: number, now: number): void {
    this.used(now);
    this.#level = Math.max(this.#level, level);
  }

  #waitUntilGone(weight: number): number {
    if (weight <= 0) return 0;
    return weight > this.#level ? Number.POSITIVE_INFINITY : weight / this.#decayPerMs;
  }
}
