import fc from "fast-check";
import { expect, test } from "vitest";
import { bar } from "../../src/render/bar.js";

test("a bar is as long as its share of the width, to an eighth of a column", () => {
  expect(bar(1, 4)).toBe("████");
  expect(bar(0.5, 4)).toBe("██");
  expect(bar(0.53, 4)).toBe("██▏");
  expect(bar(0, 4)).toBe("");
});

test("what is not zero is seen, and nothing is longer than the width", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 1e-12, max: 2, noNaN: true }),
      fc.integer({ min: 1, max: 80 }),
      (ratio, width) => {
        const drawn = bar(ratio, width);
        expect(drawn.length).toBeGreaterThan(0);
        expect(drawn.length).toBeLessThanOrEqual(width);
      },
    ),
  );
});
