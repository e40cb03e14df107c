/** Gives numbers that rise, for all that sign with one key. */
export class NonceSource {
  #last = 0;

  /** A whole number above all that were given before, and at least `timestamp`, in ms. */
  next(timestamp: number): number {
    this.#last = Math.max(this.#last + 1, timestamp);
    return this.#last;
  }
}
