import { AuthError } from "../errors/index.js";
import type { Clock } from "../ports/index.js";
import type { UnsignedRequest } from "../transport/index.js";

/** Pause after the first refusal of a call, and the longest one, in ms; each refusal in a row doubles it. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** Calls that are remembered: paths may hold ids. */
const MOST_CALLS = 100;

interface Refused {
  readonly error: AuthError;
  readonly pauseMs: number;
  /** Monotonic ms. */
  readonly until: number;
}

/**
 * Keeps a key that a venue refuses from knocking at its door without end, for which venues ban addresses: for a
 * while, a call that was refused for its key or its signature fails without being sent. Each call by itself, as a key may
 * be good for one and not for another.
 */
export class RefusedCalls {
  readonly #clock: Pick<Clock, "monotonic">;
  /** By method and path, oldest first. */
  readonly #refused = new Map<string, Refused>();

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  /** @throws {AuthError} with outcome `notSent`, if the venue has just refused this call. */
  check({ method, path }: UnsignedRequest): void {
    const refused = this.#refused.get(`${method} ${path}`);
    if (refused === undefined) return;
    const retryAfterMs = refused.until - this.#clock.monotonic();
    if (retryAfterMs <= 0) return;
    const { code, venue, venueCode, kind } = refused.error;
    throw new AuthError(code, `${method} ${path}: not sent, as the venue has just refused it to this key`, {
      cause: refused.error,
      outcome: "notSent",
      details: { retryAfterMs },
      ...(venue !== undefined && { venue }),
      ...(venueCode !== undefined && { venueCode }),
      ...(kind !== undefined && { kind }),
    });
  }

  /** Takes note of an answer. */
  answered({ method, path }: UnsignedRequest, error: AuthError | undefined): void {
    const call = `${method} ${path}`;
    const earlier = this.#refused.get(call);
    this.#refused.delete(call);
    if (error?.code !== "KEY_REFUSED") return;
    const pauseMs = earlier === undefined ? FIRST_PAUSE_MS : Math.min(earlier.pauseMs * 2, LONGEST_PAUSE_MS);
    this.#refused.set(call, { error, pauseMs, until: this.#clock.monotonic() + pauseMs });
    const [oldest] = this.#refused.keys();
    if (this.#refused.size > MOST_CALLS && oldest !== undefined) this.#refused.delete(oldest);
  }
}
