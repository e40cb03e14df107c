import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  LANES,
  type Lane,
  type RateLimitCost,
  type RateLimiter,
  type RateLimitPool,
  RateLimits,
} from "../../src/rate-limit/index.js";
import { VirtualTime } from "../support/virtual-time.js";
import { DecayingCounter, FixedWindows, SlidingWindow, type VenueModel } from "./venue-models.js";

const POOLS: readonly RateLimitPool[] = [
  { id: "weight", limit: 60, intervalMs: 1_000, window: "fixed", reserve: 0 },
  { id: "orders", scope: "account", limit: 10, intervalMs: 500, window: "fixed", reserve: 0 },
  { id: "manyOrders", scope: "account", limit: 25, intervalMs: 2_000, reserve: 0 },
  { id: "counter", scope: "key", kind: "decaying", limit: 12, decayPerSecond: 10, reserve: 0.2 },
  { id: "ofPair", scope: "pair", limit: 6, intervalMs: 700, reserve: 0 },
];
const PAIRS = ["BTC-USDT", "ETH-USDT"];
/** Two keys of one account, two accounts of one key each, and a program that only reads. */
const CALLERS = [
  { key: "k1", account: "a" },
  { key: "k2", account: "a" },
  { key: "k3", account: "b" },
  { key: "k4", account: "c" },
  {},
] as const;
/** A call that is not answered is given up after this long, and may arrive as much later. */
const TIMEOUT_MS = 300;

/** What a call of a lane costs: data nothing but weight, and in plenty; a cancel what is shared with it. */
function costOf(lane: Lane, heavy: number, hasKey: boolean): RateLimitCost {
  switch (lane) {
    case "cancel":
      return { weight: 1 };
    case "place":
      return hasKey ? { weight: 1, orders: 1, manyOrders: 1, counter: 1, ofPair: 1 } : { weight: 1 };
    case "query":
      return hasKey ? { weight: heavy, counter: 2 } : { weight: heavy };
    case "marketData":
      return { weight: 2 * heavy };
  }
}

/** Counts as strictly as can be: each pool of each key, account and pair for itself. */
class StrictVenue {
  readonly #models = new Map<string, VenueModel>();
  readonly #phase: number;
  readonly over: string[] = [];

  constructor(phase: number) {
    this.#phase = phase;
  }

  /** Counts a call; returns what it tells of the pools whose counts are in its answers. */
  arrive(caller: (typeof CALLERS)[number], pair: string, cost: RateLimitCost, at: number) {
    const used: Record<string, number> = {};
    const remaining: Record<string, number> = {};
    for (const [id, weight] of Object.entries(cost)) {
      const { key = "", account = "" }: { readonly key?: string; readonly account?: string } = caller;
      const owners: Readonly<Record<string, string>> = {
        weight: "",
        orders: account,
        manyOrders: account,
        counter: key,
        ofPair: `${account} ${pair}`,
      };
      const name = `${id} ${owners[id]}`;
      const model = this.#models.get(name) ?? this.#create(id);
      this.#models.set(name, model);
      const count = model.arrive(at, weight);
      if (count > model.limit + 1e-6) this.over.push(`${name}: ${count} at ${at}`);
      if (id === "weight" || id === "manyOrders") used[id] = count;
      if (id === "orders") remaining[id] = model.limit - count;
    }
    return { used, remaining };
  }

  #create(id: string): VenueModel {
    const pool = POOLS.find((one) => one.id === id) as RateLimitPool;
    if (pool.kind === "decaying") return new DecayingCounter(pool.limit, pool.decayPerSecond);
    return pool.window === "fixed"
      ? new FixedWindows(pool.limit, pool.intervalMs, this.#phase)
      : new SlidingWindow(pool.limit, pool.intervalMs);
  }
}

interface Call {
  readonly caller: number;
  readonly lane: Lane;
  readonly pair: string;
  readonly heavy: number;
  readonly outMs: number;
  readonly backMs: number;
  readonly fate: "answered" | "lost" | "neverLeft";
  readonly maxQueueMs: number | undefined;
  readonly afterMs: number;
}

const arbitraryCall: fc.Arbitrary<Call> = fc.record({
  caller: fc.nat(CALLERS.length - 1),
  lane: fc.constantFrom<Lane>(...LANES, "marketData", "marketData"),
  pair: fc.constantFrom(...PAIRS),
  heavy: fc.integer({ min: 1, max: 10 }),
  outMs: fc.nat(150),
  backMs: fc.nat(150),
  fate: fc.constantFrom("answered", "answered", "answered", "answered", "lost", "neverLeft"),
  maxQueueMs: fc.option(fc.nat(3_000), { nil: undefined, freq: 4 }),
  afterMs: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat(60)),
});

interface Findings {
  readonly over: readonly string[];
  readonly outOfOrder: string[];
  readonly late: string[];
  /** Refused calls that the venue got all the same. */
  readonly refusedAndSent: string[];
  /** Of all cancels, the most calls of other lanes that went while one was the first of those that waited. */
  mostBeforeACancel: number;
  unended: number;
}

