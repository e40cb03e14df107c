import fc from "fast-check";
import { expect, test } from "vitest";
import { type Line, span } from "../../src/render/line.js";
import { Screen } from "../../src/render/screen.js";
import { FakeOutput } from "../support/fake-output.js";
import { readTerminal } from "../support/read-terminal.js";

const page = (...texts: string[]): Line[] => texts.map((text) => [span(text)]);

test("the terminal shows the last page drawn, whatever was drawn before", () => {
  const pages = fc.array(
    fc.array(fc.constantFrom("", "a", "bb", "bid 12", "a much longer line"), { maxLength: 6 }),
    {
      minLength: 1,
      maxLength: 6,
    },
  );
  fc.assert(
    fc.property(pages, (texts) => {
      const output = new FakeOutput(true);
      const screen = new Screen(output, { colors: true });
      screen.open();
      for (const lines of texts) screen.draw(page(...lines));
      const shown = readTerminal(output.text);
      expect(shown.lines.map((line) => line ?? "")).toEqual(
        expect.arrayContaining(texts.at(-1)?.filter((text) => text !== "") ?? []),
      );
      expect(shown.lines.join("\n").trimEnd()).toBe(texts.at(-1)?.join("\n").trimEnd());
    }),
  );
});

test("only lines that changed are written", () => {
  const output = new FakeOutput(true);
  const screen = new Screen(output, { colors: false });
  screen.open();
  screen.draw(page("one", "two", "three"));
  output.text = "";
  screen.draw(page("one", "TWO", "three"));
  expect(output.text).toContain("TWO");
  expect(output.text).not.toContain("one");
  expect(output.text).not.toContain("three");
  output.text = "";
  screen.draw(page("one", "TWO", "three"));
  expect(output.text).toBe("");
});

test("a terminal that cannot follow is left alone, and then shown the newest page", () => {
  const output = new FakeOutput(true);
  const screen = new Screen(output, { colors: false });
  screen.open();
  screen.draw(page("one"));
  output.writableNeedDrain = true;
  screen.draw(page("two"));
  expect(readTerminal(output.text).lines).toEqual(["one"]);
  output.drain();
  screen.draw(page("three"));
  expect(readTerminal(output.text).lines).toEqual(["three"]);
});

test("the cursor, the line wrap and what stood there before come back", () => {
  const output = new FakeOutput(true);
  const screen = new Screen(output, { colors: false });
  screen.open();
  expect(readTerminal(output.text)).toMatchObject({ alternate: true, cursor: false, wrap: false });
  screen.close();
  expect(readTerminal(output.text)).toMatchObject({ alternate: false, cursor: true, wrap: true });
  const { text } = output;
  screen.close();
  screen.draw(page("late"));
  expect(output.text).toBe(text);
});
