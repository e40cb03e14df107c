import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  LANES,
  type RateLimitCost,
  type RateLimitOutcome,
  type RateLimitPool,
  RateLimits,
} from "../../src/rate-limit/index.js";
import { VirtualTime } from "../support/virtual-time.js";
import { ANSWERED } from "./support.js";
import { DecayingCounter, FixedWindows, SlidingWindow, type VenueModel } from "./venue-models.js";

const INTERVAL_MS = 1_000;
/** A call that is not answered is given up after this long, and may arrive as much later. */
const TIMEOUT_MS = 400;
/** So long a call is under way at most. */
const LONGEST_MS = 2 * TIMEOUT_MS;

interface Call {
  readonly type: "call";
  readonly cost: RateLimitCost;
  readonly lane: (typeof LANES)[number];
  /** Time on the way to the venue. */
  readonly outMs: number;
  readonly backMs: number;
  readonly fate: "answered" | "refused" | "lost" | "neverLeft";
  readonly maxQueueMs: number | undefined;
  readonly abortAfterMs: number | undefined;
}

type Step =
  | Call
  | { readonly type: "wait"; readonly ms: number }
  | { readonly type: "foreign"; readonly weight: number }
  | { readonly type: "wallJump"; readonly ms: number };

const cost = fc.oneof(
  fc.record({ a: fc.integer({ min: 0, max: 20 }) }),
  fc.record({ b: fc.integer({ min: 0, max: 8 }) }),
  fc.record({ a: fc.integer({ min: 1, max: 20 }), b: fc.integer({ min: 1, max: 8 }) }),
);

const call: fc.Arbitrary<Call> = fc.record({
  type: fc.constant("call"),
  cost,
  lane: fc.constantFrom(...LANES),
  outMs: fc.nat(300),
  backMs: fc.nat(300),
  fate: fc.constantFrom(
    "answered",
    "answered",
    "answered",
    "answered",
    "answered",
    "refused",
    "lost",
    "neverLeft",
  ),
  maxQueueMs: fc.option(fc.nat(1_500), { nil: undefined, freq: 4 }),
  abortAfterMs: fc.option(fc.nat(1_000), { nil: undefined, freq: 6 }),
});

const wait: fc.Arbitrary<Step> = fc.record({ type: fc.constant("wait"), ms: fc.nat(700) });
const wallJump: fc.Arbitrary<Step> = fc.record({
  type: fc.constant("wallJump"),
  ms: fc.integer({ min: -5_000_000, max: 5_000_000 }),
});
const foreign: fc.Arbitrary<Step> = fc.record({
  type: fc.constant("foreign"),
  weight: fc.nat(50),
});

interface World {
  readonly pools: readonly [RateLimitPool, RateLimitPool];
  readonly createVenue: () => Readonly<Record<"a" | "b", VenueModel>>;
  readonly isFixed: boolean;
  /** Pools whose count the answers tell. */
  readonly told: readonly ("a" | "b")[];
}

const reserve = fc.constantFrom(0, 0.1);
const world: fc.Arbitrary<World> = fc
  .record({
    reserve,
    phase: fc.nat(INTERVAL_MS - 1),
    a: fc.constantFrom("fixed", "fixed told", "sliding", "sliding told"),
    b: fc.constantFrom("decaying", "decaying told", "sliding"),
  })
  .map(({ reserve: share, phase, a, b }) => ({
    pools: [
      {
        id: "a",
        limit: 50,
        intervalMs: INTERVAL_MS,
        reserve: share,
        window: a.startsWith("fixed") ? "fixed" : "sliding",
      },
      b.startsWith("decaying")
        ? { kind: "decaying", id: "b", limit: 20, decayPerSecond: 4, reserve: share }
        : { id: "b", limit: 20, intervalMs: 3 * INTERVAL_MS, reserve: share },
    ],
    isFixed: a.startsWith("fixed"),
    createVenue: () => ({
      a: a.startsWith("fixed")
        ? new FixedWindows(50, INTERVAL_MS, phase)
        : new SlidingWindow(50, INTERVAL_MS),
      b: b.startsWith("decaying") ? new DecayingCounter(20, 4) : new SlidingWindow(20, 3 * INTERVAL_MS),
    }),
    told: [...(a.endsWith("told") ? ["a" as const] : []), ...(b.endsWith("told") ? ["b" as const] : [])],
  }));

/** What a run has seen; empty lists are what is right. */
interface Findings {
  readonly overLimit: string[];
  readonly outOfOrder: string[];
  readonly late: string[];
  readonly duringStop: string[];
  issued: number;
  ended: number;
}

