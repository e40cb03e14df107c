// The soak as a program of its own, so that nothing else is in its memory: node --expose-gc main.ts '{"minutes":20}'
import { judgeSoak } from "./judge-soak.ts";
import { startRemoteVenueHost } from "./remote-venue-host.ts";
import { runSoak } from "./run-soak.ts";
import { setups } from "./venues.ts";

/** One line of standard output. */
export type SoakLine =
  | { readonly type: "sample"; readonly minute: number; readonly text: string }
  | {
      readonly type: "result";
      readonly outcome: Awaited<ReturnType<typeof runSoak>>;
      readonly problems: readonly string[];
    };

const { minutes, seed } = JSON.parse(process.argv[2] ?? "{}");
if (!(minutes > 0) || !Number.isSafeInteger(seed))
  throw new TypeError('usage: main.ts \'{"minutes":M,"seed":S}\'');
const { gc } = globalThis;
if (gc === undefined) throw new TypeError("the soak needs node --expose-gc");

const abort = new AbortController();
process.once("SIGINT", () => abort.abort()).once("SIGTERM", () => abort.abort());

const durationMs = minutes * 60_000;
const outcome = await runSoak({
  setups,
  host: startRemoteVenueHost(),
  seed,
  durationMs,
  sampleEveryMs: Math.min(10_000, durationMs / 20),
  faultEveryMs: Math.min(6_000, durationMs / 10),
  longestFaultMs: Math.min(15_000, durationMs / 10),
  idleMs: 1_000,
  liveWithinMs: 60_000,
  usedBytes() {
    // Twice: buffers are given up by what the first collection finalizes.
    gc();
    gc();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  },
  onSample({ minute, heapBytes, resources }, { changes, faults }) {
    const open = Object.entries(resources).map(([kind, count]) => `${kind} ${count}`);
    const text = `${(heapBytes / 1e6).toFixed(2)} MB, ${faults} faults, ${changes} changes of books, ${open.join(", ")}`;
    tell({ type: "sample", minute, text });
  },
  signal: abort.signal,
});
tell({ type: "result", outcome, problems: judgeSoak(outcome) });

function tell(line: SoakLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
