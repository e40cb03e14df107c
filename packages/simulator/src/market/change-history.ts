/**
 * The latest level changes of one book, in order. Entries have absolute numbers from 0 on; those before
 * `oldest` are forgotten.
 */
export interface ChangeHistory {
  /** Number of the first entry still known. */
  readonly oldest: number;
  /** Number of the next entry; one more than the last. */
  readonly end: number;
  /** Adds an entry to the step under way and returns its number. Ticks are positive for bids, negative for asks. */
  push(signedTick: number, lots: number, previousLots: number): number;
  /** Ends a step: its entries happened at `at` and consumed these ids. */
  commit(at: number, firstId: number, lastId: number): void;
  atOf(entry: number): number;
  firstIdOf(entry: number): number;
  lastIdOf(entry: number): number;
  signedTickOf(entry: number): number;
  lotsOf(entry: number): number;
  previousLotsOf(entry: number): number;
  /** Number of the first entry that happened after `at`. */
  firstAfter(at: number): number;
}

/** Makes a history that remembers `capacity` entries, a power of two. */
export function createChangeHistory(capacity: number): ChangeHistory {
  const mask = capacity - 1;
  if (capacity <= 0 || (capacity & mask) !== 0) throw new TypeError("capacity must be a power of two");
  const times = new Float64Array(capacity);
  const firstIds = new Float64Array(capacity);
  const lastIds = new Float64Array(capacity);
  const ticks = new Float64Array(capacity);
  const lots = new Float64Array(capacity);
  const previous = new Float64Array(capacity);
  let end = 0;
  let committed = 0;
  const oldest = (): number => Math.max(0, end - capacity);
  return {
    get oldest() {
      return oldest();
    },
    get end() {
      return committed;
    },
    push(signedTick, newLots, previousLots) {
      const slot = end & mask;
      ticks[slot] = signedTick;
      lots[slot] = newLots;
      previous[slot] = previousLots;
      return end++;
    },
    commit(at, firstId, lastId) {
      for (; committed < end; committed++) {
        const slot = committed & mask;
        times[slot] = at;
        firstIds[slot] = firstId;
        lastIds[slot] = lastId;
      }
    },
    atOf: (entry) => times[entry & mask]!,
    firstIdOf: (entry) => firstIds[entry & mask]!,
    lastIdOf: (entry) => lastIds[entry & mask]!,
    signedTickOf: (entry) => ticks[entry & mask]!,
    lotsOf: (entry) => lots[entry & mask]!,
    previousLotsOf: (entry) => previous[entry & mask]!,
    firstAfter(at) {
      let entry = committed;
      while (entry > oldest() && times[(entry - 1) & mask]! > at) entry--;
      return entry;
    },
  };
}
