/** Counts what each address asks of each method. */
export interface RequestLimits {
  /** Counts a request; returns whether it may go on. */
  admit(address: string, method: string, at: number): boolean;
  /** Requests of an address to all methods in this second. */
  used(address: string, at: number): number;
}

/**
 * Makes the counters: so many requests a second of the clock for each method and address. A refused request
 * counts too. How the venue places its seconds is not published.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/rest-common-api-reference
 */
export function createRequestLimits(requestsPerSecond: number): RequestLimits {
  let second = Number.NaN;
  let counts = new Map<string, Map<string, number>>();

  const countsAt = (at: number): Map<string, Map<string, number>> => {
    if (Math.floor(at / 1000) !== second) {
      second = Math.floor(at / 1000);
      counts = new Map();
    }
    return counts;
  };

  return {
    admit(address, method, at) {
      const byAddress = countsAt(at);
      let byMethod = byAddress.get(address);
      if (byMethod === undefined) {
        byMethod = new Map();
        byAddress.set(address, byMethod);
      }
      const count = (byMethod.get(method) ?? 0) + 1;
      byMethod.set(method, count);
      return count <= requestsPerSecond;
    },
    used(address, at) {
      let sum = 0;
      for (const count of countsAt(at).get(address)?.values() ?? []) sum += count;
      return sum;
    },
  };
}
