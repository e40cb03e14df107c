import {
  type Capabilities,
  type ConnectorPlugin,
  createHost,
  NotSupportedError,
  PluginError,
} from "@conn/core";
import { describe, expect, it, vi } from "vitest";
import { createRegistry } from "../src/index.js";
import { manifestOf, pluginOf, programOf } from "./fakes.js";
import { createMemoryModuleSource } from "./memory-module-source.js";

/** A program with the package `venue`, whose entry exports `exported`. */
function programWith(exported: unknown, manifest: object = manifestOf("venue")) {
  return createMemoryModuleSource(
    {
      "/bot/": programOf("venue", "good"),
      "/bot/node_modules/venue/": manifest,
      "/bot/node_modules/good/": manifestOf("good"),
    },
    {
      "/bot/node_modules/venue/plugin.js": exported,
      "/bot/node_modules/good/plugin.js": { plugin: pluginOf("good") },
    },
  );
}

describe("load", () => {
  it("imports the one plugin that was asked for", async () => {
    const plugin = pluginOf("venue");
    const modules = programWith({ plugin });
    expect(await createRegistry({ modules }).load("venue")).toBe(plugin);
    expect(modules.imported).toEqual(["/bot/node_modules/venue/plugin.js"]);
  });

  it.each([
    ["nothing", {}],
    ["undefined", undefined],
    ["a default export only", { default: pluginOf("venue") }],
    ["an object that is no plugin", { plugin: { name: "venue", create() {} } }],
    ["a plugin of another name", { plugin: pluginOf("other") }],
  ])("refuses a package that exports %s, and loads the others", async (_, exported) => {
    const registry = createRegistry({ modules: programWith(exported) });
    await expect(registry.load("venue")).rejects.toMatchObject({
      code: "PLUGIN_INVALID",
      details: { package: "venue", version: "1.0.0" },
    });
    expect((await registry.load("good")).name).toBe("good");
  });

  it.each([
    ["no entry", { exports: {} }],
    ["an entry for others", { exports: { ".": { browser: "./plugin.js" } } }],
    ["an entry outside its folder", { exports: "./../other.js" }],
    ["an entry that is no path", { exports: "plugin.js" }],
    ["an entry closed for import", { exports: { import: null, default: "./plugin.js" } }],
  ])("refuses a package with %s", async (_, changes) => {
    const modules = programWith({ plugin: pluginOf("venue") }, { ...manifestOf("venue"), ...changes });
    await expect(createRegistry({ modules }).load("venue")).rejects.toMatchObject({ code: "PLUGIN_INVALID" });
    expect(modules.imported).toEqual([]);
  });

  it.each([
    ["a path", { exports: "./plugin.js" }],
    ["conditions", { exports: { types: "./plugin.d.ts", require: "./no.cjs", default: "./plugin.js" } }],
    ["nested conditions", { exports: { ".": { browser: "./no.js", node: { import: "./plugin.js" } } } }],
    ["a condition that leads nowhere", { exports: { node: { browser: "./no.js" }, default: "./plugin.js" } }],
    ["main", { exports: undefined, main: "plugin.js" }],
  ])("understands an entry given as %s", async (_, changes) => {
    const modules = programWith({ plugin: pluginOf("venue") }, { ...manifestOf("venue"), ...changes });
    expect((await createRegistry({ modules }).load("venue")).name).toBe("venue");
  });

  it("keeps the cause of a failed import, and loads the others", async () => {
    const cause = new SyntaxError("Unexpected token");
    const registry = createRegistry({ modules: programWith(cause) });
    await expect(registry.load("venue")).rejects.toMatchObject({ code: "PLUGIN_IMPORT_FAILED", cause });
    expect((await registry.load("good")).name).toBe("good");
  });

  it("refuses a plugin whose code wants another core than its package.json says", async () => {
    const modules = programWith({ plugin: pluginOf("venue", { core: "^9.0.0" }) });
    await expect(createRegistry({ modules }).load("venue")).rejects.toMatchObject({
      code: "PLUGIN_CORE_RANGE",
    });
  });

  it("runs no code of a plugin that discovery refuses", async () => {
    const exported = { plugin: pluginOf("venue") };
    for (const [code, manifest, allow] of [
      ["PLUGIN_CORE_RANGE", manifestOf("venue", { core: "^9.0.0" })],
      ["PLUGIN_NAME_CLAIMED_TWICE", manifestOf("good")],
      ["PLUGIN_NOT_ALLOWED", manifestOf("venue"), ["good@1.0.0"]],
    ] as const) {
      const modules = programWith(exported, manifest);
      const registry = createRegistry({ modules, ...(allow && { allow }) });
      await expect(
        registry.load(code === "PLUGIN_NAME_CLAIMED_TWICE" ? "good" : "venue"),
      ).rejects.toMatchObject({
        code,
      });
      expect(modules.imported).toEqual([]);
    }
  });

  it("loads the allowed one of two packages of one name", async () => {
    const plugin = pluginOf("good");
    const modules = programWith({ plugin }, manifestOf("good"));
    const registry = createRegistry({ modules, allow: ["venue@1.0.0"] });
    expect(await registry.load("good")).toBe(plugin);
  });

  it("says what there is when a name is unknown, and offers no command made of a strange name", async () => {
    const registry = createRegistry({ modules: programWith({}) }).use(pluginOf("own"));
    const error = await registry.load("venu").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "PLUGIN_NOT_FOUND", details: { known: ["own", "venue", "good"] } });
    expect(String(error)).toContain("npm install @conn/venu");
    const strange = await registry.load("x; rm -rf .").catch((thrown: unknown) => thrown);
    expect(strange).toMatchObject({ code: "PLUGIN_NOT_FOUND" });
    expect(String(strange)).not.toContain("npm install");
  });

  it("does not keep a look that failed", async () => {
    const manifests: Record<string, unknown> = { "/bot/": "{" };
    const plugin = pluginOf("late");
    const modules = createMemoryModuleSource(manifests, { "/bot/node_modules/late/plugin.js": { plugin } });
    const registry = createRegistry({ modules });
    await expect(registry.load("late")).rejects.toMatchObject({ code: "PLUGIN_NOT_FOUND" });
    manifests["/bot/"] = programOf("late");
    manifests["/bot/node_modules/late/"] = manifestOf("late");
    expect(await registry.load("late")).toBe(plugin);
  });
});