const EPSILON = 1e-6;

async function run({ pools, createVenue, told }: World, steps: readonly Step[]): Promise<Findings> {
  const time = new VirtualTime();
  const venue = createVenue();
  const limits = new RateLimits({ clock: time, timers: time }, pools);
  const limiter = limits.open();
  const findings: Findings = { overLimit: [], outOfOrder: [], late: [], duringStop: [], issued: 0, ended: 0 };
  const lastOf = new Map<string, number>();
  const stoppedUntil: Record<string, number> = { a: 0, b: 0 };
  /** What other programs spend from pool a. */
  const others: { readonly at: number; readonly order: number; readonly weight: number }[] = [];
  const ours: { readonly at: number; readonly weight: number; readonly number: number }[] = [];
  const sent: { readonly at: number; readonly weight: number }[] = [];
  let granted = 0;
  /** Numbers what arrives at the venue. */
  let arrivals = 0;
  /** Number of the last arrival that its answers have told of. */
  let toldUpTo = -1;
  /** Until when one of them proves that there are others: it counts more than all of ours that can be in it. */
  let provenUntil = -1;

  /** In a fixed window that is told, others are known as far as they were told, and proven, when the call went. */
  const checkWithOthers = (at: number, number: number, knownUpTo: number): void => {
    const model = venue.a;
    if (!(model instanceof FixedWindows)) return;
    const inWindow = (one: { readonly at: number }): boolean => model.windowAt(one.at) === model.windowAt(at);
    const own = ours.filter((one) => inWindow(one) && one.number <= number);
    const known = others.filter((one) => inWindow(one) && one.order <= knownUpTo);
    const sum = [...own, ...known].reduce((total, { weight }) => total + weight, 0);
    if (sum > model.limit + EPSILON) findings.overLimit.push(`a: ${sum} at ${at}, with others`);
  };

  const arrive = (step: Call, number: number, knownUpTo: number): Record<string, number> => {
    const at = time.monotonic();
    arrivals += 1;
    const counts: Record<string, number> = {};
    for (const id of ["a", "b"] as const) {
      const weight = step.cost[id];
      if (weight === undefined) continue;
      const count = venue[id].arrive(at, weight);
      counts[id] = count;
      if (id === "a") ours.push({ at, weight, number });
      if (weight > 0 && id === "a" && others.length > 0) checkWithOthers(at, number, knownUpTo);
      else if (weight > 0 && count > venue[id].limit + EPSILON)
        findings.overLimit.push(`${id}: ${count} at ${at}`);
    }
    return counts;
  };

  const issue = (step: Call): void => {
    const index = findings.issued;
    findings.issued += 1;
    const issuedAt = time.monotonic();
    const abort = new AbortController();
    if (step.abortAfterMs !== undefined) time.set(step.abortAfterMs, () => abort.abort());
    const { lane, maxQueueMs } = step;
    limiter.acquire(step.cost, { lane, maxQueueMs, signal: abort.signal }).then(
      (permit) => {
        findings.ended += 1;
        const now = time.monotonic();
        const number = granted;
        granted += 1;
        const key = `${lane} ${Object.keys(step.cost).join()}`;
        if ((lastOf.get(key) ?? -1) > index) findings.outOfOrder.push(`${key} ${index}`);
        lastOf.set(key, index);
        if (now - issuedAt > (maxQueueMs ?? Number.POSITIVE_INFINITY)) findings.late.push(String(index));
        for (const id of Object.keys(step.cost)) {
          if (now < (stoppedUntil[id] as number)) findings.duringStop.push(`${id} at ${now}`);
        }
        if (step.cost.a !== undefined) sent.push({ at: now, weight: step.cost.a });
        const knownUpTo = now < provenUntil ? toldUpTo : -1;
        if (step.fate === "neverLeft") {
          time.set(step.backMs, () => permit.release());
          return;
        }
        if (step.fate === "lost") {
          time.set(step.outMs * 2, () => arrive(step, number, knownUpTo));
          time.set(TIMEOUT_MS, () => permit.settle({ answered: false, arrivesWithinMs: TIMEOUT_MS }));
          return;
        }
        time.set(step.outMs, () => {
          const counts = arrive(step, number, knownUpTo);
          const handled = arrivals;
          time.set(step.backMs, () => {
            const used: Record<string, number> = {};
            for (const id of told) if (counts[id] !== undefined) used[id] = counts[id];
            if (used.a !== undefined) {
              toldUpTo = Math.max(toldUpTo, handled);
              const ofOurs = sent
                .filter((one) => one.at >= now - INTERVAL_MS - LONGEST_MS)
                .reduce((sum, { weight }) => sum + weight, 0);
              if (used.a > ofOurs) provenUntil = time.monotonic() + INTERVAL_MS;
            }
            const outcome: RateLimitOutcome = { answered: true, used };
            if (step.fate === "answered") {
              permit.settle(outcome);
              return;
            }
            const forMs = step.backMs * 3 + 1;
            for (const id of Object.keys(step.cost)) {
              stoppedUntil[id] = Math.max(stoppedUntil[id] as number, time.monotonic() + forMs);
            }
            permit.settle({ ...outcome, refusal: { reason: "stop", forMs, stops: "pools" } });
          });
        });
      },
      () => {
        findings.ended += 1;
      },
    );
  };

  for (const step of steps) {
    if (step.type === "call") issue(step);
    else if (step.type === "wait") await time.advance(step.ms);
    else if (step.type === "wallJump") time.wallJump += step.ms;
    else {
      arrivals += 1;
      others.push({ at: time.monotonic(), order: arrivals, weight: step.weight });
      venue.a.arrive(time.monotonic(), step.weight);
    }
  }
  // Each of the calls may need a window of its own, and a pause before it.
  await time.advance((steps.length + 1) * 5_000);
  limiter.close();
  expect(time.pending).toBe(0);
  return findings;
}

