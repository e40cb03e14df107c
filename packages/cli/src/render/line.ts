/** What a piece of text means; colours follow from it. */
export type Style =
  | "plain"
  | "strong"
  | "dim"
  | "bid"
  | "ask"
  | "good"
  | "busy"
  | "bad"
  | "accent"
  | "goodBanner"
  | "busyBanner"
  | "badBanner";

/** A piece of text in one style. Make it with `span`, which lets no control character through. */
export interface Span {
  readonly text: string;
  readonly style: Style;
}

/** One line of the terminal. */
export type Line = readonly Span[];

/** Select Graphic Rendition codes of ECMA-48, those that every terminal has. */
const CODES: Readonly<Record<Style, string>> = {
  plain: "",
  strong: "1",
  dim: "90",
  bid: "32",
  ask: "31",
  good: "1;32",
  busy: "1;33",
  bad: "1;31",
  accent: "36",
  goodBanner: "30;42",
  busyBanner: "30;43",
  badBanner: "97;41",
};

// Text of a venue must not steer the terminal: neither by escape sequences nor by turning the reading direction.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const COMBINING = /^\p{M}$/u;

/** Makes text safe to print: control and format characters become `?`. */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, "?");
}

/** A piece of text in a style. */
export function span(text: string, style: Style = "plain"): Span {
  return { text: printable(text), style };
}

/** How many columns a character takes: East Asian names of instruments take two for each. */
function characterWidth(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x300) return 1;
  if (COMBINING.test(character)) return 0;
  const wide =
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd);
  return wide ? 2 : 1;
}

/** How many columns a text takes. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** How many columns a line takes. */
export function lineWidth(line: Line): number {
  return line.reduce((width, { text }) => width + textWidth(text), 0);
}

/** The line at exactly `width` columns: padded with blanks, or cut with an ellipsis. */
export function fitLine(line: Line, width: number): Line {
  const missing = width - lineWidth(line);
  if (missing === 0) return line;
  if (missing > 0) return [...line, { text: " ".repeat(missing), style: "plain" }];
  const cut: Span[] = [];
  let left = width - 1;
  for (const { text, style } of line) {
    let kept = "";
    for (const character of text) {
      const wide = characterWidth(character);
      if (wide > left) {
        // A wide character may leave one column over.
        const end = width > 0 ? `…${" ".repeat(left)}` : "";
        return [...cut, { text: kept + end, style }];
      }
      kept += character;
      left -= wide;
    }
    cut.push({ text: kept, style });
  }
  return cut;
}

/** One line with `left` at its left end and `right` at its right end. Where both do not fit, `right` goes. */
export function spread(left: Line, right: Line, width: number): Line {
  const free = width - lineWidth(left) - lineWidth(right);
  if (free < 1) return fitLine(left, width);
  return [...left, { text: " ".repeat(free), style: "plain" }, ...right];
}

/** The line as text for a terminal, blanks at its end left out. */
export function paint(line: Line, colors: boolean): string {
  const spans = [...line];
  for (let last = spans.at(-1); last?.style === "plain"; last = spans.at(-1)) {
    spans.pop();
    const text = last.text.trimEnd();
    if (text === "") continue;
    spans.push({ text, style: "plain" });
    break;
  }
  return spans
    .map(({ text, style }) => {
      const code = CODES[style];
      return colors && code !== "" && text !== "" ? `\u001b[${code}m${text}\u001b[0m` : text;
    })
    .join("");
}
