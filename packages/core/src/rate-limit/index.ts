export { type AcquireOptions, type RateLimitCost, RateLimiter, type RateLimitPool } from "./rate-limiter.js";
