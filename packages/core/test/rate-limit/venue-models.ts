/** A venue's own count of one pool, as simple as can be. Calls arrive in the order of time, in ms. */
export interface VenueModel {
  readonly limit: number;
  /** Counts a call; returns what the venue then counts in all. */
  arrive(at: number, weight: number): number;
}

/** Counts anew every `intervalMs`, from wherever its phase puts that. */
export class FixedWindows implements VenueModel {
  readonly limit: number;
  readonly #intervalMs: number;
  readonly #phase: number;
  readonly #counts = new Map<number, number>();

  constructor(limit: number, intervalMs: number, phase: number) {
    this.limit = limit;
    this.#intervalMs = intervalMs;
    this.#phase = phase;
  }

  windowAt(at: number): number {
    return Math.floor((at + this.#phase) / this.#intervalMs);
  }

  arrive(at: number, weight: number): number {
    const window = this.windowAt(at);
    const count = (this.#counts.get(window) ?? 0) + weight;
    this.#counts.set(window, count);
    return count;
  }
}

/** Counts the calls of the last `intervalMs`. */
export class SlidingWindow implements VenueModel {
  readonly limit: number;
  readonly #intervalMs: number;
  readonly #calls: { readonly at: number; readonly weight: number }[] = [];

  constructor(limit: number, intervalMs: number) {
    this.limit = limit;
    this.#intervalMs = intervalMs;
  }

  arrive(at: number, weight: number): number {
    this.#calls.push({ at, weight });
    return this.#calls
      .filter((call) => call.at > at - this.#intervalMs)
      .reduce((sum, call) => sum + call.weight, 0);
  }
}

/** Rises by each call and falls evenly. */
export class DecayingCounter implements VenueModel {
  readonly limit: number;
  readonly #decayPerSecond: number;
  #level = 0;
  #at = 0;

  constructor(limit: number, decayPerSecond: number) {
    this.limit = limit;
    this.#decayPerSecond = decayPerSecond;
  }

  arrive(at: number, weight: number): number {
    const decayed = ((at - this.#at) / 1_000) * this.#decayPerSecond;
    this.#level = Math.max(0, this.#level - decayed) + weight;
    this.#at = at;
    return this.#level;
  }
}
