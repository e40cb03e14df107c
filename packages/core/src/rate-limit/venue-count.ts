import type { WindowMeter } from "./window-meter.js";

/** What is remembered of a call that was sent, to make sense of the venue's count in its answer. */
export interface SentCall {
  readonly weight: number;
  /** Number of the moment at which it was sent; moments are numbered in their order. */
  readonly sentAt: number;
  /** Marks of the pool's meters at that moment. */
  readonly marks: readonly number[];
}

/** The highest count of the venue of late. */
interface Told {
  readonly used: number;
  /** Weight of calls of ours that are in `used`, as far as we can know. */
  readonly own: number;
  /** Weight of calls of ours that need not be in `used`: sent later, or under way at the same time. */
  readonly other: number;
  /** Number of the moment at which it was told. */
  readonly at: number;
  /** Monotonic ms at which all that is in `used` has left the venue's window. */
  readonly until: number;
  /** What in our meters stands for a whole count of the venue, of calls of which some may be under way. */
  readonly standIn: { readonly count: number; readonly weight: number } | undefined;
}

/**
 * Holds the venue's own count of a window, as its answers tell it, against ours.
 *
 * An answer tells the count as it was when the venue handled that call. Calls whose answers were here before it was
 * sent are in it, or in a window that has ended; calls sent after its answer are not. Of those under way at the
 * same time, one that is answered with a smaller count was handled earlier; one without an answer may
 * have been handled later, so it is counted on top.
 *
 * Where the venue counts more than that, somebody else spends from the same budget. Its count, and what we
 * have sent besides, then stands for a whole interval or until the next answer. Where it counts less than what
 * must be in it, one of its fixed windows has ended. Then that count takes the place of all calls that
 * must be in it, for a whole interval, and the calls themselves are forgotten. A sliding window that counts less
 * merely began a moment before ours, which is no reason to forget anything.
 */
export class VenueCount {
  readonly #meters: readonly WindowMeter[];
  readonly #intervalMs: number;
  readonly #isFixed: boolean;
  #told: Told | undefined;

  /** @param meters Of the pool; what is held beyond calls that we remember goes to the first. */
  constructor(meters: readonly WindowMeter[], intervalMs: number, isFixed: boolean) {
    this.#meters = meters;
    this.#intervalMs = intervalMs;
    this.#isFixed = isFixed;
  }

  /** Marks the moment of a sending. */
  mark(): number[] {
    return this.#meters.map((meter) => meter.mark);
  }

  /** A call was sent; a negative weight takes it back. */
  sent(weight: number): void {
    if (this.#told !== undefined) this.#told = { ...this.#told, other: this.#told.other + weight };
  }

  /** Weight beyond our own count, `held`, that the venue may count. */
  surplus(held: number, now: number): number {
    const told = this.#told;
    if (told === undefined || told.used <= told.own || now >= told.until) return 0;
    return Math.max(0, told.used + told.other - held);
  }

  /** Time until the surplus is certainly gone. */
  surplusEndsIn(now: number): number {
    return this.#told === undefined ? 0 : Math.max(0, this.#told.until - now);
  }

  /**
   * The venue had counted `used` when it had handled `call`, which is still in flight in its meter.
   *
   * @param at Number of this moment.
   * @returns Whether something else in the meters stands for the call already.
   */
  observe(used: number, call: SentCall, at: number, now: number): boolean {
    const { weight } = call;
    const until = now + this.#intervalMs;
    const before = this.#meters.reduce(
      (sum, meter, index) => sum + meter.heldBefore(call.marks[index] as number, now),
      0,
    );
    // Of a call under way at the same time as this one.
    const told =
      this.#told !== undefined && now < this.#told.until && this.#told.at > call.sentAt
        ? this.#told
        : undefined;
    if (told !== undefined && used <= told.used) {
      if (this.#isFixed && used < before + weight) {
        this.#beginWindow(told.used, call, at, now);
        return false;
      }
      const { standIn } = told;
      const isHeld = standIn !== undefined && used <= standIn.count && weight <= standIn.weight;
      // It stands for a whole interval from here: this call may be of a window that has begun meanwhile.
      this.#told = {
        ...told,
        own: told.own + weight,
        other: told.other - weight,
        standIn: isHeld ? { ...standIn, weight: standIn.weight - weight } : standIn,
        until,
      };
      return isHeld;
    }
    const known = told === undefined ? before + weight : told.own + weight;
    if (this.#isFixed && used < known) {
      this.#beginWindow(used, call, at, now);
      return false;
    }
    const own = Math.min(used, known);
    const other = told === undefined ? this.#held(now) - own : told.other - weight;
    this.#told = { used, own, other, at, until, standIn: told?.standIn };
    return false;
  }

  #held(now: number): number {
    return this.#meters.reduce((sum, meter) => sum + meter.used(now), 0);
  }

  /** Puts a count in the place of what was settled before `call` was sent, and of all else that may be in it. */
  #beginWindow(used: number, { weight, marks }: SentCall, at: number, now: number): void {
    for (const [index, meter] of this.#meters.entries()) meter.forgetBefore(marks[index] as number);
    const rest = Math.max(0, used - weight);
    if (rest > 0) this.#meters[0]?.add(rest, now);
    this.#told = {
      used,
      own: used,
      other: this.#held(now) - used,
      at,
      until: now + this.#intervalMs,
      standIn: { count: used, weight: rest },
    };
  }
}
