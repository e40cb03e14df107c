/** The latest things worth telling, for the report of a violation. */
export class Timeline {
  readonly #lines: string[] = [];
  readonly #capacity: number;
  readonly #elapsedMs: () => number;
  #hash = 0x811c9dc5;

  constructor(capacity: number, elapsedMs: () => number) {
    this.#capacity = capacity;
    this.#elapsedMs = elapsedMs;
  }

  add(what: string): void {
    const line = `${this.#elapsedMs().toFixed(3).padStart(14)} ms  ${what}`;
    for (let index = 0; index < line.length; index += 1) {
      this.#hash = Math.imul(this.#hash ^ line.charCodeAt(index), 0x01000193);
    }
    this.#lines.push(line);
    if (this.#lines.length > 2 * this.#capacity) this.#lines.splice(0, this.#capacity);
  }

  get lines(): readonly string[] {
    return this.#lines.slice(-this.#capacity);
  }

  /** Sums up every line so far: equal for equal runs. */
  get digest(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, "0");
  }
}
