import { BID, type FrameSink } from "@conn/core";
import { beforeEach, expect, test } from "vitest";
import type { Decoder } from "../../src/replay/decoder.js";
import { run } from "../../src/run.js";
import { FakeIo } from "../support/fake-io.js";

/** Frames and snapshots are `[first id, last id, price, amount]`, all of one book. */
const decoder: Decoder = {
  sequence: {
    source: "https://venue.example/docs",
    rules: ["ids count"],
    scope: "book",
    snapshot: "rest",
    bridge: "spansNext",
    steady: "contiguous",
    olderSnapshot: "drop",
    levelsBy: "price",
    crossed: "resync",
    recovery: "refetch",
  },
  parse: (data, sink) => read(data, sink, "diff"),
  parseSnapshot: (body, _instrument, sink) => read(body, sink, "snapshot"),
  snapshotSymbol: () => "ABC",
};

function read(data: Uint8Array, sink: FrameSink, kind: "snapshot" | "diff"): void {
  const [first, last, price, amount] = JSON.parse(Buffer.from(data).toString());
  sink.levels.push(BID, price, amount);
  const message = sink.depth(kind, "ABC", 0);
  message.firstUpdateId = first;
  message.lastUpdateId = last;
}

let io: FakeIo;

beforeEach(() => {
  io = new FakeIo();
  io.files.set("decoders.js", { decoders: { venue: decoder } });
});

async function replay(lines: readonly object[], afterNs: readonly number[]): Promise<unknown[]> {
  const texts = lines.map((line, n) => JSON.stringify({ n, ts: n, url: "wss://venue.example", ...line }));
  io.files.set("session/depth.jsonl", texts.join("\n"));
  const checkpoints = afterNs.map((afterN) => ({ afterN }));
  io.files.set("session/depth.expected.json", JSON.stringify({ books: [{ symbol: "ABC", checkpoints }] }));
  const options = ["--venue", "venue", "--decoders", "decoders.js", "--checkpoints", "--json"];
  expect(await run(["replay", "session", ...options], io)).toBe(0);
  const events = io.stdout.lines.map((line) => JSON.parse(line));
  return events.filter(({ type }) => type === "checkpoint").map(({ afterN, bids }) => [afterN, bids]);
}

test("a diff that waited for the snapshot is reached with it, and the snapshot before", async () => {
  const lines = [
    { dir: "recv", raw: "[11, 12, 100, 1]" },
    { dir: "http", raw: "[0, 10, 101, 1]" },
    { dir: "recv", raw: "[13, 13, 102, 1]" },
  ];
  expect(await replay(lines, [1, 0, 2])).toEqual([
    [1, 1],
    [0, 2],
    [2, 3],
  ]);
});

test("a diff that waits for a snapshot to the end is reached there", async () => {
  expect(await replay([{ dir: "recv", raw: "[11, 12, 100, 1]" }], [0])).toEqual([[0, 0]]);
});

test("a recording need not tell when its lines were read", async () => {
  const lines = [
    { dir: "recv", raw: "[11, 12, 100, 1]", ts: null },
    { dir: "http", raw: "[0, 10, 101, 1]", ts: null },
  ];
  expect(await replay(lines, [0])).toEqual([[0, 2]]);
});
