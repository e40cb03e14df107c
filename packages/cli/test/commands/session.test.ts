import { beforeEach, expect, test, vi } from "vitest";
import { run } from "../../src/run.js";
import { FakeIo } from "../support/fake-io.js";
import { ToyVenue, toyPlugin } from "../support/toy-exchange.js";

let io: FakeIo;
let venue: ToyVenue;

beforeEach(() => {
  io = new FakeIo();
  venue = new ToyVenue();
  io.ports = { ...io.ports, http: venue.http, webSocket: venue.webSocket };
  io.plugin = toyPlugin();
  venue.snapshots.set("BTCUSDT", { symbol: "BTCUSDT", id: 10, levels: { 5: "1", 4: "2", "-1000": "1" } });
});

const FILE = "reports/bug.jsonl";
const printed = (): Record<string, unknown>[] => io.stdout.lines.map((line) => JSON.parse(line));
const file = (): string => String(io.files.get(FILE));

/** Records a book with a gap. */
async function record(): Promise<void> {
  const code = run(["record", "fake-venue", "BTC-USDT", "--session", FILE, "--json", "--duration", "2"], io);
  await vi.waitUntil(() => printed().some(({ state }) => state === "syncing"));
  for (const id of [11, 12, 14]) {
    venue.socketOf("BTCUSDT")?.push({ symbol: "BTCUSDT", id, levels: { [id]: "1" } });
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  io.time.advance(2_000);
  expect(await code).toBe(0);
}

async function replay(...options: string[]): Promise<{ code: number; text: string }> {
  io.stdout.text = "";
  return { code: await run(["replay", FILE, ...options], io), text: io.stdout.text };
}

test("a whole session goes to one file, and its replay comes to the same events", async () => {
  await record();
  const lines = file().split("\n").slice(0, -1);
  expect(printed()[0]).toMatchObject({ type: "recording", connector: "fake-venue", file: FILE });
  expect(printed().at(-1)).toEqual({ type: "recorded", file: FILE, lines: lines.length });
  const events = lines.filter((line) => line.startsWith('{"type":"event"')).length;
  expect(file()).toContain('"fault":"gap"');
  expect(await replay()).toEqual({ code: 0, text: `identical: ${events} events\n` });
  const { text } = await replay("--json");
  expect(JSON.parse(text)).toEqual({ type: "replayed", identical: true, events, recordedBy: "1.0.0" });
});

test("where a replay is different, the line, what was before it, and what came instead are shown", async () => {
  await record();
  const [head, ...rest] = file().split('\\"levels\\":{\\"12\\":\\"1\\"}');
  io.files.set(FILE, [head, ...rest].join('\\"levels\\":{\\"12\\":\\"7\\"}'));
  const { code, text } = await replay();
  expect(code).toBe(1);
  const [first, ...shown] = text.split("\n");
  const line = Number(/^different at line (\d+)$/.exec(String(first))?.[1]);
  expect(shown.slice(0, 5).map((before) => before.trim().split(" ")[0])).toEqual(
    [5, 4, 3, 2, 1].map((distance) => String(line - distance)),
  );
  expect(shown[5]).toContain('"bestBid":"1 at 12"');
  expect(shown[6]).toContain('"bestBid":"7 at 12"');
  const { text: json } = await replay("--json");
  expect(JSON.parse(json)).toMatchObject({ identical: false, difference: { line } });
});

test("a start that fails is a session too", async () => {
  const failing = { ...venue.http, open: () => Promise.reject(new Error("no network")) };
  io.ports = { ...io.ports, http: failing };
  await expect(run(["record", "fake-venue", "BTC-USDT", "--session", FILE], io)).rejects.toThrow(
    "no network",
  );
  expect(file()).toContain('"what":"failed"');
  expect(await replay()).toMatchObject({ code: 0 });
});

test("what cannot be a session file is refused, and a file that is there stays", async () => {
  expect(await run(["record", "fake-venue", "BTC-USDT", "--session", "bug.txt"], io)).toBe(2);
  expect(await run(["record", "fake-venue", "--session", FILE], io)).toBe(2);
  expect(io.files.size).toBe(0);
  io.files.set(FILE, "mine");
  expect(await run(["record", "fake-venue", "BTC-USDT", "--session", FILE], io)).toBe(1);
  expect(file()).toBe("mine");
});

test("a session of a later version is refused, and options that are not for sessions", async () => {
  await record();
  expect((await replay("--drop", "1")).code).toBe(2);
  io.files.set(
    FILE,
    file().replace('"core":"1.0.0"', '"core":"1.2.3"').replace('"fault":"gap"', '"fault":"no"'),
  );
  expect((await replay()).code).toBe(1);
  expect(io.stderr.text).toContain("1.2.3");
  io.files.set(FILE, file().replace('"format":1', '"format":2'));
  expect((await replay()).code).toBe(1);
  expect(io.stderr.text).toContain("format 2");
});
