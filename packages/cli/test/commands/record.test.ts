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
  for (const symbol of ["BTCUSDT", "ETHUSDT"])
    venue.snapshots.set(symbol, { symbol, id: 10, levels: { 5: "1", 4: "2", "-1000": "1" } });
});

const record = (...args: string[]): Promise<number> => run(["record", "fake-venue", ...args], io);
const printed = (): Record<string, unknown>[] => io.stdout.lines.map((line) => JSON.parse(line));
const written = (path: string): string => String(io.files.get(path));
const linesOf = (stream: string): Record<string, unknown>[] =>
  written(`rec/${stream}.jsonl`)
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
const books = (): Record<string, unknown>[] => printed().filter(({ type }) => type === "book");

/** Waits until a book has come to a state for the `times`th time. */
const reached = (tradingPair: string, state: string, times = 1): Promise<unknown> =>
  vi.waitUntil(() => {
    const states = printed().filter((line) => line.tradingPair === tradingPair && line.state === state);
    return states.length >= times;
  });

/** Lets a book's snapshot be joined to its stream by a diff. */
async function live(tradingPair: string, id = 11): Promise<void> {
  await reached(tradingPair, "syncing");
  const symbol = tradingPair.replace("-", "");
  venue.socketOf(symbol)?.push({ symbol, id, levels: { [id]: "1" } });
  await reached(tradingPair, "live");
}

/** Lets time pass until something has come of it. */
const until = (condition: () => boolean): Promise<unknown> =>
  vi.waitUntil(() => {
    if (!condition()) io.time.advance(1_000);
    return condition();
  });

async function replayed(...options: string[]): Promise<Record<string, unknown>[]> {
  io.stdout.text = "";
  expect(await run(["replay", "rec", "--json", ...options], io)).toBe(0);
  return printed();
}

test("a session is written down, and its replay comes to the same books and checkpoints", async () => {
  const code = record("BTC-USDT", "eth-usdt", "rec", "--json", "--duration", "2");
  await live("BTC-USDT");
  await live("ETH-USDT");
  venue.socketOf("BTCUSDT")?.push('{"trade":"BTCUSDT","at":1}');
  for (let id = 12; id < 24; id += 1)
    venue.socketOf("BTCUSDT")?.push({ symbol: "BTCUSDT", id, levels: { [id]: "1.5" } });
  io.time.advance(2_000);
  expect(await code).toBe(0);

  const [start] = printed();
  expect(start).toEqual({
    ...{ type: "recording", connector: "fake-venue", environment: "live", folder: "rec" },
    tradingPairs: ["BTC-USDT", "ETH-USDT"],
  });
  expect(printed().at(-1)).toMatchObject({ type: "recorded", folder: "rec", notLive: [] });
  expect(books()).toMatchObject([
    { tradingPair: "BTC-USDT", state: "live", applied: 13, bids: 15, gaps: 0 },
    { tradingPair: "ETH-USDT", state: "live", applied: 1 },
  ]);
  expect(JSON.parse(written("rec/recording.json"))).toEqual({
    ...{ connector: "fake-venue", core: "1.0.0", environment: "live" },
    tradingPairs: ["BTC-USDT", "ETH-USDT"],
    startedAt: "2026-01-02T03:04:05.000Z",
    endedAt: "2026-01-02T03:04:07.000Z",
  });
  expect(linesOf("instruments")).toMatchObject([
    { n: 1, dir: "http", method: "GET", status: 200, url: "https://rest.toy.example/api/instruments" },
  ]);
  expect(linesOf("trades")).toMatchObject([{ dir: "recv", raw: '{"trade":"BTCUSDT","at":1}' }]);
  expect(linesOf("depth").filter(({ dir }) => dir === "http")).toHaveLength(2);
  expect(linesOf("control")).toMatchObject([
    { dir: "connect", conn: 1, raw: "", url: "wss://stream.toy.example/ws" },
    { dir: "send", conn: 1 },
    { dir: "recv", conn: 1 },
  ]);
  const all = ["instruments", "depth", "trades", "control"].flatMap(linesOf).map(({ n }) => n as number);
  expect(all.sort((a, b) => a - b)).toEqual(all.map((_, index) => index + 1));

  const recorded = books();
  const expected = JSON.parse(written("rec/depth.expected.json"));
  const again = await replayed("--checkpoints");
  expect(books()).toEqual(recorded);
  expect(expected.books).toMatchObject([
    { symbol: "BTCUSDT", bookSha256: recorded[0]?.sha256, finalLevels: [15, 1], diffFramesApplied: 13 },
    { symbol: "ETHUSDT", bookSha256: recorded[1]?.sha256 },
  ]);
  const taken = again.filter(({ type }) => type === "checkpoint");
  const marks = (expected.books as { symbol: string; checkpoints: object[] }[]).flatMap(
    ({ symbol, checkpoints }) => checkpoints.map((checkpoint) => ({ exchangeSymbol: symbol, ...checkpoint })),
  );
  // After one diff and after ten; the other book had no frame after its first.
  expect(marks.map(({ exchangeSymbol }) => exchangeSymbol).sort()).toEqual(["BTCUSDT", "BTCUSDT", "ETHUSDT"]);
  expect(taken).toHaveLength(marks.length);
  for (const mark of marks) expect(taken).toContainEqual(expect.objectContaining(mark));
});

