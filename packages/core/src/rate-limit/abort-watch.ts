interface Watch {
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

/**
 * Calls back when signals abort. Many wait by the same signal, and a signal goes through all of its listeners when
 * one is added: so it gets one for all.
 */
export class AbortWatch {
  readonly #watches = new Map<AbortSignal, Watch>();
  readonly #after: () => void;

  /** @param after Called when all callbacks of a signal have been. */
  constructor(after: () => void) {
    this.#after = after;
  }

  add(signal: AbortSignal, callback: () => void): void {
    let watch = this.#watches.get(signal);
    if (watch === undefined) {
      const callbacks = new Set<() => void>();
      const listener = (): void => {
        this.#watches.delete(signal);
        for (const each of callbacks) each();
        this.#after();
      };
      signal.addEventListener("abort", listener, { once: true });
      watch = { callbacks, listener };
      this.#watches.set(signal, watch);
    }
    watch.callbacks.add(callback);
  }

  remove(signal: AbortSignal, callback: () => void): void {
    const watch = this.#watches.get(signal);
    if (watch === undefined) return;
    watch.callbacks.delete(callback);
    if (watch.callbacks.size > 0) return;
    this.#watches.delete(signal);
    signal.removeEventListener("abort", watch.listener);
  }
}
