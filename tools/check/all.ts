// Runs the checks of this repository: `npm run check`, or some of them: `npm run check -- lint ports`.
// With --update, files that are generated are rewritten instead of compared.
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Check, CheckResult } from "./check.ts";
import { checkBoundaries } from "./check-boundaries.ts";
import { checkConnField } from "./check-conn-field.ts";
import { checkExactness } from "./check-exactness.ts";
import { checkExports } from "./check-exports.ts";
import { checkFiles } from "./check-files.ts";
import { checkHosts } from "./check-hosts.ts";
import { checkLint } from "./check-lint.ts";
import { checkMetrics } from "./check-metrics.ts";
import { checkPorts } from "./check-ports.ts";
import { checkSequenceRules } from "./check-sequence-rules.ts";
import { checkSimulation } from "./check-simulation.ts";
import { checkTarballs } from "./check-tarballs.ts";
import { checkTests } from "./check-tests.ts";
import { checkTypes } from "./check-types.ts";
import { checkUnused } from "./check-unused.ts";
import { checkVenueNames } from "./check-venue-names.ts";
import { countLines } from "./count-lines.ts";

const checks: Readonly<Record<string, Check>> = {
  types: checkTypes,
  lint: checkLint,
  boundaries: checkBoundaries,
  "venue-names": checkVenueNames,
  ports: checkPorts,
  exactness: checkExactness,
  unused: checkUnused,
  tarballs: checkTarballs,
  exports: checkExports,
  "conn-field": checkConnField,
  "sequence-rules": checkSequenceRules,
  metrics: checkMetrics,
  hosts: checkHosts,
  files: checkFiles,
  tests: checkTests,
  simulation: checkSimulation,
  lines: countLines,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { update: { type: "boolean", default: false } },
});
const unknown = positionals.filter((name) => !Object.hasOwn(checks, name));
if (unknown.length > 0) {
  console.error(`no check is called ${unknown.join(", ")}; there are: ${Object.keys(checks).join(", ")}`);
  process.exit(2);
}

const context = { root: resolve(import.meta.dirname, "../.."), update: values.update };
let passed = 0;
let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const started = performance.now();
  let result: CheckResult;
  try {
    result = await check(context);
  } catch (error) {
    result = { problems: [error instanceof Error ? (error.stack ?? error.message) : String(error)] };
  }
  const isFine = result.problems.length === 0;
  if (isFine) passed += 1;
  else failed += 1;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${name.padEnd(14)} ${isFine ? "ok    " : "failed"} ${seconds.padStart(5)} s`);
  for (const line of [...(result.notes ?? []), ...result.problems]) console.log(line.replace(/^/gm, "    "));
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
