import { OverflowError } from "@conn/core";
import type { Output } from "./command-io.js";

/** How many lines may wait for a reader who is slower than the venue. */
const CAPACITY = 50_000;

/**
 * Writes lines to a reader who may be slow. What he has not taken waits here; of lines with the same
 * key only the newest waits. So a slow reader of books gets fewer of them, but never an old one, and
 * no other line is ever left out.
 */
export class LineWriter {
  readonly #output: Output;
  /** In order; a line replaced by a newer one of its key goes to the end. */
  readonly #waiting = new Map<string | number, string>();
  #count = 0;
  #idle: PromiseWithResolvers<void> | undefined;

  constructor(output: Output) {
    this.#output = output;
    output.on("drain", this.#flush);
  }

  /**
   * Writes a line, now or when the reader is ready for it.
   *
   * @param key Of lines with the same key only the newest matters.
   * @throws {OverflowError} READER_TOO_SLOW when more lines wait than can be kept.
   */
  write(line: string, key?: string): void {
    if (this.#waiting.size === 0 && !this.#output.writableNeedDrain) {
      this.#output.write(`${line}\n`);
      return;
    }
    if (key !== undefined) this.#waiting.delete(key);
    if (this.#waiting.size >= CAPACITY) {
      throw new OverflowError("READER_TOO_SLOW", `${CAPACITY} lines of output wait for their reader`, {
        details: { capacity: CAPACITY },
      });
    }
    this.#count += 1;
    this.#waiting.set(key ?? this.#count, line);
  }

  /** Waits until the reader has taken everything. */
  async drained(signal: AbortSignal): Promise<void> {
    if (this.#waiting.size === 0 || signal.aborted) return;
    this.#idle ??= Promise.withResolvers();
    const { promise, resolve } = this.#idle;
    signal.addEventListener("abort", () => resolve(), { once: true });
    await promise;
  }

  /** Forgets what waits. */
  close(): void {
    this.#output.off("drain", this.#flush);
    this.#waiting.clear();
  }

  readonly #flush = (): void => {
    for (const [key, line] of this.#waiting) {
      if (this.#output.writableNeedDrain) return;
      this.#waiting.delete(key);
      this.#output.write(`${line}\n`);
    }
    this.#idle?.resolve();
    this.#idle = undefined;
  };
}
