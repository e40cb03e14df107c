// What the rate limiter costs a call, when nobody waits and when 100,000 do.
//
//   node tools/launch.mjs build && node tools/bench/rate-limiter.ts
//
// Measured in processor time, on a clock that the bench moves by hand, so that only the limiter's own work
// counts. Each row is the median of some rounds, in ns per call: `go` is acquire and settle of a call that fits at once, `wait`
// acquire of one that must wait, `serve` letting one of those through and settling it, `abort` giving one up.
import { type RateLimiter, type RateLimitPool, RateLimits } from "@conn/core";

const CALLS = 20_000;
const WAITING = 100_000;
const ROUNDS = 15;
/** Rounds at the start that only warm the code up. */
const WARM_UP = 5;

const POOLS: readonly RateLimitPool[] = [
  { id: "weight", limit: 1_000_000, intervalMs: 60_000, window: "fixed" },
  { id: "orders", limit: 1_000_000, intervalMs: 60_000, scope: "account" },
  { id: "counter", kind: "decaying", limit: 1_000_000, decayPerSecond: 20_000 },
];
const COSTS = {
  "one window": { weight: 1 },
  "two windows": { weight: 1, orders: 1 },
  "decaying counter": { counter: 1 },
};

function createWorld() {
  let now = 0;
  let due: (() => void) | undefined;
  const clock = { now: () => now, monotonic: () => now };
  const timers = {
    set(_delayMs: number, callback: () => void) {
      due = callback;
      return { cancel: () => (due = undefined) };
    },
  };
  const limiter = new RateLimits({ clock, timers }, POOLS).open();
  return {
    limiter,
    /** Lets time pass and the limiter's timer fire. */
    pass(ms: number): void {
      now += ms;
      const run = due;
      due = undefined;
      run?.();
    },
  };
}

async function timed(calls: number, run: () => Promise<unknown>): Promise<number> {
  const start = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(start);
  return ((user + system) * 1_000) / calls;
}

type Cost = Parameters<RateLimiter["acquire"]>[0];

/** `calls` calls, one after another. */
async function goOn(limiter: RateLimiter, cost: Cost, calls: number): Promise<void> {
  for (let call = 0; call < calls; call++) {
    const permit = await limiter.acquire(cost);
    permit.settle({ answered: true });
  }
}

async function round(cost: Cost): Promise<Record<string, number>> {
  const { limiter, pass } = createWorld();
  const go = await timed(CALLS, () => goOn(limiter, cost, CALLS));
  pass(120_000);

  // Everything is spent, and WAITING calls stand in line; every second one can be given up.
  const full = Object.fromEntries(Object.keys(cost).map((id) => [id, 950_000]));
  (await limiter.acquire(full)).settle({ answered: true });
  const abort = new AbortController();
  let aborted = 0;
  const served: Promise<void>[] = [];
  const wait = await timed(WAITING, async () => {
    for (let call = 0; call < WAITING; call++) {
      if (call % 2 === 0) {
        served.push(limiter.acquire(cost).then((permit) => permit.settle({ answered: true })));
      } else {
        limiter.acquire(cost, { signal: abort.signal, maxQueueMs: 1e9 }).catch(() => aborted++);
      }
    }
  });
  const giveUp = await timed(WAITING / 2, async () => abort.abort());
  const serve = await timed(WAITING / 2, async () => {
    pass(120_000);
    await Promise.all(served);
  });
  if (aborted !== WAITING / 2) throw new Error(`${aborted} calls were given up`);
  return { go, wait, abort: giveUp, serve };
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] as number;
}

console.log(
  `Node ${process.version} on ${process.arch}; medians of ${ROUNDS - WARM_UP} rounds, ns per call.`,
);
const table: Record<string, Record<string, number>> = {};
for (const [name, cost] of Object.entries(COSTS)) {
  const rounds: Record<string, number>[] = [];
  for (let index = 0; index < ROUNDS; index++) {
    const times = await round(cost);
    if (index >= WARM_UP) rounds.push(times);
  }
  table[name] = Object.fromEntries(
    ["go", "wait", "abort", "serve"].map((what) => [
      what,
      Math.round(median(rounds.map((times) => times[what] as number))),
    ]),
  );
}
console.table(table);