test("a lost frame costs the trust in its book: in the replay as it would have live", async () => {
  const code = record("BTC-USDT", "rec", "--json", "--duration", "2");
  await live("BTC-USDT");
  for (let id = 12; id < 16; id += 1)
    venue.socketOf("BTCUSDT")?.push({ symbol: "BTCUSDT", id, levels: { [id]: "1" } });
  io.time.advance(2_000);
  expect(await code).toBe(0);
  const frames = linesOf("depth").filter(({ dir }) => dir === "recv");
  const [again] = await replayed("--drop", String(frames[2]?.n));
  expect(again).toMatchObject({ state: "resyncing", gaps: 1, firstFaultAtN: frames[3]?.n });
});

test("disconnects, refused requests and gaps are part of the session: the replay comes through them too", async () => {
  const code = record("BTC-USDT", "ETH-USDT", "rec", "--json");
  await live("BTC-USDT");
  await live("ETH-USDT");
  venue.socketOf("BTCUSDT")?.push({ symbol: "BTCUSDT", id: 13, levels: { 13: "1" } });
  venue.snapshots.set("BTCUSDT", { symbol: "BTCUSDT", id: 13, levels: { 1: "7" } });
  venue.statuses.push(500);
  const asked = venue.requests.length;
  await until(() => venue.requests.length === asked + 2);
  venue.socketOf("BTCUSDT")?.push({ symbol: "BTCUSDT", id: 14, levels: { 14: "1" } });
  await reached("BTC-USDT", "live", 2);

  venue.sockets[0]?.end();
  venue.snapshots.set("BTCUSDT", { symbol: "BTCUSDT", id: 20, levels: { 2: "8" } });
  venue.snapshots.set("ETHUSDT", { symbol: "ETHUSDT", id: 20, levels: { 3: "9" } });
  await until(() => venue.requests.length === asked + 4);
  for (const symbol of ["BTCUSDT", "ETHUSDT"])
    venue.socketOf(symbol)?.push({ symbol, id: 21, levels: { 4: "1" } });
  await reached("BTC-USDT", "live", 3);
  await reached("ETH-USDT", "live", 2);
  io.interrupt();
  expect(await code).toBe(0);

  const recorded = books();
  expect(recorded).toMatchObject([
    { state: "live", gaps: 1, resyncs: 2, bids: 2 },
    { state: "live", gaps: 0, resyncs: 1, bids: 2 },
  ]);
  expect(linesOf("control").filter(({ dir }) => /connect/.test(String(dir)))).toMatchObject([
    { dir: "connect", conn: 1 },
    { dir: "disconnect", conn: 1, code: 1006 },
    { dir: "connect", conn: 2 },
  ]);
  expect(linesOf("depth").filter(({ status }) => status === 500)).toHaveLength(1);
  await replayed();
  expect(books()).toEqual(recorded.map((book) => ({ ...book, firstFaultAtN: expect.any(Number) })));
});

test("of several connections at once, each frame says which it came by, and one that goes takes only its own books", async () => {
  io.plugin = toyPlugin({}, 1);
  const code = record("BTC-USDT", "ETH-USDT", "rec", "--json");
  await live("BTC-USDT");
  await live("ETH-USDT");
  expect(venue.sockets).toHaveLength(2);
  venue.socketOf("ETHUSDT")?.end();
  venue.socketOf("BTCUSDT")?.push({ symbol: "BTCUSDT", id: 12, levels: { 3: "1" } });
  const asked = venue.requests.length;
  await until(() => venue.requests.length > asked);
  venue.socketOf("ETHUSDT")?.push({ symbol: "ETHUSDT", id: 11, levels: { 2: "1" } });
  await reached("ETH-USDT", "live", 2);
  io.interrupt();
  expect(await code).toBe(0);
  const recorded = books();
  expect(recorded).toMatchObject([
    { state: "live", applied: 2, resyncs: 0 },
    { state: "live", applied: 2, resyncs: 1 },
  ]);
  const frames = linesOf("depth").filter(({ dir }) => dir === "recv");
  expect(frames.map(({ conn }) => conn)).toEqual([1, 2, 1, 3]);
  await replayed();
  expect(books()).toMatchObject(recorded.map(({ sha256, state, resyncs }) => ({ sha256, state, resyncs })));
});

