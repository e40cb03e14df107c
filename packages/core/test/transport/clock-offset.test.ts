import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ClockOffset, type ClockSample } from "../../src/transport/clock-offset.js";

const WALL = 1_700_000_000_000;

/** A sample of a venue that is ahead of the monotonic clock by `ahead`. */
function sample(sentAt: number, outMs: number, backMs: number, ahead: number): ClockSample {
  return { sentAt, receivedAt: sentAt + outMs + backMs, venueTime: Math.floor(sentAt + outMs + ahead) };
}

describe("a clock offset", () => {
  it("is not known before it is measured", () => {
    const offset = new ClockOffset({ wall: WALL, monotonic: 0 });
    expect(offset.at({ wall: WALL + 5, monotonic: 5 })).toEqual({
      timestamp: WALL + 5,
      offsetMs: 0,
      uncertaintyMs: Number.POSITIVE_INFINITY,
      measured: false,
    });
    offset.measured([], { wall: WALL, monotonic: 0 });
    expect(offset.at({ wall: WALL, monotonic: 0 }).measured).toBe(false);
    expect(offset.look({ wall: WALL + 60_000, monotonic: 5 })).toBe(true);
    expect(offset.look({ wall: WALL + 60_001, monotonic: 6 })).toBe(false);
  });

  it("is the middle of the round trip", () => {
    const offset = new ClockOffset({ wall: WALL, monotonic: 0 });
    offset.measured([sample(100, 20, 20, WALL + 5_000)], { wall: WALL + 140, monotonic: 140 });
    expect(offset.at({ wall: WALL + 140, monotonic: 140 })).toEqual({
      timestamp: WALL + 5_140.5,
      offsetMs: 5_000.5,
      uncertaintyMs: 20.5,
      measured: true,
    });
  });

  it("is never wrong by more than it says, with slow and lopsided answers, one that lies, and drift", () => {
    const trip = fc.record({ outMs: fc.double({ min: 0, max: 2_000, noNaN: true }), backMs: fc.nat(2_000) });
    const lie = fc.option(fc.record({ index: fc.nat(4), by: fc.integer({ min: -1e9, max: 1e9 }) }));
    const drift = fc.double({ min: -0.0005, max: 0.0005, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(trip, { minLength: 5, maxLength: 5 }),
        lie,
        fc.integer({ min: -300_000, max: 300_000 }),
        drift,
        fc.nat(3_600_000),
        (trips, lying, skew, driftRate, laterMs) => {
          let now = 1_000;
          const samples = trips.map(({ outMs, backMs }, index) => {
            const honest = sample(now, outMs, backMs, WALL + skew);
            now = honest.receivedAt + 1;
            return lying?.index === index ? { ...honest, venueTime: honest.venueTime + lying.by } : honest;
          });
          const offset = new ClockOffset({ wall: WALL, monotonic: 0 });
          offset.measured(samples, { wall: WALL + now, monotonic: now });
          const monotonic = now + laterMs;
          const truth = monotonic + WALL + skew + laterMs * driftRate;
          const { timestamp, uncertaintyMs } = offset.at({ wall: WALL + monotonic, monotonic });
          expect(Math.abs(timestamp - truth)).toBeLessThanOrEqual(uncertaintyMs + 1e-3);
          // No slow answer makes it worse than the middle one.
          const trips3 = samples.map((one) => one.receivedAt - one.sentAt).sort((a, b) => a - b);
          expect(uncertaintyMs).toBeLessThanOrEqual(
            (trips3[2] as number) / 2 + 0.5 + laterMs * 0.0005 + 1e-3,
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  describe("when the clocks of the machine part", () => {
    const measured = (skew: number): ClockOffset => {
      const offset = new ClockOffset({ wall: WALL, monotonic: 0 });
      offset.measured([sample(0, 10, 10, WALL + skew)], { wall: WALL + 20, monotonic: 20 });
      return offset;
    };
    const HOUR = 3_600_000;

    it("is right after a jump backward, since that is the wall clock's", () => {
      const offset = measured(5_000);
      const reading = { wall: WALL - HOUR + 1_000, monotonic: 1_000 };
      expect(offset.look(reading)).toBe(true);
      const time = offset.at(reading);
      expect(time.timestamp).toBeCloseTo(WALL + 6_000.5, 3);
      expect(time.offsetMs).toBeCloseTo(HOUR + 5_000.5, 3);
      expect(time.uncertaintyMs).toBeLessThan(12);
      expect(offset.look(reading)).toBe(false);
    });

    it("is right after sleep, and says that it may have been a jump", () => {
      const offset = measured(-200);
      // Monotonic time stood still for an hour.
      const reading = { wall: WALL + HOUR + 1_000, monotonic: 1_000 };
      expect(offset.look(reading)).toBe(true);
      const time = offset.at(reading);
      expect(time.timestamp).toBeCloseTo(WALL + HOUR + 800.5, 3);
      expect(time.uncertaintyMs).toBeGreaterThanOrEqual(HOUR);
    });

    it("is right after the wall clock was put right, and says that it may have been sleep", () => {
      const offset = measured(60_000);
      const reading = { wall: WALL + 60_000 + 1_000, monotonic: 1_000 };
      expect(offset.look(reading)).toBe(true);
      const time = offset.at(reading);
      expect(time.timestamp).toBeCloseTo(WALL + 61_000.5, 3);
      expect(time.offsetMs).toBeCloseTo(0.5, 3);
      expect(time.uncertaintyMs).toBeGreaterThanOrEqual(60_000);
    });

    it("takes no notice of what clocks do by themselves", () => {
      expect(measured(0).look({ wall: WALL + 600_040, monotonic: 600_000 })).toBe(false);
    });

    it("is within what it says, whatever happened", () => {
      const event = fc.record({
        kind: fc.constantFrom("step", "sleep"),
        ms: fc.integer({ min: -4_000_000, max: 4_000_000 }),
        afterMs: fc.nat(100_000),
      });
      fc.assert(
        fc.property(
          fc.integer({ min: -300_000, max: 300_000 }),
          fc.array(event, { maxLength: 8 }),
          (skew, events) => {
            const offset = measured(skew);
            let wall = WALL + 20;
            let monotonic = 20;
            let venue = WALL + 20 + skew;
            for (const { kind, ms, afterMs } of events) {
              const slept = kind === "sleep" ? Math.abs(ms) : 0;
              wall += afterMs + (kind === "sleep" ? slept : ms);
              monotonic += afterMs;
              venue += afterMs + slept;
              const reading = { wall, monotonic };
              const noticed = offset.look(reading);
              expect(noticed || Math.abs(ms) < 60).toBe(true);
              // What is too small to be noticed is not in the uncertainty: 50 ms for each event.
              const slack = 50 * events.length;
              const { timestamp, uncertaintyMs } = offset.at(reading);
              expect(Math.abs(timestamp - venue)).toBeLessThanOrEqual(uncertaintyMs + slack);
            }
          },
        ),
        { numRuns: 300 },
      );
    });
  });
});
