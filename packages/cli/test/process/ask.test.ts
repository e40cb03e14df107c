import { expect, test } from "vitest";
import { ask } from "../../src/process/ask.js";
import { FakeIo } from "../support/fake-io.js";

/** What comes of it when `keys` are pressed, one message each. */
async function answer(...keys: readonly string[]): Promise<boolean> {
  const io = new FakeIo({ terminal: true });
  const asked = ask("Sure?", io);
  expect(io.stderr.text).toContain("Sure?");
  for (const key of keys) io.type(key);
  const result = await asked;
  expect(io.typists.size).toBe(0);
  expect(io.cleanups.size).toBe(0);
  return result;
}

test.each([["yes\r"], ["YES\n"], ["yex\u007fs\r"], ["y", "e", "s", "\r"]])("%j is a yes", async (...keys) => {
  expect(await answer(...keys)).toBe(true);
});

test.each([["y\r"], ["\r"], ["no\ryes\r"], ["yes\u007f\r"], ["yes!\r"], ["yes\u0004"], ["\u001b[Ayes\r"]])(
  "%j is none",
  async (...keys) => {
    expect(await answer(...keys)).toBe(false);
  },
);

test("where nobody types, and when the program is told to end, the answer is no", async () => {
  expect(await ask("Sure?", new FakeIo())).toBe(false);
  const io = new FakeIo({ terminal: true });
  const asked = ask("Sure?", io);
  io.type("yes");
  io.interrupt();
  expect(await asked).toBe(false);
  expect(io.typists.size).toBe(0);
  expect(await ask("Sure?", io)).toBe(false);
});
