import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkBoundaries } from "./check-boundaries.ts";

let root = "";
const venue = "packages/exchange/first";

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "boundaries-"));
  const folders = ["core", "registry", "simulator", "testkit", "cli", "exchange/first", "exchange/second"];
  for (const folder of [...folders, "exchange/first-common"]) {
    const name = `@conn/${folder.split("/").at(-1)}`;
    const exports = Object.fromEntries(
      ["index", "simulator/index"].map((entry) => [
        entry === "index" ? "." : "./simulator",
        { types: `./dist/${entry}.d.ts`, default: `./dist/${entry}.js` },
      ]),
    );
    await write(`packages/${folder}/package.json`, JSON.stringify({ name, type: "module", exports }));
    await write(`packages/${folder}/src/index.ts`, "export const value = 1;");
    await write(`packages/${folder}/src/simulator/index.ts`, "export const value = 1;");
    for (const entry of ["index", "simulator/index"]) {
      await write(`packages/${folder}/dist/${entry}.js`, "export const value = 1;");
      await write(`packages/${folder}/dist/${entry}.d.ts`, "export declare const value = 1;");
    }
    await mkdir(join(root, "node_modules/@conn"), { recursive: true });
    await symlink(join(root, "packages", folder), join(root, "node_modules", name), "junction");
  }
  await rm(join(root, "packages/core/src/simulator"), { recursive: true });
  for (const file of ["errors/errors", "decimal/decimal", "order-book/book", "host/host", "ports/clock"]) {
    await write(`packages/core/src/${file}.ts`, "export const value = 1;");
  }
  for (const file of ["default-ports", "system-clock"]) {
    await write(`packages/core/src/ports/adapters/${file}.ts`, "export const value = 1;");
  }
});

afterAll(() => rm(root, { recursive: true, force: true }));

/** The rules that one more file with one import breaks. */
async function brokenBy(path: string, imported: string): Promise<string[]> {
  const statement = imported.startsWith("import(")
    ? `export const later = ${imported};`
    : `import ${imported};`;
  await write(path, `${statement}\nexport const own = 1;\n`);
  try {
    const { problems } = await checkBoundaries({ root, update: false });
    return problems.map((problem) => problem.match(/\(([a-z-]+)\)$/)?.[1] ?? problem);
  } finally {
    await rm(join(root, path));
  }
}

test.each([
  ["packages/core/src/order-book/x.ts", '{ value } from "../errors/errors.js"'],
  ["packages/core/src/host/x.ts", '{ value } from "../ports/adapters/default-ports.js"'],
  ["packages/core/src/ports/adapters/x.ts", '{ value } from "../clock.js"'],
  ["packages/core/src/ports/adapters/x.ts", '{ value } from "./system-clock.js"'],
  ["packages/core/src/ports/adapters/x.ts", '{ createServer } from "node:http"'],
  ["packages/registry/src/x.ts", '{ value } from "@conn/core"'],
  ["packages/testkit/src/x.ts", '{ value } from "@conn/simulator"'],
  ["packages/cli/src/x.ts", '{ value } from "@conn/registry"'],
  ["packages/core/test/x.ts", '{ value } from "../src/order-book/book.js"'],
  [`${venue}/src/x.ts`, '{ value } from "@conn/core"'],
  [`${venue}/src/x.ts`, '{ value } from "@conn/first-common"'],
  [`${venue}/src/x.ts`, 'import("./simulator/index.js")'],
  [`${venue}/src/x.ts`, 'import("@conn/first/simulator")'],
  [`${venue}/src/simulator/x.ts`, '{ value } from "@conn/simulator"'],
  [`${venue}/test/x.ts`, '{ value } from "@conn/testkit"'],
  ["e2e/x.ts", '{ value } from "@conn/first"'],
])("%s may import %s", async (path, imported) => {
  expect(await brokenBy(path, imported)).toEqual([]);
});

