import { expect, test } from "vitest";
import { findInexact } from "./check-exactness.ts";

test.each([
  "const price = Number(text);",
  "const price = parseFloat(text);",
  "const price = Number.parseFloat(text);",
  "const id = Number.parseInt(text, 10);",
  "const prices = texts.map(Number);",
  "const price = +text;",
  "const price = decimal.toNumber();",
  "// exact: too far away\n\nconst price = Number(text);",
])("may lose digits: %s", (text) => {
  expect(findInexact("x.ts", `export {};\n${text}`)).toHaveLength(1);
});

test.each([
  "const ms = Number(text); // exact: milliseconds since 1970 fit",
  "// exact: milliseconds since 1970 fit\nconst ms = Number(text);",
  "const fits = Number.isSafeInteger(id) && id < Number.MAX_SAFE_INTEGER;",
  "// Number(text)",
  "const own = { Number: 1 };",
  "const step = +1;",
])("loses nothing: %s", (text) => {
  expect(findInexact("x.ts", `export {};\n${text}`)).toEqual([]);
});
