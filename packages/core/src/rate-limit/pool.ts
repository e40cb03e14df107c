import { DecayingMeter } from "./decaying-meter.js";
import { Gate } from "./gate.js";
import { LANES } from "./lane.js";
import type { Meter } from "./meter.js";
import { type RateLimitPool, type RateLimitScope, reserveOf } from "./rate-limit-pool.js";
import { VenueCount } from "./venue-count.js";
import { WindowMeter } from "./window-meter.js";

/** What one call took from one pool. */
export interface Charge {
  readonly pool: Pool;
  readonly weight: number;
  /** The part that it was taken from. */
  readonly meter: Meter;
  readonly marks: readonly number[];
}

/** Index of the most urgent lane. */
const CANCEL = LANES.indexOf("cancel");

/** One budget: a declared pool for one address, key, account, pair or connection. */
export class Pool {
  readonly id: string;
  readonly scope: RateLimitScope;
  /** The pair or connection that it is for, where it is for one. */
  readonly of: string | undefined;
  readonly limit: number;
  readonly gate: Gate;
  /** All that can stop it: its own gate, and those of its scope and of the address. */
  readonly gates: readonly Gate[];
  /** For each lane: how many calls of more urgent lanes have taken from what is common to all lanes. */
  readonly servedAbove = [0, 0, 0, 0];
  /** Whether the latest call took a turn that was due to a less urgent lane. */
  lastTurnWasDue = false;
  /** For all lanes. */
  readonly #common: Meter;
  /** For the cancel lane. */
  readonly #reserve: Meter | undefined;
  /** Where the pool is a window. */
  readonly #venueCount: VenueCount | undefined;
  /** Weight kept for calls that come first in the present round. */
  #aside = { round: -1, common: 0, reserve: 0 };

  /** @param scopeGates Those of its scope and of the address. */
  constructor(definition: RateLimitPool, owner: string, of: string | undefined, scopeGates: readonly Gate[]) {
    const { id, scope = "ip", limit } = definition;
    const reserve = reserveOf(definition);
    this.id = id;
    this.scope = scope;
    this.of = of;
    this.limit = limit;
    this.gate = new Gate(scope, id, owner);
    this.gates = [this.gate, ...scopeGates];
    if (definition.kind === "decaying") {
      const part = (share: number): Meter =>
        new DecayingMeter(share, (definition.decayPerSecond * share) / limit);
      this.#common = part(limit - reserve);
      this.#reserve = reserve > 0 ? part(reserve) : undefined;
    } else {
      const { intervalMs } = definition;
      const isFixed = definition.window === "fixed";
      const common = new WindowMeter(limit - reserve, intervalMs, isFixed);
      const rest = reserve > 0 ? new WindowMeter(reserve, intervalMs, isFixed) : undefined;
      this.#common = common;
      this.#reserve = rest;
      this.#venueCount = new VenueCount(rest === undefined ? [common] : [common, rest], intervalMs, isFixed);
    }
  }

  /** Weight that the venue may count at this moment. */
  used(now: number): number {
    const own = this.#own(now);
    return own + this.#surplus(own, now);
  }

  /** Weight that a call of `lane` may have at this moment. */
  free(lane: number, now: number): number {
    const own = this.#own(now);
    const surplus = this.#surplus(own, now);
    const common = this.#common.limit - this.#common.used(now) - surplus;
    return Math.max(0, common, lane === CANCEL ? this.#freeReserve(own + surplus, now) : 0);
  }

  /** The heaviest call of `lane` that ever fits. */
  largest(lane: number): number {
    return lane === CANCEL ? Math.max(this.#common.limit, this.#reserve?.limit ?? 0) : this.#common.limit;
  }

  /** Time until a call fits behind what is set aside in this round: infinite if that depends on answers. */
  wait(weight: number, lane: number, now: number, round: number): number {
    if (weight === 0) return 0;
    const { common, reserve } = this.#setAside(round);
    const wait = this.#waitIn(this.#common, weight + common, now);
    if (wait === 0 || lane !== CANCEL || this.#reserve === undefined) return wait;
    return Math.min(wait, this.#waitIn(this.#reserve, weight + reserve, now));
  }

  /** Time that a call must wait, whatever is answered. */
  leastWait(weight: number, lane: number, now: number): number {
    if (weight === 0) return 0;
    const wait = this.#common.leastWait(weight, now);
    if (lane !== CANCEL || this.#reserve === undefined) return wait;
    return Math.min(wait, this.#reserve.leastWait(weight, now));
  }

  /** Keeps room for a call that must wait, before those that are looked at after it in this round. */
  keepRoom(weight: number, lane: number, round: number): void {
    const aside = this.#setAside(round);
    aside.common += weight;
    if (lane === CANCEL) aside.reserve += weight;
  }

  /** Counts a call that fits. */
  take(weight: number, now: number, round: number): Charge {
    const { common } = this.#setAside(round);
    const isCommon = weight === 0 || this.#waitIn(this.#common, weight + common, now) === 0;
    const meter = isCommon ? this.#common : (this.#reserve as Meter);
    const marks = this.#venueCount?.mark() ?? [];
    meter.take(weight);
    this.#venueCount?.sent(weight);
    return { pool: this, weight, meter, marks };
  }

  /** Notes for the lanes who has been served. */
  served(charge: Charge, byLane: number, wasDue: boolean): void {
    // The reserve is nobody else's: who takes from it passes over no one.
    if (charge.meter !== this.#common || charge.weight === 0) return;
    for (let lane = byLane + 1; lane < this.servedAbove.length; lane += 1) {
      this.servedAbove[lane] = (this.servedAbove[lane] as number) + 1;
    }
    this.lastTurnWasDue = wasDue;
  }

  giveBack({ meter, weight }: Charge): void {
    meter.giveBack(weight);
    this.#venueCount?.sent(-weight);
  }

  /** The venue has counted a call by now, and perhaps told its own count. */
  settle(charge: Charge, used: number | undefined, sentAt: number, at: number, now: number): void {
    const { meter, weight, marks } = charge;
    if (used !== undefined && this.#venueCount?.observe(used, { weight, marks, sentAt }, at, now)) {
      meter.giveBack(weight);
      return;
    }
    meter.settle(weight, now);
    if (used !== undefined && this.#common instanceof DecayingMeter) this.#common.raiseTo(used, now);
  }

  /** Whether nothing is left of all calls. */
  isIdle(now: number): boolean {
    return this.used(now) === 0 && this.gate.isOpen;
  }

  #own(now: number): number {
    return this.#common.used(now) + (this.#reserve?.used(now) ?? 0);
  }

  /** What the venue may count beyond our calls. */
  #surplus(own: number, now: number): number {
    return this.#venueCount?.surplus(own, now) ?? 0;
  }

  #freeReserve(total: number, now: number): number {
    if (this.#reserve === undefined) return 0;
    return Math.min(this.#reserve.limit - this.#reserve.used(now), this.limit - total);
  }

  #waitIn(meter: Meter, weight: number, now: number): number {
    const wait = meter.waitFor(weight, now);
    const own = this.#own(now);
    const surplus = this.#surplus(own, now);
    if (surplus === 0) return wait;
    const free =
      meter === this.#common
        ? meter.limit - meter.used(now) - surplus
        : this.#freeReserve(own + surplus, now);
    return weight <= free ? wait : Math.max(wait, this.#venueCount?.surplusEndsIn(now) ?? 0);
  }

  #setAside(round: number): { common: number; reserve: number } {
    if (this.#aside.round !== round) this.#aside = { round, common: 0, reserve: 0 };
    return this.#aside;
  }
}
