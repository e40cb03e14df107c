import { createTape, type Tape, type Trade } from "@conn/simulator";

/** Fills of one price and taker side within one interval of 100 ms. */
export interface AggregateTrade {
  readonly id: number;
  /** Time of its latest fill. */
  at: number;
  readonly tick: number;
  lots: number;
  readonly firstId: number;
  lastId: number;
  readonly buyerIsMaker: boolean;
}

/** Fills of one contract, single and aggregated. */
export interface TradeTape {
  readonly trades: Tape<Trade>;
  readonly aggregates: Tape<AggregateTrade>;
  add(trade: Trade): void;
}

/** Aggregation interval of the venue. */
const AGGREGATION_MS = 100;

/** The end of the interval in which an aggregate can still grow. */
export function aggregateClosesAt(at: number): number {
  return (Math.floor(at / AGGREGATION_MS) + 1) * AGGREGATION_MS;
}

/**
 * Makes an empty tape that keeps at least the latest 50,000 fills.
 *
 * Fills of the same price and taking side are aggregated every 100 ms:
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/Aggregate-Trade-Streams
 */
export function createTradeTape(firstAggregateId: number): TradeTape {
  const trades = createTape<Trade>(50_000);
  const aggregates = createTape<AggregateTrade>(50_000);
  let open: AggregateTrade | undefined;
  return {
    trades,
    aggregates,
    add(trade) {
      trades.push(trade);
      if (
        open !== undefined &&
        open.tick === trade.tick &&
        open.buyerIsMaker === trade.buyerIsMaker &&
        trade.at < aggregateClosesAt(open.at)
      ) {
        open.lots += trade.lots;
        open.lastId = trade.id;
        open.at = trade.at;
        return;
      }
      open = {
        id: firstAggregateId + aggregates.end,
        at: trade.at,
        tick: trade.tick,
        lots: trade.lots,
        firstId: trade.id,
        lastId: trade.id,
        buyerIsMaker: trade.buyerIsMaker,
      };
      aggregates.push(open);
    },
  };
}
