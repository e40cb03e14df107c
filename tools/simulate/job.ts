/** What the program of a seed does: read books and trades, or place orders. */
export type Kind = "market" | "trading";

/** One seed to run. */
export interface Job {
  readonly connector: string;
  readonly kind: Kind;
  readonly seed: number;
  readonly events: number;
  /** Whether to look for the fewest faults that still break an invariant. */
  readonly shrink: boolean;
}
