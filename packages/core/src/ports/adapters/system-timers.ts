import type { Timers } from "../timers.js";

/** The longest delay `setTimeout` takes; it turns a longer one into 1 ms. */
const LONGEST_STEP_MS = 2 ** 31 - 1;

/** The machine's timers. A pending timer keeps the process alive. */
export const systemTimers: Timers = {
  set(delayMs, callback) {
    // setTimeout would turn NaN and negative numbers into 1 ms and hide the mistake.
    if (!(delayMs >= 0)) throw new TypeError(`a delay must be a non-negative number, not ${delayMs}`);
    // setTimeout drops the fraction, which would be early.
    let remainingMs = Math.ceil(delayMs);
    let handle: NodeJS.Timeout;
    const step = (): void => {
      const stepMs = Math.min(remainingMs, LONGEST_STEP_MS);
      remainingMs -= stepMs;
      handle = setTimeout(remainingMs > 0 ? step : callback, stepMs);
    };
    step();
    return { cancel: () => clearTimeout(handle) };
  },
};
