/** One seed to run. */
export interface Job {
  readonly connector: string;
  readonly seed: number;
  readonly events: number;
  /** Whether to look for the fewest faults that still break an invariant. */
  readonly shrink: boolean;
}
