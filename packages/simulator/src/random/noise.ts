/**
 * A number from -1 to 1 that depends on the seed, the label and `index` alone: noise that can be asked for
 * at any point without drawing all before it.
 */
export function noise(seed: number, label: string, index: number): number {
  let word =
    (seed ^ Math.imul(index | 0, 0x9e3779b1) ^ Math.imul((index / 4_294_967_296) | 0, 0x85ebca77)) | 0;
  for (let i = 0; i < label.length; i++) word = Math.imul(word ^ label.charCodeAt(i), 0x01000193);
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return ((word ^ (word >>> 16)) >>> 0) / 2_147_483_648 - 1;
}
