import { ORDER_TRANSITIONS } from "@conn/core";
import { expect, it } from "vitest";
import { coverageOf, DECLARED_TRANSITIONS } from "../../src/simulation/declared-transitions.js";

it("declares nothing twice", () => {
  const names = DECLARED_TRANSITIONS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

it("tells what is missing, with a reason or without, and what is not declared", () => {
  const { covered, missing, explained, undeclared } = coverageOf("binance-perpetual", {
    "connection idle → connecting": 1,
    "book live → paradise": 1,
  });
  expect(covered).toBe(1);
  expect(missing).toContain("audit same");
  expect(explained).toContain("book live → resyncing (checksum)");
  expect(undeclared).toEqual(["book live → paradise"]);
  // What holds for one connector only is not asked of the other.
  expect(coverageOf("crypto-com", {}).missing).not.toContain("audit same");
});

it("declares what the engine's table of orders lets be, and nothing else", () => {
  const declared = DECLARED_TRANSITIONS.map(({ name }) => name).filter((name) => /^order .* → /.test(name));
  const table = Object.entries(ORDER_TRANSITIONS).flatMap(([from, targets]) =>
    Object.keys(targets).map((to) => `order ${from} → ${to}`),
  );
  expect(declared.sort()).toEqual(table.sort());
});
