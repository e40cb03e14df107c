/** Most keys of one set: the scanner remembers the keys it met in the bits of an integer. */
const MAX_KEYS = 32;
/** A power of two, and twice as many as keys, so that a search for an unknown key meets a free slot soon. */
const SLOTS = 64;

/** FNV-1a: start with `HASH_START`, then `Math.imul(hash ^ byte, HASH_FACTOR)` for each byte. */
export const HASH_START = 0x811c9dc5 | 0;
export const HASH_FACTOR = 0x01000193;

/**
 * The keys of one kind of JSON object that a connector reads; made by `defineKeys` for
 * `JsonScanner.nextKey`, which finds a key by its bytes, without making a string of it.
 */
export class JsonKeys {
  readonly names: readonly string[];
  readonly #bytes: readonly Uint8Array[];
  /** Index of a name at its hash, or at the next free slot; -1 where there is none. */
  readonly #slots: Int8Array = new Int8Array(SLOTS).fill(-1);

  constructor(names: readonly string[]) {
    if (names.length === 0 || names.length > MAX_KEYS || new Set(names).size !== names.length) {
      throw new TypeError(`expected 1 to ${MAX_KEYS} different names`);
    }
    this.names = [...names];
    this.#bytes = names.map((name) => new TextEncoder().encode(name));
    for (const [index, bytes] of this.#bytes.entries()) {
      const hash = bytes.reduce((hash, byte) => Math.imul(hash ^ byte, HASH_FACTOR), HASH_START);
      let slot = hash & (SLOTS - 1);
      while (this.#slots[slot] !== -1) slot = (slot + 1) & (SLOTS - 1);
      this.#slots[slot] = index;
    }
  }

  /** Index of the name that stands in `text` from `start` to `end` and has this hash; -1 if none. @internal */
  find(text: Uint8Array, start: number, end: number, hash: number): number {
    for (let slot = hash & (SLOTS - 1); ; slot = (slot + 1) & (SLOTS - 1)) {
      const index = this.#slots[slot]!;
      if (index === -1) return -1;
      const bytes = this.#bytes[index]!;
      if (bytes.length !== end - start) continue;
      let offset = 0;
      while (offset < bytes.length && bytes[offset] === text[start + offset]) offset++;
      if (offset === bytes.length) return index;
    }
  }
}

/**
 * Names the keys of a JSON object that a connector reads; all others are skipped.
 *
 * @param names At most 32 different names; `nextKey` answers with their index here.
 * @throws TypeError if a name occurs twice, or there are none or too many.
 *
 * @example
 * ```ts
 * import { defineKeys } from "@conn/core";
 *
 * const DEPTH_UPDATE = defineKeys("e", "E", "s", "U", "u", "pu", "b", "a");
 * ```
 */
export function defineKeys(...names: string[]): JsonKeys {
  return new JsonKeys(names);
}
