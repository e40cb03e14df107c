import { spawnSync } from "node:child_process";
import type { CheckContext, CheckResult } from "./check.ts";

/** Few enough for every run of the checks; `npm run simulate` has no limit. */
const SEEDS = 120;
const EVENTS = 5_000;

/** No seed of a few hundred breaks an invariant. */
export function checkSimulation({ root }: CheckContext): CheckResult {
  const args = ["tools/simulate/main.ts", "--seeds", String(SEEDS), "--events", String(EVENTS)];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  const totals = stdout.split("\n").filter((line) => line.includes(" seeds, "));
  if (status === 0) return { problems: [], notes: totals };
  return { problems: [`${stdout.slice(-4_000)}${stderr.slice(-4_000)}`] };
}
