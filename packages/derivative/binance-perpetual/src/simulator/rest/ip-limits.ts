import type { BinancePerpetualLimits } from "../limits.js";

/** What a request costs: weight, or one of the funding requests. */
export type Cost = number | "funding";

/** How the venue sees an address after a request. */
export interface Charge {
  readonly verdict: "ok" | "limited" | "banned";
  /** Weight used in this minute, this request included. */
  readonly usedWeight: number;
  /** Milliseconds until requests are allowed again; 0 if they are. */
  readonly retryAfterMs: number;
}

/** Counts what each address asks for. */
export interface IpLimits {
  charge(address: string, cost: Cost, at: number): Charge;
  /** Whether an address may open a further socket; counts it. */
  admitConnection(address: string, at: number): boolean;
  usedWeight(address: string, at: number): number;
}

interface Visitor {
  minute: number;
  weight: number;
  fundingWindow: number;
  fundingRequests: number;
  connectionWindow: number;
  connections: number;
  refusals: number;
  bans: number;
  bannedUntil: number;
}

const MINUTE_MS = 60_000;
const FIVE_MINUTES_MS = 300_000;
const LONGEST_BAN_MS = 3 * 86_400_000;

/**
 * Makes the counters. Weight is counted by the minute of the clock, not by a sliding window, and refused
 * requests cost it too, as measured in October 2026.
 *
 * @see https://github.com/dilettante-trading/polyoxide/blob/main/docs/specs/binance/OBSERVED.md
 */
export function createIpLimits(limits: BinancePerpetualLimits): IpLimits {
  const visitors = new Map<string, Visitor>();

  const visitorOf = (address: string, at: number): Visitor => {
    let visitor = visitors.get(address);
    if (visitor === undefined) {
      visitor = {
        minute: 0,
        weight: 0,
        fundingWindow: 0,
        fundingRequests: 0,
        connectionWindow: 0,
        connections: 0,
        refusals: 0,
        bans: 0,
        bannedUntil: 0,
      };
      visitors.set(address, visitor);
    }
    const minute = Math.floor(at / MINUTE_MS);
    if (visitor.minute !== minute) {
      visitor.minute = minute;
      visitor.weight = 0;
    }
    const window = Math.floor(at / FIVE_MINUTES_MS);
    if (visitor.fundingWindow !== window) {
      visitor.fundingWindow = window;
      visitor.fundingRequests = 0;
    }
    if (visitor.connectionWindow !== window) {
      visitor.connectionWindow = window;
      visitor.connections = 0;
    }
    return visitor;
  };

  return {
    charge(address, cost, at) {
      const visitor = visitorOf(address, at);
      if (at < visitor.bannedUntil) {
        return {
          verdict: "banned",
          usedWeight: visitor.weight,
          retryAfterMs: visitor.bannedUntil - at,
        };
      }
      let over: boolean;
      let window: number;
      if (cost === "funding") {
        over = ++visitor.fundingRequests > limits.fundingRequestsPerFiveMinutes;
        window = FIVE_MINUTES_MS;
      } else {
        visitor.weight += cost;
        over = visitor.weight > limits.weightPerMinute;
        window = MINUTE_MS;
      }
      if (!over) {
        visitor.refusals = 0;
        return { verdict: "ok", usedWeight: visitor.weight, retryAfterMs: 0 };
      }
      if (++visitor.refusals > limits.refusalsBeforeBan) {
        const banMs = Math.min(limits.banMs * 2 ** visitor.bans++, LONGEST_BAN_MS);
        visitor.refusals = 0;
        visitor.bannedUntil = at + banMs;
        return { verdict: "banned", usedWeight: visitor.weight, retryAfterMs: banMs };
      }
      return { verdict: "limited", usedWeight: visitor.weight, retryAfterMs: window - (at % window) };
    },
    admitConnection(address, at) {
      return ++visitorOf(address, at).connections <= limits.connectionsPerFiveMinutes;
    },
    usedWeight: (address, at) => visitorOf(address, at).weight,
  };
}
