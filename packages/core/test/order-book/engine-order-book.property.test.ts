import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Decimal } from "../../src/decimal/decimal.js";
import type { Instrument } from "../../src/instrument/index.js";
import type { EngineOrderBook } from "../../src/order-book/engine-order-book.js";
import { ASK, BID, type LevelSide } from "../../src/parse/level-batch.js";
import { batchOf, bookWith, exactBatchOf, instrumentWith, ModelBook, type Row } from "./support.js";

type Step =
  | { readonly kind: "snapshot" | "diff"; readonly rows: readonly Row[] }
  | { readonly kind: "trim"; readonly depth: number }
  | { readonly kind: "clear" }
  | { readonly kind: "increment"; readonly increment: string };

const tick = new Decimal("0.1");
const side = fc.constantFrom<LevelSide>(BID, ASK);
const amount = fc.oneof(
  { weight: 3, arbitrary: fc.constant("0") },
  {
    weight: 8,
    arbitrary: fc.integer({ min: 1, max: 99_999 }).map((units) => new Decimal(units).div(1000).toFixed()),
  },
);
/** Amounts of tokens with 18 decimals, which doubles do not hold. */
const tokenAmount = fc
  .tuple(fc.nat(99_999), fc.bigInt({ min: 1n, max: 10n ** 18n - 1n }))
  .map(([whole, fraction]) => `${whole}.${String(fraction).padStart(18, "0")}`);

/** Prices of one step stand around a center that can lie far from the last one: the window has to follow. */
function rowsAround(offsets: fc.Arbitrary<number>, amounts: fc.Arbitrary<string>, maxLength: number) {
  const center = fc.oneof(
    fc.integer({ min: 670_000, max: 670_200 }),
    fc.integer({ min: 665_000, max: 675_000 }),
    fc.integer({ min: 1, max: 9_000_000 }),
  );
  return fc.tuple(center, fc.array(fc.tuple(side, offsets, amounts), { maxLength })).map(([middle, list]) =>
    list.map(([of, offset, value]): Row => {
      const ticks = Math.max(0, middle + (of === BID ? -offset : offset));
      return [of, tick.times(ticks).toFixed(), ticks === 0 ? "0" : value];
    }),
  );
}

const nearby = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -3, max: 40 }) },
  fc.integer({ min: -50, max: 5_000 }),
);
const onGrid = rowsAround(nearby, amount, 40);
/** Few prices that doubles confuse, or that are not multiples of the increment. */
const awkwardPrice = fc.constantFrom(
  "0",
  "0.1",
  "0.3",
  "0.30000000000000004",
  "0.3000000000000000001",
  "0.05",
  "0.15",
  "67000",
  "67000.05",
  "67000.10",
  "67000.1000000000000001",
  "0.00000001",
  "1e-18",
  "1000000000000",
  "123456789012345",
  "99999999999999.9",
  "123456789012345678901234567890",
);
const awkward = fc
  .array(fc.tuple(side, awkwardPrice, fc.oneof(amount, tokenAmount)), { maxLength: 8 })
  .map((list) => list.map(([of, price, value]): Row => [of, price, price === "0" ? "0" : value]));
const inOrder = fc
  .tuple(
    fc.integer({ min: 1_000, max: 900_000 }),
    fc.integer({ min: 1, max: 60 }),
    fc.integer({ min: 1, max: 400 }),
    fc.boolean(),
  )
  .map(([best, count, step, risingBids]) => {
    const bids = Array.from(
      { length: count },
      (_, index): Row => [BID, tick.times(Math.max(1, best - index * step)).toFixed(), `${index + 1}`],
    );
    const asks = Array.from(
      { length: count },
      (_, index): Row => [ASK, tick.times(best + 1 + index * step).toFixed(), `${index + 1}`],
    );
    return risingBids ? [...bids.reverse(), ...asks] : [...bids, ...asks];
  });

function steps(rowLists: fc.Arbitrary<readonly Row[]>): fc.Arbitrary<Step[]> {
  const step = fc.oneof(
    { weight: 12, arbitrary: rowLists.map((rows): Step => ({ kind: "diff", rows })) },
    { weight: 3, arbitrary: fc.oneof(rowLists, inOrder).map((rows): Step => ({ kind: "snapshot", rows })) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 30 }).map((depth): Step => ({ kind: "trim", depth })) },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom("0.1", "0.5", "0.01", "1", "7", "0.00000001")
        .map((increment): Step => ({ kind: "increment", increment })),
    },
    { weight: 1, arbitrary: fc.constant<Step>({ kind: "clear" }) },
  );
  return fc.array(step, { minLength: 1, maxLength: 25 });
}

