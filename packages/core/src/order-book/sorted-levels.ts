const INITIAL_CAPACITY = 64;

/**
 * Levels of one side sorted by key, worst first, in two typed arrays. A key is a price for bids and a
 * negated price for asks, so that the greater key is the better one on both sides.
 *
 * The levels stand from `start` to `end` with free room at both ends: a change moves the shorter part,
 * and the worst levels are cut off by moving `start`.
 *
 * `reserve` is the only call that allocates. A caller that reserves first cannot fail halfway.
 */
export class SortedLevels {
  start = 0;
  end = 0;
  keys: Float64Array = new Float64Array(0);
  amounts: Float64Array = new Float64Array(0);

  get count(): number {
    return this.end - this.start;
  }

  /** Makes room for `count` levels in all. */
  reserve(count: number): void {
    const capacity = this.keys.length;
    if (count <= capacity) return;
    const needed = Math.max(INITIAL_CAPACITY, capacity + (capacity >> 2), count);
    const keys = new Float64Array(needed);
    const amounts = new Float64Array(needed);
    const start = (needed - this.count) >> 1;
    keys.set(this.keys.subarray(this.start, this.end), start);
    amounts.set(this.amounts.subarray(this.start, this.end), start);
    this.end = start + this.count;
    this.start = start;
    this.keys = keys;
    this.amounts = amounts;
  }

  clear(): void {
    this.start = 0;
    this.end = 0;
  }

  /** Position of the first level whose key is at least `key`; `end` if there is none. */
  find(key: number): number {
    const keys = this.keys;
    let low = this.start;
    let high = this.end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (keys[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The amount at `key`, 0 if there is no such level. */
  amountAt(key: number): number {
    const at = this.find(key);
    return at < this.end && this.keys[at] === key ? this.amounts[at]! : 0;
  }

  /**
   * Sets the amount of a level, or removes the level if the amount is 0.
   *
   * @returns false if there was no level to remove.
   */
  set(key: number, amount: number): boolean {
    const at = this.find(key);
    const exists = at < this.end && this.keys[at] === key;
    if (amount === 0) {
      if (exists) this.#remove(at);
      return exists;
    }
    if (exists) this.amounts[at] = amount;
    else this.#insert(at, key, amount);
    return true;
  }

  /** Appends a level that is better than all others, or, before `sort`, any level. */
  append(key: number, amount: number): void {
    if (this.end === this.keys.length) this.#moveTo(0);
    this.keys[this.end] = key;
    this.amounts[this.end] = amount;
    this.end++;
  }

  /** Puts levels that were appended in any order in order. Of one key the last counts; amounts of 0 go. */
  sort(): void {
    const { keys, amounts, start, end } = this;
    let rising = true;
    let falling = true;
    for (let at = start + 1; at < end; at++) {
      if (keys[at - 1]! >= keys[at]!) rising = false;
      if (keys[at - 1]! <= keys[at]!) falling = false;
    }
    if (falling) {
      keys.subarray(start, end).reverse();
      amounts.subarray(start, end).reverse();
    } else if (!rising) {
      const order = Uint32Array.from({ length: end - start }, (_, index) => start + index);
      order.sort((a, b) => keys[a]! - keys[b]! || a - b);
      keys.set(
        Float64Array.from(order, (at) => keys[at]!),
        start,
      );
      amounts.set(
        Float64Array.from(order, (at) => amounts[at]!),
        start,
      );
    }
    let kept = start;
    for (let at = start; at < end; at++) {
      if (amounts[at] === 0 || (at + 1 < end && keys[at] === keys[at + 1])) continue;
      keys[kept] = keys[at]!;
      amounts[kept] = amounts[at]!;
      kept++;
    }
    this.end = kept;
    this.#moveTo((keys.length - this.count) >> 1);
  }

  /** Removes the `count` worst levels. */
  removeWorst(count: number): void {
    this.start += count;
  }

  /** Removes the best level. */
  removeBest(): void {
    this.end--;
  }

  #insert(at: number, key: number, amount: number): void {
    const { keys, amounts, start, end } = this;
    let place = at;
    if (start > 0 && (at - start < end - at || end === keys.length)) {
      keys.copyWithin(start - 1, start, at);
      amounts.copyWithin(start - 1, start, at);
      this.start--;
      place--;
    } else {
      keys.copyWithin(at + 1, at, end);
      amounts.copyWithin(at + 1, at, end);
      this.end++;
    }
    keys[place] = key;
    amounts[place] = amount;
  }

  #remove(at: number): void {
    const { keys, amounts, start, end } = this;
    if (at - start < end - at) {
      keys.copyWithin(start + 1, start, at);
      amounts.copyWithin(start + 1, start, at);
      this.start++;
    } else {
      keys.copyWithin(at, at + 1, end);
      amounts.copyWithin(at, at + 1, end);
      this.end--;
    }
  }

  #moveTo(start: number): void {
    const count = this.count;
    this.keys.copyWithin(start, this.start, this.end);
    this.amounts.copyWithin(start, this.start, this.end);
    this.start = start;
    this.end = start + count;
  }
}
