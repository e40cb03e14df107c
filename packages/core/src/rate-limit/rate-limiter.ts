import { LifecycleError, RateLimitError } from "../errors/index.js";
import type { Clock, Timer, Timers } from "../ports/index.js";

/** A budget that the venue declares: so much weight in each window. */
export interface RateLimitPool {
  readonly id: string;
  /** Weight allowed within `intervalMs`. */
  readonly limit: number;
  readonly intervalMs: number;
}

/** What one call costs, by pool id. */
export type RateLimitCost = Readonly<Record<string, number>>;

/** Options of one `acquire`. */
export interface AcquireOptions {
  readonly signal?: AbortSignal | undefined;
  /** Refuse with `RATE_QUEUE_TIMEOUT` when the call would have to wait longer than this, in ms. */
  readonly maxQueueMs?: number;
}

interface Waiting {
  readonly cost: RateLimitCost;
  readonly grant: () => void;
}

/** Weight spent in one pool: what was spent when, so that a window slides. */
class PoolUsage {
  readonly pool: RateLimitPool;
  #spent: { at: number; weight: number }[] = [];
  #total = 0;

  constructor(pool: RateLimitPool) {
    this.pool = pool;
  }

  /** Milliseconds until `weight` more fits, 0 if now. */
  waitFor(weight: number, now: number): number {
    this.#forget(now);
    let excess = this.#total + weight - this.pool.limit;
    if (excess <= 0) return 0;
    for (const spent of this.#spent) {
      excess -= spent.weight;
      if (excess <= 0) return Math.max(1, spent.at + this.pool.intervalMs - now);
    }
    return this.pool.intervalMs;
  }

  spend(weight: number, now: number): void {
    this.#spent.push({ at: now, weight });
    this.#total += weight;
  }

  /** The venue says how much it has counted: it is right where it counts more than we do. */
  correct(used: number, now: number): void {
    this.#forget(now);
    if (used > this.#total) this.spend(used - this.#total, now);
  }

  #forget(now: number): void {
    let expired = 0;
    for (const spent of this.#spent) {
      if (spent.at + this.pool.intervalMs > now) break;
      this.#total -= spent.weight;
      expired += 1;
    }
    if (expired > 0) this.#spent = this.#spent.slice(expired);
  }
}

/**
 * Keeps calls within a venue's limits: first come, first served; a call waits until every pool it
 * costs has room, and nobody passes while the venue has told us to stop.
 */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #pools = new Map<string, PoolUsage>();
  readonly #queue: Waiting[] = [];
  #timer: Timer | undefined;
  /** Monotonic time before which the venue wants nothing from us. */
  #stoppedUntil = 0;

  /** @throws {TypeError} if two pools share an id. */
  constructor(ports: { readonly clock: Clock; readonly timers: Timers }, pools: readonly RateLimitPool[]) {
    this.#clock = ports.clock;
    this.#timers = ports.timers;
    for (const pool of pools) {
      if (this.#pools.has(pool.id)) throw new TypeError(`two rate limit pools are named "${pool.id}"`);
      this.#pools.set(pool.id, new PoolUsage(pool));
    }
  }

  /**
   * Waits until the call may go, and counts it.
   *
   * @throws {RateLimitError} RATE_QUEUE_TIMEOUT if it would wait longer than `maxQueueMs`.
   * @throws {LifecycleError} ABORTED if the signal aborts while waiting.
   */
  acquire(cost: RateLimitCost, options: AcquireOptions = {}): Promise<void> {
    for (const [id, weight] of Object.entries(cost)) {
      const pool = this.#pools.get(id);
      if (pool === undefined) throw new TypeError(`no rate limit pool is named "${id}"`);
      if (weight > pool.pool.limit) throw new TypeError(`a cost of ${weight} never fits pool "${id}"`);
    }
    const { signal, maxQueueMs } = options;
    if (signal?.aborted) return Promise.reject(aborted(signal));
    if (this.#queue.length === 0 && this.#waitFor(cost) === 0) {
      this.#spend(cost);
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      let deadline: Timer | undefined;
      const leave = (): void => {
        deadline?.cancel();
        signal?.removeEventListener("abort", onAbort);
      };
      const waiting: Waiting = {
        cost,
        grant: () => {
          leave();
          resolve();
        },
      };
      const giveUp = (error: Error): void => {
        this.#queue.splice(this.#queue.indexOf(waiting), 1);
        leave();
        reject(error);
        // Whoever stood behind may fit now.
        this.#serve();
      };
      const onAbort = (): void => giveUp(aborted(signal as AbortSignal));
      signal?.addEventListener("abort", onAbort, { once: true });
      if (maxQueueMs !== undefined) {
        deadline = this.#timers.set(maxQueueMs, () =>
          giveUp(
            new RateLimitError("RATE_QUEUE_TIMEOUT", `the rate limit left no room within ${maxQueueMs} ms`, {
              details: { maxQueueMs },
            }),
          ),
        );
      }
      this.#queue.push(waiting);
      this.#serve();
    });
  }

  /** Takes over the venue's own count of what was used in a pool; ignored for pools we do not know. */
  observe(poolId: string, used: number): void {
    this.#pools.get(poolId)?.correct(used, this.#clock.monotonic());
  }

  /** Lets nothing pass for `ms`: the venue answered 429, or banned us. A shorter stop never cuts a longer one. */
  stopFor(ms: number): void {
    this.#stoppedUntil = Math.max(this.#stoppedUntil, this.#clock.monotonic() + ms);
    this.#serve();
  }

  #waitFor(cost: RateLimitCost): number {
    const now = this.#clock.monotonic();
    let wait = Math.max(0, this.#stoppedUntil - now);
    for (const [id, weight] of Object.entries(cost)) {
      wait = Math.max(wait, (this.#pools.get(id) as PoolUsage).waitFor(weight, now));
    }
    return wait;
  }

  #spend(cost: RateLimitCost): void {
    const now = this.#clock.monotonic();
    for (const [id, weight] of Object.entries(cost)) (this.#pools.get(id) as PoolUsage).spend(weight, now);
  }

  #serve(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (;;) {
      const first = this.#queue[0];
      if (first === undefined) return;
      const wait = this.#waitFor(first.cost);
      if (wait > 0) {
        this.#timer = this.#timers.set(wait, () => this.#serve());
        return;
      }
      this.#queue.shift();
      this.#spend(first.cost);
      first.grant();
    }
  }
}

function aborted(signal: AbortSignal): LifecycleError {
  return new LifecycleError("ABORTED", "the call was aborted while it waited for the rate limit", {
    cause: signal.reason,
  });
}
