import { formatAtScale, formatDuration, formatTime, spreadOf } from "../render/format.js";
import { printable } from "../render/line.js";
import type { BookView, LogEntry } from "../render/view.js";

/** One book in one line, for output that is not a terminal. */
export function formatBookLine(view: BookView, timestamp: number): string {
  const { bids, asks, priceScale, amountScale, integrity, ageMs, updatesPerSecond, remark } = view;
  const [bid] = bids;
  const [ask] = asks;
  const between = spreadOf(bid?.price, ask?.price);
  const level = (one: typeof bid): string =>
    one === undefined
      ? "–"
      : `${formatAtScale(one.price, priceScale)} x ${formatAtScale(one.amount, amountScale)}`;
  const parts = [
    `${formatTime(timestamp)} ${printable(view.tradingPair)} ${integrity.state}`,
    `bid ${level(bid)}`,
    `ask ${level(ask)}`,
    between === undefined
      ? "spread –"
      : `spread ${formatAtScale(between.spread, priceScale)} (${between.basisPoints.toFixed(2)} bps)`,
    `id ${integrity.lastUpdateId ?? "–"}`,
    `age ${ageMs === undefined ? "–" : formatDuration(ageMs)}`,
    `gaps ${integrity.gaps}  resyncs ${integrity.resyncs}  crossed ${integrity.crossed}`,
    `updates ${updatesPerSecond === undefined ? "–" : `${updatesPerSecond.toFixed(1)}/s`}`,
  ];
  if (remark !== undefined) parts.push(remark.text);
  return parts.join("  ");
}

/** One entry of the log in one line, for output that is not a terminal. */
export function formatLogLine({ timestamp, text }: LogEntry): string {
  return `${formatTime(timestamp)} ${printable(text)}`;
}
