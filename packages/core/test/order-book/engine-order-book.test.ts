import { Decimal as OtherDecimal } from "decimal.js";
import { describe, expect, it } from "vitest";
import { Decimal } from "../../src/decimal/decimal.js";
import { OrderBookError } from "../../src/errors/index.js";
import { EngineOrderBook } from "../../src/order-book/engine-order-book.js";
import type { OrderBook } from "../../src/order-book/order-book.js";
import { ASK, BID, LevelBatch } from "../../src/parse/level-batch.js";
import { batchOf, bookWith, exactBatchOf, instrumentWith, rows } from "./support.js";

const texts = (levels: readonly { price: Decimal; amount: Decimal }[]) =>
  levels.map(({ price, amount }) => [price.toFixed(), amount.toFixed()]);

/** 100 bids 99.9 (amount 1), 99.8 (2)…; asks 100.1 (1), 100.2 (2)…, three levels each. */
const small = rows(
  [
    ["99.9", "1"],
    ["99.8", "2"],
    ["99.7", "3"],
  ],
  [
    ["100.1", "1"],
    ["100.2", "2"],
    ["100.3", "3"],
  ],
);

describe("an empty book", () => {
  it("has no best level and answers no query in full", () => {
    const book = bookWith();
    expect([book.bestBid, book.bestAsk, book.midPrice, book.spread]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect([book.bids(), book.asks(), book.bidCount, book.askCount, book.isCrossed]).toEqual([
      [],
      [],
      0,
      0,
      false,
    ]);
    expect(book.amountAt("buy", "1").toFixed()).toBe("0");
    expect(book.volumeForPrice("buy", "1").toFixed()).toBe("0");
    expect(book.quoteVolumeForPrice("sell", "1").toFixed()).toBe("0");
    expect(book.priceForVolume("buy", "1")).toBeUndefined();
    expect(book.vwapForVolume("buy", "1")).toBeUndefined();
    expect(book.quoteVolumeForBaseAmount("buy", "1")).toBeUndefined();
    expect(book.priceForQuoteVolume("buy", "1")).toBeUndefined();
    expect(book.simulateTaker("buy", { amount: "1" })).toMatchObject({
      levels: 0,
      complete: false,
      averagePrice: undefined,
      worstPrice: undefined,
    });
  });

  it("may have one side only", () => {
    const book = bookWith();
    book.applySnapshot(batchOf(rows([["1", "2"]], [])));
    expect(book.bestBid && texts([book.bestBid])).toEqual([["1", "2"]]);
    expect([book.bestAsk, book.midPrice, book.spread, book.isCrossed]).toEqual([
      undefined,
      undefined,
      undefined,
      false,
    ]);
    book.applyDiff(batchOf(rows([["1", "0"]], [])));
    expect([book.bestBid, book.bidCount]).toEqual([undefined, 0]);
  });
});

describe("a snapshot", () => {
  it("replaces all levels, leaves out rows of amount 0 and takes the last row of a price", () => {
    const book = bookWith();
    book.applySnapshot(batchOf(small));
    book.applySnapshot(
      batchOf(
        rows(
          [
            ["5", "1"],
            ["7", "0"],
            ["6", "1"],
            ["5.0", "3"],
            ["4", "2"],
            ["4", "0"],
          ],
          [],
        ),
      ),
    );
    expect(texts(book.bids())).toEqual([
      ["6", "1"],
      ["5", "3"],
    ]);
    expect(book.askCount).toBe(0);
  });

  it("is taken from a part of a batch", () => {
    const book = bookWith();
    book.applySnapshot(batchOf(small), 1, 4);
    expect(texts(book.bids())).toEqual([
      ["99.8", "2"],
      ["99.7", "3"],
    ]);
    expect(texts(book.asks())).toEqual([["100.1", "1"]]);
    book.applyDiff(batchOf(small), 5);
    expect(texts(book.asks())).toEqual([
      ["100.1", "1"],
      ["100.3", "3"],
    ]);
  });

  it("holds 5,000 levels a side in whatever order they come", () => {
    const list = Array.from(
      { length: 5000 },
      (_, index) => [`${(500_000 - index) / 10}`, `${index + 1}`] as const,
    );
    const upside = list.map(([, amount], index) => [`${(500_001 + index) / 10}`, amount] as const);
    const shuffled = (levels: readonly (readonly [string, string])[]) =>
      levels.map((_, index) => levels[(index * 1733) % levels.length]!);
    for (const order of [(it: typeof list) => it, (it: typeof list) => it.toReversed(), shuffled]) {
      const book = bookWith();
      book.applySnapshot(
        batchOf([
          ...order(list).map(([p, a]) => [BID, p, a] as const),
          ...order(upside).map(([p, a]) => [ASK, p, a] as const),
        ]),
      );
      expect([book.bidCount, book.askCount]).toEqual([5000, 5000]);
      expect(texts(book.bids())).toEqual(list.map((level) => [...level]));
      expect(texts(book.asks(2))).toEqual([
        ["50000.1", "1"],
        ["50000.2", "2"],
      ]);
      expect(book.amountAt("sell", "49500.1").toFixed()).toBe("5000");
      book.trim(10);
      expect([book.bidCount, book.askCount]).toEqual([10, 10]);
    }
  });
});

describe("a diff", () => {
  it("sets, adds and deletes levels, also the best", () => {
    const book = bookWith();
    book.applySnapshot(batchOf(small));
    expect(
      book.applyDiff(
        batchOf(
          rows(
            [
              ["99.9", "0"],
              ["99.75", "5"],
              ["99.7", "1.5"],
            ],
            [
              ["100.1", "0"],
              ["100.2", "0"],
            ],
          ),
        ),
      ),
    ).toBe(true);
    expect(texts(book.bids())).toEqual([
      ["99.8", "2"],
      ["99.75", "5"],
      ["99.7", "1.5"],
    ]);
    expect(texts(book.asks())).toEqual([["100.3", "3"]]);
    expect(book.absentDeletes).toBe(0);
  });

  it("counts the deletion of absent levels, which change nothing", () => {
    for (const toBatch of [batchOf, exactBatchOf]) {
      const book = bookWith();
      book.applySnapshot(toBatch(small));
      book.applyDiff(
        toBatch(
          rows(
            [
              ["99.95", "0"],
              ["1", "0"],
              ["0", "0"],
              ["0.0", "0"],
            ],
            [
              ["100.4", "0"],
              ["0.00000001", "0"],
              ["99999999", "0"],
            ],
          ),
        ),
      );
      expect(book.absentDeletes).toBe(5);
      expect(texts([...book.bids(), ...book.asks()])).toEqual(
        small.map(([, price, amount]) => [price, amount]),
      );
    }
  });

  it("may cross the book", () => {
    for (const toBatch of [batchOf, exactBatchOf]) {
      const book = bookWith();
      book.applySnapshot(toBatch(small));
      expect(book.isCrossed).toBe(false);
      book.applyDiff(toBatch(rows([["100.1", "1"]], [])));
      expect([book.isCrossed, book.spread?.toFixed()]).toEqual([true, "0"]);
      book.applyDiff(toBatch(rows([["100.25", "1"]], [])));
      expect([book.isCrossed, book.spread?.toFixed()]).toEqual([true, "-0.15"]);
      book.applyDiff(
        toBatch(
          rows(
            [
              ["100.25", "0"],
              ["100.1", "0"],
            ],
            [],
          ),
        ),
      );
      expect(book.isCrossed).toBe(false);
    }
  });

  it("changes nothing if one of its rows is not a level", () => {
    for (const toBatch of [batchOf, exactBatchOf]) {
      for (const [price, amount] of [
        [0, 1],
        [-1, 1],
        [1, -1],
        [Number.NaN, 1],
        [1, Number.NaN],
        [Number.POSITIVE_INFINITY, 1],
        [1, Number.POSITIVE_INFINITY],
      ] as const) {
        const book = bookWith();
        book.applySnapshot(toBatch(small));
        const batch = toBatch(
          rows(
            [
              ["99.9", "0"],
              ["5", "5"],
            ],
            [["100.1", "7"]],
          ),
        );
        batch.push(BID, price, amount);
        expect(book.applyDiff(batch)).toBe(false);
        expect(book.applySnapshot(batch)).toBe(false);
        expect(texts([...book.bids(), ...book.asks()])).toEqual(small.map(([, p, a]) => [p, a]));
        expect(book.applyDiff(batch, 0, batch.length - 1)).toBe(true);
      }
    }
  });
});

describe("numbers", () => {
  it("of any size come back as they were written", () => {
    const levels = [
      ["123456789012345", "0.000000000000001"],
      ["99999999999999.9", "999999999999999"],
      ["1000000", "1"],
      ["0.1", "0.3"],
      ["0.00001234", "123456789.123456"],
      ["0.0000000000000000000001", "1000000000000000000"],
    ] as const;
    for (const priceIncrement of ["0.1", "0.00000001", "1e-22", "1e-30", "1000"]) {
      const book = bookWith({ priceIncrement });
      book.applySnapshot(batchOf(levels.map(([price, amount]) => [BID, price, amount])));
      expect(texts(book.bids())).toEqual(levels.map((level) => [...level]));
      for (const [price, amount] of levels) expect(book.amountAt("sell", price).toFixed()).toBe(amount);
    }
  });

  it("that only differ beyond a double are different levels", () => {
    const book = bookWith();
    book.applySnapshot(batchOf(rows([["0.3", "1"]], [["0.4", "1"]])));
    book.applyDiff(
      batchOf(
        rows(
          [
            ["0.3000000000000000000001", "2"],
            ["0.30000000000000004", "3"],
          ],
          [],
        ),
      ),
    );
    expect(texts(book.bids())).toEqual([
      ["0.30000000000000004", "3"],
      ["0.3000000000000000000001", "2"],
      ["0.3", "1"],
    ]);
    expect(book.amountAt("sell", "0.3000000000000000000001").toFixed()).toBe("2");
    expect(book.amountAt("sell", "0.3000000000000000000002").toFixed()).toBe("0");
    book.applyDiff(batchOf(rows([["0.3", "0"]], [])));
    expect(book.bidCount).toBe(2);
    book.applySnapshot(batchOf(small));
    expect(book.amountAt("sell", "99.9").toFixed()).toBe("1");
    expect(book.amountAt("sell", "99.90000000000000001").toFixed()).toBe("0");
  });
});

describe("the increment of prices", () => {
  it("may change while the book is in use", () => {
    const book = bookWith();
    book.applySnapshot(batchOf(small));
    book.setInstrument(instrumentWith({ priceIncrement: "0.01" }));
    book.applyDiff(batchOf(rows([["99.91", "9"]], [])));
    expect(texts(book.bids(2))).toEqual([
      ["99.91", "9"],
      ["99.9", "1"],
    ]);
    expect(book.askCount).toBe(3);
    expect(book.instrument.rules.priceIncrement.toFixed()).toBe("0.01");
    expect(() => book.setInstrument(instrumentWith({ tradingPair: "ETH-USDT" }))).toThrow(TypeError);
  });

  it("may change where prices are few ticks", () => {
    const book = bookWith();
    const list = rows(
      [
        ["160", "1"],
        ["7", "2"],
        ["1", "3"],
      ],
      [
        ["170", "1"],
        ["322", "2"],
      ],
    );
    book.applySnapshot(batchOf(list));
    book.setInstrument(instrumentWith({ priceIncrement: "0.2" }));
    expect(texts([...book.bids(), ...book.asks()])).toEqual(list.map(([, price, amount]) => [price, amount]));
    book.setInstrument(instrumentWith({ priceIncrement: "0.1" }));
    book.applyDiff(batchOf(rows([["7", "0"]], [["170.1", "5"]])));
    expect(texts(book.bids())).toEqual([
      ["160", "1"],
      ["1", "3"],
    ]);
    expect(texts(book.asks())).toEqual([
      ["170", "1"],
      ["170.1", "5"],
      ["322", "2"],
    ]);
  });
});

describe("levels that were handed out", () => {
  it("do not change with the book", () => {
    for (const toBatch of [batchOf, exactBatchOf]) {
      const book = bookWith();
      book.applySnapshot(toBatch(small));
      const { bestBid } = book;
      const asks = book.asks();
      book.applyDiff(toBatch(rows([["99.9", "8"]], [["100.1", "8"]])));
      expect([bestBid?.amount.toFixed(), asks[0]?.amount.toFixed()]).toEqual(["1", "1"]);
      expect([book.bestBid?.amount.toFixed(), book.bestAsk?.amount.toFixed()]).toEqual(["8", "8"]);
    }
  });
});

describe("freshness", () => {
  let now = 1_000;
  const book = new EngineOrderBook({ instrument: instrumentWith(), clock: { monotonic: () => now } });
  const failure = (maxAgeMs: number) => {
    try {
      book.requireFresh(maxAgeMs);
      return undefined;
    } catch (error) {
      return error instanceof OrderBookError ? error.code : error;
    }
  };

  it("needs a live state and a recent frame", () => {
    expect(book.ageMs).toBe(Number.POSITIVE_INFINITY);
    expect(failure(1e9)).toBe("BOOK_NOT_LIVE");
    book.integrity.state = "live";
    expect(failure(1e9)).toBe("BOOK_STALE");
    book.lastFrameMs = 900;
    expect(book.ageMs).toBe(100);
    expect(failure(100)).toBeUndefined();
    now = 1_001;
    expect(failure(100)).toBe("BOOK_STALE");
    book.integrity.state = "resyncing";
    expect(failure(1e9)).toBe("BOOK_NOT_LIVE");
    expect(() => book.requireFresh(Number.NaN)).toThrow(TypeError);
    expect(() => book.requireFresh(-1)).toThrow(TypeError);
  });
});

describe("taker queries", () => {
  const book: OrderBook = (() => {
    const it = bookWith();
    it.applySnapshot(batchOf(small));
    return it;
  })();
  const fixed = (value: Decimal | undefined) => value?.toFixed();

  it("read asks for a buyer and bids for a seller", () => {
    expect(fixed(book.priceForVolume("buy", "1"))).toBe("100.1");
    expect(fixed(book.priceForVolume("buy", "1.001"))).toBe("100.2");
    expect(fixed(book.priceForVolume("sell", "6"))).toBe("99.7");
    expect(book.priceForVolume("sell", "6.000000000000000000000000000001")).toBeUndefined();
    expect(fixed(book.vwapForVolume("buy", "1"))).toBe("100.1");
    expect(fixed(book.vwapForVolume("buy", "4"))).toBe("100.2");
    expect(fixed(book.vwapForVolume("sell", "2"))).toBe("99.85");
    expect(book.vwapForVolume("buy", "7")).toBeUndefined();
    expect(fixed(book.volumeForPrice("buy", "100.2"))).toBe("3");
    expect(fixed(book.volumeForPrice("buy", "100.19"))).toBe("1");
    expect(fixed(book.volumeForPrice("buy", "100"))).toBe("0");
    expect(fixed(book.volumeForPrice("sell", "1"))).toBe("6");
    expect(fixed(book.quoteVolumeForPrice("buy", "100.2"))).toBe("300.5");
    expect(fixed(book.quoteVolumeForBaseAmount("buy", "2"))).toBe("200.3");
    expect(book.quoteVolumeForBaseAmount("buy", "6.1")).toBeUndefined();
    expect(fixed(book.priceForQuoteVolume("buy", "100.1"))).toBe("100.1");
    expect(fixed(book.priceForQuoteVolume("buy", "100.11"))).toBe("100.2");
    expect(book.priceForQuoteVolume("buy", "1000")).toBeUndefined();
    expect(fixed(book.amountAt("buy", "100.2"))).toBe("2");
    expect(fixed(book.amountAt("sell", "100.2"))).toBe("0");
  });

  it("simulate a taker up to a limit price", () => {
    const fill = book.simulateTaker("buy", { amount: "5" }, { limitPrice: "100.2" });
    expect(fill).toMatchObject({ levels: 2, complete: false });
    expect([fill.filledAmount, fill.baseAmount, fill.quoteAmount, fill.worstPrice].map(fixed)).toEqual([
      "3",
      "3",
      "300.5",
      "100.2",
    ]);
    expect(fill.averagePrice?.times(3).toFixed(10)).toBe("300.5000000000");
    expect(book.simulateTaker("sell", { quoteAmount: "49.95" }, { limitPrice: "99.9" })).toMatchObject({
      levels: 1,
      complete: true,
    });
    expect(book.simulateTaker("buy", { amount: "1" }, { limitPrice: "100" })).toMatchObject({
      levels: 0,
      complete: false,
    });
  });

  it("convert contracts, linear and inverse", () => {
    const contracts = { amountUnit: "contracts", contractSize: new Decimal("0.01") } as const;
    const linear = bookWith(contracts);
    linear.applySnapshot(
      batchOf(
        rows(
          [],
          [
            ["100", "500"],
            ["200", "1000"],
          ],
        ),
      ),
    );
    const linearFill = linear.simulateTaker("buy", { baseAmount: "10" });
    expect([linearFill.filledAmount, linearFill.quoteAmount, linearFill.averagePrice].map(fixed)).toEqual([
      "1000",
      "1500",
      "150",
    ]);
    expect(fixed(linear.quoteVolumeForPrice("buy", "100"))).toBe("500");

    const inverse = bookWith({ ...contracts, payoff: "inverse", contractSize: new Decimal(100) });
    inverse.applySnapshot(
      batchOf(
        rows(
          [],
          [
            ["50000", "500"],
            ["100000", "500"],
          ],
        ),
      ),
    );
    const inverseFill = inverse.simulateTaker("buy", { amount: "1000" });
    // 50,000 of quote buy 1 at 50,000, another 50,000 of quote buy 0.5 at 100,000.
    expect([inverseFill.baseAmount, inverseFill.quoteAmount].map(fixed)).toEqual(["1.5", "100000"]);
    expect(inverseFill.averagePrice?.toFixed(6)).toBe("66666.666667");
    expect(fixed(inverse.simulateTaker("buy", { baseAmount: "1.25" }).filledAmount)).toBe("750");
    expect(fixed(inverse.simulateTaker("buy", { quoteAmount: "75000" }).baseAmount)).toBe("1.25");
    expect(fixed(inverse.vwapForVolume("buy", "3"))).toBe("50000");
  });

  it("refuse what is no decimal above 0, and numbers", () => {
    const wrong: unknown[] = [
      "0",
      "-1",
      "",
      "abc",
      "NaN",
      "Infinity",
      " 1",
      "0x10",
      "1_0",
      1,
      1n,
      null,
      undefined,
      {},
      new Decimal(0),
      new Decimal(Number.NaN),
      new Decimal(Number.POSITIVE_INFINITY),
      new Decimal(-1),
    ];
    for (const value of wrong as string[]) {
      expect(() => book.amountAt("buy", value)).toThrow(TypeError);
      expect(() => book.priceForVolume("buy", value)).toThrow(TypeError);
      expect(() => book.vwapForVolume("buy", value)).toThrow(TypeError);
      expect(() => book.volumeForPrice("buy", value)).toThrow(TypeError);
      expect(() => book.quoteVolumeForPrice("buy", value)).toThrow(TypeError);
      expect(() => book.quoteVolumeForBaseAmount("buy", value)).toThrow(TypeError);
      expect(() => book.priceForQuoteVolume("buy", value)).toThrow(TypeError);
      expect(() => book.simulateTaker("buy", { quoteAmount: value })).toThrow(TypeError);
      if (value !== undefined)
        expect(() => book.simulateTaker("buy", { amount: "1" }, { limitPrice: value })).toThrow(TypeError);
    }
    expect(() => book.simulateTaker("buy", {} as never)).toThrow(TypeError);
    expect(() => book.simulateTaker("buy", { amount: "1", baseAmount: "1" } as never)).toThrow(TypeError);
    expect(() => book.priceForVolume("bid" as never, "1")).toThrow(TypeError);
    for (const depth of [0, -1, 1.5, Number.NaN]) expect(() => book.bids(depth)).toThrow(TypeError);
  });

  it("take Decimals, also those of another copy of decimal.js", () => {
    expect(fixed(book.priceForVolume("buy", new Decimal(1)))).toBe("100.1");
    const Rough = OtherDecimal.clone({ precision: 3 });
    expect(fixed(book.quoteVolumeForBaseAmount("buy", new Rough("1.23456")))).toBe("123.602912");
  });
});

it("takes a batch that is used again for the next frame", () => {
  const batch = new LevelBatch();
  const book = bookWith();
  batch.pushText(BID, "1", "0.12345678901234567");
  book.applyDiff(batch);
  batch.clear();
  batch.pushText(BID, "2", "1");
  book.applyDiff(batch);
  expect(texts(book.bids())).toEqual([
    ["2", "1"],
    ["1", "0.12345678901234567"],
  ]);
});
