import { describe, expect, it } from "vitest";
import { type ConnError, NetworkError } from "../../src/errors/index.js";
import { AuditSchedule } from "../../src/market-data/audit-schedule.js";
import type { RestCall } from "../../src/transport/index.js";
import { testInstrument } from "../support/instrument.js";
import { VirtualTime } from "../support/virtual-time.js";

const INTERVAL_MS = 60_000;
const TIMEOUT_MS = 30_000;

/** A schedule whose feed and requests are the test's: audits end with their snapshot unless told otherwise. */
function setUp(random: () => number = () => 0.5) {
  const time = new VirtualTime();
  const problems: [string, string][] = [];
  const log: [at: number, tradingPair: string][] = [];
  const notLive = new Set<string>();
  let running: { tradingPair: string; onEnd: () => void } | undefined;
  let aborted = 0;
  let endsWithSnapshot = true;
  let answer: () => Promise<unknown> = async () => undefined;
  const end = (tradingPair: string): void => {
    if (running?.tradingPair !== tradingPair) return;
    const { onEnd } = running;
    running = undefined;
    onEnd();
  };
  const schedule = new AuditSchedule(
    {
      intervalMs: INTERVAL_MS,
      timeoutMs: TIMEOUT_MS,
      source: {
        snapshotRequest: ({ tradingPair }) => ({
          method: "GET",
          path: `/${tradingPair}`,
          cost: {},
        }),
      },
      rest: {
        async call<Answer>(call: RestCall<Answer>, signal?: AbortSignal): Promise<Answer> {
          log.push([time.monotonic(), call.path.slice(1)]);
          const onAbort = Promise.withResolvers<never>();
          signal?.addEventListener("abort", () => {
            aborted += 1;
            onAbort.reject(new NetworkError("NETWORK_CLOSED", "aborted"));
          });
          await Promise.race([answer(), onAbort.promise]);
          return call.parse(new Uint8Array());
        },
      },
      ports: { clock: time, timers: time, random: { next: random } },
      onProblem: (error: ConnError, tradingPair) => problems.push([error.code, tradingPair]),
    },
    {
      auditor: {
        begin({ tradingPair }, onEnd) {
          // One at a time.
          expect(running).toBeUndefined();
          if (notLive.has(tradingPair)) return false;
          running = { tradingPair, onEnd };
          return true;
        },
        cancel: end,
      },
      auditSnapshot({ tradingPair }) {
        if (endsWithSnapshot) end(tradingPair);
      },
    },
  );
  return {
    time,
    schedule,
    log,
    problems,
    notLive,
    aborted: () => aborted,
    neverJoin: () => {
      endsWithSnapshot = false;
    },
    answerWith: (next: typeof answer) => {
      answer = next;
    },
  };
}

const add = ({ schedule }: ReturnType<typeof setUp>, ...pairs: string[]): void => {
  for (const pair of pairs) schedule.add(testInstrument(pair));
};

describe("the schedule of audits", () => {
  it("comes to every book about once in an interval, in turn and spread over it", async () => {
    let count = 0;
    const all = setUp(() => {
      count += 1;
      return (count * 0.37) % 1;
    });
    add(all, "A-B", "C-D", "E-F");
    await all.time.advance(10 * INTERVAL_MS);
    const pairs = all.log.map(([, tradingPair]) => tradingPair);
    expect(pairs.slice(0, 6)).toEqual(["A-B", "C-D", "E-F", "A-B", "C-D", "E-F"]);
    expect(pairs.length).toBeGreaterThanOrEqual(24);
    expect(pairs.length).toBeLessThanOrEqual(31);
    const gaps = all.log.slice(1).map(([at], index) => at - all.log[index]![0]);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(10_000);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(31_000);
    // By chance, not by the clock.
    expect(new Set(gaps).size).toBeGreaterThan(5);
  });

  it("does not let books that are added wait for what was planned for one alone", async () => {
    const all = setUp();
    add(all, "A-B");
    await all.time.advance(1_000);
    add(all, ...Array.from({ length: 59 }, (_, index) => `P${index}-Q`));
    await all.time.advance(3_000);
    expect(all.log.length).toBeGreaterThanOrEqual(1);
  });

  it("passes over books that are not live, and comes back to them first", async () => {
    const all = setUp();
    all.notLive.add("A-B");
    add(all, "A-B", "C-D");
    await all.time.advance(31_000);
    expect(all.log.map(([, pair]) => pair)).toEqual(["C-D"]);
    all.notLive.add("C-D");
    await all.time.advance(90_000);
    expect(all.log).toHaveLength(1);
    all.notLive.clear();
    await all.time.advance(31_000);
    expect(all.log.at(-1)?.[1]).toBe("A-B");
  });

  it("tells a request that failed, and does not repeat it before its turn", async () => {
    const all = setUp();
    all.answerWith(() => Promise.reject(new NetworkError("NETWORK_RESET", "reset")));
    add(all, "A-B", "C-D");
    await all.time.advance(INTERVAL_MS + 5_000);
    expect(all.problems).toEqual([
      ["NETWORK_RESET", "A-B"],
      ["NETWORK_RESET", "C-D"],
    ]);
    all.answerWith(() => Promise.reject(new TypeError("no levels")));
    await all.time.advance(INTERVAL_MS / 2 + 2_000);
    expect(all.problems.at(-1)).toEqual(["MALFORMED_ANSWER", "A-B"]);
  });

  it("gives up an audit without an answer or a join, and goes on", async () => {
    const all = setUp();
    all.answerWith(() => new Promise(() => undefined));
    add(all, "A-B");
    await all.time.advance(INTERVAL_MS + 1_000 + TIMEOUT_MS - 1);
    expect([all.log.length, all.aborted()]).toEqual([1, 0]);
    await all.time.advance(1);
    expect([all.aborted(), all.problems]).toEqual([1, []]);
    all.answerWith(async () => undefined);
    all.neverJoin();
    await all.time.advance(INTERVAL_MS + 1_000 + TIMEOUT_MS);
    expect(all.log).toHaveLength(2);
    await all.time.advance(INTERVAL_MS + 1_000);
    expect(all.log).toHaveLength(3);
    expect(all.problems).toEqual([]);
  });

  it("leaves nothing behind, whatever is under way", async () => {
    for (const wait of [0, INTERVAL_MS, INTERVAL_MS + 500, INTERVAL_MS + 1_000, INTERVAL_MS + 5_000]) {
      for (const how of ["remove", "stop"] as const) {
        const all = setUp();
        all.answerWith(() => new Promise(() => undefined));
        add(all, "A-B");
        await all.time.advance(wait);
        if (how === "stop") all.schedule.stop();
        else all.schedule.remove("A-B");
        await all.time.advance(0);
        expect(all.time.pending).toBe(0);
        expect(all.aborted()).toBe(all.log.length);
        expect(all.problems).toEqual([]);
      }
    }
  });

  it("ends an audit of a book that is removed, and goes on with the others", async () => {
    const all = setUp();
    all.answerWith(() => new Promise(() => undefined));
    add(all, "A-B", "C-D");
    await all.time.advance(INTERVAL_MS / 2 + 1_000);
    expect(all.log).toHaveLength(1);
    all.schedule.remove("A-B");
    expect(all.aborted()).toBe(1);
    await all.time.advance(INTERVAL_MS + 1_000);
    expect(all.log.map(([, pair]) => pair)).toEqual(["A-B", "C-D"]);
  });
});
