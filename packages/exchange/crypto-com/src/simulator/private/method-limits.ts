import type { CryptoComLimits } from "../limits.js";

/** Counts what each key asks of each method. */
export interface MethodLimits {
  /** Counts a request; returns whether it may go on. A refused request counts too. */
  admit(apiKey: string, method: string, at: number): boolean;
}

/**
 * Makes the counters: so many requests in a stretch of the clock for each method and key. How the venue places its
 * stretches is not published.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/rest-common-api-reference Rate Limits
 */
export function createMethodLimits(limits: CryptoComLimits): MethodLimits {
  const counts = new Map<string, { stretch: number; count: number }>();
  return {
    admit(apiKey, method, at) {
      const { requests, intervalMs } = limits.methodRequests[method] ?? limits.otherMethodRequests;
      const stretch = Math.floor(at / intervalMs);
      const name = `${apiKey} ${method}`;
      const counted = counts.get(name);
      if (counted?.stretch !== stretch) {
        counts.set(name, { stretch, count: 1 });
        return requests >= 1;
      }
      counted.count++;
      return counted.count <= requests;
    },
  };
}
