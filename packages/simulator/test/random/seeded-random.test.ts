import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSeededRandom } from "../../src/index.js";

const numbers = (seed: number, label: string, count: number): number[] => {
  const random = createSeededRandom(seed, label);
  return Array.from({ length: count }, () => random.next());
};

describe("seeded random", () => {
  it("gives the same numbers for the same seed and label, and others for any other", () => {
    fc.assert(
      fc.property(fc.integer(), fc.string(), (seed, label) => {
        expect(numbers(seed, label, 50)).toEqual(numbers(seed, label, 50));
        expect(numbers(seed, label, 5)).not.toEqual(numbers(seed + 1, label, 5));
        expect(numbers(seed, label, 5)).not.toEqual(numbers(seed, `${label}!`, 5));
      }),
    );
  });

  it("is uniform from 0 to 1", () => {
    const drawn = numbers(1, "", 100_000);
    const buckets = new Array<number>(20).fill(0);
    expect(drawn.every((value) => value >= 0 && value < 1)).toBe(true);
    for (const value of drawn) buckets[Math.floor(value * 20)]!++;
    // 5,000 are expected in each; five standard deviations are 345.
    for (const count of buckets) expect(Math.abs(count - 5000)).toBeLessThan(345);
    const correlation = drawn.slice(1).reduce((sum, value, i) => sum + (value - 0.5) * (drawn[i]! - 0.5), 0);
    expect(Math.abs(correlation / 100_000)).toBeLessThan(0.002);
  });

  it("stays the same from version to version", () => {
    expect(numbers(42, "market", 3).map((value) => Math.floor(value * 2 ** 32))).toMatchInlineSnapshot(`
      [
        2393587781,
        893838899,
        3162840460,
      ]
    `);
  });
});
