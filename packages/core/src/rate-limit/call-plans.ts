import { Gate } from "./gate.js";
import { LANES } from "./lane.js";
import { type Group, LaneQueue } from "./lane-queue.js";
import { Pool } from "./pool.js";
import {
  checkPool,
  largestOf,
  type RateLimitCost,
  type RateLimitPool,
  type RateLimitScope,
} from "./rate-limit-pool.js";
import type { AcquireOptions } from "./rate-limiter.js";

/** By which names a connector is counted. */
export interface Caller {
  /** Unique in the program. */
  readonly id: number;
  readonly key?: string;
  readonly account?: string;
}

/** What a call costs, found out. */
export interface Plan {
  readonly group: Group;
  /** In the order of the group's pools. */
  readonly weights: readonly number[];
}

/** How many sets of pools there may be before those of pairs and connections that are idle are forgotten. */
const FIRST_SWEEP = 1_024;

/** The name by which a scope counts a caller; empty where it counts all alike. */
export function ownerOf(scope: RateLimitScope, { id, key = "", account = key }: Caller): string {
  switch (scope) {
    case "ip":
      return "";
    case "key":
      return key;
    case "account":
    case "pair":
      return account;
    case "connection":
      return String(id);
  }
}

/** Finds the pools that calls cost, and makes those that are not there yet. */
export class CallPlans {
  readonly #declared = new Map<string, RateLimitPool>();
  /** With limits as the venue has told them. */
  readonly #definitions = new Map<string, RateLimitPool>();
  readonly #pools = new Map<string, Pool>();
  readonly #groups = new Map<string, Group>();
  /** Of whole scopes. */
  readonly #gates = new Map<string, Gate>();
  #sweepAt = FIRST_SWEEP;

  /** @throws {TypeError} if two pools share an id, or one makes no sense. */
  constructor(definitions: readonly RateLimitPool[]) {
    for (const definition of definitions) {
      checkPool(definition);
      const { id } = definition;
      if (this.#definitions.has(id)) throw new TypeError(`two rate limit pools are named "${id}"`);
      this.#declared.set(id, definition);
      this.#definitions.set(id, definition);
    }
  }

  get pools(): Iterable<Pool> {
    return this.#pools.values();
  }

  /**
   * The venue has told what all pools of an id allow. Returns what was counted on before.
   *
   * @throws {TypeError} if there is none, or the limit makes no sense.
   */
  revise(
    id: string,
    limit: number,
    now: number,
  ): { readonly scope: RateLimitScope; readonly previous: number } {
    const definition = this.#definitions.get(id);
    if (definition === undefined) throw new TypeError(`no rate limit pool is named "${id}"`);
    const revised = { ...definition, limit };
    checkPool(revised);
    this.#definitions.set(id, revised);
    for (const pool of this.#pools.values()) if (pool.id === id) pool.revise(limit, now);
    return { scope: definition.scope ?? "ip", previous: definition.limit };
  }

  /** @throws {TypeError} if a pool is unknown, a name is missing, or a weight never fits what was declared. */
  plan(caller: Caller, cost: RateLimitCost, options: AcquireOptions, now: number): Plan {
    const ids = Object.keys(cost);
    if (ids.length > 1) ids.sort();
    let groupKey = "";
    const places = ids.map((id) => {
      const place = this.#place(caller, id, options);
      groupKey += `${place.key}\n\n`;
      return place;
    });
    const group = this.#groups.get(groupKey) ?? this.#makeGroup(groupKey, places, now);
    const lane = LANES.indexOf(options.lane ?? "query");
    const weights = ids.map((id, index) => {
      const weight = cost[id] as number;
      // Asked for more than a limit that the venue has lowered since, nobody has done wrong.
      const declared = largestOf(this.#declared.get(id) as RateLimitPool, lane);
      const largest = Math.max(declared, (group.pools[index] as Pool).largest(lane));
      if (!(weight >= 0 && weight <= largest))
        throw new TypeError(
          `a cost of ${weight} never fits pool "${id}", of which a call may have ${largest}`,
        );
      return weight;
    });
    return { group, weights };
  }

  #place(caller: Caller, id: string, { tradingPair, connectionId }: AcquireOptions): Place {
    const definition = this.#definitions.get(id);
    if (definition === undefined) throw new TypeError(`no rate limit pool is named "${id}"`);
    const { scope = "ip" } = definition;
    const owner = ownerOf(scope, caller);
    const of = scope === "pair" ? tradingPair : scope === "connection" ? connectionId : "";
    if (of === undefined) throw new TypeError(`a call that costs pool "${id}" must name its ${scope}`);
    return { definition, owner, of, key: `${id}\n${owner}\n${of}`, scopeKey: `${scope}\n${owner}\n${of}` };
  }

  #makeGroup(groupKey: string, places: readonly Place[], now: number): Group {
    if (this.#groups.size >= this.#sweepAt) this.#sweep(now);
    const ofAddress = this.#gate("ip\n\n", "ip", "");
    const gates = new Set([ofAddress]);
    const pools = places.map(({ definition, owner, of, key, scopeKey }) => {
      let pool = this.#pools.get(key);
      if (pool === undefined) {
        const ofScope = this.#gate(scopeKey, definition.scope ?? "ip", owner);
        pool = new Pool(definition, owner, of === "" ? undefined : of, [ofScope, ofAddress]);
        this.#pools.set(key, pool);
      }
      for (const gate of pool.gates) gates.add(gate);
      return pool;
    });
    const parts = { pools, gates: [...gates] };
    const group = { ...parts, queues: LANES.map((_lane, index) => new LaneQueue(parts, index)) };
    this.#groups.set(groupKey, group);
    return group;
  }

  #gate(key: string, scope: RateLimitScope, owner: string): Gate {
    let gate = this.#gates.get(key);
    if (gate === undefined) {
      gate = new Gate(scope, undefined, owner);
      this.#gates.set(key, gate);
    }
    return gate;
  }

  /** Forgets what nobody waits for and nothing is left of: pairs and connections come and go. */
  #sweep(now: number): void {
    const kept = new Set<Pool | Gate>();
    for (const [key, { pools, gates, queues }] of this.#groups) {
      const isIdle =
        queues.every(({ size }) => size === 0) &&
        gates.every(({ isOpen }) => isOpen) &&
        // One whose limit the venue has told apart from the others of its kind would forget that.
        pools.every((pool) => pool.isIdle(now) && pool.limit === this.#definitions.get(pool.id)?.limit);
      if (isIdle) this.#groups.delete(key);
      else for (const one of [...pools, ...gates]) kept.add(one);
    }
    for (const [key, pool] of this.#pools) if (!kept.has(pool)) this.#pools.delete(key);
    for (const [key, gate] of this.#gates) if (!kept.has(gate)) this.#gates.delete(key);
    this.#sweepAt = Math.max(FIRST_SWEEP, this.#groups.size * 2);
  }
}

/** Where a pool is among those of its scope. */
interface Place {
  readonly definition: RateLimitPool;
  readonly owner: string;
  readonly of: string;
  readonly key: string;
  readonly scopeKey: string;
}
