/** Requests of all kinds in a minute of the venue's clock. */
const REQUESTS_PER_MINUTE = 300;
/** Requests for prices in any ten seconds; each is a request as well. */
const PRICES_PER_TEN_SECONDS = 60;

/** What the example venue thinks of a request. */
export interface Charge {
  /** Requests in this minute, this one included. */
  readonly used: number;
  /** Time in ms until requests are allowed again, if this one is not. */
  readonly retryAfterMs: number | undefined;
}

/** The example venue's limits of requests: two that are linked, and of two kinds. */
export class ExampleRestLimits {
  #minute = 0;
  #used = 0;
  #prices: number[] = [];

  charge(path: string, at: number): Charge {
    const minute = Math.floor(at / 60_000);
    if (minute !== this.#minute) this.#used = 0;
    this.#minute = minute;
    this.#used += 1;
    if (this.#used > REQUESTS_PER_MINUTE)
      return { used: this.#used, retryAfterMs: (minute + 1) * 60_000 - at };
    if (path === "/prices") {
      this.#prices = [...this.#prices.filter((one) => one > at - 10_000), at];
      if (this.#prices.length > PRICES_PER_TEN_SECONDS) return { used: this.#used, retryAfterMs: 10_000 };
    }
    return { used: this.#used, retryAfterMs: undefined };
  }
}
