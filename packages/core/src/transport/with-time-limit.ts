import type { Timers } from "../ports/index.js";

/** What came of some work. */
export type Limited<Value> =
  | { readonly state: "done"; readonly value: Value }
  | { readonly state: "failed"; readonly error: unknown }
  | { readonly state: "timedOut" }
  | { readonly state: "aborted" };

/** Waits for `work`, but no longer than `timeoutMs` or until `signal` aborts: it is then left to itself. */
export function withTimeLimit<Value>(
  timers: Timers,
  timeoutMs: number,
  signal: AbortSignal | undefined,
  work: () => Promise<Value>,
): Promise<Limited<Value>> {
  if (signal?.aborted) return Promise.resolve({ state: "aborted" });
  return new Promise((resolve) => {
    const settle = (result: Limited<Value>): void => {
      timer.cancel();
      signal?.removeEventListener("abort", onAbort);
      resolve(result);
    };
    const onAbort = (): void => settle({ state: "aborted" });
    const timer = timers.set(timeoutMs, () => settle({ state: "timedOut" }));
    signal?.addEventListener("abort", onAbort, { once: true });
    work().then(
      (value) => settle({ state: "done", value }),
      (error: unknown) => settle({ state: "failed", error }),
    );
  });
}
