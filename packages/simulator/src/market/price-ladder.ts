/** Sides of an order book. */
export type BookSide = "bid" | "ask";

/**
 * One side of an order book in whole ticks and lots, best price first by rank.
 *
 * Kept sorted with the best price at the end of its arrays, because nearly all changes happen near the
 * touch and then move few elements.
 */
export interface PriceLadder {
  readonly side: BookSide;
  /** How many price levels there are. */
  readonly size: number;
  /** The tick of the level at `rank`; 0 is the best. @throws {RangeError} if there is no such level. */
  tickAt(rank: number): number;
  /** The lots at `rank`. @throws {RangeError} if there is no such level. */
  lotsAt(rank: number): number;
  /** The lots at a tick; 0 if there is no such level. */
  lotsOf(tick: number): number;
  /** Replaces the lots at a tick, 0 to remove the level; returns the lots there before. */
  set(tick: number, lots: number): number;
}

/** Makes an empty side of a book. */
export function createPriceLadder(side: BookSide): PriceLadder {
  return new SortedLadder(side);
}

class SortedLadder implements PriceLadder {
  readonly side: BookSide;
  size = 0;
  /** Ticks, negated for asks: ascending order puts the best price last on both sides. */
  #keys = new Float64Array(1024);
  #lots = new Float64Array(1024);
  readonly #sign: 1 | -1;

  constructor(side: BookSide) {
    this.side = side;
    this.#sign = side === "bid" ? 1 : -1;
  }

  tickAt(rank: number): number {
    return this.#keys[this.#indexOf(rank)]! * this.#sign;
  }

  lotsAt(rank: number): number {
    return this.#lots[this.#indexOf(rank)]!;
  }

  lotsOf(tick: number): number {
    const key = tick * this.#sign;
    const index = this.#lowerBound(key);
    return index < this.size && this.#keys[index] === key ? this.#lots[index]! : 0;
  }

  set(tick: number, lots: number): number {
    const key = tick * this.#sign;
    const index = this.#lowerBound(key);
    if (index < this.size && this.#keys[index] === key) {
      const previous = this.#lots[index]!;
      if (lots > 0) {
        this.#lots[index] = lots;
      } else {
        this.#keys.copyWithin(index, index + 1, this.size);
        this.#lots.copyWithin(index, index + 1, this.size);
        this.size--;
      }
      return previous;
    }
    if (lots > 0) {
      if (this.size === this.#keys.length) this.#grow();
      this.#keys.copyWithin(index + 1, index, this.size);
      this.#lots.copyWithin(index + 1, index, this.size);
      this.#keys[index] = key;
      this.#lots[index] = lots;
      this.size++;
    }
    return 0;
  }

  #indexOf(rank: number): number {
    if (!(rank >= 0 && rank < this.size)) throw new RangeError(`no level at rank ${rank}`);
    return this.size - 1 - rank;
  }

  /** The first index whose key is not below `key`. */
  #lowerBound(key: number): number {
    let low = 0;
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#keys[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #grow(): void {
    const keys = new Float64Array(this.#keys.length * 2);
    const lots = new Float64Array(this.#lots.length * 2);
    keys.set(this.#keys);
    lots.set(this.#lots);
    this.#keys = keys;
    this.#lots = lots;
  }
}
