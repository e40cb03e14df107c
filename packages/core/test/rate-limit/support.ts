import type {
  AcquireOptions,
  RateLimitCost,
  RateLimiter,
  RateLimitNotice,
  RateLimitOutcome,
  RateLimitPermit,
  RateLimitPool,
} from "../../src/rate-limit/index.js";
import { RateLimits } from "../../src/rate-limit/index.js";
import { VirtualTime } from "../support/virtual-time.js";

export const ANSWERED: RateLimitOutcome = { answered: true };

/** Limits on virtual time, and one connector's limiter. */
export function setUp(...pools: RateLimitPool[]) {
  const time = new VirtualTime();
  const limits = new RateLimits({ clock: time, timers: time }, pools);
  const notices: RateLimitNotice[] = [];
  const limiter = limits.open({ onNotice: (notice) => notices.push(notice) });
  const passed: string[] = [];
  /** Makes a call that is answered at once. */
  const go = async (
    name: string,
    cost: RateLimitCost,
    options: AcquireOptions = {},
    via: RateLimiter = limiter,
  ) => {
    const permit = await via.acquire(cost, options);
    passed.push(name);
    permit.settle(ANSWERED);
  };
  /** Makes a call that is under way until its permit is settled. */
  const send = (cost: RateLimitCost, options: AcquireOptions = {}): Promise<RateLimitPermit> =>
    limiter.acquire(cost, options);
  return { time, limits, limiter, notices, passed, go, send };
}

/** A pool without a reserve. */
export function windowPool(id: string, limit: number, intervalMs: number, rest: Partial<RateLimitPool> = {}) {
  return { reserve: 0, ...rest, id, limit, intervalMs } as RateLimitPool;
}
