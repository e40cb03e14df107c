import { CORE_VERSION } from "@conn/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRegistry } from "../src/index.js";
import { manifestOf, programOf, SUPPORTS } from "./fakes.js";
import { createMemoryModuleSource } from "./memory-module-source.js";

/** What discovery says of each plugin and each unreadable package, shortly. */
async function look(
  manifests: Readonly<Record<string, unknown>>,
  options: { readonly allow?: readonly string[]; readonly from?: string } = {},
) {
  const modules = createMemoryModuleSource(manifests);
  const { plugins, problems } = await createRegistry({ modules, ...options }).discover();
  expect(modules.imported).toEqual([]);
  return {
    plugins: plugins.map(({ name, packageName, problem }) => [name, packageName, problem?.code]),
    problems: problems.map(({ code, details }) => [code, details.package]),
  };
}

describe("discover", () => {
  it("tells of a connector all that its package.json says, and imports nothing", async () => {
    const modules = createMemoryModuleSource({
      "/bot/": programOf("@conn/near", "decimal.js"),
      "/bot/node_modules/@conn/near/": manifestOf("near", { kind: "derivative", simulator: true }),
      "/bot/node_modules/decimal.js/": { version: "10.0.0" },
    });
    const { hostFolder, plugins, problems } = await createRegistry({ modules }).discover();
    expect(hostFolder?.href).toBe("file:///bot/");
    expect(plugins).toEqual([
      {
        name: "near",
        kind: "derivative",
        supports: SUPPORTS,
        simulator: true,
        core: "^1.0.0",
        packageName: "@conn/near",
        version: "1.0.0",
        folder: new URL("file:///bot/node_modules/@conn/near/"),
        entry: new URL("file:///bot/node_modules/@conn/near/plugin.js"),
        problem: undefined,
      },
    ]);
    expect(problems).toEqual([]);
    expect(modules.imported).toEqual([]);
  });

  it("searches every kind of dependency once, and only what the program declares", async () => {
    expect(
      await look({
        "/bot/": {
          dependencies: { one: "1" },
          optionalDependencies: { two: "1", absent: "1" },
          devDependencies: { one: "1", three: "1" },
        },
        "/bot/node_modules/one/": manifestOf("one"),
        "/bot/node_modules/two/": manifestOf("two"),
        "/bot/node_modules/three/": manifestOf("three"),
        "/bot/node_modules/undeclared/": manifestOf("undeclared"),
      }),
    ).toEqual({
      plugins: [
        ["one", "one", undefined],
        ["two", "two", undefined],
        ["three", "three", undefined],
      ],
      problems: [],
    });
  });

  it("finds the program above a file of it, and packages in folders above the program; the nearest counts", async () => {
    const found = await look(
      {
        "/repo/bot/": programOf("near", "far"),
        "/repo/": { dependencies: { other: "1" } },
        "/repo/node_modules/far/": manifestOf("far"),
        "/repo/node_modules/near/": manifestOf("too-far"),
        "/repo/bot/node_modules/near/": manifestOf("near"),
      },
      { from: "/repo/bot/src/main.ts?v=1#top" },
    );
    expect(found.plugins).toEqual([
      ["near", "near", undefined],
      ["far", "far", undefined],
    ]);
  });

  it("finds nothing where there is no package.json, and says so where it cannot be read", async () => {
    expect(await look({})).toEqual({ plugins: [], problems: [] });
    await expect(look({ "/bot/": "{" })).rejects.toMatchObject({ code: "PLUGIN_NOT_FOUND" });
    await expect(look({ "/bot/": new Error("EACCES") })).rejects.toMatchObject({ code: "PLUGIN_NOT_FOUND" });
  });

  it("never reads outside node_modules for a dependency with a path for a name", async () => {
    const modules = createMemoryModuleSource({
      "/bot/": programOf("../../etc", "/etc", "a/../../b", "C:\\x", "@s/a/b", "%2e%2e/a", ".."),
    });
    expect(await createRegistry({ modules }).discover()).toMatchObject({ plugins: [], problems: [] });
    expect(modules.read).toEqual(["/bot/"]);
  });

  it.each([
    ["no object", true],
    ["a name that is no name", { ...manifestConn(), name: "Near Venue" }],
    ["an unknown kind", { ...manifestConn(), kind: "bank" }],
    ["another kind of range", { ...manifestConn(), core: ">=1" }],
    ["no supports", { ...manifestConn(), supports: ["orderBooks"] }],
    ["a simulator that is neither", { ...manifestConn(), simulator: "yes" }],
    ["null", null],
  ])("reports a conn field that is malformed (%s) and goes on", async (_, conn) => {
    expect(
      await look({
        "/bot/": programOf("bad", "good"),
        "/bot/node_modules/bad/": { version: "1.0.0", conn },
        "/bot/node_modules/good/": manifestOf("good"),
      }),
    ).toEqual({ plugins: [["good", "good", undefined]], problems: [["PLUGIN_INVALID", "bad"]] });
  });

  it.each([
    ["broken JSON", '{ "conn": '],
    ["JSON that is no object", "[]"],
    ["no permission", new Error("EACCES")],
  ])("reports a package.json that cannot be read (%s) and goes on", async (_, manifest) => {
    expect(
      await look({
        "/bot/": programOf("bad", "good"),
        "/bot/node_modules/bad/": manifest,
        "/bot/node_modules/good/": manifestOf("good"),
      }),
    ).toEqual({ plugins: [["good", "good", undefined]], problems: [["PLUGIN_INVALID", "bad"]] });
  });

  it("survives any package.json beside a good plugin", async () => {
    const good = ["good", "good", undefined];
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.jsonValue().map((conn) => ({ version: "1.0.0", conn })),
          fc
            .record(
              {
                name: fc.oneof(fc.jsonValue(), fc.constant("other")),
                kind: fc.oneof(fc.jsonValue(), fc.constant("exchange")),
                core: fc.oneof(fc.jsonValue(), fc.constant("^1.0.0")),
                supports: fc.oneof(fc.jsonValue(), fc.constant({})),
                simulator: fc.oneof(fc.jsonValue(), fc.boolean()),
              },
              { requiredKeys: [] },
            )
            .map((conn) => ({ version: "1.0.0", conn })),
        ),
        async (manifest) => {
          const found = await look({
            "/bot/": programOf("any", "good"),
            "/bot/node_modules/any/": manifest,
            "/bot/node_modules/good/": manifestOf("good"),
          });
          expect(found.plugins).toContainEqual(good);
        },
      ),
    );
  });

  it("refuses a plugin for another core", async () => {
    const [major = "", minor = ""] = CORE_VERSION.split(".");
    const found = await look({
      "/bot/": programOf("newer", "later", "good"),
      "/bot/node_modules/newer/": manifestOf("newer", { core: `^${Number(major) + 1}.0.0` }),
      "/bot/node_modules/later/": manifestOf("later", { core: `^${major}.${Number(minor) + 1}.0` }),
      "/bot/node_modules/good/": manifestOf("good"),
    });
    expect(found.plugins).toEqual([
      ["newer", "newer", "PLUGIN_CORE_RANGE"],
      ["later", "later", "PLUGIN_CORE_RANGE"],
      ["good", "good", undefined],
    ]);
  });

  it("refuses a name that two packages claim, and lists both", async () => {
    const modules = createMemoryModuleSource({
      "/bot/": programOf("one", "good", "two"),
      "/bot/node_modules/one/": manifestOf("venue"),
      "/bot/node_modules/two/": manifestOf("venue", { core: "^9.0.0" }),
      "/bot/node_modules/good/": manifestOf("good"),
    });
    const { plugins } = await createRegistry({ modules }).discover();
    const claim = { code: "PLUGIN_NAME_CLAIMED_TWICE", details: { packages: ["one@1.0.0", "two@1.0.0"] } };
    expect(plugins).toMatchObject([
      { packageName: "one", problem: claim },
      { packageName: "good", problem: undefined },
      { packageName: "two", problem: claim },
    ]);
  });

  it("lists what is not allowed as refused, and lets it claim no name", async () => {
    const manifests = {
      "/bot/": programOf("one", "two", "alias", "good"),
      "/bot/node_modules/one/": manifestOf("venue"),
      "/bot/node_modules/two/": manifestOf("venue"),
      // Says of itself that it is a package it is not.
      "/bot/node_modules/alias/": { name: "good", ...manifestOf("alias") },
      "/bot/node_modules/good/": manifestOf("good"),
    };
    expect((await look(manifests, { allow: ["two@1.0.0", "good@1.0.0"] })).plugins).toEqual([
      ["venue", "one", "PLUGIN_NOT_ALLOWED"],
      ["venue", "two", undefined],
      ["alias", "alias", "PLUGIN_NOT_ALLOWED"],
      ["good", "good", undefined],
    ]);
    expect((await look(manifests, { allow: ["two@1.0.1"] })).plugins[1]?.[2]).toBe("PLUGIN_NOT_ALLOWED");
    expect((await look(manifests, { allow: [] })).plugins[3]?.[2]).toBe("PLUGIN_NOT_ALLOWED");
  });

  it("looks anew each time", async () => {
    const manifests: Record<string, unknown> = {};
    const registry = createRegistry({ modules: createMemoryModuleSource(manifests) });
    expect((await registry.discover()).plugins).toEqual([]);
    manifests["/bot/"] = programOf("late");
    manifests["/bot/node_modules/late/"] = manifestOf("late");
    expect((await registry.discover()).plugins).toHaveLength(1);
  });
});

function manifestConn(): object {
  return { name: "bad", kind: "exchange", core: "^1.0.0", supports: {} };
}
