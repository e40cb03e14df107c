import type { RateLimitNotice, StopReason } from "./gate.js";
import type { Lane } from "./lane.js";
import type { RateLimitCost, RateLimitScope } from "./rate-limit-pool.js";

/** Options of one `acquire`. */
export interface AcquireOptions {
  /** @default "query" */
  readonly lane?: Lane | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Refuse with `RATE_QUEUE_TIMEOUT` rather than let the call go after more than this, in ms. */
  readonly maxQueueMs?: number | undefined;
  /** The pair whose pools it costs, where pools of scope `pair` are among them. */
  readonly tradingPair?: string | undefined;
  /** The connection whose pools it costs, where pools of scope `connection` are among them. */
  readonly connectionId?: string | undefined;
}

/** The venue wants a pause. */
export interface RateLimitRefusal {
  readonly reason: StopReason;
  /** For how long, in ms. */
  readonly forMs: number;
  /**
   * What must pause: the pools that the refused call costs; or all calls of this address, or those that cost a
   * pool of another scope (where the refused call costs none of that scope: its pools).
   */
  readonly stops: "pools" | RateLimitScope;
}

/** How a call ended. */
export interface RateLimitOutcome {
  /** Whether the venue has answered. Otherwise the call was given up, and may still arrive. */
  readonly answered: boolean;
  /** For how long it may still arrive, in ms. @default 0 */
  readonly arrivesWithinMs?: number;
  /** The venue's own counts as its answer tells them, by pool id; pools that the call does not cost are ignored. */
  readonly used?: Readonly<Record<string, number>>;
  /** What the venue's answer says to be left, by pool id, where it tells that; likewise. */
  readonly remaining?: Readonly<Record<string, number>>;
  /** The limits of the pools as the venue's answer tells them, by pool id; likewise. */
  readonly limits?: Readonly<Record<string, number>>;
  readonly refusal?: RateLimitRefusal | undefined;
}

/** Leave to make one call. Every permit must be settled or released, once: until then its weight stays spent. */
export interface RateLimitPermit {
  /** The call has come to its end: from now on its weight ages. */
  settle(outcome: RateLimitOutcome): void;
  /** The call certainly never left, and costs nothing. */
  release(): void;
}

/** How one pool stands. */
export interface PoolGauge {
  readonly pool: string;
  readonly scope: RateLimitScope;
  /** Pair or connection, where it is for one. */
  readonly of: string | undefined;
  readonly limit: number;
  /** Weight spent, as far as we and the venue know. */
  readonly used: number;
  /** Weight that a query may have at this moment, if nobody waits. */
  readonly free: number;
  /** Weight that a cancel may have. */
  readonly freeForCancels: number;
  /** Calls that wait and cost this pool. */
  readonly waiting: number;
  /** Whether the venue has stopped it, or all of its scope. */
  readonly isStopped: boolean;
}

/** The venue allows more or less than was known. */
export interface LimitRevision {
  readonly pool: string;
  readonly scope: RateLimitScope;
  /** Weight that was counted on until now: as declared, or as the venue told before. */
  readonly previous: number;
  readonly limit: number;
}

/** Keeps the calls of one connector within the venue's limits, together with the others that share them. */
export interface RateLimiter {
  /**
   * Waits until the call may go, and counts it.
   *
   * Of calls that wait for the same pool, the more urgent lane goes first. A lane that was passed over eight
   * times takes the next turn, though never two in a row: so a cancel waits for one turn at most. Within a
   * lane, calls of the same pools go in the order they came. A call that waits keeps others from the room that it needs, and from
   * no more: a small call does not overtake a large one that waits for the same pool, and goes if there is
   * enough for both.
   *
   * @throws {RateLimitError} RATE_QUEUE_TIMEOUT at once if it would certainly wait longer than `maxQueueMs`, else
   *   when that time is over: by the monotonic clock or by the wall clock, since a machine that slept may know
   *   of it by one of them only.
   * @throws {LifecycleError} ABORTED if the signal aborts while waiting.
   * @throws {RateLimitError} RATE_LIMITED if it can never go, because the venue has told a lower limit than was
   *   declared.
   * @throws {TypeError} if a pool is unknown, or a weight never fits what was declared.
   */
  acquire(cost: RateLimitCost, options?: AcquireOptions): Promise<RateLimitPermit>;
  /** Whether such a call would go at once. @throws {TypeError} as `acquire` does. */
  canAfford(
    cost: RateLimitCost,
    options?: Pick<AcquireOptions, "lane" | "tradingPair" | "connectionId">,
  ): boolean;
  /**
   * The venue has told what it allows, by pool id: that holds from now on for all pools of that id, whoever shares
   * them, the lower as the higher.
   *
   * @throws {TypeError} if a pool is unknown, or a limit is no positive number.
   */
  revise(limits: Readonly<Record<string, number>>): void;
  /** How the pools stand that this connector has used. */
  headroom(): readonly PoolGauge[];
  /** Ends the notices. What was spent stays spent, and a stop goes on. */
  close(): void;
}

/** By which names a connector is counted, and who is told of stops. */
export interface RateLimiterOptions {
  /** Names the API key, where there is one: connectors with the same name share its pools. */
  readonly key?: string;
  /** Names the account, where there is one. */
  readonly account?: string;
  /** Told of stops, and of their ends, that concern this connector. */
  readonly onNotice?: (notice: RateLimitNotice) => void;
  /** Told when the venue allows more or less than was known, of pools that concern this connector. */
  readonly onRevision?: (revision: LimitRevision) => void;
}