async function run(phase: number, calls: readonly Call[]): Promise<Findings> {
  const time = new VirtualTime();
  const limits = new RateLimits({ clock: time, timers: time }, POOLS);
  const limiters: readonly RateLimiter[] = CALLERS.map((caller) => limits.open(caller));
  const venue = new StrictVenue(phase);
  const findings: Findings = {
    over: venue.over,
    outOfOrder: [],
    late: [],
    refusedAndSent: [],
    mostBeforeACancel: 0,
    unended: 0,
  };
  const lastOf = new Map<string, number>();
  /** Cancels that wait, oldest first: how many others went since each was the first. */
  const cancels: { readonly index: number; passedBy: number }[] = [];
  const refused = new Set<number>();

  const issue = (call: Call, index: number): void => {
    const { lane, pair, maxQueueMs, outMs, backMs, fate } = call;
    const caller = CALLERS[call.caller] as (typeof CALLERS)[number];
    const cost = costOf(lane, call.heavy, "key" in caller);
    const issuedAt = time.monotonic();
    findings.unended += 1;
    if (lane === "cancel") cancels.push({ index, passedBy: 0 });
    const leaveCancels = (): void => {
      const place = cancels.findIndex((one) => one.index === index);
      if (place >= 0) cancels.splice(place, 1);
    };
    const limiter = limiters[call.caller] as RateLimiter;
    limiter.acquire(cost, { lane, maxQueueMs, tradingPair: pair }).then(
      (permit) => {
        findings.unended -= 1;
        leaveCancels();
        const [cancel] = cancels;
        if (lane !== "cancel" && cancel !== undefined) {
          cancel.passedBy += 1;
          findings.mostBeforeACancel = Math.max(findings.mostBeforeACancel, cancel.passedBy);
        }
        const line = `${lane} ${Object.keys(cost).join()} ${"key" in caller ? `${caller.key} ${pair}` : ""}`;
        if ((lastOf.get(line) ?? -1) > index) findings.outOfOrder.push(`${line} ${index}`);
        lastOf.set(line, index);
        if (time.monotonic() - issuedAt > (maxQueueMs ?? Number.POSITIVE_INFINITY))
          findings.late.push(`${index}`);
        if (fate === "neverLeft") {
          time.set(backMs, () => permit.release());
          return;
        }
        time.set(outMs, () => {
          if (refused.has(index)) findings.refusedAndSent.push(`${index}`);
          const told = venue.arrive(caller, pair, cost, time.monotonic());
          if (fate === "answered") time.set(backMs, () => permit.settle({ answered: true, ...told }));
        });
        if (fate === "lost") {
          time.set(TIMEOUT_MS, () => permit.settle({ answered: false, arrivesWithinMs: TIMEOUT_MS }));
        }
      },
      () => {
        findings.unended -= 1;
        refused.add(index);
        leaveCancels();
      },
    );
  };

  for (const [index, call] of calls.entries()) {
    await time.advance(call.afterMs);
    issue(call, index);
  }
  // Each may need a window of its own.
  await time.advance((calls.length + 1) * 3_000);
  for (const limiter of limiters) limiter.close();
  expect(time.pending).toBe(0);
  return findings;
}

describe("limiters of several keys and accounts in one host, all lanes saturated", () => {
  it("never exceed any count of the venue, keep order, starve nobody, and let cancels wait for one turn", async () => {
    const calls = fc.array(arbitraryCall, { minLength: 60, maxLength: 150, size: "max" });
    await fc.assert(
      fc.asyncProperty(fc.nat(999), calls, async (phase, made) => {
        const { mostBeforeACancel, ...findings } = await run(phase, made);
        expect(findings).toEqual({ over: [], outOfOrder: [], late: [], refusedAndSent: [], unended: 0 });
        expect(mostBeforeACancel).toBeLessThanOrEqual(1);
      }),
      { numRuns: 100 },
    );
  }, 30_000);

  it("are saturated by that: every pool is waited for", async () => {
    const time = new VirtualTime();
    const limits = new RateLimits({ clock: time, timers: time }, POOLS);
    const limiters = CALLERS.map((caller) => limits.open(caller));
    const served = { cancel: 0, place: 0, query: 0, marketData: 0 };
    let stopped = false;
    const loop = async (caller: number, lane: Lane): Promise<void> => {
      const limiter = limiters[caller] as RateLimiter;
      while (!stopped) {
        const cost = costOf(lane, 10, caller < 4);
        const permit = await limiter.acquire(cost, { lane, tradingPair: "BTC-USDT" });
        served[lane] += 1;
        await new Promise<void>((resolve) => void time.set(50, resolve));
        permit.settle({ answered: true });
      }
    };
    for (const caller of CALLERS.keys()) {
      for (const lane of LANES) for (let lines = 0; lines < 5; lines += 1) void loop(caller, lane);
    }
    await time.advance(60_000);
    const waitedFor = new Set(
      limiters.flatMap((limiter) =>
        limiter.headroom().flatMap(({ pool, waiting }) => (waiting > 0 ? [pool] : [])),
      ),
    );
    expect([...waitedFor].sort()).toEqual(POOLS.map(({ id }) => id).sort());
    // A minute has room for some 3,600 of weight, and a call of data weighs 20.
    expect(Math.min(...Object.values(served))).toBeGreaterThan(50);
    stopped = true;
  });
});
