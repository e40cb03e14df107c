import type { Gate } from "./gate.js";
import type { Pool } from "./pool.js";
import type { RateLimitPermit } from "./rate-limiter.js";

/** What calls of one kind cost. */
export interface PoolSet {
  readonly pools: readonly Pool[];
  /** Of the pools, of their scopes, and of the address. */
  readonly gates: readonly Gate[];
}

/** Calls that cost the same pools. */
export interface Group extends PoolSet {
  /** By lane. */
  readonly queues: readonly LaneQueue[];
}

/** A call that waits. */
export interface Waiting {
  /** Weight by pool, in the order of the group's pools. */
  readonly weights: readonly number[];
  /** Numbers the calls in the order they came. */
  readonly order: number;
  /** Refuses it, and says so, if it has waited for too long. */
  refuseIfLate(now: number): boolean;
  grant(permit: RateLimitPermit): void;
  refuse(error: Error): void;
  previous: Waiting | undefined;
  next: Waiting | undefined;
}

/** A lane's call that is passed over this often takes the next turn. */
const TURN_AFTER = 8;

/** Calls of one lane that cost the same pools, first in, first out. */
export class LaneQueue {
  readonly group: PoolSet;
  /** 0 is the most urgent. */
  readonly lane: number;
  /** Where it is in the list of queues that have calls. */
  index = -1;
  size = 0;
  /** Whether its first call is a cancel that has let a less urgent lane take its turn: it does that once. */
  hasYielded = false;
  /** How it stood when it was assessed. */
  #wasDue = false;
  #wasPassedOver = 0;
  #first: Waiting | undefined;
  #last: Waiting | undefined;
  /** What the pools had served above this lane when it was served last. */
  #servedBefore: number[] = [];

  constructor(group: PoolSet, lane: number) {
    this.group = group;
    this.lane = lane;
  }

  get first(): Waiting | undefined {
    return this.#first;
  }

  push(waiting: Waiting): void {
    if (this.#last === undefined) {
      this.#first = waiting;
      this.beginTurn();
    } else {
      this.#last.next = waiting;
      waiting.previous = this.#last;
    }
    this.#last = waiting;
    this.size += 1;
  }

  remove(waiting: Waiting): void {
    const { previous, next } = waiting;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    waiting.previous = undefined;
    waiting.next = undefined;
    this.size -= 1;
  }

  /** Counts from here how often it is passed over. */
  beginTurn(): void {
    this.hasYielded = false;
    this.#servedBefore = this.group.pools.map((pool) => pool.servedAbove[this.lane] as number);
  }

  /** How many calls of more urgent lanes have been served, in one of its pools, since it was. */
  get passedOver(): number {
    let most = 0;
    for (const [index, pool] of this.group.pools.entries()) {
      const served = (pool.servedAbove[this.lane] as number) - (this.#servedBefore[index] as number);
      most = Math.max(most, served);
    }
    return most;
  }

  /**
   * Whether the next turn is this lane's, however urgent others are. Never twice in a row, so that a more
   * urgent call waits for one turn at most.
   */
  get isDue(): boolean {
    return (
      this.lane > 0 && this.passedOver >= TURN_AFTER && !this.group.pools.some((pool) => pool.lastTurnWasDue)
    );
  }

  /** Takes down how it stands, for comparisons. */
  assess(): void {
    this.#wasPassedOver = this.passedOver;
    this.#wasDue = this.isDue;
  }

  /** A less urgent lane takes its turn: whether this one steps back for it. */
  yieldsTo({ group, lane }: LaneQueue): boolean {
    return this.lane < lane && this.group.pools.some((pool) => group.pools.includes(pool));
  }

  /** Whether it was due when it was assessed. */
  get wasDue(): boolean {
    return this.#wasDue;
  }

  /** Negative if its first call is to be looked at before that of `other`, by how both stood when they were assessed. */
  compareTo(other: LaneQueue): number {
    // Where pools are linked, turns may be due in each of them: a cancel waits for one and not for each.
    if (this.hasYielded !== other.hasYielded) return this.hasYielded ? -1 : 1;
    if (this.#wasDue !== other.#wasDue) return this.#wasDue ? -1 : 1;
    const passedOver = other.#wasPassedOver - this.#wasPassedOver;
    if (this.#wasDue && passedOver !== 0) return passedOver;
    if (this.lane !== other.lane) return this.lane - other.lane;
    return (this.#first?.order ?? 0) - (other.#first?.order ?? 0);
  }
}
