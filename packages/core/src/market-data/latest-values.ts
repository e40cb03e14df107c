import { Decimal } from "../decimal/decimal.js";

/** Values that a message tells; `null` says that there is none, and what is left out is not spoken of. */
export type ValueUpdate<Values extends object> = {
  readonly [Name in keyof Values]?: Values[Name] | null | undefined;
};

/**
 * Values that come in partial messages, each as the newest message that told it has it. Messages may come
 * out of order or twice: what counts is the venue's time, and of two with one time the later to arrive.
 */
export class LatestValues<Values extends object> {
  readonly #values: Partial<Values> = {};
  /** The venue's time of each value that has one. */
  readonly #timestamps = new Map<keyof Values, number>();
  #exchangeTimestamp: number | undefined;

  /** What is known. */
  get values(): Readonly<Partial<Values>> {
    return this.#values;
  }

  /** The venue's time of the newest value, in ms; undefined while none had one. */
  get exchangeTimestamp(): number | undefined {
    return this.#exchangeTimestamp;
  }

  /**
   * Takes from a message what is not older than what is known; a message without a time counts as it comes.
   *
   * @returns whether that was anything new: another value, or a newer time of the same.
   */
  merge(update: ValueUpdate<Values>, exchangeTimestamp: number | undefined): boolean {
    let isNews = false;
    // as: an update has no other keys.
    for (const name of Object.keys(update) as (keyof Values)[]) {
      const value = update[name];
      const since = this.#timestamps.get(name);
      if (value === undefined) continue;
      if (exchangeTimestamp !== undefined) {
        if (since !== undefined && exchangeTimestamp < since) continue;
        if (exchangeTimestamp !== since) isNews = true;
        this.#timestamps.set(name, exchangeTimestamp);
        this.#exchangeTimestamp = Math.max(this.#exchangeTimestamp ?? exchangeTimestamp, exchangeTimestamp);
      }
      const known = this.#values[name];
      if (value === null ? known === undefined : isSame(value, known)) continue;
      isNews = true;
      if (value === null) delete this.#values[name];
      // as: neither null nor undefined, which were looked at above.
      else this.#values[name] = value as NonNullable<typeof value>;
    }
    return isNews;
  }
}

function isSame(value: unknown, known: unknown): boolean {
  return Decimal.isDecimal(value) && Decimal.isDecimal(known) ? value.equals(known) : value === known;
}
