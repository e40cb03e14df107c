import { formatTime } from "./format.js";
import { MIN_LADDER_HEIGHT, MIN_LADDER_WIDTH, renderLadder } from "./ladder.js";
import { fitLine, type Line, type Style, span, spread } from "./line.js";
import type { LogEntry, Tone, WatchView } from "./view.js";

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
  if (view.banner !== undefined)
    head.push(fitLine([span(` ${view.banner.text}`, BANNERS[view.banner.tone])], width));
  const several = view.books.length > 1;
  const logHeight = height < 18 ? 1 : height < 28 ? 4 : 6;
  const foot: Line[] = [
    [span("─".repeat(width), "dim")],
    ...logLines(view.log, logHeight),
    [span(` ${view.hint}`, "dim")],
  ];
  const room = Math.max(0, height - head.length - foot.length);
  const body = several ? gridLines(view, size, room) : singleLines(view, size, room);
  return [...head, ...body, ...foot].slice(0, height).map((line) => fitLine(line, width));
}

function singleLines(view: WatchView, { width, depth }: PageSize, height: number): Line[] {
  return view.books.flatMap((book) => renderLadder(book, { width, height, depth }));
}

function gridLines(view: WatchView, { width, depth }: PageSize, room: number): Line[] {
  const { books } = view;
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
