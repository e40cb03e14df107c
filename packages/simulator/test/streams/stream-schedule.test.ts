import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { boundaryFrom, boundaryUntil, createStreamSchedule, type ScheduledStream } from "../../src/index.js";

/** A market that only knows how far it has advanced. */
const createClockwork = () => {
  const market = {
    time: 0,
    advance(at: number) {
      market.time = Math.max(market.time, at);
    },
  };
  return market;
};

/** A stream that is due every so often. */
const createTicking = (market: ReturnType<typeof createClockwork>, everyMs: number) => {
  const stream = { market, everyMs, nextAt: everyMs, dueAt: () => stream.nextAt };
  return stream;
};

describe("a schedule of streams", () => {
  it("runs each at its times, all in the order of time, with its market at that time", () => {
    const schedule = createStreamSchedule<ReturnType<typeof createTicking>>();
    const [one, other] = [createClockwork(), createClockwork()];
    for (const [market, everyMs] of [
      [one, 30],
      [other, 20],
      [one, 50],
    ] as const) {
      schedule.add(createTicking(market, everyMs));
    }
    const runs: [at: number, everyMs: number][] = [];
    const run = (stream: ReturnType<typeof createTicking>, dueAt: number): void => {
      expect(stream.market.time).toBe(dueAt);
      runs.push([dueAt, stream.everyMs]);
      stream.nextAt += stream.everyMs;
    };
    expect(schedule.dueAt()).toBe(20);
    schedule.runUntil(70, run);
    expect(runs).toEqual([
      [20, 20],
      [30, 30],
      [40, 20],
      [50, 50],
      [60, 30],
      [60, 20],
    ]);
    expect(schedule.dueAt()).toBe(80);
    // A market that nothing is due in is left where it is.
    expect([one.time, other.time]).toEqual([60, 60]);
  });

  it("takes in streams, lets them go, and hears of changes from outside", () => {
    const schedule = createStreamSchedule<ScheduledStream>();
    expect(schedule.dueAt()).toBe(Number.POSITIVE_INFINITY);
    const market = createClockwork();
    const first = createTicking(market, 10);
    const second = createTicking(market, 5);
    schedule.add(first);
    expect(schedule.dueAt()).toBe(10);
    schedule.add(second);
    expect(schedule.dueAt()).toBe(5);
    schedule.remove(second);
    schedule.remove(second);
    expect(schedule.dueAt()).toBe(10);
    first.nextAt = 3;
    schedule.invalidate();
    expect(schedule.dueAt()).toBe(3);
    schedule.remove(first);
    expect(schedule.dueAt()).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("boundaries", () => {
  it("are the nearest times of the phase, before and after", () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 1e12 }),
        fc.integer({ min: 1, max: 5000 }),
        fc.nat({ max: 4999 }),
        (at, interval, phase) => {
          const [until, from] = [boundaryUntil(at, interval, phase), boundaryFrom(at, interval, phase)];
          expect(until).toBeLessThanOrEqual(at);
          expect(from).toBeGreaterThanOrEqual(at);
          expect(Math.abs((until - phase) % interval)).toBe(0);
          expect(from - until).toBe(until === at ? 0 : interval);
        },
      ),
    );
  });
});
