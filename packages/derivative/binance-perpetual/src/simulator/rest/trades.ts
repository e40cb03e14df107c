import { divideRounded, formatFixed, type Tape } from "@conn/simulator";
import { type AggregateTrade, aggregateClosesAt } from "../market/trade-tape.js";
import { type RestAnswer, refusals } from "./rest-answer.js";
import { integerParameter, isRefusal, type RestRequest, requiredMarket } from "./venue-data.js";

const TWO_DAYS_MS = 2 * 86_400_000;
const ANY = { min: 0, max: Number.MAX_SAFE_INTEGER };

/**
 * `GET /fapi/v1/trades`: the latest fills, oldest first.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Recent-Trades-List
 */
export function trades(request: RestRequest): RestAnswer {
  const limit = integerParameter(request.query, "limit", { min: 1, max: 1000 });
  if (typeof limit === "object") return limit;
  const market = requiredMarket(request);
  if (isRefusal(market)) return market;
  const { contract, tape } = market;
  const tickUnits = BigInt(market.tickUnits);
  const lotUnits = BigInt(market.lotUnits);
  const rows: string[] = [];
  const { oldest, end } = tape.trades;
  for (let index = Math.max(oldest, end - (limit ?? 500)); index < end; index++) {
    const trade = tape.trades.get(index);
    const quote = BigInt(trade.tick) * tickUnits * BigInt(trade.lots) * lotUnits;
    const quoteText = formatFixed(
      divideRounded(quote, 10n ** BigInt(contract.quantityPrecision)),
      market.priceDecimals,
    );
    rows.push(
      `{"id":${trade.id},"price":"${market.priceText(trade.tick)}","qty":"${market.amountText(trade.lots)}"` +
        `,"quoteQty":"${quoteText}","time":${trade.at},"isBuyerMaker":${trade.buyerIsMaker},"isRPITrade":false}`,
    );
  }
  return `[${rows.join(",")}]`;
}

/**
 * `GET /fapi/v1/aggTrades`: from an id, or in a time window, or the latest; oldest first. An aggregate is
 * shown when its interval is over, so that it is the same here and on the stream.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Compressed-Aggregate-Trades-List
 */
export function aggregateTrades(request: RestRequest): RestAnswer {
  const limit = integerParameter(request.query, "limit", { min: 1, max: 1000 });
  if (typeof limit === "object") return limit;
  const fromId = integerParameter(request.query, "fromId", ANY);
  if (typeof fromId === "object") return fromId;
  const startTime = integerParameter(request.query, "startTime", ANY);
  if (typeof startTime === "object") return startTime;
  const endTime = integerParameter(request.query, "endTime", ANY);
  if (typeof endTime === "object") return endTime;
  const market = requiredMarket(request);
  if (isRefusal(market)) return market;
  if (startTime !== undefined && startTime < request.at - TWO_DAYS_MS) return refusals.windowTooOld;

  const tape = market.tape.aggregates;
  const most = limit ?? 500;
  let end = tape.end;
  while (end > tape.oldest && aggregateClosesAt(tape.get(end - 1).at) > request.at) end--;
  let first = tape.oldest;
  if (fromId !== undefined) {
    first = firstWhere(tape, end, (trade) => trade.id >= fromId);
  } else if (startTime !== undefined) {
    first = firstWhere(tape, end, (trade) => trade.at >= startTime);
  }
  if (endTime !== undefined) end = firstWhere(tape, end, (trade) => trade.at > endTime);
  if (fromId === undefined && startTime === undefined) first = Math.max(first, end - most);
  end = Math.min(end, first + most);

  const rows: string[] = [];
  for (let index = first; index < end; index++) {
    const trade = tape.get(index);
    const amount = market.amountText(trade.lots);
    rows.push(
      `{"a":${trade.id},"p":"${market.priceText(trade.tick)}","q":"${amount}","nq":"${amount}"` +
        `,"f":${trade.firstId},"l":${trade.lastId},"T":${trade.at},"m":${trade.buyerIsMaker}}`,
    );
  }
  return `[${rows.join(",")}]`;
}

/** Number of the first entry before `end` that satisfies a condition which, once true, stays true. */
function firstWhere(
  tape: Tape<AggregateTrade>,
  end: number,
  satisfies: (trade: AggregateTrade) => boolean,
): number {
  let low = tape.oldest;
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (satisfies(tape.get(middle))) high = middle;
    else low = middle + 1;
  }
  return low;
}