test("frames that are no text, or odd text, come back as they were", async () => {
  const code = record("BTC-USDT", "rec", "--json");
  await live("BTC-USDT");
  const odd = ['{"ü\u2028":"\\ud800\u{1f4b0}\\n"', "\ufeff{}", "a\nb\r\n\t\u0000"];
  for (const text of odd) venue.socketOf("BTCUSDT")?.push(text);
  venue.socketOf("BTCUSDT")?.push(new Uint8Array([0x1f, 0x8b, 0xff, 0]));
  venue.socketOf("BTCUSDT")?.push(Buffer.from("text"));
  await vi.waitUntil(() => io.stdout.lines.length > 5);
  io.interrupt();
  expect(await code).toBe(0);
  const problems = linesOf("control").slice(-5);
  expect(problems.slice(0, 3).map(({ raw }) => raw)).toEqual(odd);
  expect(problems.slice(3)).toMatchObject([
    { raw: "H4v/AA==", rawEncoding: "base64", wireEncoding: "binary" },
    { raw: "text", wireEncoding: "binary" },
  ]);
  const recorded = books();
  expect((await replayed()).filter(({ type }) => type === "problem")).toHaveLength(5);
  expect(books()).toMatchObject([{ sha256: recorded[0]?.sha256 }]);
});

test("nothing secret is in any file", async () => {
  const mark = "zq7MarkOfASecret";
  venue.headers = { "set-cookie": `id=${mark}` };
  const code = record("BTC-USDT", "rec", "--json", "--url", `rest=https://me:${mark}@rest.toy.example/api`);
  await live("BTC-USDT");
  venue.socketOf("BTCUSDT")?.push(`{"token":"${mark}"}`);
  io.interrupt();
  expect(await code).toBe(0);
  expect(linesOf("control").at(-1)).toMatchObject({ raw: '{"token":"[redacted]"}' });
  for (const [path, content] of io.files) expect(String(content), path).not.toContain(mark);
});

test("where a book is not live at the end, there are no hashes to come to, and it is said which", async () => {
  const code = record("BTC-USDT", "ETH-USDT", "rec", "--json");
  await live("BTC-USDT");
  await reached("ETH-USDT", "syncing");
  io.interrupt();
  expect(await code).toBe(0);
  expect(io.files.has("rec/depth.expected.json")).toBe(false);
  expect(io.stderr.text).toContain("ETH-USDT");
  expect(io.stderr.text).not.toContain("BTC-USDT");
  expect(io.stdout.text).toContain("BTCUSDT");
  expect(await replayed()).toMatchObject([{ state: "live" }, { state: "syncing" }]);
});

test("a pair of which nothing came is in the replay all the same", async () => {
  io.plugin = toyPlugin({ snapshot: "firstFrame", bridge: "follows", recovery: "resubscribe" });
  const code = record("BTC-USDT", "rec");
  await vi.waitUntil(() => venue.socketOf("BTCUSDT") !== undefined);
  io.interrupt();
  expect(await code).toBe(0);
  expect(await replayed()).toMatchObject([{ tradingPair: "BTC-USDT", state: "awaitingSnapshot", bids: 0 }]);
});

test("a folder with something in it is refused before anything is sent", async () => {
  io.files.set("rec/notes.txt", "mine");
  expect(await record("BTC-USDT", "rec")).toBe(2);
  expect(venue.requests).toEqual([]);
  expect([...io.files.keys()]).toEqual(["rec/notes.txt"]);
});

test.each([
  ["an unknown pair", ["BTC-EUR", "rec"]],
  ["no folder", ["BTC-USDT"]],
  ["no pair", []],
  ["a duration that is none", ["BTC-USDT", "rec", "--duration", "long"]],
  ["an unknown environment", ["BTC-USDT", "rec", "--environment", "moon"]],
])("wrong usage leaves nothing on the disk: %s", async (_what, args) => {
  expect(await record(...args)).toBe(2);
  expect(io.files.size).toBe(0);
});

test.each(["rec", "rec/depth.jsonl", "rec/recording.json"])(
  "a disk that does not take %s ends the recording as a failure",
  async (path) => {
    io.broken.set(path, new Error("ENOSPC: no space left on device"));
    expect(await record("BTC-USDT", "rec")).toBe(1);
    expect(io.stderr.text).toContain("ENOSPC");
    expect(venue.sockets.every(({ ended }) => ended)).toBe(true);
  },
);

test("a disk that fails in the middle ends the recording as a failure", async () => {
  const code = record("BTC-USDT", "rec", "--json");
  await live("BTC-USDT");
  io.broken.set("rec/depth.jsonl", new Error("ENOSPC: no space left on device"));
  venue.socketOf("BTCUSDT")?.push({ symbol: "BTCUSDT", id: 12, levels: {} });
  expect(await code).toBe(1);
  expect(io.stderr.text).toContain("ENOSPC");
  expect(venue.sockets.every(({ ended }) => ended)).toBe(true);
});
