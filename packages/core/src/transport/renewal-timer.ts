import type { Ports, Timer } from "../ports/index.js";

/**
 * The part of its greatest age at which a connection is renewed: somewhere between the two, at random, so that
 * connections opened together do not all renew at once.
 */
const EARLIEST_RENEWAL = 0.8;
const LATEST_RENEWAL = 0.95;
/** A timer this late, in ms, means that the machine slept. */
const SLEPT_MS = 60_000;

/** Tells when a connection should be renewed, before the venue ends it for its age. */
export class RenewalTimer {
  readonly #maxAgeMs: number | undefined;
  readonly #ports: Pick<Ports, "clock" | "timers" | "random">;
  readonly #onDue: () => void;
  #timer: Timer | undefined;

  /**
   * @param maxAgeMs Age in ms at which the venue ends a connection; undefined: never, and nothing is ever due.
   * @throws {TypeError} if that is not a positive number.
   */
  constructor(
    maxAgeMs: number | undefined,
    ports: Pick<Ports, "clock" | "timers" | "random">,
    onDue: () => void,
  ) {
    if (maxAgeMs !== undefined && !(maxAgeMs > 0))
      throw new TypeError(`maxAgeMs must be a positive number, not ${maxAgeMs}`);
    this.#maxAgeMs = maxAgeMs;
    this.#ports = ports;
    this.#onDue = onDue;
  }

  /** Plans the renewal of a connection that opened at `openedAt`, monotonic ms, and of no other any more. */
  plan(openedAt: number): void {
    this.cancel();
    if (this.#maxAgeMs === undefined) return;
    const part = EARLIEST_RENEWAL + (LATEST_RENEWAL - EARLIEST_RENEWAL) * this.#ports.random.next();
    this.#planAt(openedAt + this.#maxAgeMs * part);
  }

  cancel(): void {
    this.#timer?.cancel();
  }

  #planAt(dueAt: number): void {
    const { clock, timers, random } = this.#ports;
    this.#timer = timers.set(Math.max(0, dueAt - clock.monotonic()), () => {
      const now = clock.monotonic();
      // After a sleep the connection is most likely dead, and found dead within seconds. If it is not, it is renewed
      // after all, at a random time once more: every connection of the machine has just woken up.
      if (now - dueAt >= SLEPT_MS) this.#planAt(now + SLEPT_MS * (0.5 + 0.5 * random.next()));
      else this.#onDue();
    });
  }
}
