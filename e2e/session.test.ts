// Whole sessions, recorded over real sockets and replayed by a process that has nothing but the file.
import { copyFile, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { plugin as binancePerpetual } from "@conn/binance-perpetual";
import { startSimulator as startBinancePerpetual } from "@conn/binance-perpetual/simulator";
import { type CommandIo, nodeDisk, run } from "@conn/cli";
import { type ConnectorPlugin, createDefaultPorts, type Ports } from "@conn/core";
import { plugin as cryptoCom } from "@conn/crypto-com";
import { startSimulator as startCryptoCom } from "@conn/crypto-com/simulator";
import { createRegistry } from "@conn/registry";
import type { RunningVenue, VenueMachine } from "@conn/simulator";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { runCommand } from "./run-command.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const CONN = "packages/cli/dist/bin.js";
const PATIENCE = { timeout: 30_000 };
const ports = createDefaultPorts();

const kits: readonly {
  readonly plugin: ConnectorPlugin;
  readonly startSimulator: (options: {
    readonly ports: Ports;
    readonly seed: number;
  }) => Promise<RunningVenue<VenueMachine>>;
  /** The venue's name for a frame that changes a book, and its symbol of the pair. */
  readonly kind: string;
  readonly symbol: string;
}[] = [
  { plugin: binancePerpetual, startSimulator: startBinancePerpetual, kind: "depth", symbol: "BTCUSDT" },
  { plugin: cryptoCom, startSimulator: startCryptoCom, kind: "book.update", symbol: "BTC_USDT" },
];

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "conn-session-"));
});

afterEach(() => rm(folder, { recursive: true }));

test.each(kits)(
  "$plugin.name: a session with lost frames and cut connections is the same in another process",
  async ({ plugin, startSimulator, kind, symbol }) => {
    const file = join(folder, "bug.jsonl");
    const abort = new AbortController();
    let printed = "";
    const output: CommandIo["stdout"] = {
      write: (text) => {
        printed += text;
        return true;
      },
      writableNeedDrain: false,
      on: () => undefined,
      off: () => undefined,
    };
    const becameLive = (times: number): Promise<unknown> =>
      vi.waitUntil(() => printed.split('"state":"live"').length > times, PATIENCE);

    const venue = await startSimulator({ ports, seed: 11 });
    try {
      const urls = Object.entries(venue.urls).flatMap(([name, url]) => ["--url", `${name}=${url}`]);
      const recording = run(
        ["record", plugin.name, "BTC-USDT", "--session", file, "--json", "--environment", "sim", ...urls],
        {
          ...{ stdout: output, stderr: output, keyboard: undefined, env: {}, signal: abort.signal, ports },
          ...{ disk: nodeDisk, registry: createRegistry().use(plugin), atExit: () => () => undefined },
        },
      );
      await becameLive(1);
      venue.faults.lose({ kind, symbol });
      await becameLive(2);
      venue.faults.drop();
      await becameLive(3);
      venue.faults.corrupt({ kind, symbol }, "{");
      await becameLive(4);
      // As a program leaves it that is killed at this moment.
      await copyFile(file, join(folder, "killed.jsonl"));
      abort.abort();
      expect(await recording).toBe(0);
    } finally {
      await venue.close();
    }
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const text = await readFile(file, "utf8");
    const events = text.split("\n").filter((line) => line.startsWith('{"type":"event"')).length;
    expect(events).toBeGreaterThan(20);

    const replay = (name: string) =>
      runCommand(process.execPath, [CONN, "replay", join(folder, name)], { cwd: root });
    expect((await replay("bug.jsonl")).stdout).toBe(`identical: ${events} events\n`);
    expect((await replay("killed.jsonl")).stdout).toMatch(/^identical: \d+ events\n$/);
    await writeFile(join(folder, "changed.jsonl"), text.replace('"fault":"gap"', '"fault":"crossed"'));
    await expect(replay("changed.jsonl")).rejects.toThrow("different at line");
  },
);
