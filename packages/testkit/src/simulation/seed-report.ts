import type { SessionSink } from "@conn/core";

/** How to run one seed. */
export interface SimulateSeedOptions {
  readonly seed: number;
  /** What the program does: read books and trades, or place orders. @default "market" */
  readonly kind?: "market" | "trading";
  /** How many things must happen at least: timers, frames, requests, answers, faults. @default 20000 */
  readonly events?: number;
  /** Faults that do not happen, by their number; the others stay exactly as they are. */
  readonly without?: ReadonlySet<number>;
  /** Takes the session of the host under test, as of `createHost`. */
  readonly recordTo?: SessionSink;
}

/** What a seed came to. */
export interface SeedReport {
  readonly seed: number;
  readonly events: number;
  readonly simulatedMs: number;
  /** How often each kind of fault happened. */
  readonly faults: Readonly<Record<string, number>>;
  /** How often each change of state was seen. */
  readonly transitions: Readonly<Record<string, number>>;
  /** Sums up all that was noted: equal for equal runs. */
  readonly digest: string;
  readonly violation: Violation | undefined;
}

/** An invariant that did not hold. */
export interface Violation {
  readonly what: string;
  readonly atMs: number;
  /** Numbers of the faults that had happened. */
  readonly faults: readonly number[];
  /** What happened last. */
  readonly timeline: readonly string[];
}
