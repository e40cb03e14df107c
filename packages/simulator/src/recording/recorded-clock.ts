import type { Clock } from "@conn/core";

/** A clock that shows the time at which the line being played was recorded. */
export class RecordedClock implements Clock {
  #now = 0;
  #monotonic = 0;

  /** @param seconds Since 1970-01-01 UTC. */
  set(seconds: number): void {
    this.#now = Math.round(seconds * 1_000);
    // The recorder's clock may have been set back; time has passed all the same.
    this.#monotonic = Math.max(this.#monotonic, this.#now);
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#monotonic;
  }
}
