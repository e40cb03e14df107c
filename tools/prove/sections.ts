import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { SeedReport } from "@conn/testkit/simulation";
import { Summary } from "../simulate/summary.ts";
import { runKillsSection, runOrdersSection } from "./orders/order-sections.ts";
import { runProgram } from "./run-program.ts";
import type { ProveContext, Section, SectionResult } from "./section.ts";
import { heapSlope, type SoakOutcome } from "./soak/judge-soak.ts";
import type { SoakLine } from "./soak/main.ts";

const SIMULATE = "tools/simulate/main.ts";
/** Time besides the faults that a soak takes to start, to recover and to stop, in minutes. */
const SOAK_EXTRA_MINUTES = 3;
const MOST_SHOWN = 10;

/** Every part of the proof, in the order in which they run. Another one is another entry. */
export const sections: readonly Section[] = [
  { name: "tests", title: "All tests", run: runTests },
  { name: "simulation", title: "Seeds on virtual time", run: runSimulation },
  { name: "mutations", title: "Deliberate bugs found by seeds", run: runMutations },
  { name: "orders", title: "Orders over sockets with faults", run: runOrdersSection },
  { name: "kills", title: "Trading programs killed and started anew", run: runKillsSection },
  { name: "soak", title: "Soak over sockets on loopback", run: runSoakProgram },
];

async function runTests(context: ProveContext): Promise<SectionResult> {
  const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");
  let closing = "";
  const failed: string[] = [];
  const end = await runProgram({
    ...bounded(context),
    args: [vitest, "run"],
    onLine(line) {
      if (/^\d+ passed, \d+ failed/.test(line)) closing = line;
      if (/^\s*(FAIL|×)\s/.test(line) && failed.length < MOST_SHOWN) failed.push(line.trim());
    },
  });
  const isFine = end.code === 0 && / 0 failed/.test(closing);
  return {
    problems: isFine || end.stopped ? failed : [...failed, closing || `no result: ${end.stderr}`],
    cutShort: end.stopped,
    figures: Object.fromEntries(
      [...closing.matchAll(/(\d+) (\w+)/g)].map(([, n, what]) => [what, Number(n)]),
    ),
  };
}

async function runSimulation(context: ProveContext): Promise<SectionResult> {
  const { seeds, events } = context.options;
  const summary = new Summary();
  const problems: string[] = [];
  let run = 0;
  const end = await runProgram({
    ...bounded(context),
    args: [SIMULATE, "--seeds", String(seeds), "--events", String(events), "--json"],
    onLine(line) {
      // as: the lines that the program documents.
      const report = JSON.parse(line) as { type: string; connector: string } & SeedReport;
      if (report.type !== "seed") return;
      summary.add(report, report.connector);
      run += 1;
      if (run % 200 === 0) context.say(`${run} seeds`);
      if (report.violation !== undefined)
        problems.push(`${report.connector}, seed ${report.seed}: ${report.violation.what}`);
    },
  });
  if (end.code !== 0 && end.stopped === undefined && problems.length === 0)
    problems.push(`ended with code ${end.code}: ${end.stderr}`);
  const figures: Record<string, string> = {};
  for (const [name, totals] of summary.perConnector) {
    const faults = Object.values(totals.faults).reduce((sum, count) => sum + count, 0);
    const hours = (totals.simulatedMs / 3_600_000).toFixed(1);
    figures[name] =
      `${totals.seeds} of ${seeds} seeds, ${totals.events} events, ${hours} simulated hours, ${faults} faults, ${totals.violations} violations`;
  }
  return { problems: problems.slice(0, MOST_SHOWN), cutShort: end.stopped, figures };
}

async function runMutations(context: ProveContext): Promise<SectionResult> {
  const found: Record<string, string> = {};
  const problems: string[] = [];
  const end = await runProgram({
    ...bounded(context),
    args: [SIMULATE, "--mutations", "--seeds", String(context.options.mutationSeeds), "--json"],
    onLine(line) {
      // The last line is a sentence.
      if (!line.startsWith("{")) return;
      const { name, seed, connector } = JSON.parse(line);
      context.say(`${name}: ${seed === undefined ? "NOT FOUND" : `seed ${seed}`}`);
      if (seed === undefined) problems.push(`${name} was not found`);
      else found[name] = `seed ${seed} of ${connector}`;
    },
  });
  if (end.code !== 0 && end.stopped === undefined && problems.length === 0)
    problems.push(`ended with code ${end.code}: ${end.stderr}`);
  return { problems, cutShort: end.stopped, figures: { found: Object.keys(found).length, ...found } };
}

async function runSoakProgram(context: ProveContext): Promise<SectionResult> {
  const { soakMinutes: minutes, soakSeed: seed } = context.options;
  let result: Extract<SoakLine, { type: "result" }> | undefined;
  const end = await runProgram({
    root: context.root,
    signal: context.signal,
    withinMs: (minutes + SOAK_EXTRA_MINUTES) * 60_000,
    args: ["--expose-gc", "tools/prove/soak/main.ts", JSON.stringify({ minutes, seed })],
    onLine(text) {
      // as: the program's only lines.
      const line = JSON.parse(text) as SoakLine;
      if (line.type === "result") result = line;
      else context.say(`minute ${line.minute.toFixed(1)}: ${line.text}`);
    },
  });
  if (result === undefined)
    return {
      problems: end.stopped ? [] : [`no result: ${end.stderr}`],
      cutShort: end.stopped,
      figures: {},
    };
  const { outcome, problems } = result;
  const asked = `${outcome.minutes.toFixed(1)} of ${minutes} minutes`;
  return { problems, cutShort: outcome.cutShort ? asked : undefined, figures: figuresOf(outcome) };
}

/** The figures of a soak, ready to be read. */
function figuresOf(outcome: SoakOutcome): Readonly<Record<string, string | number>> {
  const { samples, comparisons, eventLoopDelayMs: delay, liveAfterFaultsMs } = outcome;
  const list = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(", ") || "none";
  const heap = samples.map(({ heapBytes }) => heapBytes / 1e6);
  const slope = heapSlope(samples);
  return {
    minutes: outcome.minutes.toFixed(1),
    faults: list(outcome.faults),
    "slow readers told": outcome.overflows,
    books: outcome.books,
    "changes of books": outcome.changes,
    "held against the venue": `${comparisons.equal} equal, ${comparisons.different} different`,
    "losses of trust": `${outcome.losses}, the longest ${(outcome.longestLossMs / 1_000).toFixed(1)} s`,
    "all live after faults":
      liveAfterFaultsMs === undefined ? "never" : `after ${(liveAfterFaultsMs / 1_000).toFixed(1)} s`,
    "heap after collection": `${heap[0]?.toFixed(2)} MB at first, ${heap.at(-1)?.toFixed(2)} MB at last, at most ${Math.max(...heap).toFixed(2)} MB`,
    "heap slope after warm-up":
      slope === undefined ? "not judged: too short" : `${(slope / 1_000).toFixed(1)} kB a minute`,
    "event loop delay": `median ${delay.p50.toFixed(1)} ms, 99 % below ${delay.p99.toFixed(1)} ms, at most ${delay.max.toFixed(0)} ms (timers of 10 ms)`,
    "open before and after": `${list(outcome.resourcesBefore)}; ${list(outcome.resourcesAfter)}`,
    "problems told": list(outcome.problems),
  };
}

function bounded({
  root,
  signal,
  options,
}: ProveContext): Pick<Parameters<typeof runProgram>[0], "root" | "signal" | "withinMs"> {
  return { root, signal, withinMs: options.minutes === undefined ? undefined : options.minutes * 60_000 };
}
