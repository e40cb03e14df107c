import { formatTime } from "./format.js";
import { MIN_LADDER_HEIGHT, MIN_LADDER_WIDTH, renderLadder } from "./ladder.js";
import { fitLine, type Line, printable, type Style, span, spread, textWidth } from "./line.js";
import type { BookView, LogEntry, Tone, WatchView } from "./view.js";

/** Room for everything. */
export interface PageSize {
  /** Columns. */
  readonly width: number;
  /** Lines. */
  readonly height: number;
  /** Most price levels shown of a side. */
  readonly depth: number;
}

const GUTTER = 2;
const BANNERS: Readonly<Record<Tone, Style>> = {
  plain: "strong",
  good: "goodBanner",
  busy: "busyBanner",
  bad: "badBanner",
};

/**
 * Draws everything that is watched: the books side by side or stacked as they fit, and beneath them what
 * happened of late. A pure function: the same view and size give the same lines.
 *
 * @returns at most `height` lines of `width` columns.
 */
export function renderWatchPage(view: WatchView, size: PageSize): Line[] {
  const { width, height } = size;
  const head: Line[] = [
    spread(
      [span(" conn ", "accent"), span(view.title)],
      [span(`${formatTime(view.timestamp)} UTC `, "dim")],
      width,
    ),
  ];
  if (view.banner !== undefined) {
    const text = ` ${printable(view.banner.text)}`;
    // Blanks in the banner's own color, so that it reaches across the page.
    head.push([span(text + " ".repeat(Math.max(0, width - textWidth(text))), BANNERS[view.banner.tone])]);
  }
  const logHeight = height < 18 ? 1 : height < 28 ? 4 : 6;
  const foot: Line[] = [
    [span("─".repeat(width), "dim")],
    ...logLines(view.log, logHeight),
    [span(` ${view.hint}`, "dim")],
  ];
  const room = Math.max(0, height - head.length - foot.length);
  return [...head, ...bookLines(view.books, size, room), ...foot]
    .slice(0, height)
    .map((line) => fitLine(line, width));
}

/** The books in as many columns and rows as the room allows. */
function bookLines(books: readonly BookView[], { width, depth }: PageSize, room: number): Line[] {
  const across = Math.max(
    1,
    Math.min(books.length, Math.floor((width + GUTTER) / (MIN_LADDER_WIDTH + GUTTER))),
  );
  const down = Math.max(
    1,
    Math.min(Math.ceil(books.length / across), Math.floor(room / (MIN_LADDER_HEIGHT + 3))),
  );
  const hidden = Math.max(0, books.length - across * down);
  const cellWidth = Math.floor((width - GUTTER * (across - 1)) / across);
  const cellHeight = Math.floor((room - (hidden > 0 ? 1 : 0)) / down);
  const lines: Line[] = [];
  for (let row = 0; row < down; row += 1) {
    const cells = books
      .slice(row * across, (row + 1) * across)
      .map((book) => renderLadder(book, { width: cellWidth, height: cellHeight, depth }));
    for (let index = 0; index < cellHeight; index += 1) {
      lines.push(
        cells.flatMap((cell, at) => [...(at > 0 ? [span(" ".repeat(GUTTER))] : []), ...(cell[index] ?? [])]),
      );
    }
  }
  while (lines.length < room - (hidden > 0 ? 1 : 0)) lines.push([]);
  if (hidden > 0) lines.push([span(` ${hidden} more pairs need a larger terminal`, "busy")]);
  return lines.slice(0, room);
}

function logLines(log: readonly LogEntry[], height: number): Line[] {
  const lines: Line[] = log
    .slice(-height)
    .map(({ timestamp, text, tone }) => [span(` ${formatTime(timestamp)}  `, "dim"), span(text, tone)]);
  while (lines.length < height) lines.push([]);
  return lines;
}