function runBook(book: EngineOrderBook, step: Step, toBatch: typeof batchOf): void {
  if (step.kind === "snapshot") expect(book.applySnapshot(toBatch(step.rows))).toBe(true);
  else if (step.kind === "diff") expect(book.applyDiff(toBatch(step.rows))).toBe(true);
  else if (step.kind === "trim") book.trim(step.depth);
  else if (step.kind === "clear") book.clear();
  else if (step.kind === "increment") book.setInstrument(instrumentWith({ priceIncrement: step.increment }));
}

function runModel(model: ModelBook, step: Step): void {
  if (step.kind === "snapshot") model.snapshot(step.rows);
  else if (step.kind === "diff") model.diff(step.rows);
  else if (step.kind === "trim") model.trim(step.depth);
  else if (step.kind === "clear") model.clear();
}

const plain = (levels: readonly { readonly price: Decimal; readonly amount: Decimal }[]) =>
  levels.map(({ price, amount }) => `${price.toFixed()}: ${amount.toFixed()}`);

function expectSameBook(book: EngineOrderBook, model: ModelBook): void {
  const bids = model.levels(BID);
  const asks = model.levels(ASK);
  expect(plain(book.bids())).toEqual(plain(bids));
  expect(plain(book.asks())).toEqual(plain(asks));
  expect([book.bidCount, book.askCount, book.absentDeletes]).toEqual([
    bids.length,
    asks.length,
    model.absentDeletes,
  ]);
  expect(book.bestBid && plain([book.bestBid])).toEqual(bids[0] && plain([bids[0]]));
  expect(book.bestAsk && plain([book.bestAsk])).toEqual(asks[0] && plain([asks[0]]));
  const bid = bids[0]?.price ?? new Decimal(Number.NaN);
  const ask = asks[0]?.price ?? new Decimal(Number.NaN);
  expect(book.isCrossed).toBe(bid.gte(ask));
  expect(String(book.spread ?? Number.NaN)).toBe(String(ask.minus(bid)));
  expect(String(book.midPrice ?? Number.NaN)).toBe(String(ask.plus(bid).div(2)));
}

describe.each([
  ["prices on the grid", onGrid, 250],
  ["prices that doubles or the grid do not hold", fc.oneof(awkward, onGrid), 250],
  ["amounts of 18 decimals", rowsAround(nearby, fc.oneof(amount, tokenAmount), 10), 60],
] as const)("a book of %s", (_, rowLists, numRuns) => {
  it("holds what a map of decimals holds, after every step, in both of its modes", () => {
    fc.assert(
      fc.property(steps(rowLists), (list) => {
        const model = new ModelBook();
        const book = bookWith();
        const exactBook = bookWith();
        for (const step of list) {
          runModel(model, step);
          runBook(book, step, batchOf);
          runBook(exactBook, step, exactBatchOf);
          expectSameBook(book, model);
          expectSameBook(exactBook, model);
          for (const [of, takerSide] of [
            [ASK, "buy"],
            [BID, "sell"],
          ] as const) {
            const levels = model.levels(of);
            const prices = [levels[0], levels[levels.length >> 1], levels.at(-1)].map(
              (level) => level?.price ?? tick,
            );
            for (const price of [...prices, "0.3", "67000", "0.30000000000000004"]) {
              const found = levels.find((level) => level.price.eq(price))?.amount ?? 0;
              expect(book.amountAt(takerSide, price).eq(found)).toBe(true);
              expect(exactBook.amountAt(takerSide, price).eq(found)).toBe(true);
            }
          }
        }
      }),
      { numRuns },
    );
  });
});