const NOTHING = { overLimit: [], outOfOrder: [], late: [], duringStop: [] };

describe("the rate limiter, whatever is asked of it", () => {
  it("never exceeds what the venue counts, keeps order, stops and deadlines, and forgets nobody", async () => {
    const steps = fc.array(
      fc.oneof({ weight: 6, arbitrary: call }, { weight: 3, arbitrary: wait }, wallJump),
      {
        maxLength: 70,
        size: "max",
      },
    );
    await fc.assert(
      fc.asyncProperty(world, steps, async (given, actions) => {
        const findings = await run(given, actions);
        expect(findings).toEqual({ ...NOTHING, issued: findings.issued, ended: findings.issued });
      }),
      { numRuns: 300 },
    );
  }, 30_000);

  it("never adds to what others have spent of a fixed window, as far as it was told", async () => {
    const steps = fc.array(
      fc.oneof(
        { weight: 6, arbitrary: call },
        { weight: 3, arbitrary: wait },
        { weight: 2, arbitrary: foreign },
      ),
      { maxLength: 70, size: "max" },
    );
    const fixed = world.filter(({ isFixed, told }) => isFixed && told.includes("a"));
    await fc.assert(
      fc.asyncProperty(fixed, steps, async (given, actions) => {
        const { overLimit, issued, ended } = await run(given, actions);
        expect({ overLimit, ended }).toEqual({ overLimit: [], ended: issued });
      }),
      { numRuns: 300 },
    );
  }, 30_000);

  it("starves no lane", async () => {
    const arrival = fc.record({
      lane: fc.constantFrom(0, 0, 0, 1, 1, 2, 3),
      weight: fc.integer({ min: 1, max: 5 }),
      afterMs: fc.nat(40),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(arrival, { minLength: 50, maxLength: 300, size: "max" }),
        async (arrivals) => {
          const time = new VirtualTime();
          const limiter = new RateLimits({ clock: time, timers: time }, [
            { id: "a", limit: 10, intervalMs: 100, reserve: 0 },
          ]).open();
          /** Of each lane, the calls that wait. */
          const waiting = LANES.map(() => new Set<number>());
          /** Of each lane, how many calls of others went since it was served, or began to wait. */
          const passed = [0, 0, 0, 0];
          let most = 0;
          for (const [index, { lane, weight, afterMs }] of arrivals.entries()) {
            await time.advance(afterMs);
            if (waiting[lane]?.size === 0) passed[lane] = 0;
            waiting[lane]?.add(index);
            void limiter.acquire({ a: weight }, { lane: LANES[lane] }).then((permit) => {
              waiting[lane]?.delete(index);
              passed[lane] = 0;
              for (const other of [0, 1, 2, 3]) {
                if (other === lane || waiting[other]?.size === 0) continue;
                passed[other] = (passed[other] as number) + 1;
                most = Math.max(most, passed[other] as number);
              }
              permit.settle(ANSWERED);
            });
          }
          await time.advance(100_000);
          expect(waiting.every(({ size }) => size === 0)).toBe(true);
          // Eight, then the turns of the two other lanes, each after a call that is more urgent; and its own.
          expect(most).toBeLessThanOrEqual(8 + 2 * 2 + 1);
        },
      ),
      { numRuns: 100 },
    );
  }, 30_000);
});
