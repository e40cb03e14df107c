const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** A bar that fills `ratio` (0 to 1) of `width` columns, to an eighth of a column. What is not zero is seen. */
export function bar(ratio: number, width: number): string {
  if (!(ratio > 0) || width < 1) return "";
  const eighths = Math.max(1, Math.round(Math.min(ratio, 1) * width * 8));
  return "█".repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8];
}
