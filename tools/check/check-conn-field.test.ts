import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkConnField } from "./check-conn-field.ts";
import { writeTree } from "./write-tree.ts";

const field = {
  name: "first",
  kind: "exchange",
  core: "^1.0.0",
  supports: {
    orderBooks: true,
    publicTrades: false,
    trading: { orderTypes: ["limit", "market"], amend: false, placeBatch: true, ackMeans: "received" },
  },
  simulator: true,
};
const folder = "packages/exchange/first";
const readme = "# conn\n<!-- connectors:begin -->\nold\n<!-- connectors:end -->\nrest\n";

function tree(): Promise<string> {
  return writeTree({
    "README.md": readme,
    [`${folder}/package.json`]: JSON.stringify({
      name: "@conn/first",
      type: "module",
      exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" } },
      dependencies: {},
    }),
    [`${folder}/dist/index.js`]: `export const plugin = {
      ...${JSON.stringify(field)}, create() {}, simulator: () => import("./simulator.js"),
    };`,
  });
}

test("field and table are written from the plugin, and compared from then on", async () => {
  const root = await tree();
  expect((await checkConnField({ root, update: false })).problems).toHaveLength(2);
  expect((await checkConnField({ root, update: true })).problems).toEqual([]);
  expect((await checkConnField({ root, update: false })).problems).toEqual([]);

  const manifest = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
  expect(manifest.conn).toEqual(field);
  expect(Object.keys(manifest)).toEqual(["name", "type", "exports", "dependencies", "conn"]);
  expect(readFileSync(join(root, "README.md"), "utf8")).toBe(`# conn
<!-- connectors:begin -->

| connector | kind     | order books | public trades | trading | simulated venue |
| --------- | -------- | ----------- | ------------- | ------- | --------------- |
| \`first\`   | exchange | ✓           | –             | ✓       | ✓               |

| trading     | \`first\`       |
| ----------- | ------------- |
| order types | limit, market |
| amend       | –             |
| place batch | ✓             |
| ack means   | received      |

<!-- connectors:end -->
rest
`);
});

test("a README without the markers is left alone", async () => {
  const root = await tree();
  writeFileSync(join(root, "README.md"), "# conn\n");
  expect((await checkConnField({ root, update: true })).problems).toEqual([]);
  expect(readFileSync(join(root, "README.md"), "utf8")).toBe("# conn\n");
});

test("a connector without a plugin is found", async () => {
  const root = await tree();
  writeFileSync(join(root, folder, "dist/index.js"), "export const other = 1;");
  expect((await checkConnField({ root, update: true })).problems).toEqual([`${folder}: exports no plugin`]);
});
