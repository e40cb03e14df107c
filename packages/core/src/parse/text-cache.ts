/** Slots of the cache, a power of two. */
const SLOTS = 2048;
/** Longer texts are not symbols and would only push symbols out. */
const MAX_LENGTH = 64;

interface Entry {
  readonly bytes: Uint8Array;
  readonly text: string;
}

/**
 * Strings by their bytes, so that a symbol which every frame repeats is made into a string once.
 * Of fixed size: two texts that share a slot take turns, which costs time and never correctness.
 */
export class TextCache {
  readonly #entries: (Entry | undefined)[] = new Array(SLOTS).fill(undefined);

  /** The string of the ASCII bytes from `start` to `end`, whose FNV-1a hash is `hash`. */
  text(source: Buffer, start: number, end: number, hash: number): string {
    const length = end - start;
    if (length > MAX_LENGTH) return source.toString("latin1", start, end);
    const slot = (hash ^ (hash >>> 16)) & (SLOTS - 1);
    const entry = this.#entries[slot];
    if (entry !== undefined && entry.bytes.length === length) {
      let offset = 0;
      while (offset < length && entry.bytes[offset] === source[start + offset]) offset++;
      if (offset === length) return entry.text;
    }
    const text = source.toString("latin1", start, end);
    this.#entries[slot] = { bytes: Uint8Array.prototype.slice.call(source, start, end), text };
    return text;
  }
}
