/** What a check is given. */
export interface CheckContext {
  /** Absolute path of the repository, without a slash at its end. */
  readonly root: string;
  /** Whether files that are generated may be rewritten instead of compared. */
  readonly update: boolean;
}

/** What a check found; it passed if there are no problems. */
export interface CheckResult {
  /** One entry for each problem, ready to be read: `path:line: what is wrong`. */
  readonly problems: readonly string[];
  /** Printed in any case. */
  readonly notes?: readonly string[];
}

export type Check = (context: CheckContext) => CheckResult | Promise<CheckResult>;
