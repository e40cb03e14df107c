import { expect, test } from "vitest";
import { findRegistryHosts } from "./check-hosts.ts";

// Put together here, or this file would be found.
const host = ["registry", "npmjs", "org"].join(".");
const setting = "registry";

test.each([
  `resolved "https://${host}/ws"`,
  host,
  ["https://registry", "example", "org"].join("."),
  `${setting}=https://mirror.example/`,
  `"${setting}": "https://mirror.example/"`,
  ["npm", "pkg", "github", "com"].join("."),
])("names a registry: %s", (line) => {
  expect(findRegistryHosts("x", `\n${line}`)).toEqual([expect.stringMatching(/^x:2: /)]);
});

test.each([
  'import { registry } from "./registry.js";',
  "await registry.create(name);",
  `${setting}=http://127.0.0.1:4873/`,
  // biome-ignore lint/suspicious/noTemplateCurlyInString: source text that is looked at, not run.
  "registry=http://${address}/",
  "registry.connectors.find(name)",
])("names none: %s", (line) => {
  expect(findRegistryHosts("x", line)).toEqual([]);
});
