import { DecayingMeter } from "./decaying-meter.js";
import { Gate } from "./gate.js";
import { LANES } from "./lane.js";
import type { Meter } from "./meter.js";
import { largestOf, type RateLimitPool, type RateLimitScope, reserveOf } from "./rate-limit-pool.js";
import { type SentCall, VenueCount } from "./venue-count.js";
import { WindowMeter } from "./window-meter.js";

/** What one call took from one pool. */
export interface Charge {
  readonly pool: Pool;
  readonly weight: number;
  /** The part that it was taken from. */
  readonly meter: Meter;
  readonly sent: SentCall | undefined;
}

/** What an answer tells, by pool id. */
export interface ToldCounts {
  readonly used?: Readonly<Record<string, number>> | undefined;
  readonly remaining?: Readonly<Record<string, number>> | undefined;
}

/** What a pool of windows has besides its meters. */
interface Windows {
  readonly meters: readonly WindowMeter[];
  readonly intervalMs: number;
  readonly isFixed: boolean;
  readonly venue: VenueCount;
}

/** How a pool's parts stand. */
interface Standing {
  readonly common: number;
  readonly reserve: number;
  readonly total: number;
}

/** Index of the most urgent lane. */
const CANCEL = LANES.indexOf("cancel");

/** One budget: a declared pool for one address, key, account, pair or connection. */
export class Pool {
  readonly id: string;
  readonly scope: RateLimitScope;
  /** The pair or connection that it is for, where it is for one. */
  readonly of: string | undefined;
  readonly gate: Gate;
  /** All that can stop it: its own gate, and those of its scope and of the address. */
  readonly gates: readonly Gate[];
  /** For each lane: how many calls of more urgent lanes have taken from what is common to all lanes. */
  readonly servedAbove = [0, 0, 0, 0];
  /** Whether the latest call took a turn that was due to a less urgent lane. */
  lastTurnWasDue = false;
  #definition: RateLimitPool;
  /** For all lanes. */
  readonly #common: Meter;
  /** For the cancel lane. */
  readonly #reserve: Meter | undefined;
  readonly #windows: Windows | undefined;
  /** Weight kept for calls that come first in the present round. */
  #aside = { round: -1, common: 0, reserve: 0 };

  /** @param scopeGates Those of its scope and of the address. */
  constructor(definition: RateLimitPool, owner: string, of: string | undefined, scopeGates: readonly Gate[]) {
    const { id, scope = "ip", limit } = definition;
    this.#definition = definition;
    this.id = id;
    this.scope = scope;
    this.of = of;
    this.gate = new Gate(scope, id, owner);
    this.gates = [this.gate, ...scopeGates];
    const reserve = reserveOf(definition);
    if (definition.kind === "decaying") {
      const part = (share: number): Meter =>
        new DecayingMeter(share, (definition.decayPerSecond * share) / limit);
      this.#common = part(limit - reserve);
      this.#reserve = definition.reserve === 0 ? undefined : part(reserve);
      return;
    }
    const { intervalMs } = definition;
    const isFixed = definition.window === "fixed";
    const common = new WindowMeter(limit - reserve, intervalMs);
    const rest = definition.reserve === 0 ? undefined : new WindowMeter(reserve, intervalMs);
    this.#common = common;
    this.#reserve = rest;
    const meters = rest === undefined ? [common] : [common, rest];
    this.#windows = { meters, intervalMs, isFixed, venue: new VenueCount(intervalMs, isFixed) };
  }

  /** What it allows, as declared or as the venue has told since. */
  get limit(): number {
    return this.#definition.limit;
  }

