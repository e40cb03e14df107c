import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LocalRegistry, startLocalRegistry } from "./local-registry.ts";
import {
  listPublicPackages,
  promisedFiles,
  publishPackages,
  root,
  withoutProxy,
} from "./publish-packages.ts";
import { readTarball } from "./read-tarball.ts";
import { runCommand } from "./run-command.ts";

const SETUP_TIMEOUT_MS = 180_000;
/** A program that takes longer has failed to end by itself. */
const PROGRAM_TIMEOUT_MS = 20_000;
/** What a person installs to trade on one venue. */
const TRADING_PACKAGES = ["@conn/binance-perpetual", "@conn/core", "@conn/registry"];
const A_PRICE = /^\d+(\.\d+)?\n$/;

let registry: LocalRegistry;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "conn-install-"));
  registry = await startLocalRegistry();
  await publishPackages(registry);
}, SETUP_TIMEOUT_MS);

afterAll(async () => {
  await registry?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Makes a program's folder and installs packages there: ours from the loopback registry, theirs as usual. */
async function install(name: string, ...packages: readonly string[]): Promise<string> {
  const program = join(folder, name);
  await mkdir(program);
  await writeFile(join(program, "package.json"), JSON.stringify({ private: true, type: "module" }));
  await writeFile(join(program, ".npmrc"), `@conn:registry=${registry.url}\n`);
  const flags = ["--prefer-offline", "--no-audit", "--no-fund", "--no-update-notifier"];
  await runCommand("npm", ["install", `--prefix=${program}`, ...flags, ...packages], {
    cwd: program,
    env: { ...process.env, ...withoutProxy() },
    timeoutMs: 120_000,
  });
  return program;
}

/** Runs a program with this Node; it must end by itself. */
async function runProgram(program: string, file: string, text: string): Promise<string> {
  await writeFile(join(program, file), text);
  const options = { cwd: program, timeoutMs: PROGRAM_TIMEOUT_MS };
  return (await runCommand(process.execPath, [file], options)).stdout;
}

describe("published packages", () => {
  it("are all that are public", () => {
    const expected = listPublicPackages().map(({ name, version }) => `${name}@${version}`);
    expect([...registry.versions.keys()].sort()).toEqual(expected.sort());
  });

  it("hold what they promise and nothing that is not meant for users", () => {
    for (const pkg of listPublicPackages()) {
      const published = registry.versions.get(`${pkg.name}@${pkg.version}`);
      const files = readTarball(published?.tarball ?? Buffer.alloc(0));
      const paths = [...files.keys()];
      expect(paths).toEqual(expect.arrayContaining(["README.md", "LICENSE", ...promisedFiles(pkg)]));
      const strange = paths.filter((path) => !/^(dist\/.+|README\.md|LICENSE|package\.json)$/.test(path));
      expect(strange).toEqual([]);

      // What a client resolves by and what it unpacks must say the same.
      for (const text of [files.get("package.json"), JSON.stringify(published?.manifest)]) {
        expect(text).not.toMatch(/"(workspace|catalog|link|file):/);
        expect(text).not.toMatch(/"(preinstall|install|postinstall|prepare)":/);
        expect(JSON.parse(text ?? "")).toMatchObject({ name: pkg.name, version: pkg.version });
      }
    }
  });
});

describe("installed without the simulator", () => {
  let program: string;
  beforeAll(async () => {
    program = await install("trader", ...TRADING_PACKAGES);
  }, SETUP_TIMEOUT_MS);

  it("brings only what a trading program needs", async () => {
    const installed = await readdir(join(program, "node_modules/@conn"));
    expect(installed.map((name) => `@conn/${name}`)).toEqual(TRADING_PACKAGES);
  });

  it("is found by name and loaded", async () => {
    const found = await runProgram(
      program,
      "discover.js",
      `import { createRegistry } from "@conn/registry";
      const registry = createRegistry({ from: import.meta.url, allow: ["${idOf("@conn/binance-perpetual")}"] });
      const { plugins, problems } = await registry.discover();
      const plugin = await registry.load("binance-perpetual");
      console.log(plugins.map(({ name, problem }) => name + (problem ?? "")), problems.length);
      console.log(JSON.stringify(plugin.supports) === JSON.stringify(plugins[0].supports));`,
    );
    expect(found).toBe("[ 'binance-perpetual' ] 0\ntrue\n");
  });

  it("type-checks strictly, and tells a mistake from a program", async () => {
    const compilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      erasableSyntaxOnly: true,
      noEmit: true,
      skipLibCheck: false,
      target: "es2023",
      module: "nodenext",
      types: ["node"],
      typeRoots: [join(root, "node_modules/@types")],
    };
    const check = async (text: string) => {
      await writeFile(join(program, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["bot.ts"] }));
      await writeFile(join(program, "bot.ts"), text);
      return runCommand(join(root, "node_modules/.bin/tsc"), ["-p", program], { cwd: program });
    };
    await check(typeScriptBot);
    await expect(
      check(typeScriptBot.replace('"binance-perpetual", {', '"binance-perpetal", {')),
    ).rejects.toThrow("error TS2345");
    await expect(check(typeScriptBot.replace('"sim"', '"paper"'))).rejects.toThrow("error TS2322");
  });

  it("can be required", async () => {
    const required = await runProgram(
      program,
      "required.cjs",
      `const { PluginError } = require("@conn/core");
      const { createRegistry } = require("@conn/registry");
      const { plugin } = require("@conn/binance-perpetual");
      createRegistry({ from: __filename }).load("binance-perpetual").then((loaded) => console.log(loaded === plugin));
      createRegistry({ from: __filename }).load("nothing").catch((error) => console.log(error instanceof PluginError));`,
    );
    expect(required.split("\n").sort()).toEqual(["", "true", "true"]);
  });
});

describe("installed with the simulator", () => {
  let program: string;
  beforeAll(async () => {
    program = await install("bot", ...TRADING_PACKAGES, "@conn/simulator");
  }, SETUP_TIMEOUT_MS);

  it("runs a TypeScript program", async () => {
    expect(await runProgram(program, "bot.ts", typeScriptBot)).toMatch(A_PRICE);
  });

  it("runs a JavaScript program", async () => {
    expect(await runProgram(program, "bot.js", javaScriptBot)).toMatch(A_PRICE);
  });

  it("works with a second copy of core, whose errors and plugins the first one knows", async () => {
    const second = join(program, "node_modules/@conn/binance-perpetual/node_modules/@conn/core");
    await cp(join(program, "node_modules/@conn/core"), second, { recursive: true });
    try {
      const told = await runProgram(
        program,
        "two-copies.js",
        `import * as first from "@conn/core";
        import { createRegistry } from "@conn/registry";
        import { createRequire } from "node:module";
        const nested = createRequire(createRequire(import.meta.url).resolve("@conn/binance-perpetual"));
        const second = nested("@conn/core");
        const plugin = await createRegistry({ from: import.meta.url }).load("binance-perpetual");
        const error = new second.NetworkError("NETWORK_RESET", "gone");
        console.log(second.NetworkError !== first.NetworkError);
        console.log(first.isPlugin(plugin), second.isPlugin(plugin), error instanceof first.NetworkError);
        console.log(error instanceof first.ConnError, error instanceof first.PluginError);`,
      );
      expect(told).toBe("true\ntrue true true\ntrue false\n");
      expect(await runProgram(program, "bot-with-two-copies.js", javaScriptBot)).toMatch(A_PRICE);
    } finally {
      await rm(second, { recursive: true });
    }
    expect(existsSync(second)).toBe(false);
  });
});

const typeScriptBot = `import type {} from "@conn/binance-perpetual";
  import { createRegistry } from "@conn/registry";

  const registry = createRegistry({ from: import.meta.url });
  const connector = await registry.create("binance-perpetual", {
    environment: "sim",
    tradingPairs: ["BTC-USDT"],
  });
  await connector.start();
  await connector.whenReady();
  console.log(connector.orderBook("BTC-USDT").bestBid?.price.toFixed());
  await connector.stop();`;

const javaScriptBot = `import { createRegistry } from "@conn/registry";
  const registry = createRegistry({ from: import.meta.url });
  const options = { environment: "sim", tradingPairs: ["ETH-USDT"] };
  const connector = await registry.createDynamic("binance-perpetual", options);
  await connector.start();
  await connector.whenReady();
  console.log(connector.orderBook("ETH-USDT").bestBid.price.toFixed());
  await connector.stop();`;

function idOf(name: string): string {
  const version = listPublicPackages().find((pkg) => pkg.name === name)?.version;
  return `${name}@${version}`;
}
