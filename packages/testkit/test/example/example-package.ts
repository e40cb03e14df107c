import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll } from "vitest";
import { EXAMPLE_SUPPORTS } from "./example-plugin.js";

const MANIFEST = {
  name: "conn-example",
  version: "1.0.0",
  type: "module",
  exports: { ".": { default: "./lib/index.js" }, "./package.json": "./package.json" },
  files: ["lib"],
  peerDependencies: { "@conn/core": "^1.0.0" },
  conn: {
    name: "example",
    kind: "exchange",
    core: "^1.0.0",
    supports: EXAMPLE_SUPPORTS,
  },
};

/** Writes the package of the example connector as it would be built; gone when the test file has run. */
export function writeExamplePackage(): URL {
  const folder = mkdtempSync(join(tmpdir(), "conn-example-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, "lib"));
  writeFileSync(join(folder, "lib", "index.js"), 'export const plugin = { name: "example" };\n');
  writeFileSync(join(folder, "package.json"), JSON.stringify(MANIFEST));
  return pathToFileURL(`${folder}/`);
}
