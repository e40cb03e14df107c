import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { CORE_VERSION } from "../../src/host/index.js";

it("is the version of package.json", () => {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  expect(CORE_VERSION).toBe(manifest.version);
});
