import { expect, it } from "vitest";
import { nextUpdateId, sameUpdateId } from "../../src/parse/update-id.js";

it("counts on past the last safe integer", () => {
  expect(nextUpdateId(1)).toBe(2);
  expect(nextUpdateId(Number.MAX_SAFE_INTEGER)).toBe(9007199254740992n);
  expect(nextUpdateId(9007199254740992n)).toBe(9007199254740993n);
});

it("compares numbers and bigints by value", () => {
  expect(sameUpdateId(5, 5n)).toBe(true);
  expect(sameUpdateId(9007199254740992n, 9007199254740993n)).toBe(false);
});
