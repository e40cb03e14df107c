import { type BookLevel, Decimal, type Trade, ZERO } from "@conn/core";
import { bar } from "./bar.js";
import { formatAtScale, formatCountdown, formatDuration, formatTime, spreadOf } from "./format.js";
import { fitLine, type Line, lineWidth, type Span, type Style, span, spread } from "./line.js";
import type { BookView } from "./view.js";
import { FAULT_WORDS, STATE_WORDS } from "./words.js";

/** Room for one book. */
export interface LadderSize {
  /** Columns. */
  readonly width: number;
  /** Lines. */
  readonly height: number;
  /** Most price levels shown of a side. */
  readonly depth: number;
}

/** Fewest lines in which a book can be shown: title, heads, one level a side, spread, state. */
export const MIN_LADDER_HEIGHT = 6;
/** Fewest columns in which a book can be shown with bars. */
export const MIN_LADDER_WIDTH = 46;

/** Columns of the ladder itself, above which trades stand beside it and not beneath. */
const WIDE_LADDER = 47;
const MIN_BAR_WIDTH = 6;
const MIN_TRADES_WIDTH = 32;
const MOST_TRADES_BENEATH = 5;
/** Levels a side that come before trades when both do not fit beneath each other. */
const USUAL_LEVELS = 8;
const MARGIN: Span = span(" ");

/** A level as it is drawn. */
interface Row {
  readonly price: string;
  readonly amount: string;
  readonly total: string;
  /** Share of the greatest total on show, 0 to 1. */
  readonly share: number;
}

/**
 * Draws one book: asks over bids, depth as bars, the spread between them, the latest trades, and how far
 * the book can be trusted. A pure function: the same view and size give the same lines.
 *
 * @returns `height` lines of `width` columns.
 */
export function renderLadder(view: BookView, size: LadderSize): Line[] {
  const { width, height } = size;
  const footer = [...integrityLines(view, width), ...remarkLines(view)];
  const trades = tradeLines(tradeRows(view));
  const tradesWidth = Math.max(MIN_TRADES_WIDTH, ...trades.slice(0, 1).map(lineWidth)) + 1;
  const beside = width >= WIDE_LADDER + tradesWidth;
  // Title, heads and spread take three lines.
  const room = height - 3 - footer.length;
  const usualLevels = 2 * Math.min(size.depth, USUAL_LEVELS);
  const beneath = beside ? 0 : Math.min(MOST_TRADES_BENEATH, Math.max(0, room - usualLevels - 1));
  const forLevels = room - (beneath > 0 ? beneath + 1 : 0);
  const perSide = Math.max(1, Math.min(size.depth, Math.floor(forLevels / 2)));

  const ladderWidth = beside ? width - tradesWidth : width;
  let body = ladderLines(view, ladderWidth, perSide);
  if (beside) {
    const column: Line[] = [[span("  trades", "dim")], ...trades];
    body = body.map((line, index) => [...fitLine(line, ladderWidth), ...(column[index] ?? [])]);
  } else if (beneath > 0) {
    // Room that trades will take is kept free, so that nothing moves when they come.
    body.push([], ...Array.from({ length: beneath }, (_, index) => trades[index] ?? []));
  }
  const lines = [titleLine(view, width), ...body, ...footer];
  while (lines.length < height) lines.push([]);
  return lines.slice(0, height).map((line) => fitLine(line, width));
}

/** Draws one book with all levels of the view and no trades, for paper rather than for a screen. */
export function renderStill(view: BookView, width: number): Line[] {
  const perSide = Math.max(1, view.bids.length, view.asks.length);
  return [titleLine(view, width), ...ladderLines(view, width, perSide), ...integrityLines(view, width)].map(
    (line) => fitLine(line, width),
  );
}

