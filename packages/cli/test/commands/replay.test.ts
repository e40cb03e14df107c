import { beforeEach, expect, test, vi } from "vitest";
import { run } from "../../src/run.js";
import { FakeIo } from "../support/fake-io.js";
import { toyPlugin } from "../support/toy-exchange.js";
import { answered, connected, received, toJsonLines, toyDecoder } from "../support/toy-venue.js";

const DEPTH = [
  received(1, { symbol: "AB", id: 10, levels: { 1: "1" } }),
  answered(2, { symbol: "AB", id: 10, levels: { 5: "1", 4: "2", "-6": "1" } }),
  received(3, { symbol: "AB", id: 11, levels: { 5: "0" } }),
  received(4, { symbol: "AB", id: 12, levels: { 3: "1" } }),
];
const EXPECTED = { books: [{ symbol: "AB", checkpoints: [{ afterN: 3 }, { afterN: 2 }] }] };

/** Hashes of `b|5|1 b|4|2 a|6|1`, `b|4|2 a|6|1` and `b|4|2 b|3|1 a|6|1`. */
const [AFTER_SNAPSHOT, AFTER_DELETION, AT_THE_END] = [
  "13c96d9db558cd5a5f1cd66d4233f6f2188ce64c795dc45adfb1351c1ef00154",
  "31dc24acb5a386e88d0c631bbbd4adc12f1689f9d4fa0e44d5ff6ebe56475ae3",
  "fdd63ae65ac49ef8a76106d7de8f7a7450262d3e2154480dfdff6373e4b0d137",
];

let io: FakeIo;

beforeEach(() => {
  io = new FakeIo();
  io.files.set("rec/toy/today/depth.jsonl", toJsonLines(DEPTH));
  io.files.set("rec/toy/today/depth.expected.json", JSON.stringify(EXPECTED));
  io.files.set("decoders.js", { decoders: { toy: toyDecoder() } });
});

const replay = (folder: string, ...options: string[]): Promise<number> =>
  run(["replay", folder, "--decoders", "decoders.js", ...options], io);
const printed = (): unknown[] => io.stdout.lines.map((line) => JSON.parse(line));

test("each book is one line of JSON", async () => {
  expect(await replay("rec/toy/today", "--json")).toBe(0);
  expect(printed()).toEqual([
    {
      type: "book",
      tradingPair: "AB",
      exchangeSymbol: "AB",
      sha256: AT_THE_END,
      bids: 2,
      asks: 1,
      applied: 2,
      dropped: 1,
      gaps: 0,
      checksumFailures: 0,
      resyncs: 0,
      crossed: 0,
      state: "live",
      firstFaultAtN: null,
    },
  ]);
});

test("checkpoints come before the books, in the order of the recording", async () => {
  expect(await replay("rec/toy/today", "--json", "--checkpoints")).toBe(0);
  const common = { type: "checkpoint", tradingPair: "AB", exchangeSymbol: "AB", asks: 1 };
  expect(printed().slice(0, -1)).toEqual([
    { ...common, afterN: 2, sha256: AFTER_SNAPSHOT, bids: 2 },
    { ...common, afterN: 3, sha256: AFTER_DELETION, bids: 1 },
  ]);
});

test("a line left out is missed by the next one of its book", async () => {
  expect(await replay("rec/toy/today", "--json", "--drop", "3")).toBe(0);
  expect(printed()).toMatchObject([{ state: "syncing", sha256: AFTER_SNAPSHOT, firstFaultAtN: 4 }]);
});

test("without --json a person reads a table", async () => {
  expect(await replay("rec/toy/today", "--checkpoints")).toBe(0);
  for (const word of ["AB", "live", AT_THE_END.slice(0, 12), AFTER_DELETION.slice(0, 12)])
    expect(io.stdout.text).toContain(word);
});

test("what cannot be used of a recording is told, and the rest played", async () => {
  io.files.set("rec/toy/today/depth.jsonl", toJsonLines([...DEPTH, received(5, "no JSON")]));
  expect(await replay("rec/toy/today", "--json")).toBe(0);
  expect(printed()).toMatchObject([
    { type: "problem", n: 5, error: { code: "MALFORMED_FRAME" } },
    { type: "book", state: "live" },
  ]);
  expect(await replay("rec/toy/today")).toBe(0);
  expect(io.stderr.text).toContain("MALFORMED_FRAME");
});

