import { gzipSync } from "node:zlib";
import { beforeEach, expect, test } from "vitest";
import { readRecording } from "../../src/replay/recording.js";
import { FakeIo } from "../support/fake-io.js";
import { connected, received, toJsonLines } from "../support/toy-venue.js";

const frame = (n: number): ReturnType<typeof received> => received(n, { symbol: "AB", levels: {} });

let io: FakeIo;

beforeEach(() => {
  io = new FakeIo();
});

test("streams are merged in the order of n, packed or not", async () => {
  io.files.set("rec/depth.jsonl.gz", gzipSync(toJsonLines([frame(2), frame(5), frame(4)])));
  io.files.set("rec/control.jsonl", toJsonLines([connected(1), connected(3)]));
  const lines = await readRecording(io.disk, "rec", ["control", "absent"]);
  expect(lines.map(({ n, dir }) => [n, dir])).toEqual([
    [1, "connect"],
    [2, "recv"],
    [3, "connect"],
    [4, "recv"],
    [5, "recv"],
  ]);
  expect(lines[1]).toEqual(frame(2));
});

test("empty lines, a missing line end, and fields that are absent do no harm", async () => {
  io.files.set("rec/depth.jsonl", '\n{"n":1,"ts":2.5,"dir":"recv","url":null,"raw":"ü","note":1}\r\n\n');
  const line = { n: 1, ts: 2.5, dir: "recv", url: "", conn: undefined, raw: "ü" };
  expect(await readRecording(io.disk, "rec", [])).toEqual([line]);
  io.files.set("rec/depth.jsonl", '{"n":1,"ts":2.5,"dir":"recv","raw":"ü"}');
  expect(await readRecording(io.disk, "rec", [])).toEqual([line]);
});

test("a folder without depth is no recording", async () => {
  io.files.set("rec/control.jsonl", toJsonLines([connected(1)]));
  await expect(readRecording(io.disk, "rec", ["control"])).rejects.toMatchObject({
    code: "RECORDING_NOT_FOUND",
  });
});

test.each([
  "no JSON",
  "null",
  "[]",
  '{"ts":1,"dir":"recv","raw":""}',
  '{"n":"1","ts":1,"dir":"recv","raw":""}',
  '{"n":1,"dir":"recv","raw":""}',
  '{"n":1,"ts":1,"raw":""}',
  '{"n":1,"ts":1,"dir":"recv","raw":{}}',
  '{"n":1,"ts":1,"dir":"recv","raw":"","rawEncoding":"hex"}',
])("a malformed line is named: %s", async (text) => {
  io.files.set("rec/depth.jsonl", `${toJsonLines([frame(1), frame(2)])}${text}\n`);
  await expect(readRecording(io.disk, "rec", [])).rejects.toMatchObject({
    code: "MALFORMED_RECORDING",
    details: { line: 3 },
  });
});

test("a packed file that is none is refused", async () => {
  io.files.set("rec/depth.jsonl.gz", toJsonLines([frame(1)]));
  await expect(readRecording(io.disk, "rec", [])).rejects.toMatchObject({ code: "MALFORMED_RECORDING" });
});

test("a file that cannot be read is named", async () => {
  const disk = { readFile: () => Promise.reject(new Error("EACCES: permission denied")) };
  await expect(readRecording(disk, "rec", [])).rejects.toMatchObject({
    code: "RECORDING_NOT_FOUND",
    details: { path: "rec/depth.jsonl" },
  });
});
