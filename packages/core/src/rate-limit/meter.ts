/**
 * Counts the weight spent of one budget, never less than the venue does.
 *
 * The venue counts a call when it arrives: after it was sent, and before its answer is here. So weight is
 * `in flight` from the sending on, and ages only from the moment at which the venue must have counted it.
 * All times are monotonic, in ms.
 */
export interface Meter {
  readonly limit: number;
  /**
   * The budget is another one from now on. What is spent stays spent, and may be more than the new limit.
   *
   * @param decayPerSecond By how much a counter falls.
   */
  revise(limit: number, decayPerSecond: number, now: number): void;
  /** Weight that the venue may count at this moment. */
  used(now: number): number;
  /** Counts a call that is sent now. */
  take(weight: number): void;
  /** Takes back a call that never left. */
  giveBack(weight: number): void;
  /** The venue has counted a call by now. */
  settle(weight: number, now: number): void;
  /** Time until `weight` more fits: 0 if now, infinite if that depends on answers. */
  waitFor(weight: number, now: number): number;
  /** Time that `weight` more must wait, whatever becomes of calls in flight. */
  leastWait(weight: number, now: number): number;
}
