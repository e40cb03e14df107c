// Sessions with mishaps, recorded over real sockets and played again.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { plugin as binancePerpetual } from "@conn/binance-perpetual";
import { startSimulator as startBinancePerpetual } from "@conn/binance-perpetual/simulator";
import { type CommandIo, nodeDisk, run } from "@conn/cli";
import { type ConnectorPlugin, createDefaultPorts, definePlugin } from "@conn/core";
import { plugin as cryptoCom } from "@conn/crypto-com";
import { startSimulator as startCryptoCom } from "@conn/crypto-com/simulator";
import { createRegistry } from "@conn/registry";
import type { Faults, RunningVenue, VenueMachine } from "@conn/simulator";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

type Line = Readonly<Record<string, unknown>>;

const PATIENCE = { timeout: 30_000 };
const ports = createDefaultPorts();

let folder: string;
let venue: RunningVenue<VenueMachine> | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "conn-record-"));
});

afterEach(async () => {
  await venue?.close();
  await rm(folder, { recursive: true });
});

/** A command that runs in this process. */
class Running {
  readonly code: Promise<number>;
  readonly #abort = new AbortController();
  #text = "";

  constructor(plugin: ConnectorPlugin, args: readonly string[]) {
    const output: CommandIo["stdout"] = {
      write: (text) => {
        this.#text += text;
        return true;
      },
      writableNeedDrain: false,
      on: () => undefined,
      off: () => undefined,
    };
    this.code = run(args, {
      stdout: output,
      stderr: output,
      keyboard: undefined,
      env: {},
      signal: this.#abort.signal,
      ports,
      disk: nodeDisk,
      registry: createRegistry().use(plugin),
      atExit: () => () => undefined,
    });
  }

  /** What it has printed. */
  get lines(): Line[] {
    return this.#text
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line);
  }

  linesOf(type: string): Line[] {
    return this.lines.filter((line) => line.type === type);
  }

  /** Waits until every pair has become live, or become live again, so many times. */
  async live(times: Readonly<Record<string, number>>): Promise<void> {
    await vi.waitUntil(
      () =>
        Object.entries(times).every(
          ([pair, least]) =>
            this.linesOf("orderBookState").filter(
              ({ tradingPair, state }) => tradingPair === pair && state === "live",
            ).length >= least,
        ),
      PATIENCE,
    );
  }

  interrupt(): void {
    this.#abort.abort();
  }
}

function record(
  plugin: ConnectorPlugin,
  urls: Readonly<Record<string, string>>,
  ...pairs: string[]
): Running {
  const given = Object.entries(urls).flatMap(([name, url]) => ["--url", `${name}=${url}`]);
  const where = ["--environment", "sim", ...given];
  return new Running(plugin, ["record", plugin.name, ...pairs, folder, "--json", ...where]);
}

async function replay(plugin: ConnectorPlugin, ...options: string[]): Promise<Running> {
  const running = new Running(plugin, ["replay", folder, "--json", ...options]);
  expect(await running.code).toBe(0);
  return running;
}

