// What the rate limiter costs a call, however many wait.
//
//   node tools/launch.mjs build && node tools/bench/rate-limiter.ts
//
// Measured in processor time, on a clock that the bench moves by hand, so that only the limiter's own work
// counts. Each number is the median of some rounds, in ns per call: `go` is acquire and settle of a call that fits
// at once, before anybody waits; `cancel` the same of a cancel while so many others wait; `wait` acquire of one that
// must wait, `abort` giving one up, `serve` letting one through and settling it. Among pairs, the calls that wait are
// spread over a thousand of them, each with a pool of its own.
import { type Lane, type RateLimiter, type RateLimitPool, RateLimits } from "@conn/core";

const CALLS = 20_000;
/** How many wait. */
const WAITING = [10, 1_000, 100_000];
/** Of fewer, so many lines are measured one after the other that they are as many. */
const LEAST_WAITING = 1_000;
const PAIRS = 1_000;
const ROUNDS = 7;
/** Rounds at the start that only warm the code up. */
const WARM_UP = 2;

const POOLS: readonly RateLimitPool[] = [
  { id: "weight", limit: 1_000_000, intervalMs: 60_000, window: "fixed" },
  { id: "orders", limit: 1_000_000, intervalMs: 60_000, scope: "account" },
  { id: "counter", kind: "decaying", limit: 1_000_000, decayPerSecond: 20_000 },
  { id: "ofPair", limit: 1_000_000, intervalMs: 60_000, scope: "pair" },
];

/** A kind of calls. */
interface Kind {
  readonly name: string;
  readonly cost: Cost;
  readonly pairs: number;
}

const KINDS: readonly Kind[] = [
  { name: "one window", cost: { weight: 1 }, pairs: 1 },
  { name: "two windows", cost: { weight: 1, orders: 1 }, pairs: 1 },
  { name: "decaying counter", cost: { counter: 1 }, pairs: 1 },
  { name: "pairs", cost: { weight: 1, ofPair: 1 }, pairs: PAIRS },
];

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
async function goOn(limiter: RateLimiter, cost: Cost, calls: number, lane: Lane): Promise<void> {
  for (let call = 0; call < calls; call++) {
    const permit = await limiter.acquire(cost, { lane, tradingPair: "0" });
    permit.settle({ answered: true });
  }
}

async function round(kind: Kind, waiting: number): Promise<Record<string, number>> {
  const sums: Record<string, number> = {};
  // Where few wait, many times over: the processor's clock is no finer than a microsecond.
  const times = Math.ceil(LEAST_WAITING / waiting);
  for (let time = 0; time < times; time++) {
    for (const [what, took] of Object.entries(await once(kind, waiting, CALLS / times))) {
      sums[what] = (sums[what] ?? 0) + took / times;
    }
  }
  return sums;
}

async function once({ cost, pairs }: Kind, waiting: number, calls: number): Promise<Record<string, number>> {
  const { limiter, pass } = createWorld();
  const go = await timed(calls, () => goOn(limiter, cost, calls, "query"));
  pass(120_000);

  // Everything but the reserve is spent, and calls stand in line; every second one can be given up.
  const full = Object.fromEntries(Object.keys(cost).map((id) => [id, 950_000]));
  (await limiter.acquire(full, { tradingPair: "0" })).settle({ answered: true });
  const abort = new AbortController();
  let aborted = 0;
  const served: Promise<void>[] = [];
  const wait = await timed(waiting, async () => {
    for (let call = 0; call < waiting; call++) {
      const tradingPair = String((call >> 1) % pairs);
      if (call % 2 === 0) {
        const going = limiter.acquire(cost, { tradingPair });
        served.push(going.then((permit) => permit.settle({ answered: true })));
      } else {
        const { signal } = abort;
        limiter.acquire(cost, { tradingPair, signal, maxQueueMs: 1e9 }).catch(() => aborted++);
      }
    }
  });
  const cancel = await timed(calls, () => goOn(limiter, cost, calls, "cancel"));
  const giveUp = await timed(waiting / 2, async () => abort.abort());
  const serve = await timed(waiting / 2, async () => {
    pass(120_000);
    await Promise.all(served);
  });
  if (aborted !== waiting / 2) throw new Error(`${aborted} calls were given up`);
  return { go, cancel, wait, abort: giveUp, serve };
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] as number;
}

console.log(
  `Node ${process.version} on ${process.arch}; medians of ${ROUNDS - WARM_UP} rounds, ns per call.`,
);
const table: Record<string, Record<string, number>> = {};
for (const kind of KINDS) {
  for (const waiting of WAITING) {
    const rounds: Record<string, number>[] = [];
    for (let index = 0; index < ROUNDS; index++) {
      const times = await round(kind, waiting);
      if (index >= WARM_UP) rounds.push(times);
    }
    table[`${kind.name}, ${waiting} wait`] = Object.fromEntries(
      ["go", "cancel", "wait", "abort", "serve"].map((what) => [
        what,
        Math.round(median(rounds.map((times) => times[what] as number))),
      ]),
    );
  }
}
console.table(table);
