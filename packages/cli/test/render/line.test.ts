import fc from "fast-check";
import { expect, test } from "vitest";
import { fitLine, lineWidth, paint, span, spread, textWidth } from "../../src/render/line.js";

const anyLine = fc.array(
  fc.record({ text: fc.string({ unit: "grapheme", maxLength: 12 }) }).map(({ text }) => span(text, "bid")),
  { maxLength: 5 },
);

test("a fitted line takes exactly the columns it is given", () => {
  fc.assert(
    fc.property(anyLine, fc.integer({ min: 0, max: 60 }), (line, width) => {
      expect(lineWidth(fitLine(line, width))).toBe(width);
    }),
  );
});

test("a line that does not fit ends with an ellipsis", () => {
  expect(paint(fitLine([span("abcdef"), span("ghi", "bid")], 5), false)).toBe("abcd…");
});

test("the right end of a line is left out before the left one is cut", () => {
  expect(paint(spread([span("left")], [span("right")], 12), false)).toBe("left   right");
  expect(paint(spread([span("left")], [span("right")], 9), false)).toBe("left");
});

test("wide characters count twice, combining marks not at all", () => {
  expect(textWidth("币安人生-USDT")).toBe(13);
  expect(textWidth("e\u0301")).toBe(1);
});

test("no text steers the terminal", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
      expect(paint([span(text)], false)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    }),
  );
});

test("colors are there only when asked for", () => {
  expect(paint([span("a", "bid"), span("b")], true)).toBe("\u001b[32ma\u001b[0mb");
  expect(paint([span("a", "bid"), span("b")], false)).toBe("ab");
});