describe("create", () => {
  it("creates connectors in the registry's host", async () => {
    const host = createHost();
    const create = vi.spyOn(host, "create");
    const plugin = pluginOf("venue");
    const registry = createRegistry({ host, modules: programWith({ plugin }) });
    expect(registry.host).toBe(host);
    const connector = await registry.createDynamic("venue", { environment: "live" });
    expect(connector).toMatchObject({ name: "venue", kind: "exchange", environment: "live", ready: false });
    expect(create).toHaveBeenCalledExactlyOnceWith(plugin, { environment: "live" });
  });

  it("refuses options that the connector does not have", async () => {
    const registry = createRegistry({ modules: programWith({ plugin: pluginOf("venue") }) });
    await expect(registry.createDynamic("venue", { colour: "red" })).rejects.toMatchObject({
      code: "INVALID_OPTIONS",
    });
  });
});

describe("simulator", () => {
  const load = (simulator?: () => Promise<never>) =>
    createRegistry({
      modules: programWith({ plugin: pluginOf("venue", simulator && { simulator }) }),
    }).simulator("venue");

  it("gives the plugin's simulated venue", async () => {
    const module = { startSimulator: () => Promise.reject(new Error("not started here")) };
    const plugin = pluginOf("venue", { simulator: () => Promise.resolve(module) });
    expect(await createRegistry({ modules: programWith({ plugin }) }).simulator("venue")).toBe(module);
  });

  it("says when there is none, when it cannot be imported, and when it is something else", async () => {
    const cause = new Error("Cannot find package '@conn/simulator'");
    await expect(load()).rejects.toBeInstanceOf(NotSupportedError);
    await expect(load(() => Promise.reject(cause))).rejects.toMatchObject({
      code: "PLUGIN_IMPORT_FAILED",
      cause,
    });
    await expect(load(() => Promise.resolve({} as never))).rejects.toMatchObject({ code: "PLUGIN_INVALID" });
  });
});