test("streams that a venue's books need are read too", async () => {
  io.files.set("rec/toy/today/more.jsonl", toJsonLines([received(5, { symbol: "CD", levels: {} })]));
  expect(await replay("rec/toy/today", "--json")).toBe(0);
  expect(printed()).toMatchObject([{ exchangeSymbol: "AB" }]);
  io.stdout.text = "";
  io.files.set("decoders.js", { decoders: { toy: toyDecoder({}, { alsoReads: ["more"] }) } });
  expect(await replay("rec/toy/today", "--json")).toBe(0);
  expect(printed()).toMatchObject([{ exchangeSymbol: "AB" }, { exchangeSymbol: "CD" }]);
});

test("that connections begin and end is read in any case, and nothing else of what belongs to no book", async () => {
  const control = [connected(0), received(0, "no JSON"), connected(5)];
  io.files.set("rec/toy/today/control.jsonl", toJsonLines(control));
  expect(await replay("rec/toy/today", "--json")).toBe(0);
  expect(printed()).toMatchObject([{ type: "book", state: "resyncing", firstFaultAtN: 5 }]);
});

test("where several decoders fit, the person says which", async () => {
  const other = toyDecoder({ bridge: "newer", steady: "monotonic" });
  io.files.set("decoders.js", { decoders: { toy: toyDecoder(), "toy-2": other } });
  // Ids of this decoder need not be consecutive, so that nothing is missed.
  expect(await replay("rec/toy/today", "--json", "--drop", "3", "--venue", "toy-2")).toBe(0);
  expect(printed()).toMatchObject([{ state: "live", firstFaultAtN: null }]);
});

test.each([
  { folder: "rec/toy/today", venue: undefined },
  { folder: "rec/toy", venue: undefined },
  { folder: "elsewhere", venue: "toy" },
])("the venue is told by the folders, or the person: $folder", async ({ folder, venue }) => {
  io.files.set(`${folder}/depth.jsonl`, toJsonLines(DEPTH));
  expect(await replay(folder, "--json", ...(venue === undefined ? [] : ["--venue", venue]))).toBe(0);
  expect(printed()).toMatchObject([{ sha256: AT_THE_END }]);
});

test("where the folders do not tell the venue, the most precise of the URLs does", async () => {
  io.files.set("elsewhere/depth.jsonl", toJsonLines(DEPTH));
  const wrong = toyDecoder({ snapshot: "firstFrame" });
  const decoders = {
    other: { ...wrong, hosts: ["stream.toy.example"] },
    toy: toyDecoder({}, { hosts: ["stream.toy.example/ws"] }),
    third: { ...wrong, hosts: ["stream.toy.example/w", "toy.example"] },
  };
  io.files.set("decoders.js", { decoders });
  expect(await replay("elsewhere", "--json")).toBe(0);
  expect(printed()).toMatchObject([{ sha256: AT_THE_END }]);
});

test.each([
  { why: "no folder", args: [] },
  { why: "two folders", args: ["a", "b", "--decoders", "decoders.js"] },
  { why: "nothing that reads it", args: ["rec/toy/today"] },
  { why: "a venue without decoders", args: ["rec/toy/today", "--venue", "toy"] },
  {
    why: "a venue and a connector",
    args: ["rec/toy/today", "--decoders", "decoders.js", "--venue", "toy", "--connector", "fake-venue"],
  },
  { why: "a connector that is not installed", args: ["rec/toy/today", "--connector", "nowhere"] },
  {
    why: "a connector without the list of instruments",
    args: ["rec/toy/today", "--connector", "fake-venue"],
  },
  { why: "a module that is not there", args: ["rec/toy/today", "--decoders", "absent.js"] },
  { why: "a module without decoders", args: ["rec/toy/today", "--decoders", "other.js"] },
  { why: "a decoder that is none", args: ["rec/toy/today", "--decoders", "half.js"] },
  { why: "a folder without recording", args: ["rec/toy", "--decoders", "decoders.js"] },
  { why: "an unknown venue", args: ["rec/toy/today", "--decoders", "decoders.js", "--venue", "tot"] },
  { why: "a venue that nothing tells", args: ["elsewhere", "--decoders", "decoders.js"] },
  {
    why: "a line to drop that is no number",
    args: ["rec/toy/today", "--decoders", "decoders.js", "--drop", "x"],
  },
  {
    why: "a line to drop that is not there",
    args: ["rec/toy/today", "--decoders", "decoders.js", "--drop", "9"],
  },
])("wrong usage is refused: $why", async ({ args }) => {
  io.files.set("elsewhere/depth.jsonl", toJsonLines(DEPTH));
  io.files.set("other.js", { decoder: toyDecoder() });
  io.plugin = toyPlugin();
  io.files.set("half.js", { decoders: { toy: { sequence: toyDecoder().sequence } } });
  expect(await run(["replay", ...args], io)).toBe(2);
  expect(io.stdout.text).toBe("");
  expect(io.stderr.text).not.toBe("");
});

