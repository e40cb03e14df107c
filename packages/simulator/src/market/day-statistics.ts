import type { Trade } from "./trade-tape.js";

/** Sums over the last 24 hours. Prices in ticks, amounts in lots, quote in ticks times lots. */
export interface DaySummary {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly last: number;
  readonly lastLots: number;
  readonly lots: bigint;
  readonly quote: bigint;
  readonly count: number;
  readonly firstId: number;
  readonly lastId: number;
  /** Start of the window: a whole minute. */
  readonly openTime: number;
  /** Time of the last trade. */
  readonly closeTime: number;
}

/** Rolling 24-hour statistics of one instrument. */
export interface DayStatistics {
  add(trade: Trade): void;
  /** `undefined` as long as there was no trade. */
  summary(at: number): DaySummary | undefined;
}

interface Minute {
  readonly minute: number;
  readonly open: number;
  high: number;
  low: number;
  lots: bigint;
  quote: bigint;
  count: number;
  readonly firstId: number;
}

const MINUTES_A_DAY = 1440;

/** Makes empty statistics. Minutes leave the window as a whole. */
export function createDayStatistics(): DayStatistics {
  let minutes: Minute[] = [];
  let last: Trade | undefined;
  return {
    add(trade) {
      last = trade;
      const minute = Math.floor(trade.at / 60_000);
      const lots = BigInt(trade.lots);
      const quote = BigInt(trade.tick) * lots;
      const current = minutes.at(-1);
      if (current?.minute === minute) {
        current.high = Math.max(current.high, trade.tick);
        current.low = Math.min(current.low, trade.tick);
        current.lots += lots;
        current.quote += quote;
        current.count++;
        return;
      }
      minutes.push({
        minute,
        open: trade.tick,
        high: trade.tick,
        low: trade.tick,
        lots,
        quote,
        count: 1,
        firstId: trade.id,
      });
      if (minutes.length > MINUTES_A_DAY * 2) minutes = minutes.slice(MINUTES_A_DAY);
    },
    summary(at) {
      if (last === undefined) return undefined;
      const from = Math.floor(at / 60_000) - MINUTES_A_DAY + 1;
      const window = minutes.filter((one) => one.minute >= from);
      const first = window[0];
      return {
        open: first?.open ?? last.tick,
        high: Math.max(...window.map((one) => one.high), last.tick),
        low: Math.min(...window.map((one) => one.low), last.tick),
        last: last.tick,
        lastLots: last.lots,
        lots: window.reduce((sum, one) => sum + one.lots, 0n),
        quote: window.reduce((sum, one) => sum + one.quote, 0n),
        count: window.reduce((sum, one) => sum + one.count, 0),
        firstId: first?.firstId ?? last.id,
        lastId: last.id,
        openTime: from * 60_000,
        closeTime: last.at,
      };
    },
  };
}