describe("every query", () => {
  const units: fc.Arbitrary<Partial<Instrument>> = fc.constantFrom(
    {},
    { amountUnit: "contracts", contractSize: new Decimal("0.01") },
    { amountUnit: "contracts", contractSize: new Decimal(10) },
    { amountUnit: "contracts", contractSize: new Decimal(100), payoff: "inverse" },
  );
  const argument = fc.oneof(
    fc
      .tuple(fc.integer({ min: 1, max: 9_999_999 }), fc.integer({ min: -4, max: 6 }))
      .map(([digits, places]) => new Decimal(digits).times(new Decimal(10).pow(-places)).toFixed()),
    tokenAmount,
  );
  /** Amounts whose product with a price is beyond the integers that a double holds. */
  const hugeAmount = fc
    .integer({ min: 1, max: 999_999_999 })
    .map((units) => new Decimal(units).times("1000.001").toDecimalPlaces(3, Decimal.ROUND_DOWN).toFixed());
  const awkwardOrNot = fc.oneof(
    { weight: 4, arbitrary: onGrid },
    { weight: 2, arbitrary: rowsAround(nearby, hugeAmount, 30) },
    awkward,
  );

  /** Equal but for what rounding to 60 digits can do. */
  function expectClose(actual: Decimal | undefined, expected: Decimal | undefined): void {
    if (actual === undefined || expected === undefined) expect(actual).toBe(expected);
    else expect(actual.minus(expected).abs().lte(expected.abs().times("1e-50"))).toBe(true);
  }

  it("answers as a plain calculation over all levels, in both modes", () => {
    fc.assert(
      fc.property(
        units,
        fc.array(awkwardOrNot, { minLength: 1, maxLength: 3 }),
        fc.constantFrom("buy" as const, "sell" as const),
        argument,
        fc.option(
          fc.oneof(
            argument,
            fc.integer({ min: 669_000, max: 671_000 }).map((ticks) => tick.times(ticks).toFixed()),
          ),
          { nil: undefined },
        ),
        (terms, lists, takerSide, value, limitPrice) => {
          const model = new ModelBook();
          const books = [bookWith(terms), bookWith(terms)] as const;
          for (const list of lists) {
            model.diff(list);
            books[0].applyDiff(batchOf(list));
            books[1].applyDiff(exactBatchOf(list));
          }
          const size = terms.contractSize ?? new Decimal(1);
          const inverse = terms.payoff === "inverse";
          const levels = model.takerLevels(takerSide).map(({ price, amount: levelAmount }) => ({
            price,
            amount: levelAmount,
            baseAmount: inverse ? levelAmount.times(size).div(price) : levelAmount.times(size),
            quoteAmount: inverse ? levelAmount.times(size) : levelAmount.times(size).times(price),
          }));
          const sum = (list: readonly Decimal[]) =>
            list.reduce((total, item) => total.plus(item), new Decimal(0));
          const within = (limit: string) =>
            levels.filter(({ price }) => (takerSide === "buy" ? price.lte(limit) : price.gte(limit)));

          /** What is taken of each level until `value` of `unit` is reached, as shares of the levels. */
          const expected = (unit: "amount" | "baseAmount" | "quoteAmount", limit?: string) => {
            const reachable = limit === undefined ? levels : within(limit);
            const shares = reachable.map((level, index) => {
              const before = sum(reachable.slice(0, index).map((earlier) => earlier[unit]));
              return Decimal.max(0, Decimal.min(1, new Decimal(value).minus(before).div(level[unit])));
            });
            const total = (name: "amount" | "baseAmount" | "quoteAmount") =>
              sum(reachable.map((level, index) => level[name].times(shares[index]!)));
            const taken = reachable.filter((_, index) => shares[index]!.gt(0));
            return {
              complete: sum(reachable.map((level) => level[unit])).gte(value),
              amount: total("amount"),
              baseAmount: total("baseAmount"),
              quoteAmount: total("quoteAmount"),
              averagePrice: taken.length === 0 ? undefined : total("quoteAmount").div(total("baseAmount")),
              worstPrice: taken.at(-1)?.price,
              levels: taken.length,
            };
          };
          for (const book of books) {
            const byAmount = expected("amount");
            expectClose(
              book.priceForVolume(takerSide, value),
              byAmount.complete ? byAmount.worstPrice : undefined,
            );
            expectClose(
              book.vwapForVolume(takerSide, value),
              byAmount.complete ? byAmount.averagePrice : undefined,
            );
            expectClose(
              book.volumeForPrice(takerSide, value),
              sum(within(value).map((level) => level.amount)),
            );
            expectClose(
              book.quoteVolumeForPrice(takerSide, value),
              sum(within(value).map((level) => level.quoteAmount)),
            );
            const byBase = expected("baseAmount");
            expectClose(
              book.quoteVolumeForBaseAmount(takerSide, value),
              byBase.complete ? byBase.quoteAmount : undefined,
            );
            const byQuote = expected("quoteAmount");
            expectClose(
              book.priceForQuoteVolume(takerSide, value),
              byQuote.complete ? byQuote.worstPrice : undefined,
            );
            for (const unit of ["amount", "baseAmount", "quoteAmount"] as const) {
              const wanted = expected(unit, limitPrice);
              const options = limitPrice === undefined ? {} : { limitPrice };
              const fill = book.simulateTaker(
                takerSide,
                unit === "amount"
                  ? { amount: value }
                  : unit === "baseAmount"
                    ? { baseAmount: value }
                    : { quoteAmount: value },
                options,
              );
              expect([fill.complete, fill.levels]).toEqual([wanted.complete, wanted.levels]);
              const filled = {
                amount: fill.filledAmount,
                baseAmount: fill.baseAmount,
                quoteAmount: fill.quoteAmount,
              };
              if (fill.complete) expect(filled[unit].eq(value)).toBe(true);
              if (fill.levels === 1) expect(fill.averagePrice?.eq(levels[0]!.price)).toBe(true);
              expectClose(fill.filledAmount, wanted.amount);
              expectClose(fill.baseAmount, wanted.baseAmount);
              expectClose(fill.quoteAmount, wanted.quoteAmount);
              expectClose(fill.averagePrice, wanted.averagePrice);
              expectClose(fill.worstPrice, wanted.worstPrice);
            }
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
