import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkExports } from "./check-exports.ts";
import { writeTree } from "./write-tree.ts";

const declarations = `
  export declare class Book {}
  export declare function open(): Book;
  export declare const LIMIT = 5;
  export declare const Money: unknown;
  export type Money = string;
  export interface Level { price: string }
  export type Side = "bid" | "ask";
  export type { Hidden } from "./hidden.js";
`;
const code = "export class Book {}; export const open = () => new Book(), LIMIT = 5, Money = {};";

function tree(): Promise<string> {
  const target = { types: "./dist/index.d.ts", default: "./dist/index.js" };
  return writeTree({
    "packages/core/package.json": JSON.stringify({
      name: "@conn/core",
      type: "module",
      exports: { ".": target, "./package.json": "./package.json" },
    }),
    "packages/core/dist/index.d.ts": declarations,
    "packages/core/dist/hidden.d.ts": "export declare class Hidden {}",
    "packages/core/dist/index.js": code,
  });
}

test("what is exported is written down once and compared from then on", async () => {
  const root = await tree();
  expect((await checkExports({ root, update: false })).problems).toHaveLength(1);
  expect((await checkExports({ root, update: true })).problems).toEqual([]);
  expect(readFileSync(join(root, "packages/core/api.txt"), "utf8")).toBe(`@conn/core
  class Book
  type Hidden
  const LIMIT
  interface Level
  const, type Money
  type Side
  function open
`);
  expect((await checkExports({ root, update: false })).problems).toEqual([]);

  const path = join(root, "packages/core/dist/index.d.ts");
  writeFileSync(path, declarations.replace("interface Level", "interface Row"));
  const { problems } = await checkExports({ root, update: false });
  expect(problems).toEqual([expect.stringContaining("-   interface Level\n+   interface Row")]);
});

test("code that does not export what the declarations promise is found, and cannot be written away", async () => {
  const root = await tree();
  writeFileSync(
    join(root, "packages/core/dist/index.d.ts"),
    `${declarations}export declare const missing: 1;`,
  );
  const { problems } = await checkExports({ root, update: true });
  expect(problems).toEqual([expect.stringContaining("- missing")]);
});
