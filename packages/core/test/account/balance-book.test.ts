import { expect, test } from "vitest";
import { BalanceBook } from "../../src/account/balance-book.js";
import { needsOfOrder } from "../../src/account/index.js";
import { Decimal, type InFlightOrder } from "../../src/index.js";
import { testInstrument } from "../support/instrument.js";

const facts = {
  instrument: testInstrument(),
  takerRate: new Decimal(0),
  charged: "addedToCost",
  marketPrice: undefined,
  leverage: new Decimal(10),
} as const;

function createBook(): BalanceBook {
  return new BalanceBook({ needsOf: (order) => needsOfOrder(order, facts), effectOf: undefined });
}

function order(changes: Partial<InFlightOrder> = {}): InFlightOrder {
  return {
    account: "a",
    tradingPair: "BTC-USDT",
    clientOrderId: "c1",
    exchangeOrderId: "e1",
    side: "buy",
    orderType: "limit",
    timeInForce: "gtc",
    price: new Decimal(100),
    amount: new Decimal(10),
    quoteAmount: undefined,
    reduceOnly: false,
    expireTimestamp: undefined,
    adjustments: [],
    status: "open",
    pendingCommand: "none",
    certainty: "known",
    filledAmount: new Decimal(0),
    filledQuoteAmount: new Decimal(0),
    averagePrice: undefined,
    fills: [],
    fees: [],
    reason: undefined,
    creationTimestamp: 0,
    lastUpdateTimestamp: 0,
    ...changes,
  };
}

const listing = (available: number, total = 1_000) => ({
  balances: [
    {
      asset: "USDT",
      total: new Decimal(total),
      available: new Decimal(available),
      exchangeTimestamp: undefined,
    },
  ],
  exchangeTimestamp: undefined,
});

const available = (book: BalanceBook): string | undefined => book.balances.get("USDT")?.available.toFixed();

test("what an order holds goes on being held when it has filled, until the venue tells", () => {
  const book = createBook();
  book.replace(listing(1_000));
  book.follow(order({ status: "pendingCreate" }));
  expect(available(book)).toBe("900");
  const filled = { filledAmount: new Decimal(10), filledQuoteAmount: new Decimal(1_000) };
  book.follow(order({ status: "filled", ...filled }));
  expect(available(book)).toBe("900");
  book.replace(listing(900), book.mark());
  expect(available(book)).toBe("900");
  expect(book.isDerived).toBe(false);
});

test("what the venue's word contains is given back only by its next word", () => {
  const book = createBook();
  book.follow(order());
  book.replace(listing(900));
  expect(available(book)).toBe("900");
  book.follow(order({ status: "canceled" }));
  expect(available(book)).toBe("900");
  book.replace(listing(1_000));
  expect(available(book)).toBe("1000");
});

test("an order that was refused gives back what was counted for it alone", () => {
  const book = createBook();
  book.replace(listing(1_000));
  book.follow(order({ status: "pendingCreate" }));
  book.follow(order({ status: "rejected" }));
  expect(available(book)).toBe("1000");
});

test("a list that was asked for before an order was placed does not contain it", () => {
  const book = createBook();
  book.replace(listing(1_000));
  const asked = book.mark();
  book.follow(order());
  book.replace(listing(1_000), asked);
  expect(available(book)).toBe("900");
  book.replace(listing(900), book.mark());
  expect(available(book)).toBe("900");
});

test("a list that was asked for before the venue told something newer changes none of it", () => {
  const book = createBook();
  const asked = book.mark();
  book.apply(listing(500, 600).balances);
  book.replace(listing(1_000), asked);
  expect(available(book)).toBe("500");
  expect(book.replace({ balances: [], exchangeTimestamp: undefined }, asked)).toEqual([]);
  expect(available(book)).toBe("500");
});

test("a total alone says nothing of what can be used", () => {
  const book = createBook();
  const [told] = listing(0).balances;
  expect(
    book.apply([{ asset: "USDT", total: told?.total, available: undefined, exchangeTimestamp: 5 }]),
  ).toEqual([]);
  expect(book.isComplete).toBe(false);
  book.replace(listing(700));
  expect(available(book)).toBe("700");
});

test("an asset that is not in a full list is not held any more", () => {
  const book = createBook();
  book.replace(listing(700));
  const gone = book.replace({ balances: [], exchangeTimestamp: undefined });
  expect(gone.map(({ asset, total }) => [asset, total.toFixed()])).toEqual([["USDT", "0"]]);
  expect(book.balances.size).toBe(0);
});

test("what is counted twice for a moment is no debt", () => {
  const book = createBook();
  book.follow(order({ status: "pendingCreate" }));
  book.replace(listing(50));
  expect(available(book)).toBe("0");
});