test.each([
  [
    "packages/core/src/errors/x.ts",
    '{ value } from "../order-book/book.js"',
    "core-folders-import-leftwards",
  ],
  ["packages/core/src/errors/x.ts", 'type { value } from "../host/host.js"', "core-folders-import-leftwards"],
  ["packages/core/src/errors/x.ts", 'import("../host/host.js")', "core-folders-import-leftwards"],
  ["packages/core/src/host/x.ts", '{ value } from "../index.js"', "core-index-is-for-users"],
  [
    "packages/core/src/ports/adapters/x.ts",
    '{ value } from "../../decimal/decimal.js"',
    "adapters-know-ports-and-errors",
  ],
  [
    "packages/core/src/order-book/x.ts",
    '{ value } from "../ports/adapters/default-ports.js"',
    "ports-know-no-adapter",
  ],
  ["packages/core/src/ports/x.ts", '{ value } from "./adapters/default-ports.js"', "ports-know-no-adapter"],
  [
    "packages/core/src/host/x.ts",
    '{ value } from "../ports/adapters/system-clock.js"',
    "only-default-ports-leave-the-adapters",
  ],
  ["packages/core/src/fees/x.ts", '{ value } from "../errors/errors.js"', "core-folders-have-an-order"],
  ["packages/core/src/host/x.ts", '{ value } from "@conn/simulator"', "core-imports-only-what-it-may"],
  ["packages/core/src/host/x.ts", '{ value } from "@conn/first"', "core-imports-only-what-it-may"],
  ["packages/registry/src/x.ts", '{ value } from "@conn/first"', "registry-imports-only-what-it-may"],
  ["packages/registry/src/x.ts", 'import("@conn/first")', "registry-imports-only-what-it-may"],
  ["packages/simulator/src/x.ts", '{ value } from "@conn/testkit"', "simulator-imports-only-what-it-may"],
  ["packages/testkit/src/x.ts", '{ value } from "@conn/registry"', "testkit-imports-only-what-it-may"],
  [`${venue}/src/x.ts`, '{ value } from "@conn/second"', "connectors-know-core-and-their-venue"],
  [`${venue}/src/x.ts`, '{ value } from "@conn/registry"', "connectors-know-core-and-their-venue"],
  [`${venue}/src/x.ts`, '{ value } from "@conn/simulator"', "simulator-package-only-in-simulators"],
  [`${venue}/src/x.ts`, '{ value } from "./simulator/index.js"', "own-simulator-only-on-demand"],
  [`${venue}/src/x.ts`, '{ value } from "@conn/first/simulator"', "own-simulator-only-on-demand"],
  [`${venue}/src/simulator/x.ts`, '{ value } from "../index.js"', "simulators-know-no-connector"],
  [`${venue}/src/x.ts`, '{ value } from "../../../core/src/errors/errors.js"', "packages-by-name"],
  [`${venue}/test/x.ts`, '{ value } from "../../../core/dist/index.js"', "packages-by-name"],
  ["packages/registry/src/x.ts", '{ value } from "@conn/core/dist/index.js"', "imports-resolve"],
  ["packages/registry/src/x.ts", '{ value } from "@conn/core/src/errors/errors.js"', "imports-resolve"],
  ["e2e/x.ts", '{ value } from "../packages/core/src/errors/errors.js"', "packages-by-name-from-outside"],
])("%s may not import %s: %s", async (path, imported, rule) => {
  expect(await brokenBy(path, imported)).toEqual([rule]);
});

test("two files that import each other are a cycle, types alone included", async () => {
  await write(
    "packages/core/src/model/y.ts",
    'import type { own } from "./x.js"; export type Own = typeof own;',
  );
  try {
    const broken = await brokenBy("packages/core/src/model/x.ts", 'type { Own } from "./y.js"');
    expect(new Set(broken)).toEqual(new Set(["no-cycles"]));
  } finally {
    await rm(join(root, "packages/core/src/model/y.ts"));
  }
});
