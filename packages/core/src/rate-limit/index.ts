export type { RateLimitNotice, StopReason } from "./gate.js";
export { LANES, type Lane } from "./lane.js";
export type {
  DecayingPool,
  RateLimitCost,
  RateLimitPool,
  RateLimitScope,
  WindowPool,
} from "./rate-limit-pool.js";
export type {
  AcquireOptions,
  LimitRevision,
  PoolGauge,
  RateLimiter,
  RateLimiterOptions,
  RateLimitOutcome,
  RateLimitPermit,
  RateLimitRefusal,
} from "./rate-limiter.js";
export { RateLimits } from "./rate-limits.js";
