// Runs seeds as it is told: the main thread sends a job, this one answers with what it came to.
import { parentPort } from "node:worker_threads";
import { shrinkSeed, simulateSeed } from "@conn/testkit/simulation";
import { setups } from "./connectors.js";
import type { Job } from "./job.ts";

const unhandled: string[] = [];
process.on("unhandledRejection", (error) => {
  unhandled.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
});

parentPort?.on("message", async ({ connector, kind, seed, events, shrink }: Job) => {
  const setup = setups.find(({ plugin }) => plugin.name === connector);
  if (setup === undefined) throw new TypeError(`no connector ${connector} to simulate`);
  // A library that is refused and cut off all the time makes many errors; their stacks are read of one seed only.
  Error.stackTraceLimit = shrink ? 10 : 0;
  const report = await (shrink ? shrinkSeed : simulateSeed)(setup, { seed, kind, events });
  parentPort?.postMessage({ report, unhandled: unhandled.splice(0) });
});
