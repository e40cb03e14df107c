import { PluginError } from "@conn/core";
import { beforeEach, expect, test } from "vitest";
import { run } from "../../src/run.js";
import { FakeIo } from "../support/fake-io.js";

let io: FakeIo;

beforeEach(() => {
  io = new FakeIo();
  const common = {
    kind: "derivative",
    core: "^1.0.0",
    simulator: true,
    folder: undefined,
    entry: undefined,
    supports: { orderBooks: true, publicTrades: true, lastTradedPrices: false },
  } as const;
  io.discovery = {
    hostFolder: new URL("file:///bot/"),
    plugins: [
      {
        ...common,
        name: "fake-venue",
        packageName: "@conn/fake-venue",
        version: "1.2.3",
        problem: undefined,
      },
      {
        ...common,
        name: "old-venue",
        packageName: "old-venue",
        version: "0.1.0",
        problem: new PluginError("PLUGIN_CORE_RANGE", "old-venue wants @conn/core ^0.9.0, and 1.0.0 is here"),
      },
    ],
    problems: [new PluginError("PLUGIN_INVALID", "the package.json of odd cannot be read")],
  };
});

test("what is installed is a table, and what cannot be used is shown with the reason", async () => {
  expect(await run(["list"], io)).toBe(0);
  expect(io.stdout.text).toMatchInlineSnapshot(`
    "name        kind        package                 supports
    fake-venue  derivative  @conn/fake-venue@1.2.3  orderBooks, publicTrades, simulator
    old-venue   derivative  old-venue@0.1.0         old-venue wants @conn/core ^0.9.0, and 1.0.0 is here
    ! the package.json of odd cannot be read
    "
  `);
});

test("as JSON it is one object a line", async () => {
  expect(await run(["list", "--json"], io)).toBe(0);
  const lines = io.stdout.lines.map((line) => JSON.parse(line));
  expect(lines).toMatchObject([
    {
      type: "connector",
      name: "fake-venue",
      kind: "derivative",
      packageName: "@conn/fake-venue",
      version: "1.2.3",
    },
    { type: "connector", name: "old-venue", problem: { code: "PLUGIN_CORE_RANGE" } },
    { type: "problem", error: { code: "PLUGIN_INVALID" } },
  ]);
  expect(lines[0]).not.toHaveProperty("problem");
});

test("where nothing is installed, the person is told how to install", async () => {
  io.discovery = { hostFolder: undefined, plugins: [], problems: [] };
  expect(await run(["list"], io)).toBe(0);
  expect(io.stdout.text).toBe("");
  expect(io.stderr.text).toContain("npm install");
});

test("it takes no names", async () => {
  expect(await run(["list", "fake-venue"], io)).toBe(2);
});
