import { Decimal } from "../../src/decimal/decimal.js";
import type { Instrument } from "../../src/instrument/index.js";
import { EngineOrderBook } from "../../src/order-book/engine-order-book.js";
import type { TakerSide } from "../../src/order-book/order-book.js";
import { ASK, BID, LevelBatch, type LevelSide } from "../../src/parse/level-batch.js";

/** A level as a venue writes it. */
export type Row = readonly [side: LevelSide, price: string, amount: string];

export function instrumentWith(terms: Partial<Instrument> & { priceIncrement?: string } = {}): Instrument {
  const { priceIncrement = "0.1", ...rest } = terms;
  return {
    tradingPair: "BTC-USDT",
    exchangeSymbol: "BTCUSDT",
    type: "spot",
    base: "BTC",
    quote: "USDT",
    payoff: "linear",
    amountUnit: "base",
    contractSize: new Decimal(1),
    priceScale: 1,
    amountScale: 3,
    status: "trading",
    venueStatus: "TRADING",
    rules: {
      priceIncrement: new Decimal(priceIncrement),
      amountIncrement: new Decimal("0.001"),
      orderTypes: ["limit"],
      timeInForce: ["gtc"],
    },
    ...rest,
  };
}

export function bookWith(terms: Parameters<typeof instrumentWith>[0] = {}): EngineOrderBook {
  return new EngineOrderBook({ instrument: instrumentWith(terms), clock: { monotonic: () => 0 } });
}

export function batchOf(rows: readonly Row[]): LevelBatch {
  const batch = new LevelBatch();
  for (const [side, price, amount] of rows) {
    if (!batch.pushText(side, price, amount)) throw new Error(`not a level: ${price} ${amount}`);
  }
  return batch;
}

/** The same, with every row as text: a book that gets such batches stays in its exact mode. */
export function exactBatchOf(rows: readonly Row[]): LevelBatch {
  const batch = new LevelBatch();
  for (const [side, price, amount] of rows) {
    batch.pushExact(side, { price: new Decimal(price).toFixed(), amount: new Decimal(amount).toFixed() });
  }
  return batch;
}

export const rows = (bids: readonly [string, string][], asks: readonly [string, string][]): Row[] => [
  ...bids.map(([price, amount]) => [BID, price, amount] as const),
  ...asks.map(([price, amount]) => [ASK, price, amount] as const),
];

interface ModelLevel {
  readonly price: Decimal;
  readonly amount: Decimal;
}

/** A book in the plainest form: amounts by the text of their price. */
export class ModelBook {
  readonly #sides: [bids: Map<string, ModelLevel>, asks: Map<string, ModelLevel>] = [new Map(), new Map()];
  absentDeletes = 0;

  snapshot(list: readonly Row[]): void {
    this.clear();
    const { absentDeletes } = this;
    this.diff(list);
    this.absentDeletes = absentDeletes;
  }

  diff(list: readonly Row[]): void {
    for (const [side, priceText, amountText] of list) {
      const price = new Decimal(priceText);
      const amount = new Decimal(amountText);
      if (price.isZero()) continue;
      if (!amount.isZero()) this.#sides[side].set(price.toFixed(), { price, amount });
      else if (!this.#sides[side].delete(price.toFixed())) this.absentDeletes++;
    }
  }

  clear(): void {
    for (const side of this.#sides) side.clear();
  }

  trim(depth: number): void {
    for (const side of [BID, ASK] as const) {
      for (const { price } of this.levels(side).slice(depth)) this.#sides[side].delete(price.toFixed());
    }
  }

  /** Best first. */
  levels(side: LevelSide): ModelLevel[] {
    const sign = side === BID ? -1 : 1;
    return [...this.#sides[side].values()].sort((a, b) => sign * a.price.comparedTo(b.price));
  }

  takerLevels(side: TakerSide): ModelLevel[] {
    return this.levels(side === "buy" ? ASK : BID);
  }
}
