import { Worker } from "node:worker_threads";
import type { SeedReport } from "@conn/testkit/simulation";
import type { Job } from "./job.ts";

/** A bundle that runs seeds, and how many at a time. */
export interface RunSeedsOptions {
  /** Path of the bundle. */
  readonly bundle: string;
  readonly workers: number;
  /** Told of each seed as it ends; says whether to go on. */
  readonly onReport: (report: SeedReport, job: Job) => boolean;
}

/** Runs jobs on worker threads. @throws {Error} if a worker ends before its time. */
export async function runSeeds(jobs: Iterable<Job>, options: RunSeedsOptions): Promise<void> {
  const queue = jobs[Symbol.iterator]();
  let goOn = true;
  const work = async (): Promise<void> => {
    const worker = new Worker(options.bundle);
    try {
      for (let next = queue.next(); goOn && !next.done; next = queue.next()) {
        const { report, unhandled } = await ask(worker, next.value);
        const [rejection] = unhandled;
        const told: SeedReport =
          rejection === undefined || report.violation !== undefined
            ? report
            : {
                ...report,
                violation: { what: `unhandled: ${rejection}`, atMs: 0, faults: [], timeline: [] },
              };
        if (!options.onReport(told, next.value)) goOn = false;
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: options.workers }, work));
}

function ask(worker: Worker, job: Job): Promise<{ report: SeedReport; unhandled: readonly string[] }> {
  const { promise, resolve, reject } = Promise.withResolvers<{
    report: SeedReport;
    unhandled: readonly string[];
  }>();
  const onExit = (code: number): void => reject(new Error(`a worker ended with code ${code}`));
  worker.once("message", resolve).once("error", reject).once("exit", onExit);
  worker.postMessage(job);
  return promise.finally(() => worker.off("message", resolve).off("error", reject).off("exit", onExit));
}
