import { AbortWatch } from "../rate-limit/abort-watch.js";

/**
 * Calls that are given up together, or each by a signal of its own. When a call has come to its end nothing of it is
 * left at its signal, which may be one that lives as long as the program.
 */
export class CallScope {
  readonly #open = new Set<AbortController>();
  readonly #watch = new AbortWatch(() => undefined);
  #ended: { readonly reason: unknown } | undefined;

  /** Makes a call with a signal that aborts with `signal`, and when the scope does. */
  async run<Answer>(
    signal: AbortSignal | undefined,
    call: (signal: AbortSignal) => Promise<Answer>,
  ): Promise<Answer> {
    const abort = new AbortController();
    const onAbort = (): void => abort.abort(signal?.reason);
    if (this.#ended !== undefined) abort.abort(this.#ended.reason);
    if (signal?.aborted) onAbort();
    else if (signal !== undefined) this.#watch.add(signal, onAbort);
    this.#open.add(abort);
    try {
      return await call(abort.signal);
    } finally {
      this.#open.delete(abort);
      if (signal !== undefined) this.#watch.remove(signal, onAbort);
    }
  }

  /** Gives up all calls, and those to come. */
  abort(reason?: unknown): void {
    this.#ended ??= { reason };
    for (const abort of [...this.#open]) abort.abort(reason);
  }
}
