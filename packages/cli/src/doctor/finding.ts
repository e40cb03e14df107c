/** What was found. `skipped` says why it was not looked at. */
export type Verdict = "ok" | "warning" | "failed" | "skipped";

/** What an examination found. */
export interface Finding {
  readonly check: string;
  readonly verdict: Verdict;
  /** In words, for people. */
  readonly text: string;
  /** The same as numbers, for programs; the names carry their unit. */
  readonly facts?: Readonly<Record<string, unknown>>;
}
