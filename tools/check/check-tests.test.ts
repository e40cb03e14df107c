import { expect, test } from "vitest";
import { findNotes, findSetAside } from "./check-tests.ts";

test.each([
  'it.skip("a", () => {});',
  'test.only("a", () => {});',
  'describe.todo("a");',
  'test.concurrent.skip("a", () => {});',
  'describe.skip.each([1])("a", () => {});',
  'xit("a", () => {});',
  'test("a", { skip: true }, () => {});',
  'describe.each([1])("a", { only: true }, () => {});',
])("is set aside: %s", (text) => {
  expect(findSetAside("x.ts", text)).toEqual([expect.stringMatching(/^x\.ts:1: /)]);
});

test.each([
  'test("a", () => {});',
  'test.skipIf(!supports.orderBooks)("a", () => {});',
  'test("a", { skip: !supports.orderBooks }, () => {});',
  '// it.skip("a")',
  'scanner.skip("a");',
  'test("a", () => { scanner.skip(); });',
])("runs: %s", (text) => {
  expect(findSetAside("x.ts", text)).toEqual([]);
});

test("work put off is found in comments and strings alike", () => {
  const words = ["TO", "FIX"].map((start, index) => start + ["DO", "ME"][index]);
  expect(
    findNotes("x.ts", `// ${words[0]}: later\nconst a = 1;\nthrow new Error("${words[1]}");`),
  ).toHaveLength(2);
  expect(findNotes("x.ts", "const todo = fixme;")).toEqual([]);
});
