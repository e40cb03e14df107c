/** How many orders an account may send in an interval. */
export interface OrderLimit {
  readonly intervalMs: number;
  readonly limit: number;
  /** The venue's words for the interval. */
  readonly interval: "SECOND" | "MINUTE";
  readonly intervalNum: number;
}

/** What a request counts for. */
export interface OrderCost {
  readonly tenSeconds: number;
  readonly minute: number;
}

/** Counts orders by account. */
export interface OrderLimits {
  readonly limits: readonly OrderLimit[];
  /** Counts a request, or tells which limit it would break: then it does not count. */
  charge(account: string, cost: OrderCost, at: number): OrderLimit | undefined;
  /** The headers with the account's counts. */
  headers(account: string, at: number): Readonly<Record<string, string>>;
}

interface Window {
  index: number;
  count: number;
}

/**
 * Makes the counters: by the intervals of the clock, as weight is counted.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info#order-rate-limits
 */
export function createOrderLimits(perTenSeconds: number, perMinute: number): OrderLimits {
  const limits: readonly [OrderLimit, OrderLimit] = [
    { intervalMs: 10_000, limit: perTenSeconds, interval: "SECOND", intervalNum: 10 },
    { intervalMs: 60_000, limit: perMinute, interval: "MINUTE", intervalNum: 1 },
  ];
  const windows = new Map<string, readonly [Window, Window]>();

  const windowsOf = (account: string, at: number): readonly [Window, Window] => {
    let found = windows.get(account);
    if (found === undefined) {
      found = [
        { index: 0, count: 0 },
        { index: 0, count: 0 },
      ];
      windows.set(account, found);
    }
    for (const [position, window] of found.entries()) {
      const index = Math.floor(at / limits[position]!.intervalMs);
      if (window.index !== index) Object.assign(window, { index, count: 0 });
    }
    return found;
  };

  return {
    limits,
    charge(account, cost, at) {
      const [tenSeconds, minute] = windowsOf(account, at);
      if (tenSeconds.count + cost.tenSeconds > limits[0].limit) return limits[0];
      if (minute.count + cost.minute > limits[1].limit) return limits[1];
      tenSeconds.count += cost.tenSeconds;
      minute.count += cost.minute;
      return undefined;
    },
    headers(account, at) {
      const [tenSeconds, minute] = windowsOf(account, at);
      return {
        "x-mbx-order-count-10s": String(tenSeconds.count),
        "x-mbx-order-count-1m": String(minute.count),
      };
    },
  };
}
