import type { Random } from "@conn/core";

/**
 * Makes a random generator whose numbers are decided by its seed alone: sfc32, with 128 bits of state
 * and 32 random bits a number.
 *
 * Parts of a simulation that must not disturb each other get generators of their own: the same seed
 * with another `label`.
 *
 * @see https://pracrand.sourceforge.net/RNG_engines.txt (sfc32)
 *
 * @example
 * ```ts
 * const random = createSeededRandom(7, "BTCUSDT");
 * random.next(); // always the same number
 * ```
 */
export function createSeededRandom(seed: number, label = ""): Random {
  const hash = hashWords(`${seed}/${label}`);
  let a = hash();
  let b = hash();
  let c = hash();
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 4_294_967_296;
  };
  // The first numbers still resemble the seed; the algorithm's author discards twelve.
  for (let i = 0; i < 12; i++) next();
  return { next };
}

/** Well-mixed 32-bit words from a text (MurmurHash3's finalizer over an FNV-1a hash). */
function hashWords(text: string): () => number {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  }
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let word = state;
    word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
    word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
    return word ^ (word >>> 16);
  };
}
