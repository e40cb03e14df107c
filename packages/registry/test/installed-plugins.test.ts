import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createRegistry } from "../src/index.js";
import { manifestOf, programOf, SUPPORTS } from "./fakes.js";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "conn-registry-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(files: Readonly<Record<string, string | object>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
  }
}

/** The code of a plugin as a package ships it, but without core, which a temporary folder does not have. */
function pluginCode(name: string, before = ""): string {
  const create = `() => ({ urls: { live: { rest: "https://venue.invalid" } }, rateLimits: [] })`;
  return `${before}
    export const plugin = {
      [Symbol.for("@conn/core/1/plugin")]: true,
      name: "${name}", kind: "exchange", core: "^1.0.0", supports: ${JSON.stringify(SUPPORTS)}, create: ${create},
    };`;
}

function packageOf(name: string): object {
  return { type: "module", ...manifestOf(name) };
}

it("loads what is installed, runs only what is asked for, and lives with broken neighbours", async () => {
  const ran = `(globalThis.connRegistryTest ??= []).push(import.meta.url);`;
  await write({
    "bot/package.json": programOf(
      "@scope/one",
      "two",
      "broken-json",
      "throws",
      "no-plugin",
      "a-file",
      "absent",
    ),
    "bot/node_modules/@scope/one/package.json": packageOf("one"),
    "bot/node_modules/@scope/one/plugin.js": pluginCode("one", ran),
    "bot/node_modules/two/package.json": packageOf("two"),
    "bot/node_modules/two/plugin.js": pluginCode("two", ran),
    "bot/node_modules/broken-json/package.json": '{ "conn": {',
    "bot/node_modules/throws/package.json": packageOf("throws"),
    "bot/node_modules/throws/plugin.js": `${ran} throw new Error("at import");`,
    "bot/node_modules/no-plugin/package.json": packageOf("no-plugin"),
    "bot/node_modules/no-plugin/plugin.js": "export const plugin = {};",
    "bot/node_modules/a-file": "no folder",
  });
  const ranSoFar = (): unknown => Reflect.get(globalThis, "connRegistryTest");
  const registry = createRegistry({ from: join(folder, "bot") });
  try {
    const { plugins, problems } = await registry.discover();
    expect(plugins.map(({ name, problem }) => [name, problem])).toEqual([
      ["one", undefined],
      ["two", undefined],
      ["throws", undefined],
      ["no-plugin", undefined],
    ]);
    expect(problems).toMatchObject([{ code: "PLUGIN_INVALID", details: { package: "broken-json" } }]);
    expect(ranSoFar()).toBeUndefined();

    await expect(registry.load("throws")).rejects.toMatchObject({
      code: "PLUGIN_IMPORT_FAILED",
      cause: { message: "at import" },
    });
    await expect(registry.load("no-plugin")).rejects.toMatchObject({ code: "PLUGIN_INVALID" });
    await expect(registry.load("absent")).rejects.toMatchObject({ code: "PLUGIN_NOT_FOUND" });
    expect((await registry.createDynamic("one")).name).toBe("one");
    expect(ranSoFar()).toHaveLength(2);
  } finally {
    Reflect.deleteProperty(globalThis, "connRegistryTest");
  }
});

it("follows pnpm's links, so that a plugin finds its own dependencies", async () => {
  const store = "bot/node_modules/.pnpm/@scope+venue@1.0.0/node_modules";
  await write({
    "bot/package.json": programOf("@scope/venue"),
    [`${store}/@scope/venue/package.json`]: packageOf("venue"),
    [`${store}/@scope/venue/plugin.js`]: pluginCode(
      "venue",
      `import { ready } from "helper"; if (!ready) throw new Error("wrong helper");`,
    ),
    [`${store}/helper/package.json`]: { type: "module", exports: "./index.js" },
    [`${store}/helper/index.js`]: "export const ready = true;",
  });
  await mkdir(join(folder, "bot/node_modules/@scope"));
  await symlink(
    join(folder, store, "@scope/venue"),
    join(folder, "bot/node_modules/@scope/venue"),
    process.platform === "win32" ? "junction" : "dir",
  );
  const registry = createRegistry({ from: join(folder, "bot") });
  expect((await registry.load("venue")).name).toBe("venue");
});

it.each([
  ["a folder", (path: string) => path],
  ["a file", (path: string) => join(path, "src/bot.js")],
  ["a file that is there", (path: string) => join(path, "package.json")],
  ["a file's URL", (path: string) => pathToFileURL(join(path, "src/bot.js")).href],
  ["a folder's URL", (path: string) => pathToFileURL(path)],
])("searches from %s, with any character in its path", async (_, from) => {
  const program = join(folder, "a #bot 100%");
  await write({
    "a #bot 100%/package.json": programOf("venue"),
    "a #bot 100%/node_modules/venue/package.json": packageOf("venue"),
  });
  const { hostFolder, plugins } = await createRegistry({ from: from(program) }).discover();
  expect(hostFolder?.href).toBe(pathToFileURL(`${program}/`).href);
  expect(plugins[0]?.entry?.href).toBe(pathToFileURL(join(program, "node_modules/venue/plugin.js")).href);
});

it("searches from the folder in which the program was started unless told otherwise", async () => {
  await write({ "package.json": {} });
  const cwd = vi.spyOn(process, "cwd").mockReturnValue(folder);
  const registry = createRegistry();
  cwd.mockRestore();
  expect((await registry.discover()).hostFolder?.href).toBe(pathToFileURL(`${folder}/`).href);
});
