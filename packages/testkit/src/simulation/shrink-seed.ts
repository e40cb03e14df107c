import type { SeedReport, SimulateSeedOptions } from "./seed-report.js";
import { simulateSeed } from "./simulate-seed.js";
import type { SimulationSetup } from "./simulation-setup.js";

/** Runs at most this many times: a timeline that is short enough is better than one that comes too late. */
const MAX_RUNS = 60;

/**
 * Runs a seed and, if an invariant breaks, leaves out faults as long as it still breaks.
 *
 * @returns The report of the run with the fewest faults that were found to suffice.
 */
export async function shrinkSeed(setup: SimulationSetup, options: SimulateSeedOptions): Promise<SeedReport> {
  let best = await simulateSeed(setup, options);
  if (best.violation === undefined) return best;
  const without = new Set(options.without);
  let runs = 0;
  let size = Math.ceil(best.violation.faults.length / 2);
  while (size >= 1 && runs < MAX_RUNS) {
    let shrunk = false;
    for (let from = 0; from < best.violation.faults.length && runs < MAX_RUNS; ) {
      const part = best.violation.faults.slice(from, from + size);
      const attempt = await simulateSeed(setup, {
        ...options,
        // What breaks, breaks early if its cause is left; the whole length would be waiting for nothing.
        events: Math.ceil(best.events * 1.5),
        without: new Set([...without, ...part]),
      });
      runs += 1;
      if (attempt.violation === undefined) {
        from += size;
        continue;
      }
      for (const number of part) without.add(number);
      best = { ...attempt, violation: attempt.violation };
      shrunk = true;
      if (best.violation === undefined) return best;
    }
    if (size === 1 && !shrunk) break;
    size = size === 1 ? 1 : Math.ceil(size / 2);
  }
  return best;
}
