/** A timer that was set and can be withdrawn. */
export interface Timer {
  /** Withdraws the timer; its callback will not run. Does nothing if it already ran. */
  cancel(): void;
}

/** Runs callbacks later. The only source of delay in this library. */
export interface Timers {
  /**
   * Runs `callback` once, `delayMs` milliseconds from now or as soon after as possible.
   * Any non-negative delay is allowed, also beyond 2^31 ms.
   */
  set(delayMs: number, callback: () => void): Timer;
}
