import { ASK, BID, LevelBatch, type LevelSide } from "../parse/level-batch.js";
import type { UpdateId } from "../parse/update-id.js";

interface KnownLevel {
  readonly side: LevelSide;
  /** Plain decimal text. */
  readonly price: string;
}

/** Turns levels that a venue names by id into levels by price, for one book. */
export class IdLevels {
  readonly #known = new Map<UpdateId, KnownLevel>();
  readonly #byPrice = new LevelBatch();

  /**
   * The rows `from` to `to` of a batch, by price. They are valid until the next call.
   *
   * @returns undefined if a row names an id that no row before it has given a price: something is missing.
   */
  resolve(batch: LevelBatch, from: number, to: number, kind: "snapshot" | "diff"): LevelBatch | undefined {
    const out = this.#byPrice;
    out.clear();
    if (kind === "snapshot") this.#known.clear();
    for (let index = from; index < to; index += 1) {
      const id = batch.ids.get(index);
      if (id === undefined) return undefined;
      const side = batch.sides[index] === BID ? BID : ASK;
      const { price: exactPrice, amount = String(batch.amounts[index]) } = batch.exact.get(index) ?? {};
      const known = this.#known.get(id);
      const price = Number.isNaN(batch.prices[index])
        ? known?.price
        : (exactPrice ?? String(batch.prices[index]));
      if (price === undefined) return undefined;
      // The same id on the other side, or at another price: the level has moved.
      if (known !== undefined && (known.side !== side || known.price !== price))
        out.pushText(known.side, known.price, "0");
      out.pushText(side, price, amount);
      if (batch.amounts[index] === 0) this.#known.delete(id);
      else this.#known.set(id, { side, price });
    }
    return out;
  }
}
