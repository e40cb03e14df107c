import { OverflowError } from "@conn/core";
import { expect, test } from "vitest";
import { LineWriter } from "../../src/process/line-writer.js";
import { FakeOutput } from "../support/fake-output.js";

test("a reader who keeps up gets every line at once", () => {
  const output = new FakeOutput();
  const writer = new LineWriter(output);
  for (const line of ["a", "b", "c"]) writer.write(line, "book");
  expect(output.lines).toEqual(["a", "b", "c"]);
});

test("a slow reader gets the newest line of each key and all lines without one, in order", async () => {
  const output = new FakeOutput();
  const writer = new LineWriter(output);
  output.writableNeedDrain = true;
  writer.write("book 1", "book");
  writer.write("trade 1");
  writer.write("book 2", "book");
  writer.write("trade 2");
  expect(output.lines).toEqual([]);
  const drained = writer.drained(new AbortController().signal);
  output.drain();
  await drained;
  expect(output.lines).toEqual(["trade 1", "book 2", "trade 2"]);
  writer.write("book 3", "book");
  expect(output.lines.at(-1)).toBe("book 3");
});

test("a reader who fills up again halfway waits for the rest", () => {
  const output = new FakeOutput();
  const writer = new LineWriter(output);
  output.writableNeedDrain = true;
  for (const line of ["a", "b", "c"]) writer.write(line);
  const write = output.write.bind(output);
  output.write = (text) => {
    output.writableNeedDrain = true;
    return write(text);
  };
  output.drain();
  expect(output.lines).toEqual(["a"]);
  output.drain();
  expect(output.lines).toEqual(["a", "b"]);
});

test("what waits is bounded", () => {
  const output = new FakeOutput();
  const writer = new LineWriter(output);
  output.writableNeedDrain = true;
  const fill = (): void => {
    for (let count = 0; count < 60_000; count += 1) writer.write("trade");
  };
  expect(fill).toThrow(OverflowError);
});

test("waiting for the reader ends when nobody reads any more", async () => {
  const output = new FakeOutput();
  const writer = new LineWriter(output);
  output.writableNeedDrain = true;
  writer.write("a");
  const abort = new AbortController();
  const drained = writer.drained(abort.signal);
  abort.abort();
  await drained;
  writer.close();
  expect(output.listenerCount("drain")).toBe(0);
});
