/**
 * By what a venue counts.
 * - `ip`: all that comes from this program's address.
 * - `key`: all calls with one API key.
 * - `account`: all calls for one account, whatever the key.
 * - `pair`: the calls of one account that concern one trading pair.
 * - `connection`: what is sent on one connection, as far as it waits here. The frames of market data do not: each
 *   connection paces its own, by the limits of its route.
 */
export type RateLimitScope = "ip" | "key" | "account" | "pair" | "connection";

interface PoolDefinition {
  /** Unique inside the connector. */
  readonly id: string;
  /** Weight that the venue allows at a time: within a window, or on the counter. */
  readonly limit: number;
  /** @default "ip" */
  readonly scope?: RateLimitScope;
  /**
   * Share of the limit that only the cancel lane may use, 0 to 1, rounded down to whole units of weight: so
   * that orders can be withdrawn while everything else is saturated. 0 where no cancel costs this pool.
   *
   * @default 0.05
   */
  readonly reserve?: number;
}

/** So much weight in each window. */
export interface WindowPool extends PoolDefinition {
  readonly kind?: "window";
  readonly intervalMs: number;
  /**
   * - `sliding`: the venue looks at the last `intervalMs` at any moment.
   * - `fixed`: the venue begins to count anew every `intervalMs`. Where its windows begin is not assumed: no
   *   stretch of `intervalMs` gets more than the limit. But when its own count falls, as told in a header, a
   *   window has ended, and what was spent before is forgotten.
   *
   * @default "sliding", which is right for both
   */
  readonly window?: "fixed" | "sliding";
}

/**
 * A counter that grows with each call by its weight and falls all the time. A token bucket is the same seen
 * from the other side: `limit` is its size, `decayPerSecond` what flows in. Where a venue lets its counter fall in
 * steps, `limit` is to be declared lower by one step.
 */
export interface DecayingPool extends PoolDefinition {
  readonly kind: "decaying";
  readonly decayPerSecond: number;
}

/** A budget that the venue declares. */
export type RateLimitPool = WindowPool | DecayingPool;

/**
 * What one call costs, by pool id. A weight of 0 costs nothing and still links the call to the pool: the
 * venue's count in its answer is believed, and a stop of the pool holds it back.
 */
export type RateLimitCost = Readonly<Record<string, number>>;

const DEFAULT_RESERVE = 0.05;

/** Weight of a pool that only the cancel lane may use. */
export function reserveOf({ limit, reserve = DEFAULT_RESERVE }: RateLimitPool): number {
  return Math.floor(limit * reserve);
}

/** The heaviest call of a lane that ever fits; lane 0 is that of cancels. */
export function largestOf(pool: RateLimitPool, lane: number): number {
  const reserve = reserveOf(pool);
  return lane === 0 ? Math.max(pool.limit - reserve, reserve) : pool.limit - reserve;
}

/** @throws {TypeError} if a number of the pool makes no sense. */
export function checkPool(pool: RateLimitPool): void {
  const { id, limit, reserve = 0 } = pool;
  const pace = pool.kind === "decaying" ? pool.decayPerSecond : pool.intervalMs;
  if (!(limit > 0 && pace > 0 && Number.isFinite(limit) && Number.isFinite(pace)))
    throw new TypeError(`rate limit pool "${id}" needs a positive limit and pace`);
  if (!(reserve >= 0 && reserve < 1))
    throw new TypeError(`the reserve of pool "${id}" must be a share below 1`);
}