function titleLine(view: BookView, width: number): Line {
  const { mark, words, style } = STATE_WORDS[view.integrity.state];
  const name = [MARGIN, span(view.tradingPair, "strong")];
  const state = [span(`${mark} ${words}`, style), MARGIN];
  const room = width - lineWidth(name) - lineWidth(state) - 1;
  return spread([...name, ...fundingFacts(view, room)], state, width);
}

/** Mark price, funding and index price, as many of them as `room` allows; rounded as prices are written. */
function fundingFacts({ funding, priceScale }: BookView, room: number): Line {
  if (funding === undefined) return [];
  const { markPrice, indexPrice, fundingRate, dueInMs } = funding;
  const facts = [
    fact("mark", markPrice.toFixed(priceScale)),
    fact("funding", `${fundingRate.times(100).toFixed(4)} % in ${formatCountdown(dueInMs)}`),
    fact("index", indexPrice.toFixed(priceScale)),
  ].map((one) => [span("  "), ...one]);
  while (facts.length > 0 && lineWidth(facts.flat()) > room) facts.pop();
  return facts.flat();
}

function ladderLines(view: BookView, width: number, perSide: number): Line[] {
  const { asks, bids, priceScale, amountScale, integrity } = view;
  const askTotals = cumulate(asks.slice(0, perSide));
  const bidTotals = cumulate(bids.slice(0, perSide));
  const greatest = Decimal.max(ZERO, ...askTotals.slice(-1), ...bidTotals.slice(-1));
  const row = (level: BookLevel, total: Decimal): Row => ({
    price: formatAtScale(level.price, priceScale),
    amount: formatAtScale(level.amount, amountScale),
    total: formatAtScale(total, amountScale),
    // Only how long a bar is drawn depends on this double.
    share: greatest.isZero() ? 0 : Number(total.div(greatest)),
  });
  const askRows = askTotals.map((total, index) => row(asks[index] as BookLevel, total));
  const bidRows = bidTotals.map((total, index) => row(bids[index] as BookLevel, total));
  const rows = [...askRows, ...bidRows];

  const widest = (column: "price" | "amount" | "total", least: number): number =>
    Math.max(least, ...rows.map((one) => one[column].length));
  const columns = {
    price: widest("price", 8),
    amount: widest("amount", Math.max(9, lineWidth([span(`amount ${view.amountUnit}`)]))),
    total: widest("total", 9),
  };
  const narrow = width < columns.price + columns.amount + columns.total + 6 + MIN_BAR_WIDTH;
  const barWidth = width - 2 - columns.price - 2 - columns.amount - 2 - (narrow ? 0 : columns.total + 2);
  // Levels that cannot be trusted are there to be seen, not to be believed.
  const trusted = integrity.state === "live";

  const draw = (one: Row | undefined, side: "bid" | "ask"): Line => {
    if (one === undefined) return [];
    const color: Style = trusted ? side : "dim";
    const cells: Span[] = [
      MARGIN,
      span(one.price.padStart(columns.price), color),
      span(`  ${one.amount.padStart(columns.amount)}`, trusted ? "plain" : "dim"),
    ];
    if (!narrow) cells.push(span(`  ${one.total.padStart(columns.total)}`, "dim"));
    cells.push(span("  "), span(bar(one.share, barWidth), color));
    return cells;
  };
  const heads = [
    MARGIN,
    span("price".padStart(columns.price), "dim"),
    span(`  ${`amount ${view.amountUnit}`.padStart(columns.amount)}`, "dim"),
    span(narrow ? "" : `  ${"total".padStart(columns.total)}`, "dim"),
  ];
  const drawSide = (side: readonly Row[], name: "bid" | "ask"): Line[] =>
    Array.from({ length: perSide }, (_, index) => draw(side[index], name));
  return [heads, ...drawSide(askRows, "ask").reverse(), spreadLine(view, width), ...drawSide(bidRows, "bid")];
}

function cumulate(levels: readonly BookLevel[]): Decimal[] {
  let total = ZERO;
  return levels.map(({ amount }) => {
    total = total.plus(amount);
    return total;
  });
}

