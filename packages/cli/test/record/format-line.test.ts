import type { SessionRecord } from "@conn/core";
import { bytesOf, type RecordedLine, readRecording } from "@conn/simulator";
import fc from "fast-check";
import { expect, test } from "vitest";
import { formatLine } from "../../src/record/format-line.js";

const AT = 1_767_323_045_123;
const URL = "wss://host/ws";

/** The lines as a reader of recordings has them. */
function reread(records: readonly SessionRecord[]): Promise<RecordedLine[]> {
  const file = Buffer.from(records.map((record, index) => `${formatLine(record, index + 1)}\n`).join(""));
  return readRecording(
    { readFile: async (path) => (path.endsWith("depth.jsonl") ? file : undefined) },
    "rec",
    [],
  );
}

test("whatever a frame or an answer holds, its bytes and its time come back", async () => {
  const data = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }), fc.uint8Array());
  const facts = fc.record({
    data,
    at: fc.integer({ min: 0, max: 4_000_000_000_000 }),
    isBinary: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(facts, { maxLength: 5 }), async (frames) => {
      const records = frames.map(({ data, at, isBinary }, index): SessionRecord => {
        if (index % 2 === 0) return { type: "received", at, url: URL, connection: index, data, isBinary };
        const request = { method: "GET", requestedAt: at, requestHeaders: {}, requestBody: undefined };
        return { type: "answered", at, url: URL, ...request, status: 200, headers: {}, body: data };
      });
      const lines = await reread(records);
      expect(lines.map(({ n }) => n)).toEqual(frames.map((_, index) => index + 1));
      for (const [index, line] of lines.entries()) {
        const { data: sent = "", at } = frames[index] ?? {};
        expect(Buffer.from(bytesOf(line)).equals(Buffer.from(sent as string))).toBe(true);
        expect(Math.round((line.ts ?? 0) * 1_000)).toBe(at);
      }
    }),
    { numRuns: 50 },
  );
});

test("a line is what every reader of recordings knows, and more only where it is needed", () => {
  const facts = { at: AT, url: URL, connection: 3 };
  const common = { n: 1, ts: 1_767_323_045.123, url: URL };
  const lineOf = (record: SessionRecord): unknown => JSON.parse(formatLine(record, 1));
  expect(lineOf({ type: "opened", ...facts })).toEqual({ ...common, dir: "connect", raw: "", conn: 3 });
  expect(lineOf({ type: "received", ...facts, data: "{}", isBinary: false })).toEqual({
    ...{ ...common, dir: "recv", raw: "{}", conn: 3 },
  });
  expect(lineOf({ type: "sent", ...facts, data: "{}", isBinary: false })).toEqual({
    ...{ ...common, dir: "send", raw: "{}", conn: 3 },
  });
  expect(lineOf({ type: "closed", ...facts, code: 1001, reason: "bye" })).toEqual({
    ...{ ...common, dir: "disconnect", raw: "bye", conn: 3, code: 1001 },
  });
  const request = { method: "POST", requestedAt: AT - 100, requestHeaders: { a: "b" }, requestBody: "c" };
  const { at } = facts;
  expect(
    lineOf({ type: "answered", at, url: URL, ...request, status: 200, headers: { d: "e" }, body: "f" }),
  ).toEqual({
    ...{ ...common, dir: "http", raw: "f", method: "POST", status: 200, headers: { d: "e" } },
    ...{ requestTs: 1_767_323_045.023, requestHeaders: { a: "b" }, requestBody: "c" },
  });
  expect(lineOf({ type: "unanswered", at, url: URL, ...request, code: "NETWORK_TIMEOUT" })).toEqual({
    ...{ ...common, dir: "unanswered", raw: "", method: "POST", code: "NETWORK_TIMEOUT" },
    requestTs: 1_767_323_045.023,
  });
});
