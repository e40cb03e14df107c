import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemTimers } from "../../src/ports/adapters/system-timers.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("systemTimers", () => {
  it("does not fire at once beyond the longest delay of setTimeout", () => {
    const callback = vi.fn();
    const delayMs = 2 ** 31 + 1_000;
    systemTimers.set(delayMs, callback);
    vi.advanceTimersByTime(delayMs - 1);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("fires once, on time, for any delay", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 34 }), (delayMs) => {
        let calls = 0;
        systemTimers.set(delayMs, () => {
          calls += 1;
        });
        vi.advanceTimersByTime(delayMs - 1);
        expect(calls).toBe(0);
        vi.advanceTimersByTime(1);
        expect(calls).toBe(1);
        expect(vi.getTimerCount()).toBe(0);
      }),
    );
  });

  it("is not early by a fraction of a millisecond", () => {
    const callback = vi.fn();
    systemTimers.set(10.4, callback);
    vi.advanceTimersByTime(10);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it("waits forever for an infinite delay", () => {
    const callback = vi.fn();
    const timer = systemTimers.set(Number.POSITIVE_INFINITY, callback);
    vi.advanceTimersByTime(2 ** 33);
    expect(callback).not.toHaveBeenCalled();
    timer.cancel();
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([5, 2 ** 31 + 1_000])("can be withdrawn: %d ms", (delayMs) => {
    const callback = vi.fn();
    const timer = systemTimers.set(delayMs, callback);
    vi.advanceTimersByTime(delayMs - 1);
    timer.cancel();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(delayMs);
    expect(callback).not.toHaveBeenCalled();
    timer.cancel();
  });

  it.each([-1, Number.NaN])("refuses %d", (delayMs) => {
    expect(() => systemTimers.set(delayMs, () => {})).toThrow(TypeError);
  });
});
