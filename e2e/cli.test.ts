import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const CONN = "packages/cli/dist/bin.js";
const VENUE = "binance-perpetual";

type Program = ChildProcessByStdio<null, Readable, Readable>;

const programs: Program[] = [];

afterEach(() => {
  for (const program of programs.splice(0)) program.kill("SIGKILL");
});

function start(...args: readonly string[]): Program {
  const program = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  programs.push(program);
  return program;
}

/** The lines that a program prints, one at a time. */
function linesOf(program: Program): () => Promise<string> {
  const lines = createInterface({ input: program.stdout })[Symbol.asyncIterator]();
  return async () => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`the program ended: ${await text(program.stderr)}`);
    return value;
  };
}

/** How a program ended. Its output must be read, or not awaited. */
async function endOf(program: Program): Promise<number | string> {
  if (program.exitCode !== null) return program.exitCode;
  const [code, signal] = await once(program, "exit");
  return code ?? signal;
}

async function run(
  ...args: readonly string[]
): Promise<{ code: number | string; stdout: string; stderr: string }> {
  const program = start(...args);
  const [code, stdout, stderr] = await Promise.all([
    endOf(program),
    text(program.stdout),
    text(program.stderr),
  ]);
  return { code, stdout, stderr };
}

/** Starts `conn sim` and waits until it listens. */
async function startVenue(): Promise<{
  program: Program;
  urls: Record<string, string>;
  next: () => Promise<string>;
}> {
  const program = start(CONN, "sim", VENUE, "--seed", "7");
  const next = linesOf(program);
  const line: unknown = JSON.parse(await next());
  expect(line).toMatchObject({ type: "sim", connector: VENUE, seed: 7 });
  return { program, urls: (line as { urls: Record<string, string> }).urls, next };
}

test("conn list finds the connector of this repository", async () => {
  const { code, stdout } = await run(CONN, "list", "--json");
  expect(code).toBe(0);
  expect(JSON.parse(stdout.split("\n")[0] ?? "")).toMatchObject({
    type: "connector",
    name: VENUE,
    simulator: true,
  });
});

test.each(["SIGTERM", "SIGINT"] as const)(
  "conn sim says where it listens, and closes on %s",
  async (signal) => {
    const { program, urls, next } = await startVenue();
    expect((await fetch(`${urls.rest}/fapi/v1/ping`)).status).toBe(200);
    program.kill(signal);
    expect(await endOf(program)).toBe(0);
    await expect(next()).rejects.toThrow();
    await expect(fetch(`${urls.rest}/fapi/v1/ping`)).rejects.toThrow();
  },
);

test("conn watch shows the book of a venue given by its URLs", async () => {
  const { program, urls } = await startVenue();
  const given = Object.entries(urls).flatMap(([name, url]) => ["--url", `${name}=${url}`]);
  const { code, stdout } = await run(
    ...[CONN, "watch", VENUE, "BTC-USDT", "ETH-USDT", "--environment", "sim", ...given],
    ...["--once", "--json", "--depth", "2"],
  );
  expect(code).toBe(0);
  const books = stdout.trim().split("\n");
  expect(books.map((line) => JSON.parse(line))).toMatchObject([
    { type: "book", tradingPair: "BTC-USDT", state: "live", bids: { length: 2 }, asks: { length: 2 } },
    { type: "book", tradingPair: "ETH-USDT", state: "live", bids: { length: 2 }, asks: { length: 2 } },
  ]);
  program.kill("SIGTERM");
  expect(await endOf(program)).toBe(0);
});

test("a reader who has seen enough ends conn watch quietly", async () => {
  const program = start(CONN, "watch", VENUE, "BTC-USDT", "--environment", "sim", "--json");
  const stderr = text(program.stderr);
  await once(program.stdout, "data");
  program.stdout.destroy();
  expect(await endOf(program)).toBe(0);
  expect(await stderr).toBe("");
});

test("an interrupted conn watch ends at once and says so", async () => {
  const program = start(CONN, "watch", VENUE, "BTC-USDT", "--environment", "sim");
  await linesOf(program)();
  program.kill("SIGINT");
  expect(await endOf(program)).toBe(130);
});

test.each([
  { end: "the end of its time", options: ["--duration", "3"] },
  { end: "Ctrl-C", options: [] },
])("what conn record has written by $end, conn replay comes to as well", async ({ options }) => {
  const parent = await mkdtemp(join(tmpdir(), "conn-e2e-"));
  try {
    const folder = join(parent, "session");
    const program = start(
      ...[CONN, "record", VENUE, "BTC-USDT", "ETH-USDT", folder],
      ...["--environment", "sim", "--seed", "3", "--json", ...options],
    );
    const next = linesOf(program);
    const live = new Set<unknown>();
    const books: Record<string, unknown>[] = [];
    for (let type = ""; type !== "recorded"; ) {
      const line = JSON.parse(await next()) as Record<string, unknown>;
      type = String(line.type);
      if (type === "book") books.push(line);
      if (type !== "orderBookState" || line.state !== "live" || live.has(line.tradingPair)) continue;
      live.add(line.tradingPair);
      if (live.size === 2 && options.length === 0) program.kill("SIGINT");
    }
    expect(await endOf(program)).toBe(0);
    expect(books).toMatchObject([{ tradingPair: "BTC-USDT" }, { tradingPair: "ETH-USDT" }]);
    expect((await stat(join(folder, "depth.jsonl"))).mode & 0o777).toBe(0o600);
    const expected = JSON.parse(await readFile(join(folder, "depth.expected.json"), "utf8"));
    const hashes = books.map(({ sha256 }) => sha256);
    expect(expected.books.map(({ bookSha256 }: { bookSha256: string }) => bookSha256)).toEqual(hashes);

    const { code, stdout } = await run(CONN, "replay", folder, "--json");
    expect(code).toBe(0);
    const replayed = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(replayed.map(({ sha256 }) => sha256)).toEqual(hashes);

    // A folder of its own, always.
    const again = await run(CONN, "record", VENUE, "BTC-USDT", folder, "--environment", "sim");
    expect(again).toMatchObject({ code: 2, stdout: "" });
  } finally {
    await rm(parent, { recursive: true });
  }
});

test("conn watch says what is wrong with a command line", async () => {
  const { code, stdout, stderr } = await run(CONN, "watch", VENUE, "BTC-USD", "--environment", "sim");
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain("BTC-USDT");
});

test("the main job shows each mishap noticed, and the book equal to the venue's own", async () => {
  const { code, stdout, stderr } = await run("examples/watch-it-recover.ts", "--duration", "10");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const summary = stdout.slice(stdout.lastIndexOf("One order book"));
  expect(summary.match(/Noticed after [^,]+, live again/g)).toHaveLength(3);
  expect(summary).toMatch(/venue's own book \d+ times/);
  expect(summary).not.toContain("DIFFERED");
});

test("the main job ends with its summary when it is interrupted", async () => {
  const program = start("examples/watch-it-recover.ts");
  const next = linesOf(program);
  while (!(await next()).includes(" live after "));
  program.kill("SIGINT");
  let line = "";
  while (!line.startsWith("One order book")) line = await next();
  expect(await endOf(program)).toBe(0);
});
