import { type Line, type Span, span, textWidth } from "./line.js";

/** Rows with their cells one below the other. */
export function tabulate(rows: readonly (readonly Span[])[]): Line[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [at, { text }] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, textWidth(text));
  }
  return rows.map((row) =>
    row.flatMap((cell, at) => [cell, span(" ".repeat((widths[at] ?? 0) - textWidth(cell.text) + 2))]),
  );
}
