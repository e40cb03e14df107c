import { gzipSync } from "node:zlib";
import { beforeEach, expect, test } from "vitest";
import { type RecordingDisk, readRecording } from "../../src/recording/recording.js";
import { connected, received, toJsonLines } from "../support/toy-venue.js";

const frame = (n: number): ReturnType<typeof received> => received(n, { symbol: "AB", levels: {} });

let files: Map<string, string | Uint8Array>;
const disk: RecordingDisk = {
  readFile: async (path) => {
    const file = files.get(path);
    return file === undefined ? undefined : Buffer.from(file);
  },
};

beforeEach(() => {
  files = new Map();
});

test("streams are merged in the order of n, packed or not", async () => {
  files.set("rec/depth.jsonl.gz", gzipSync(toJsonLines([frame(2), frame(5), frame(4)])));
  files.set("rec/control.jsonl", toJsonLines([connected(1), connected(3)]));
  const lines = await readRecording(disk, "rec", ["control", "absent"]);
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
  files.set("rec/depth.jsonl", '\n{"n":1,"ts":2.5,"dir":"recv","url":null,"raw":"ü","note":1}\r\n\n');
  const line = { n: 1, ts: 2.5, dir: "recv", url: "", conn: undefined, raw: "ü" };
  expect(await readRecording(disk, "rec", [])).toEqual([line]);
  files.set("rec/depth.jsonl", '{"n":1,"ts":2.5,"dir":"recv","raw":"ü"}');
  expect(await readRecording(disk, "rec", [])).toEqual([line]);
});

test("a folder without depth is no recording", async () => {
  files.set("rec/control.jsonl", toJsonLines([connected(1)]));
  await expect(readRecording(disk, "rec", ["control"])).rejects.toMatchObject({
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
  files.set("rec/depth.jsonl", `${toJsonLines([frame(1), frame(2)])}${text}\n`);
  await expect(readRecording(disk, "rec", [])).rejects.toMatchObject({
    code: "MALFORMED_RECORDING",
    details: { line: 3 },
  });
});

test("a packed file that is none is refused", async () => {
  files.set("rec/depth.jsonl.gz", toJsonLines([frame(1)]));
  await expect(readRecording(disk, "rec", [])).rejects.toMatchObject({ code: "MALFORMED_RECORDING" });
});

test("a file that cannot be read is named", async () => {
  const broken = { readFile: () => Promise.reject(new Error("EACCES: permission denied")) };
  await expect(readRecording(broken, "rec", [])).rejects.toMatchObject({
    code: "RECORDING_NOT_FOUND",
    details: { path: "rec/depth.jsonl" },
  });
});