async function readLines(stream: string): Promise<Line[]> {
  const text = await readFile(join(folder, `${stream}.jsonl`), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

/** What of a book must be the same live and replayed: all but where the replay saw the first fault. */
const truthOf = (book: Line): Line => ({ ...book, firstFaultAtN: undefined });

/** That the replay of a recording comes to the books and checkpoints that were live. */
async function expectSameBooks(plugin: ConnectorPlugin, recording: Running): Promise<void> {
  const replayed = await replay(plugin, "--checkpoints");
  const live = recording.linesOf("book").map(truthOf);
  expect(live.map(({ state }) => state)).toEqual(live.map(() => "live"));
  expect(replayed.linesOf("book").map(truthOf)).toEqual(live);
  const expected = JSON.parse(await readFile(join(folder, "depth.expected.json"), "utf8")) as {
    books: { symbol: string; bookSha256: string; checkpoints: { afterN: number; sha256: string }[] }[];
  };
  expect(expected.books.map(({ bookSha256 }) => bookSha256)).toEqual(live.map(({ sha256 }) => sha256));
  const marks = expected.books.flatMap(({ symbol, checkpoints }) =>
    checkpoints.map((checkpoint) => ({ exchangeSymbol: symbol, ...checkpoint })),
  );
  const taken = replayed.linesOf("checkpoint");
  expect(marks.length).toBeGreaterThan(0);
  expect(taken).toHaveLength(marks.length);
  for (const mark of marks) expect(taken).toContainEqual(expect.objectContaining(mark));
}

interface Kit {
  readonly plugin: ConnectorPlugin;
  readonly start: () => Promise<RunningVenue<VenueMachine>>;
  /** The venue's name for a frame that changes a book, and its symbols of the pairs. */
  readonly kind: string;
  readonly symbols: readonly [string, string];
}

const PAIRS = ["BTC-USDT", "ETH-USDT"] as const;
const kits: readonly Kit[] = [
  {
    plugin: binancePerpetual,
    start: () => startBinancePerpetual({ ports, seed: 11 }),
    kind: "depth",
    symbols: ["BTCUSDT", "ETHUSDT"],
  },
  {
    plugin: cryptoCom,
    start: () => startCryptoCom({ ports, seed: 11 }),
    kind: "book.update",
    symbols: ["BTC_USDT", "ETH_USDT"],
  },
];

describe.each(kits)("$plugin.name", ({ plugin, start, kind, symbols: [symbol] }) => {
  test("a session with lost frames and disconnects is replayed to the same books", async () => {
    venue = await start();
    const { faults }: { faults: Faults } = venue;
    const recording = record(plugin, venue.urls, ...PAIRS);
    await recording.live({ "BTC-USDT": 1, "ETH-USDT": 1 });
    const lost = faults.lose({ kind, symbol });
    await recording.live({ "BTC-USDT": 2 });
    expect(lost.hits).toBe(1);
    faults.drop();
    await recording.live({ "BTC-USDT": 3, "ETH-USDT": 2 });
    faults.corrupt({ kind, symbol }, "{");
    await recording.live({ "BTC-USDT": 4 });
    // A few more, so that the books have moved on since.
    faults.duplicate({ kind, symbol }, 3);
    await vi.waitUntil(() => faults.pending().length === 0, PATIENCE);
    recording.interrupt();
    expect(await recording.code).toBe(0);
    const [bitcoin, ether] = recording.linesOf("book");
    expect(bitcoin).toMatchObject({ tradingPair: "BTC-USDT", state: "live", resyncs: 3 });
    expect(ether).toMatchObject({ tradingPair: "ETH-USDT", state: "live", resyncs: 1, gaps: 0 });
    const control = await readLines("control");
    expect(control.filter(({ dir }) => dir === "disconnect").length).toBeGreaterThan(0);
    await expectSameBooks(plugin, recording);
  });

  test("a line left out of the recording is missed by the replay, at the next one of its book", async () => {
    venue = await start();
    const recording = record(plugin, venue.urls, "BTC-USDT");
    await recording.live({ "BTC-USDT": 1 });
    await vi.waitUntil(async () => {
      const text = await readFile(join(folder, "depth.jsonl"), "utf8");
      return text.split("\n").length > 12;
    }, PATIENCE);
    recording.interrupt();
    expect(await recording.code).toBe(0);
    await expectSameBooks(plugin, recording);
    const frames = (await readLines("depth")).filter(({ dir }) => dir === "recv");
    const at = frames.length - 2;
    const replayed = await replay(plugin, "--drop", String(frames[at]?.n));
    expect(replayed.linesOf("book")).toMatchObject([
      { state: "resyncing", gaps: 1, firstFaultAtN: frames[at + 1]?.n },
    ]);
  });
});

test("books on two connections: the end of one is not the end of the other's, live and replayed", async () => {
  venue = await startCryptoCom({ ports, seed: 5 });
  const plugin = definePlugin({
    ...cryptoCom,
    create: (options) => {
      const { routes, ...definition } = cryptoCom.create(options);
      const small = Object.entries(routes).map(([name, route]) => [name, { ...route, maxTopics: 2 }]);
      return { ...definition, routes: Object.fromEntries(small) };
    },
  });
  const recording = record(plugin, venue.urls, ...PAIRS);
  await recording.live({ "BTC-USDT": 1, "ETH-USDT": 1 });
  const [first] = venue.log.connections;
  expect(venue.log.connections).toHaveLength(2);
  venue.faults.drop({ connectionId: first?.connectionId ?? 0 });
  await vi.waitUntil(
    () => recording.linesOf("orderBookState").some(({ state }) => state === "resyncing"),
    PATIENCE,
  );
  const hit = recording.linesOf("orderBookState").find(({ state }) => state === "resyncing")?.tradingPair;
  const other = PAIRS.find((pair) => pair !== hit) ?? "";
  await recording.live({ [String(hit)]: 2 });
  recording.interrupt();
  expect(await recording.code).toBe(0);
  const resyncs = Object.fromEntries(
    recording.linesOf("book").map(({ tradingPair, resyncs: count }) => [tradingPair, count]),
  );
  expect(resyncs).toEqual({ [String(hit)]: 1, [other]: 0 });
  const conns = new Set((await readLines("depth")).map(({ conn }) => conn));
  expect(conns.size).toBe(3);
  await expectSameBooks(plugin, recording);
});
