import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LifecycleError, RateLimitError } from "../../src/errors/index.js";
import { RateLimiter } from "../../src/rate-limit/index.js";
import { VirtualTime } from "../support/virtual-time.js";

function setUp() {
  const time = new VirtualTime();
  const limiter = new RateLimiter({ clock: time, timers: time }, [
    { id: "weight", limit: 100, intervalMs: 1_000 },
    { id: "dials", limit: 2, intervalMs: 10_000 },
  ]);
  const passed: string[] = [];
  const go = (name: string, cost: Record<string, number>, options = {}): Promise<void> =>
    limiter.acquire(cost, options).then(() => void passed.push(name));
  return { time, limiter, passed, go };
}

describe("the rate limiter", () => {
  it("lets through what fits and keeps the rest in order", async () => {
    const { time, passed, go } = setUp();
    void go("a", { weight: 60 });
    void go("b", { weight: 60 });
    void go("c", { weight: 1 });
    await time.advance(0);
    expect(passed).toEqual(["a"]);
    await time.advance(999);
    expect(passed).toEqual(["a"]);
    await time.advance(1);
    expect(passed).toEqual(["a", "b", "c"]);
    expect(time.pending).toBe(0);
  });

  it("waits for every pool that a call costs", async () => {
    const { time, passed, go } = setUp();
    void go("a", { dials: 2 });
    void go("b", { weight: 1, dials: 1 });
    await time.advance(9_999);
    expect(passed).toEqual(["a"]);
    await time.advance(1);
    expect(passed).toEqual(["a", "b"]);
  });

  it("believes the venue where it counts more", async () => {
    const { time, limiter, passed, go } = setUp();
    limiter.observe("weight", 95);
    limiter.observe("weight", 10);
    limiter.observe("unknown", 1_000);
    void go("a", { weight: 6 });
    await time.advance(999);
    expect(passed).toEqual([]);
    await time.advance(1);
    expect(passed).toEqual(["a"]);
  });

  it("lets nothing pass while stopped, and a shorter stop does not cut a longer one", async () => {
    const { time, limiter, passed, go } = setUp();
    limiter.stopFor(5_000);
    limiter.stopFor(1_000);
    void go("a", { weight: 1 });
    await time.advance(4_999);
    expect(passed).toEqual([]);
    await time.advance(1);
    expect(passed).toEqual(["a"]);
  });

  it("refuses what waited too long, and lets those behind it pass", async () => {
    const { time, passed, go } = setUp();
    void go("a", { weight: 50 });
    const big = go("big", { weight: 100 }, { maxQueueMs: 300 });
    const refused = expect(big).rejects.toBeInstanceOf(RateLimitError);
    void go("small", { weight: 50 });
    await time.advance(299);
    expect(passed).toEqual(["a"]);
    await time.advance(1);
    await refused;
    expect(passed).toEqual(["a", "small"]);
  });

  it("leaves the queue when aborted", async () => {
    const { time, passed, go } = setUp();
    const abort = new AbortController();
    void go("a", { weight: 100 });
    const waiting = expect(go("b", { weight: 1 }, { signal: abort.signal })).rejects.toBeInstanceOf(
      LifecycleError,
    );
    abort.abort();
    await waiting;
    await expect(go("c", { weight: 1 }, { signal: abort.signal })).rejects.toBeInstanceOf(LifecycleError);
    await time.advance(10_000);
    expect(passed).toEqual(["a"]);
    expect(time.pending).toBe(0);
  });

  it("refuses misuse", () => {
    const { limiter } = setUp();
    expect(() => limiter.acquire({ wieght: 1 })).toThrow(TypeError);
    expect(() => limiter.acquire({ weight: 101 })).toThrow(TypeError);
  });

  it("never lets more than the limit pass within any window", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ after: fc.nat(400), weight: fc.integer({ min: 1, max: 100 }) }), {
          maxLength: 40,
        }),
        async (calls) => {
          const { time, limiter } = setUp();
          const spent: { at: number; weight: number }[] = [];
          for (const { after, weight } of calls) {
            await time.advance(after);
            void limiter.acquire({ weight }).then(() => spent.push({ at: time.monotonic(), weight }));
          }
          await time.advance(100_000);
          expect(spent).toHaveLength(calls.length);
          for (const { at } of spent) {
            const window = spent.filter((other) => other.at >= at && other.at < at + 1_000);
            expect(window.reduce((sum, { weight }) => sum + weight, 0)).toBeLessThanOrEqual(100);
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});
