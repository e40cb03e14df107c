import { type RestAnswer, refusals } from "./rest-answer.js";
import { countParameter, isRefusal, type RestRequest, requiredMarket, timeParameter } from "./venue-data.js";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Monday, 28 October 2019, 00:00 UTC, from which weeks and fortnights are counted. */
const FIRST_MONDAY = 1_572_220_800_000;

/** Lengths by name, new and legacy. Months, whose lengths differ, are not served. */
const TIMEFRAMES: ReadonlyMap<string, number> = new Map(
  [
    ["1m", "M1", MINUTE_MS],
    ["5m", "M5", 5 * MINUTE_MS],
    ["15m", "M15", 15 * MINUTE_MS],
    ["30m", "M30", 30 * MINUTE_MS],
    ["1h", "H1", 60 * MINUTE_MS],
    ["2h", "H2", 120 * MINUTE_MS],
    ["4h", "H4", 240 * MINUTE_MS],
    ["12h", "H12", 720 * MINUTE_MS],
    ["1D", "D1", DAY_MS],
    ["7D", "7D", 7 * DAY_MS],
    ["14D", "14D", 14 * DAY_MS],
  ].flatMap(([name, legacy, length]): [string, number][] => [
    [String(name), Number(length)],
    [String(legacy), Number(length)],
  ]),
);

interface Candle {
  readonly startsAt: number;
  readonly open: number;
  high: number;
  low: number;
  close: number;
  lots: number;
}

/**
 * `public/get-candlestick`: made of the trades that the simulator remembers; times without a trade have no
 * candle.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/rest/public-get-candlestick
 */
export function candlesticks(request: RestRequest): RestAnswer {
  const market = requiredMarket(request);
  if (isRefusal(market)) return market;
  const interval = request.query.get("timeframe") ?? "1m";
  const length = TIMEFRAMES.get(interval);
  if (length === undefined) return refusals.invalid("timeframe");
  const count = countParameter(request.query, "count", { most: 300, fallback: 25 });
  if (typeof count === "object") return count;
  const end = timeParameter(request.query, "end_ts") ?? BigInt(request.at + 1) * 1_000_000n;
  if (typeof end === "object") return end;
  const start = timeParameter(request.query, "start_ts") ?? 0n;
  if (typeof start === "object") return start;

  const candles: Candle[] = [];
  for (let index = market.trades.oldest; index < market.trades.end; index++) {
    const { at, tick, lots } = market.trades.get(index);
    const startsAt = at - ((((at - FIRST_MONDAY) % length) + length) % length);
    const startNs = BigInt(startsAt) * 1_000_000n;
    if (startNs < start || startNs >= end) continue;
    const current = candles.at(-1);
    if (current?.startsAt !== startsAt) {
      candles.push({ startsAt, open: tick, high: tick, low: tick, close: tick, lots });
      continue;
    }
    current.high = Math.max(current.high, tick);
    current.low = Math.min(current.low, tick);
    current.close = tick;
    current.lots += lots;
  }
  const data = candles.slice(-count).map(({ startsAt, open, high, low, close, lots }) => ({
    o: market.priceText(open),
    h: market.priceText(high),
    l: market.priceText(low),
    c: market.priceText(close),
    v: market.amountText(lots),
    t: startsAt,
  }));
  return JSON.stringify({ interval, data, instrument_name: market.instrument.exchangeSymbol });
}
