import type { Meter } from "./meter.js";

/** Settled entries that may be dead at the front of the list before it is cut. */
const MAX_DEAD = 1_024;

/**
 * A window: what was counted ages for one interval and is then gone at once. No stretch of an interval's
 * length ever holds more than the limit, so it is right for windows that slide and for fixed ones, wherever
 * they begin.
 */
export class WindowMeter implements Meter {
  #limit: number;
  readonly #intervalMs: number;
  /** When entries leave, oldest first; from `#head` on. */
  #leavesAt: number[] = [];
  /** All weight ever settled, up to and with each entry: what is between two entries is a difference. */
  #through: number[] = [];
  #head = 0;
  #settled = 0;
  /** Weight ever settled that has left. */
  #gone = 0;
  #inFlight = 0;

  constructor(limit: number, intervalMs: number) {
    this.#limit = limit;
    this.#intervalMs = intervalMs;
  }

  get limit(): number {
    return this.#limit;
  }

  revise(limit: number): void {
    this.#limit = limit;
  }

  /** Weight settled since the beginning. */
  get settled(): number {
    return this.#settled;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  used(now: number): number {
    this.#age(now);
    return this.#inFlight + this.#settled - this.#gone;
  }

  take(weight: number): void {
    this.#inFlight += weight;
  }

  giveBack(weight: number): void {
    this.#inFlight -= weight;
  }

  settle(weight: number, now: number): void {
    this.#inFlight -= weight;
    this.#settled += weight;
    const leavesAt = now + this.#intervalMs;
    const last = this.#leavesAt.length - 1;
    if (last >= this.#head && this.#leavesAt[last] === leavesAt) {
      this.#through[last] = this.#settled;
      return;
    }
    this.#leavesAt.push(leavesAt);
    this.#through.push(this.#settled);
  }

  waitFor(weight: number, now: number): number {
    return this.#waitUntilGone(this.used(now) + weight - this.#limit, now);
  }

  leastWait(weight: number, now: number): number {
    return this.#waitUntilGone(this.used(now) - this.#inFlight + weight - this.#limit, now);
  }

  #waitUntilGone(weight: number, now: number): number {
    if (weight <= 0) return 0;
    const target = this.#gone + weight;
    if (target > this.#settled) return Number.POSITIVE_INFINITY;
    let low = this.#head;
    let high = this.#through.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#through[middle] as number) < target) low = middle + 1;
      else high = middle;
    }
    return (this.#leavesAt[low] as number) - now;
  }

  #age(now: number): void {
    while (this.#head < this.#leavesAt.length && (this.#leavesAt[this.#head] as number) <= now) {
      this.#gone = this.#through[this.#head] as number;
      this.#head += 1;
    }
    if (this.#head < MAX_DEAD || this.#head * 2 < this.#leavesAt.length) return;
    this.#leavesAt = this.#leavesAt.slice(this.#head);
    this.#through = this.#through.slice(this.#head);
    this.#head = 0;
  }
}