test("an unknown venue that is nearly a known one is suggested", async () => {
  await replay("rec/toy/today", "--venue", "toyy");
  expect(io.stderr.text).toContain("did you mean toy?");
});

test("a malformed recording is a failure that names the line", async () => {
  io.files.set("rec/toy/today/depth.jsonl", `${toJsonLines(DEPTH)}no JSON\n`);
  expect(await replay("rec/toy/today", "--json")).toBe(1);
  expect(io.stderr.text).toContain("line 5 ");
});

test.each([
  { what: "absent", text: undefined, code: 2 },
  { what: "no JSON", text: "{", code: 1 },
  { what: "something else", text: '{"books":[{"checkpoints":[]}]}', code: 1 },
])("checkpoints that are asked for and not named are a failure: $what", async ({ text, code }) => {
  if (text === undefined) io.files.delete("rec/toy/today/depth.expected.json");
  else io.files.set("rec/toy/today/depth.expected.json", text);
  expect(await replay("rec/toy/today", "--checkpoints")).toBe(code);
});

test("a long replay can be interrupted", async () => {
  const lines = Array.from({ length: 10_000 }, (_, n) => received(n, { symbol: "AB", id: n, levels: {} }));
  io.files.set("rec/toy/today/depth.jsonl", toJsonLines(lines));
  const code = replay("rec/toy/today", "--json");
  await vi.waitUntil(() => io.time.pending > 0);
  io.interrupt();
  io.time.advance(0);
  expect(await code).toBe(130);
  expect(io.stdout.text).toBe("");
});

test("an installed connector reads what it did not record itself", async () => {
  io.plugin = toyPlugin();
  io.files.set("rec/depth.jsonl", toJsonLines(DEPTH));
  const url = "https://rest.toy.example/instruments";
  const instruments = { ...answered(0, '["A-B","C-D"]'), url };
  io.files.set("rec/instruments.jsonl", toJsonLines([instruments]));
  expect(await run(["replay", "rec", "--connector", "fake-venue", "--json"], io)).toBe(0);
  expect(printed()).toMatchObject([{ tradingPair: "A-B", exchangeSymbol: "AB", sha256: AT_THE_END }]);
});

test("what conn record has written is read by the connector that it names, unless a decoder is", async () => {
  io.plugin = toyPlugin({ snapshot: "firstFrame", bridge: "follows", steady: "none" });
  io.files.set(
    "rec/toy/today/recording.json",
    JSON.stringify({ connector: "fake-venue", tradingPairs: ["A-B"] }),
  );
  expect(await replay("rec/toy/today", "--json")).toBe(0);
  expect(printed()).toMatchObject([{ state: "awaitingSnapshot" }]);
  io.stdout.text = "";
  expect(await replay("rec/toy/today", "--json", "--venue", "toy")).toBe(0);
  expect(printed()).toMatchObject([{ sha256: AT_THE_END }]);
});

test.each(["{", "null", "{}", '{"connector":"a","tradingPairs":[1]}'])(
  "a recording.json that does not say what was recorded is a failure: %s",
  async (text) => {
    io.files.set("rec/toy/today/recording.json", text);
    expect(await replay("rec/toy/today")).toBe(1);
  },
);
