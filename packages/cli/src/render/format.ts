import { Decimal } from "@conn/core";

const two = (value: number): string => String(value).padStart(2, "0");

/** Time of day of a moment given in ms since 1970-01-01 UTC: `HH:MM:SS`, in UTC like the venue's own times. */
export function formatTime(timestamp: number): string {
  const seconds = Math.floor(timestamp / 1000);
  return `${two(Math.floor(seconds / 3600) % 24)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** A price or amount with at least `scale` decimal places, and with more where it has more: never rounded. */
export function formatAtScale(value: Decimal, scale: number): string {
  return value.toFixed(Math.max(scale, value.decimalPlaces()));
}

/** A duration in ms as a person says it: `340 ms`, `1.2 s`, `14 s`, `3 min`. */
export function formatDuration(durationMs: number): string {
  const ms = Math.max(0, Math.round(durationMs));
  if (ms < 1_000) return `${ms} ms`;
  if (ms < 9_950) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 120_000) return `${Math.round(ms / 1_000)} s`;
  return `${Math.round(ms / 60_000)} min`;
}

/** A time that is left, in ms, as a clock shows it: `H:MM:SS`. */
export function formatCountdown(durationMs: number): string {
  const seconds = Math.max(0, Math.ceil(durationMs / 1_000));
  return `${Math.floor(seconds / 3_600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** What lies between the best bid and the best ask. */
export interface Spread {
  /** Ask less bid; negative in a crossed book. */
  readonly spread: Decimal;
  readonly mid: Decimal;
  /** Spread in hundredths of a percent of mid. */
  readonly basisPoints: Decimal;
}

/** The spread between two prices; absent while a side is empty. */
export function spreadOf(bestBid: Decimal | undefined, bestAsk: Decimal | undefined): Spread | undefined {
  if (bestBid === undefined || bestAsk === undefined) return undefined;
  const spread = bestAsk.minus(bestBid);
  const mid = bestBid.plus(bestAsk).div(2);
  const basisPoints = mid.isZero() ? new Decimal(0) : spread.div(mid).times(10_000);
  return { spread, mid, basisPoints };
}
