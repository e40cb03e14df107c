import type { Random } from "../ports/index.js";

/** How long to wait before trying again: exponential, capped, with jitter. */
export interface BackoffPolicy {
  /** Delay before the second try, in ms. */
  readonly initialMs: number;
  /** Growth from one delay to the next. */
  readonly factor: number;
  /** Longest delay in ms. */
  readonly maxMs: number;
  /** Share of the delay that is random, 0 to 1: many clients must not come back at the same moment. */
  readonly jitter: number;
}

/** Delay in ms after failure number `failures` (1 for the first). */
export function backoffDelay(policy: BackoffPolicy, failures: number, random: Random): number {
  // The exponent is capped so that a year of failures does not overflow.
  const grown = policy.initialMs * policy.factor ** Math.min(failures - 1, 64);
  return Math.min(policy.maxMs, grown) * (1 - policy.jitter * random.next());
}
