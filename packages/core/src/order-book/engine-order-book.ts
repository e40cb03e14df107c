import { Decimal } from "../decimal/decimal.js";
import type { Instrument } from "../instrument/index.js";
import type { LevelBatch } from "../parse/level-batch.js";
import type { Clock } from "../ports/index.js";
import type { BookIntegrity } from "./book-integrity.js";
import type { BookLevel, OrderBook } from "./order-book.js";
export class EngineOrderBook implements OrderBook {
  readonly tradingPair: string;
  readonly record: { -readonly [K in keyof BookIntegrity]: BookIntegrity[K] } = {
    state: "awaitingSnapshot",
    lastUpdateId: undefined,
    receivedTimestamp: 0,
    exchangeTimestamp: undefined,
    snapshots: 0,
    diffs: 0,
    staleDiffs: 0,
    gaps: 0,
    resyncs: 0,
    checksumFailures: 0,
    crossed: 0,
    lastFault: undefined,
  };
  readonly m: [Map<string, string>, Map<string, string>] = [new Map(), new Map()];
  constructor(i: Instrument, _c: Clock) {
    this.tradingPair = i.tradingPair;
  }
  get integrity(): BookIntegrity {
    return this.record;
  }
  heard(at: number): void {
    this.record.receivedTimestamp = at;
  }
  side(s: 0 | 1): BookLevel[] {
    return [...this.m[s]]
      .map(([p, a]) => ({ price: new Decimal(p), amount: new Decimal(a) }))
      .sort((x, y) => (s === 0 ? y.price.cmp(x.price) : x.price.cmp(y.price)));
  }
  bids(): BookLevel[] {
    return this.side(0);
  }
  asks(): BookLevel[] {
    return this.side(1);
  }
  get bestBid(): BookLevel | undefined {
    return this.side(0)[0];
  }
  get bestAsk(): BookLevel | undefined {
    return this.side(1)[0];
  }
  get isCrossed(): boolean {
    const b = this.bestBid;
    const a = this.bestAsk;
    return !!b && !!a && b.price.gte(a.price);
  }
  applySnapshot(b: LevelBatch, from: number, to: number): void {
    this.m[0].clear();
    this.m[1].clear();
    this.applyDiff(b, from, to);
  }
  applyDiff(b: LevelBatch, from: number, to: number): void {
    for (let i = from; i < to; i++) {
      const e = b.exact.get(i);
      const p = new Decimal(e?.price ?? b.prices[i]!);
      const a = new Decimal(e?.amount ?? b.amounts[i]!);
      const m = this.m[b.sides[i] as 0 | 1];
      if (a.isZero()) m.delete(p.toFixed());
      else m.set(p.toFixed(), a.toFixed());
    }
  }
}
