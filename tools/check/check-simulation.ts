import { spawnSync } from "node:child_process";
import type { CheckContext, CheckResult } from "./check.ts";

/** Of each kind and connector: few enough for every run of the checks; `npm run simulate` has no limit. */
const SEEDS = 75;
const EVENTS = 5_000;

/** No seed of a few hundred breaks an invariant, and every declared transition is seen in them or explained. */
export function checkSimulation({ root }: CheckContext): CheckResult {
  const args = ["tools/simulate/main.ts", "--json", "--seeds", String(SEEDS), "--events", String(EVENTS)];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  // as: what `--json` prints.
  const lines = stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Line);
  const violations = lines.flatMap((line) => (line.type === "seed" && line.violation ? [line] : []));
  if (status !== 0) {
    const told = violations.map(
      ({ connector, kind, seed, violation }) =>
        `${connector}, ${kind} seed ${seed}: ${violation?.what}\n  npm run simulate -- --connector ${connector} --kind ${kind} --seed ${seed} --events ${EVENTS}`,
    );
    return { problems: told.length > 0 ? told : [stderr.slice(-4_000)] };
  }
  const problems: string[] = [];
  const notes: string[] = [];
  for (const line of lines) {
    if (line.type !== "summary") continue;
    for (const [connector, { seeds, events, coverage }] of Object.entries(line.connectors)) {
      const { covered, declared, missing, undeclared } = coverage;
      notes.push(`${connector}: ${seeds} seeds, ${events} events, ${covered} of ${declared} transitions`);
      for (const name of missing) problems.push(`${connector}: never seen, and no reason given: ${name}`);
      for (const name of undeclared) problems.push(`${connector}: happened and is not declared: ${name}`);
    }
  }
  return { problems, notes };
}

type Line =
  | {
      readonly type: "seed";
      readonly connector: string;
      readonly kind: string;
      readonly seed: number;
      readonly violation?: { readonly what: string };
    }
  | {
      readonly type: "summary";
      readonly connectors: Readonly<
        Record<
          string,
          {
            readonly seeds: number;
            readonly events: number;
            readonly coverage: {
              readonly covered: number;
              readonly declared: number;
              readonly missing: readonly string[];
              readonly undeclared: readonly string[];
            };
          }
        >
      >;
    };
