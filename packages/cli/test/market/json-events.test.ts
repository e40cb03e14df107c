import { Decimal, type OrderBook, ProtocolError } from "@conn/core";
import { expect, test } from "vitest";
import { describeBook, describeEvent, formatJson } from "../../src/market/json-events.js";
import { FakeBook } from "../support/fake-connector.js";
import { instrument, integrity, levels, START, trade } from "../support/fixtures.js";

const facts = { connector: "fake-venue", environment: "sim", receivedTimestamp: START } as const;
const instruments = new Map([["BTC-USDT", instrument("BTC-USDT")]]);

test("a book is its best levels, exact, as text", () => {
  const book = new FakeBook("BTC-USDT");
  book.levels = {
    bids: levels([
      ["97245", "1"],
      ["97244.9", "0.00000000000000000001"],
    ]),
    asks: levels([["97245.1", "123456789012345678901234567890"]]),
  };
  book.record = integrity({ lastUpdateId: 9_007_199_254_740_993n });
  const line = describeBook(facts, book as unknown as OrderBook, instrument("BTC-USDT"), 10, "diff");
  expect(JSON.parse(formatJson(line))).toEqual({
    type: "book",
    connector: "fake-venue",
    environment: "sim",
    tradingPair: "BTC-USDT",
    kind: "diff",
    state: "live",
    lastUpdateId: "9007199254740993",
    exchangeTimestamp: START,
    receivedTimestamp: START,
    bids: [
      ["97245.0", "1.000"],
      ["97244.9", "0.00000000000000000001"],
    ],
    asks: [["97245.1", "123456789012345678901234567890.000"]],
  });
});

test("a trade is exact too", () => {
  const event = {
    ...facts,
    type: "trade",
    tradingPair: "BTC-USDT",
    trade: trade({ price: new Decimal("97245") }),
  } as const;
  expect(describeEvent(event, instruments)).toEqual({
    type: "trade",
    connector: "fake-venue",
    environment: "sim",
    tradingPair: "BTC-USDT",
    tradeId: "1",
    side: "buy",
    price: "97245.0",
    amount: "0.012",
    exchangeTimestamp: START,
    receivedTimestamp: START,
  });
});

test("errors keep their code and facts, ids beyond a double included", () => {
  const error = new ProtocolError("MALFORMED_FRAME", "no", { details: { updateId: 9_007_199_254_740_993n } });
  const event = { ...facts, type: "problem", error, tradingPair: undefined } as const;
  expect(JSON.parse(formatJson(describeEvent(event, instruments) ?? {}))).toMatchObject({
    type: "problem",
    error: { name: "ProtocolError", code: "MALFORMED_FRAME", details: { updateId: "9007199254740993" } },
  });
});

test("a stop says what is stopped and until when", () => {
  const event = {
    ...facts,
    type: "rateLimit",
    scope: "ip",
    pool: "requestWeight",
    reason: "stop",
    untilTimestamp: START + 30_000,
  } as const;
  expect(describeEvent(event, instruments)).toEqual(event);
});
