import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { listPackages } from "../check/workspace.js";
import { formatReport, formatReportJson, hasPassed, isComplete, type Report } from "./report.js";
import { runProgram } from "./run-program.js";
import { sections } from "./sections.js";
import { heapSlope, judgeSoak, MOST_BYTES_PER_MINUTE, type SoakOutcome } from "./soak/judge-soak.js";
import { runSoak } from "./soak/run-soak.js";
import { venueFaults } from "./soak/venue-faults.js";
import { VenueHost } from "./soak/venue-host.js";
import { setups } from "./soak/venues.js";

const root = resolve(import.meta.dirname, "../..");

describe("the soak", () => {
  it("runs for seconds as it does for minutes", { timeout: 60_000 }, async () => {
    const outcome = await runSoak({
      setups,
      host: new VenueHost(),
      seed: 3,
      durationMs: 2_000,
      sampleEveryMs: 100,
      faultEveryMs: 150,
      longestFaultMs: 200,
      idleMs: 100,
      liveWithinMs: 30_000,
      usedBytes: () => process.memoryUsage().heapUsed,
      signal: new AbortController().signal,
    });
    expect(judgeSoak(outcome)).toEqual([]);
    expect(outcome.cutShort).toBe(false);
    expect(outcome.books).toBe(8);
    expect(outcome.losses).toBeGreaterThan(0);
    expect(outcome.comparisons.equal).toBeGreaterThan(50);
    expect(outcome.samples.length).toBeGreaterThan(5);
  });

  it("ends early when it is told to, and says so", { timeout: 60_000 }, async () => {
    const abort = new AbortController();
    const outcome = await runSoak({
      setups: setups.slice(0, 1),
      host: new VenueHost(),
      seed: 1,
      durationMs: 600_000,
      sampleEveryMs: 50,
      faultEveryMs: 600_000,
      longestFaultMs: 100,
      idleMs: 100,
      liveWithinMs: 30_000,
      usedBytes: () => 0,
      onSample: () => abort.abort(),
      signal: abort.signal,
    });
    expect(outcome.cutShort).toBe(true);
    expect(outcome.minutes).toBeLessThan(1);
  });

  it("covers every connector", () => {
    const connectors = listPackages(root).filter(({ isConnector }) => isConnector);
    expect(setups.map(({ plugin }) => `@conn/${plugin.name}`).sort()).toEqual(
      connectors.map(({ manifest }) => manifest.name).sort(),
    );
  });

  it("finds a book that differs, or claims what the venue never had", async () => {
    const host = new VenueHost();
    try {
      await host.start("binance-perpetual", 1);
      const facts = { durationMs: 1, symbol: "BTCUSDT", chance: 0.1 };
      for (const name of Object.keys(venueFaults)) await host.fault("binance-perpetual", name, facts);
      const book = { connector: "binance-perpetual", exchangeSymbol: "BTCUSDT", bids: [], asks: [] };
      await host.compare({ ...book, updateId: Number.MAX_SAFE_INTEGER });
      expect(await host.comparisons()).toMatchObject({ equal: 0, different: 1 });
    } finally {
      await host.close();
    }
  });
});

const sample = (minute: number, heapBytes: number) => ({ minute, heapBytes, resources: {} });
const steady = Array.from({ length: 120 }, (_, index) => sample(index / 6, 2e7 + (index % 3) * 5_000));

describe("judgeSoak", () => {
  const good: SoakOutcome = {
    minutes: 20,
    cutShort: false,
    samples: steady,
    faults: {},
    overflows: 0,
    problems: {},
    books: 8,
    changes: 100,
    comparisons: { equal: 90, different: 0, differences: [] },
    losses: 3,
    longestLossMs: 10,
    liveAfterFaultsMs: 10,
    eventLoopDelayMs: { p50: 10, p99: 12, max: 30 },
    resourcesBefore: { MessagePort: 1 },
    resourcesAfter: { MessagePort: 1 },
    uncaught: [],
  };
  const leaking = steady.map(({ minute, heapBytes }) =>
    sample(minute, heapBytes + minute * MOST_BYTES_PER_MINUTE * 1.2),
  );

  it("passes what is sound", () => {
    expect(judgeSoak(good)).toEqual([]);
    // What somebody else has closed meanwhile.
    expect(judgeSoak({ ...good, resourcesAfter: {} })).toEqual([]);
  });

  it.each<[string, Partial<SoakOutcome>]>([
    ["a book that differs", { comparisons: { equal: 90, different: 1, differences: ["x"] } }],
    ["nothing compared", { comparisons: { equal: 0, different: 0, differences: [] } }],
    ["books that stay lost", { liveAfterFaultsMs: undefined }],
    ["an error nobody caught", { uncaught: ["x"] }],
    ["a heap that grows", { samples: leaking }],
    ["a socket left open", { resourcesAfter: { MessagePort: 1, TCPSocketWrap: 1 } }],
  ])("does not pass %s", (_, change) => expect(judgeSoak({ ...good, ...change })).toHaveLength(1));

  it("takes growth while it warms up for no leak, and judges no short run", () => {
    const warming = steady.map(({ minute, heapBytes }) =>
      sample(minute, heapBytes + Math.min(minute, 9) * 1e6),
    );
    expect(heapSlope(warming)).toBeLessThan(10_000);
    expect(heapSlope(steady.slice(0, 20))).toBeUndefined();
  });
});

describe("the report", () => {
  const section = { name: "tests", title: "All tests", seconds: 3, figures: { passed: 7 } };
  const report = (change: Partial<Report["sections"][number]>, notRun: string[] = []): Report => ({
    commit: "abc",
    node: "24",
    startedAt: "now",
    sections: [{ ...section, problems: [], cutShort: undefined, ...change }],
    notRun,
  });

  it.each([
    ["all is well", report({}), true, true],
    ["a problem", report({ problems: ["broken"] }), false, true],
    ["a section cut short", report({ cutShort: "interrupted" }), true, false],
    ["a section not run", report({}, ["soak"]), true, false],
  ])("says so: %s", (_, given, passed, complete) => {
    expect([hasPassed(given), isComplete(given)]).toEqual([passed, complete]);
    expect(JSON.parse(formatReportJson(given))).toMatchObject({ passed, complete });
    expect(formatReport(given).includes("NOT COMPLETE")).toBe(!complete);
    expect(formatReport(given).includes("SOMETHING IS WRONG")).toBe(!passed);
  });

  it("has a name for each section", () => {
    expect(new Set(sections.map(({ name }) => name)).size).toBe(sections.length);
  });
});

describe("runProgram", () => {
  const run = (script: string, withinMs?: number) => {
    const lines: string[] = [];
    const options = {
      root,
      onLine: (line: string) => lines.push(line),
      signal: new AbortController().signal,
    };
    return runProgram({ ...options, args: ["-e", script], withinMs }).then((end) => ({ ...end, lines }));
  };

  it("gives lines, the code and the end of standard error", async () => {
    const end = await run("console.log('a\\nb'); console.error('x'); process.exitCode = 3");
    expect(end).toEqual({ code: 3, stopped: undefined, stderr: "x\n", lines: ["a", "b"] });
  });

  it("stops what takes too long", async () => {
    const end = await run("setInterval(() => {}, 1000)", 200);
    expect(end.stopped).toBeDefined();
  });
});
