// `npm run prove`: the long form of every proof, one report at the end.
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { formatReport, formatReportJson, hasPassed, type RunSection } from "./report.ts";
import type { ProveOptions, SectionResult } from "./section.ts";
import { sections } from "./sections.ts";

const names = sections.map(({ name }) => name).join(", ");
const HELP = `npm run prove -- [options]

  --only X           only this section: ${names}; may be repeated
  --seeds N          seeds of each connector (10000)
  --events N         things that happen in each seed (20000)
  --mutation-seeds N seeds in which each deliberate bug must be found (300)
  --minutes M        most minutes for each section but the soak (no bound)
  --soak-minutes M   how long the soak lasts (20)
  --soak-seed S      decides its faults (1)
  --kills N          how often trading programs are killed (500)
  --orders N         how many orders are placed over sockets (10000)
  --order-seed S     decides commands, faults and moments of both (1)
  --json             the report as one JSON object

Progress goes to standard error, the report to standard output. The exit code is 0 if nothing that was run is wrong;
whether everything was run, the report says.
`;

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true, default: sections.map(({ name }) => name) },
    seeds: { type: "string", default: "10000" },
    events: { type: "string", default: "20000" },
    "mutation-seeds": { type: "string", default: "300" },
    minutes: { type: "string" },
    "soak-minutes": { type: "string", default: "20" },
    "soak-seed": { type: "string", default: "1" },
    kills: { type: "string", default: "500" },
    orders: { type: "string", default: "10000" },
    "order-seed": { type: "string", default: "1" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
for (const name of values.only)
  if (!sections.some((section) => section.name === name)) fail(`no section ${name}`);
const options: ProveOptions = {
  seeds: readCount("seeds"),
  events: readCount("events"),
  mutationSeeds: readCount("mutation-seeds"),
  minutes: values.minutes === undefined ? undefined : readMinutes("minutes", values.minutes),
  soakMinutes: readMinutes("soak-minutes", values["soak-minutes"]),
  soakSeed: readCount("soak-seed"),
  kills: readCount("kills"),
  orders: readCount("orders"),
  orderSeed: readCount("order-seed"),
};

const root = resolve(import.meta.dirname, "../..");
const abort = new AbortController();
process.on("SIGINT", () => abort.abort()).on("SIGTERM", () => abort.abort());

const startedAt = new Date().toISOString();
const run: RunSection[] = [];
for (const section of sections) {
  const { name, title } = section;
  if (!values.only.includes(name) || abort.signal.aborted) continue;
  const say = (line: string): void => void process.stderr.write(`${name}: ${line}\n`);
  say("begins");
  const began = performance.now();
  let result: SectionResult;
  try {
    result = await section.run({ root, options, say, signal: abort.signal });
  } catch (error) {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    result = { problems: [what], cutShort: undefined, figures: {} };
  }
  run.push({ name, title, seconds: (performance.now() - began) / 1_000, ...result });
}
const report = {
  commit: commit(),
  node: process.versions.node,
  startedAt,
  sections: run,
  notRun: sections.map(({ name }) => name).filter((name) => !run.some((section) => section.name === name)),
};
process.stdout.write(values.json ? formatReportJson(report) : formatReport(report));
process.exitCode = abort.signal.aborted ? 130 : hasPassed(report) ? 0 : 1;

/** The commit that is checked out; `+` if files were changed since. */
function commit(): string {
  const git = (...args: string[]): string =>
    spawnSync("git", args, { cwd: root, encoding: "utf8" }).stdout?.trim() ?? "";
  return `${git("rev-parse", "--short", "HEAD") || "unknown"}${git("status", "--porcelain") === "" ? "" : "+"}`;
}

function readCount(
  name: "seeds" | "events" | "mutation-seeds" | "soak-seed" | "kills" | "orders" | "order-seed",
): number {
  const count = Number(values[name]);
  if (!Number.isSafeInteger(count) || count < 1) fail(`--${name} must be a whole number above 0`);
  return count;
}

function readMinutes(name: string, text: string): number {
  const minutes = Number(text);
  if (!(minutes > 0 && minutes <= 10_000)) fail(`--${name} must be a number of minutes above 0`);
  return minutes;
}

function fail(message: string): never {
  process.stderr.write(`${message}\n\n${HELP}`);
  process.exit(2);
}
