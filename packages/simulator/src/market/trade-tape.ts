/** One fill in a simulated market. */
export interface Trade {
  readonly id: number;
  /** Venue time, milliseconds since 1970. */
  readonly at: number;
  readonly tick: number;
  readonly lots: number;
  /** The taker sold. */
  readonly buyerIsMaker: boolean;
}

/** A list that forgets its oldest entries and keeps their numbers. */
export interface Tape<T> {
  /** Number of the first entry still known. */
  readonly oldest: number;
  /** Number of the next entry. */
  readonly end: number;
  push(entry: T): void;
  /** @throws {RangeError} if the entry is forgotten or not there yet. */
  get(index: number): T;
}

/** Makes an empty tape that keeps at least the latest `capacity` entries. */
export function createTape<T>(capacity: number): Tape<T> {
  let entries: T[] = [];
  let oldest = 0;
  return {
    get oldest() {
      return oldest;
    },
    get end() {
      return oldest + entries.length;
    },
    push(entry) {
      entries.push(entry);
      if (entries.length >= capacity * 2) {
        oldest += capacity;
        entries = entries.slice(capacity);
      }
    },
    get(index) {
      const entry = entries[index - oldest];
      if (entry === undefined) throw new RangeError(`no entry ${index}`);
      return entry;
    },
  };
}
