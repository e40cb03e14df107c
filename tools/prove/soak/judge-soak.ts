import { leftOpen, type Resources } from "./resources.ts";
import type { Comparisons } from "./venue-host.ts";

/** One look at the process. */
export interface SoakSample {
  /** Since the connectors were ready, in minutes. */
  readonly minute: number;
  /** Bytes that live objects and their buffers take, after a collection of garbage. */
  readonly heapBytes: number;
  /** What keeps the event loop alive, by kind. */
  readonly resources: Resources;
}

/** What a soak came to. */
export interface SoakOutcome {
  readonly minutes: number;
  /** Whether it ended before its time. */
  readonly cutShort: boolean;
  readonly samples: readonly SoakSample[];
  readonly faults: Readonly<Record<string, number>>;
  /** Readers that were too slow and were told. */
  readonly overflows: number;
  /** Problems that the connectors told, by code. */
  readonly problems: Readonly<Record<string, number>>;
  readonly books: number;
  /** Changes of books. */
  readonly changes: number;
  /** What came of holding live books against the venues' own. */
  readonly comparisons: Comparisons;
  /** Losses of trust in a book. */
  readonly losses: number;
  /** Longest time in which a book was not live, in ms. */
  readonly longestLossMs: number;
  /** Time after the last fault until every book was live, in ms; undefined if they were not within the bound. */
  readonly liveAfterFaultsMs: number | undefined;
  readonly eventLoopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly resourcesBefore: Resources;
  readonly resourcesAfter: Resources;
  /** Errors that nobody caught. */
  readonly uncaught: readonly string[];
}

/** How much of the beginning is warm-up: compiled code and what is remembered of trades, of which there is a most, get their size. */
const WARM_UP = 0.5;
const LEAST_WARM_UP_MINUTES = 8;
/** Fewer samples after the warm-up, or a shorter time, say nothing of a slope. */
const FEWEST_SAMPLES = 20;
const LEAST_MINUTES = 5;
/**
 * More would be a leak: at twelve faults a minute, some eight kilobytes for each. A sound run of twenty minutes grew by half
 * of that in its second half; in a shorter one, heap snapshots showed compiled code and text to grow, and no objects.
 */
export const MOST_BYTES_PER_MINUTE = 100_000;

/**
 * Growth of the heap after the warm-up, in bytes a minute: the median of the slopes between all pairs of samples, so
 * that no single sample decides. Undefined if the run was too short to tell.
 */
export function heapSlope(samples: readonly SoakSample[]): number | undefined {
  const end = samples.at(-1)?.minute ?? 0;
  const warmAt = Math.max(end * WARM_UP, LEAST_WARM_UP_MINUTES);
  const warm = samples.filter(({ minute }) => minute >= warmAt);
  const [first] = warm;
  if (warm.length < FEWEST_SAMPLES || first === undefined || end - first.minute < LEAST_MINUTES)
    return undefined;
  const slopes: number[] = [];
  for (const [index, one] of warm.entries()) {
    for (const other of warm.slice(index + 1))
      slopes.push((other.heapBytes - one.heapBytes) / (other.minute - one.minute));
  }
  slopes.sort((a, b) => a - b);
  return slopes[Math.floor(slopes.length / 2)];
}

/** What is wrong with the outcome of a soak; nothing if it passed. */
export function judgeSoak(outcome: SoakOutcome): string[] {
  const { comparisons, uncaught, liveAfterFaultsMs, resourcesBefore, resourcesAfter, books } = outcome;
  const { equal, different, differences } = comparisons;
  const problems: string[] = [];
  if (different > 0)
    problems.push(`${different} live books differed from the venue's, first: ${differences[0]}`);
  if (equal === 0) problems.push("no live book was ever held against the venue's");
  if (liveAfterFaultsMs === undefined) problems.push(`not all of ${books} books were live after the faults`);
  if (uncaught.length > 0) problems.push(`${uncaught.length} errors were not caught, first: ${uncaught[0]}`);
  const slope = heapSlope(outcome.samples);
  if (slope !== undefined && slope > MOST_BYTES_PER_MINUTE)
    problems.push(
      `the heap grew by ${Math.round(slope)} bytes a minute, allowed are ${MOST_BYTES_PER_MINUTE}`,
    );
  for (const kind of leftOpen(resourcesBefore, resourcesAfter))
    problems.push(
      `${kind}: ${resourcesAfter[kind]} open at the end, ${resourcesBefore[kind] ?? 0} at the start`,
    );
  return problems;
}