  /** The venue allows so much from now on. What is spent stays spent. */
  revise(limit: number, now: number): void {
    const definition = { ...this.#definition, limit };
    this.#definition = definition;
    const reserve = reserveOf(definition);
    const decay = definition.kind === "decaying" ? definition.decayPerSecond : 0;
    this.#common.revise(limit - reserve, (decay * (limit - reserve)) / limit, now);
    this.#reserve?.revise(reserve, (decay * reserve) / limit, now);
  }

  /** Weight that the venue may count at this moment. */
  used(now: number): number {
    return this.#stand(now).total;
  }

  /** Weight that a call of `lane` may have at this moment. */
  free(lane: number, now: number): number {
    const standing = this.#stand(now);
    const common = this.#common.limit - standing.common;
    return Math.max(0, common, lane === CANCEL ? this.#freeReserve(standing) : 0);
  }

  /** The heaviest call of `lane` that ever fits. */
  largest(lane: number): number {
    return largestOf(this.#definition, lane);
  }

  /** Time until a call fits behind what is set aside in this round: infinite if that depends on answers. */
  wait(weight: number, lane: number, now: number, round: number): number {
    if (weight === 0) return 0;
    const { common, reserve } = this.#setAside(round);
    const wait = this.#waitInCommon(weight + common, now);
    if (wait === 0 || lane !== CANCEL || this.#reserve === undefined) return wait;
    return Math.min(wait, this.#waitInReserve(this.#reserve, weight + reserve, now));
  }

  /** Time that a call must wait, whatever is answered. */
  leastWait(weight: number, lane: number, now: number): number {
    // Any answer may tell that a fixed window has ended.
    if (weight === 0 || this.#windows?.isFixed) return 0;
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

  /** Counts a call that fits. `at` is the number of this moment. */
  take(weight: number, at: number, now: number, round: number): Charge {
    const { common } = this.#setAside(round);
    const isCommon = weight === 0 || this.#waitInCommon(weight + common, now) === 0;
    const meter = isCommon ? this.#common : (this.#reserve as Meter);
    meter.take(weight);
    const sent = this.#windows?.venue.send(weight, at, this.#settled(), this.#own(now));
    return { pool: this, weight, meter, sent };
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
    this.#windows?.venue.takeBack(weight);
  }

  /**
   * The venue has counted a call by now, and perhaps told what it counts. Returns when another may go because of
   * that, at the soonest: at once, or when the weight leaves its window.
   *
   * @param at Number of this moment.
   */
  settle(charge: Charge, told: ToldCounts, at: number, now: number): number {
    if (this.#windows === undefined) {
      this.#settle(charge, told, at, now);
      return now;
    }
    const before = this.used(now);
    this.#settle(charge, told, at, now);
    return this.used(now) < before ? now : now + this.#windows.intervalMs;
  }

  #settle({ meter, weight, sent }: Charge, told: ToldCounts, at: number, now: number): void {
    meter.settle(weight, now);
    const { [this.id]: left } = told.remaining ?? {};
    // Held against our limit, and not the venue's: then no more goes than is left, whichever of them is lower.
    const used = told.used?.[this.id] ?? (left === undefined ? undefined : Math.max(0, this.limit - left));
    if (used === undefined) return;
    if (this.#windows !== undefined && sent !== undefined) {
      const inFlight = this.#windows.meters.reduce((sum, one) => sum + one.inFlight, 0);
      this.#windows.venue.observe(used, weight, sent, inFlight + this.#settled(), at, now);
    } else if (this.#common instanceof DecayingMeter) {
      this.#common.raiseTo(used, now);
    }
  }

  /** Whether nothing is left of all calls. */
  isIdle(now: number): boolean {
    return this.#own(now) === 0 && this.used(now) === 0 && this.gate.isOpen;
  }

  #own(now: number): number {
    return this.#common.used(now) + (this.#reserve?.used(now) ?? 0);
  }

  /** Weight settled since the beginning. */
  #settled(): number {
    return this.#windows?.meters.reduce((sum, { settled }) => sum + settled, 0) ?? 0;
  }

  #stand(now: number): Standing {
    const own = this.#own(now);
    const total = this.#windows?.venue.used(own, now) ?? own;
    // By how much the venue's count differs is the common part's, as far as that goes.
    const common = Math.max(0, this.#common.used(now) + total - own);
    return { common, reserve: total - common, total };
  }

  #freeReserve({ reserve, total }: Standing): number {
    if (this.#reserve === undefined) return 0;
    return Math.min(this.#reserve.limit - reserve, this.limit - total);
  }

  #waitInCommon(weight: number, now: number): number {
    if (weight <= this.#common.limit - this.#stand(now).common) return 0;
    return Math.max(this.#common.waitFor(weight, now), this.#venueHoldsFor(now));
  }

  #waitInReserve(reserve: Meter, weight: number, now: number): number {
    if (weight <= this.#freeReserve(this.#stand(now))) return 0;
    const wait = Math.max(reserve.waitFor(weight, now), this.#venueHoldsFor(now));
    if (wait > 0) return wait;
    // The common part holds more than its limit, and what is too much is the reserve's.
    return this.#common.waitFor(reserve.used(now) + weight - reserve.limit, now);
  }

  /** For how long the venue's count stays as it is, whatever leaves our own. */
  #venueHoldsFor(now: number): number {
    return this.#windows?.venue.holdsFor(this.#own(now), now) ?? 0;
  }

  #setAside(round: number): { common: number; reserve: number } {
    if (this.#aside.round !== round) this.#aside = { round, common: 0, reserve: 0 };
    return this.#aside;
  }
}
