// `npm run simulate`: connectors against their simulated venues on virtual time, seed by seed.
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import type { SeedReport } from "@conn/testkit/simulation";
import { bundleWorker } from "./bundle.ts";
import type { Job, Kind } from "./job.ts";
import { type Mutation, mutations } from "./mutations.ts";
import { runSeeds } from "./run-seeds.ts";
import { Summary } from "./summary.ts";

const CONNECTORS = ["binance-perpetual", "crypto-com"];
const KINDS: readonly Kind[] = ["market", "trading"];

const HELP = `npm run simulate -- [options]

  --seeds N        how many seeds of each connector (200)
  --first-seed S   the first of them (1)
  --seed S         only this seed; a violation is shown with the fewest faults that bring it about
  --events N       things that happen in each seed (20000)
  --connector X    only this connector: ${CONNECTORS.join(" or ")}; may be repeated
  --kind K         only programs that read the market, or only those that trade: ${KINDS.join(" or ")}
  --mutations      instead: build each deliberate bug into the engine, and see it found
  --mutation M     the same for one of them; may be repeated
  --workers N      threads (${availableParallelism()})
  --json           one JSON object a seed, and one at the end
`;

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "200" },
    "first-seed": { type: "string", default: "1" },
    seed: { type: "string" },
    events: { type: "string", default: "20000" },
    connector: { type: "string", multiple: true, default: CONNECTORS },
    kind: { type: "string", multiple: true, default: [...KINDS] },
    mutations: { type: "boolean", default: false },
    mutation: { type: "string", multiple: true, default: [] },
    workers: { type: "string", default: String(availableParallelism()) },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const seeds = values.seed === undefined ? readCount("seeds") : 1;
const firstSeed = values.seed === undefined ? readCount("first-seed") : readCount("seed");
const events = readCount("events");
const workers = readCount("workers");
for (const name of values.connector) {
  if (!CONNECTORS.includes(name)) fail(`no connector ${name}; there are ${CONNECTORS.join(", ")}`);
}
const kinds = KINDS.filter((kind) => values.kind.includes(kind));
if (kinds.length === 0) fail(`no kind ${values.kind.join(", ")}; there are ${KINDS.join(", ")}`);
for (const name of values.mutation) {
  if (!mutations.some((mutation) => mutation.name === name)) {
    fail(`no mutation ${name}; there are ${mutations.map((mutation) => mutation.name).join(", ")}`);
  }
}

if (values.help) process.stdout.write(HELP);
else if (values.mutations || values.mutation.length > 0) process.exitCode = await runMutations();
else process.exitCode = await runPlain();

async function runPlain(): Promise<number> {
  const bundle = await bundleWorker("plain");
  const summary = new Summary();
  const broken: Job[] = [];
  await runSeeds(jobs(values.connector, kinds, values.seed !== undefined), {
    bundle,
    workers,
    onReport: (report, job) => {
      summary.add(report, job.connector);
      tell(report, job);
      if (report.violation !== undefined) broken.push(job);
      return true;
    },
  });
  print(values.json ? JSON.stringify({ type: "summary", ...summary.toRecord() }) : summary.toText());
  for (const { seed, connector, kind } of broken.slice(0, 10)) {
    print(`again: npm run simulate -- --connector ${connector} --kind ${kind} --seed ${seed} --events ${events}`);
  }
  return broken.length === 0 ? 0 : 1;
}

async function runMutations(): Promise<number> {
  const chosen = mutations.filter(
    ({ name }) => values.mutation.length === 0 || values.mutation.includes(name),
  );
  let missed = 0;
  for (const mutation of chosen) {
    const found = await findMutation(mutation);
    if (found === undefined) missed += 1;
    const what = found === undefined ? `NOT FOUND in ${seeds} seeds` : `seed ${found.seed}: ${found.what}`;
    print(
      values.json
        ? JSON.stringify({ type: "mutation", name: mutation.name, ...found })
        : `${mutation.name.padEnd(28)} ${what.split("\n")[0]?.slice(0, 140)}`,
    );
  }
  print(`${chosen.length - missed} of ${chosen.length} deliberate bugs found`);
  return missed === 0 ? 0 : 1;
}

/** The first seed by which a deliberate bug shows, on each connector in turn. */
async function findMutation({
  name,
  connectors,
  kind = "market",
  patches,
}: Mutation): Promise<
  { readonly seed: number; readonly connector: string; readonly what: string } | undefined
> {
  const bundle = await bundleWorker(name, patches);
  let found: { seed: number; connector: string; what: string } | undefined;
  await runSeeds(jobs(connectors, [kind], false), {
    bundle,
    workers,
    onReport: ({ seed, violation }, { connector }) => {
      if (violation !== undefined) found ??= { seed, connector, what: violation.what };
      return found === undefined;
    },
  });
  return found;
}

function* jobs(connectors: readonly string[], of: readonly Kind[], shrink: boolean): Generator<Job> {
  for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
    for (const connector of connectors) {
      for (const kind of of) yield { connector, kind, seed, events, shrink };
    }
  }
}

function tell(report: SeedReport, { connector, kind }: Job): void {
  if (values.json) {
    print(JSON.stringify({ type: "seed", connector, kind, ...report }));
    return;
  }
  const { violation, seed } = report;
  if (violation === undefined) return;
  print(`\n${connector}, ${kind} seed ${seed}, at ${Math.round(violation.atMs)} ms: ${violation.what}`);
  print(`${violation.timeline.join("\n")}\n`);
}

function readCount(name: "seeds" | "first-seed" | "seed" | "events" | "workers"): number {
  const count = Number(values[name]);
  if (!Number.isSafeInteger(count) || count < 1) fail(`--${name} must be a whole number above 0`);
  return count;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function fail(message: string): never {
  process.stderr.write(`${message}\n\n${HELP}`);
  process.exit(2);
}