function spreadLine(view: BookView, width: number): Line {
  const between = spreadOf(view.bids[0]?.price, view.asks[0]?.price);
  const rule = (length: number): Span => span("─".repeat(Math.max(0, length)), "dim");
  if (between === undefined) return [MARGIN, rule(width - 2), MARGIN];
  const { priceScale } = view;
  const said = [
    span(` spread ${formatAtScale(between.spread, priceScale)}`),
    span(` (${between.basisPoints.toFixed(2)} bps)`, "dim"),
    span(`  mid ${formatAtScale(between.mid, priceScale)} `, "strong"),
  ];
  const free = width - 2 - lineWidth(said);
  return [MARGIN, rule(Math.min(3, free)), ...said, rule(free - 3), MARGIN];
}

/** Always the same number of lines at the same width, so that nothing jumps when trust is lost. */
function integrityLines(view: BookView, width: number): Line[] {
  const { integrity, ageMs, updatesPerSecond } = view;
  const { state, lastFault } = integrity;
  const { mark, words, style } = STATE_WORDS[state];
  const why = state === "live" || lastFault === undefined ? "" : `: ${FAULT_WORDS[lastFault]}`;
  const said = [MARGIN, span(`${mark} ${words}${why}`, style)];
  const id = integrity.lastUpdateId === undefined ? "–" : String(integrity.lastUpdateId);
  const age = ageMs === undefined ? "–" : formatDuration(ageMs);
  const moment = [fact("id", id.padEnd(13)), fact("age", age.padEnd(6))];
  const counts = [
    fact("gaps", String(integrity.gaps), integrity.gaps > 0),
    fact("resyncs", String(integrity.resyncs), integrity.resyncs > 0),
    fact("crossed", String(integrity.crossed), integrity.crossed > 0),
    fact("updates", updatesPerSecond === undefined ? "–" : `${updatesPerSecond.toFixed(1)}/s`),
  ];
  if (width >= 130) return [[...fitLine(said, 52), ...inRow([...moment, ...counts])]];
  if (width >= 78) return [said, inRow([...moment, ...counts])];
  return [said, inRow(moment), inRow(counts)];
}

function fact(name: string, value: string, remarkable = false): Line {
  return [span(`${name} `, "dim"), span(value, remarkable ? "busy" : "plain")];
}

function inRow(facts: readonly Line[]): Line {
  return facts.flatMap((one, index) => [index === 0 ? MARGIN : span("  "), ...one]);
}

function remarkLines({ remark }: BookView): Line[] {
  if (remark === undefined) return [];
  const marks = { plain: "·", good: "✔", busy: "…", bad: "✖" };
  return [[MARGIN, span(`${marks[remark.tone]} ${remark.text}`, remark.tone)]];
}

/** A trade as it is drawn, both texts as wide as those of the other trades. */
interface TradeRow {
  readonly trade: Trade;
  readonly price: string;
  readonly amount: string;
}

function tradeRows({ trades, priceScale, amountScale }: BookView): TradeRow[] {
  const rows = trades.map((trade) => ({
    trade,
    price: formatAtScale(trade.price, priceScale),
    amount: formatAtScale(trade.amount, amountScale),
  }));
  const price = Math.max(8, ...rows.map((row) => row.price.length));
  const amount = Math.max(9, ...rows.map((row) => row.amount.length));
  return rows.map((row) => ({
    trade: row.trade,
    price: row.price.padStart(price),
    amount: row.amount.padStart(amount),
  }));
}

function tradeLines(rows: readonly TradeRow[]): Line[] {
  return rows.map(({ trade, price, amount }) => {
    const buys = trade.side === "buy";
    return [
      span(`  ${formatTime(trade.exchangeTimestamp)} `, "dim"),
      span(`${buys ? "▲" : "▼"} ${price}`, buys ? "bid" : "ask"),
      span(`  ${amount}`),
    ];
  });
}