describe("use", () => {
  it("needs neither disk nor package.json", async () => {
    const modules = createMemoryModuleSource({});
    const registry = createRegistry({ modules }).use(pluginOf("own"));
    expect((await registry.create("own")).name).toBe("own");
    expect(modules.read).toEqual([]);
    expect((await registry.discover()).plugins).toMatchObject([
      { name: "own", packageName: undefined, simulator: false, problem: undefined },
    ]);
  });

  it("stands before installed packages of the same name, before and after discovery", async () => {
    const own = pluginOf("venue");
    const modules = programWith({ plugin: pluginOf("venue") });
    const registry = createRegistry({ modules, allow: [] });
    await registry.discover();
    registry.use(own);
    expect(await registry.load("venue")).toBe(own);
    const { plugins } = await registry.discover();
    expect(plugins.map(({ name, packageName }) => [name, packageName])).toEqual([
      ["venue", undefined],
      ["good", "good"],
    ]);
    expect(modules.imported).toEqual([]);
  });

  it("refuses a second plugin of one name, and what cannot be used", () => {
    const own = pluginOf("own");
    const registry = createRegistry({ modules: createMemoryModuleSource({}) }).use(own);
    expect(registry.use(own)).toBe(registry);
    expect(() => registry.use(pluginOf("own"))).toThrow(
      expect.objectContaining({ code: "PLUGIN_NAME_CLAIMED_TWICE" }),
    );
    expect(() => registry.use(pluginOf("later", { core: "^9.0.0" }))).toThrow(
      expect.objectContaining({ code: "PLUGIN_CORE_RANGE" }),
    );
    const fake = { ...own } as unknown as Record<PropertyKey, unknown>;
    for (const symbol of Object.getOwnPropertySymbols(fake)) delete fake[symbol];
    expect(() => registry.use(fake as unknown as ConnectorPlugin<"own", unknown, Capabilities>)).toThrow(
      expect.objectContaining({ code: "PLUGIN_INVALID" }),
    );
  });
});

describe("createRegistry", () => {
  it("refuses places that are not on disk and entries that are no package@version", () => {
    const modules = createMemoryModuleSource({});
    expect(() => createRegistry({ modules, from: new URL("https://venue.invalid/") })).toThrow(TypeError);
    for (const allow of ["venue", "@conn/venue", "venue@latest", "venue@^1.0.0", "@1.0.0"]) {
      expect(() => createRegistry({ modules, allow: [allow] })).toThrow(TypeError);
    }
  });

  it("keeps registries apart", async () => {
    const first = createRegistry({ modules: createMemoryModuleSource({}) }).use(pluginOf("own"));
    const second = createRegistry({ modules: createMemoryModuleSource({}) });
    expect((await first.load("own")).name).toBe("own");
    await expect(second.load("own")).rejects.toMatchObject({ code: "PLUGIN_NOT_FOUND" });
  });

  it("works with plugins of a second copy of core, and gives errors that the first one knows", async () => {
    vi.resetModules();
    const core: typeof import("@conn/core") = await import("@conn/core");
    const registry: typeof import("../src/index.js") = await import("../src/index.js");
    expect(core.PluginError).not.toBe(PluginError);
    const plugin = core.definePlugin({ ...pluginOf("venue") });
    const modules = programWith({ plugin });
    expect((await createRegistry({ modules }).createDynamic("venue")).name).toBe("venue");
    const error = await registry
      .createRegistry({ modules })
      .load("other")
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PluginError);
    expect(error).not.toBeInstanceOf(NotSupportedError);
  });
});
