/** What is remembered of a call that was sent, to make sense of the venue's count in its answer. */
export interface SentCall {
  /** Number of the moment at which it was sent; moments are numbered in their order. */
  readonly sentAt: number;
  /** Weight that was settled before it was sent, since the beginning. */
  readonly settledBefore: number;
  /** Weight of ours that the venue may have counted then, this call included. */
  readonly held: number;
  /** Weight sent since the beginning, this call included. */
  readonly sent: number;
}

/** The venue's own count, as of one moment or later. */
interface Told {
  readonly used: number;
  /** Weight of calls of ours that need not be in `used`. */
  readonly other: number;
  /** Number of the moment at which it was told. */
  readonly at: number;
}

/**
 * Holds the venue's own count of a window, as its answers tell it, against ours.
 *
 * An answer tells the count as it was when the venue handled that call. From then on it has counted at most so
 * much, and those of our calls that it need not have handled before: all but the ones whose answers were here
 * when that call was sent. Of calls under way at the same time the highest count says most, and whoever
 * is answered with a lower one need not be added to it: it was counted before, or in a window that began after.
 *
 * What we know of our own calls is another bound, as long as nobody else spends from the same budget. So:
 * - A count that is higher than all of our calls that can be in it proves that somebody else does. Then the
 *   venue's count is believed alone, for an interval.
 * - Otherwise, in fixed windows, the lower of the two bounds is right: when a window has ended, the next
 *   answer says so.
 * - A sliding window is never followed down: there, our own calls leave it when they do.
 */
export class VenueCount {
  readonly #intervalMs: number;
  readonly #isFixed: boolean;
  #told: Told | undefined;
  /** Weight sent since the beginning. */
  #sent = 0;
  /** Until when somebody else is known to be in the venue's count, in monotonic ms. */
  #sharedUntil = Number.NEGATIVE_INFINITY;

  constructor(intervalMs: number, isFixed: boolean) {
    this.#intervalMs = intervalMs;
    this.#isFixed = isFixed;
  }

  /** A call is sent. `held` is weight of ours that the venue may count, this call included. */
  send(weight: number, sentAt: number, settledBefore: number, held: number): SentCall {
    this.#sent += weight;
    if (this.#told !== undefined) this.#told = { ...this.#told, other: this.#told.other + weight };
    return { sentAt, settledBefore, held, sent: this.#sent };
  }

  /** A call never left. */
  takeBack(weight: number): void {
    if (this.#told !== undefined) this.#told = { ...this.#told, other: this.#told.other - weight };
  }

  /**
   * The venue had counted `used` when it had handled a call.
   *
   * @param open Weight of ours that is in flight, or was settled, since the beginning.
   * @param at Number of this moment.
   */
  observe(used: number, weight: number, call: SentCall, open: number, at: number, now: number): void {
    if (used > call.held + this.#sent - call.sent) this.#sharedUntil = now + this.#intervalMs;
    const told = this.#told;
    this.#told =
      told !== undefined && told.at > call.sentAt
        ? { used: Math.max(used, told.used), other: told.other - weight, at: used > told.used ? at : told.at }
        : { used, other: open - call.settledBefore - weight, at };
  }

  /** The weight that the venue may count at this moment, if it may count `held` of our calls. */
  used(held: number, now: number): number {
    if (this.#told === undefined) return held;
    const told = this.#told.used + this.#told.other;
    const isShared = now < this.#sharedUntil;
    if (this.#isFixed) return isShared ? told : Math.min(held, told);
    return isShared ? Math.max(held, told) : held;
  }

  /** For how long that stays so without another answer, whatever leaves of our calls; 0 if it does not. */
  holdsFor(held: number, now: number): number {
    const isOwn = !this.#isFixed && this.used(held, now) === held;
    return isOwn ? 0 : Math.max(0, this.#sharedUntil - now);
  }
}
