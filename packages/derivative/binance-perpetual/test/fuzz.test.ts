import { createDefaultPorts, MarketDataFeed, type OrderBook } from "@conn/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseExchangeInfo } from "../src/instruments.js";
import { orderBookDataSource } from "../src/order-book-data-source.js";

const [INSTRUMENT] = parseExchangeInfo(
  Buffer.from(
    JSON.stringify({
      symbols: [
        {
          symbol: "BTCUSDT",
          contractType: "PERPETUAL",
          status: "TRADING",
          baseAsset: "BTC",
          quoteAsset: "USDT",
          marginAsset: "USDT",
          pricePrecision: 2,
          quantityPrecision: 3,
          orderTypes: ["LIMIT"],
          timeInForce: ["GTC"],
          filters: [
            { filterType: "PRICE_FILTER", minPrice: "0.1", maxPrice: "1000000", tickSize: "0.10" },
            { filterType: "LOT_SIZE", minQty: "0.001", maxQty: "1000", stepSize: "0.001" },
          ],
        },
      ],
    }),
  ),
).instruments;

/** A feed of one book, and the venue behind it. */
function setUp() {
  if (INSTRUMENT === undefined) throw new Error("the instrument cannot be read");
  let asked = false;
  const problems: string[] = [];
  const feed = new MarketDataFeed(
    {
      venue: "test",
      source: orderBookDataSource,
      clock: createDefaultPorts().clock,
      buffer: { maxDiffs: 100, maxLevels: 10_000 },
      isListed: () => false,
    },
    {
      onBookChanged: () => undefined,
      onBookState: () => undefined,
      onTrade: () => undefined,
      requestTrades: () => undefined,
      onProblem: ({ code }) => problems.push(code),
      onAnswer: () => undefined,
      onReply: () => undefined,
      onStreamSnapshot: () => undefined,
      pairsOf: () => [],
      requestSnapshot: () => {
        asked = true;
      },
      restartStream: () => undefined,
    },
  );
  const book = feed.follow(INSTRUMENT);
  const connection = { id: "public-1", route: "public", memo: undefined };
  const levels = new Map<string, string>();
  const history = new Map<number, string[]>();
  let id = 100;
  const rows = (side: "b" | "a"): [string, string][] =>
    [...levels].filter(([key]) => key.startsWith(side)).map(([key, amount]) => [key.slice(1), amount]);
  const listed = (): string[] => [...levels].map(([key, amount]) => `${key} ${amount}`).toSorted();
  feed.tracker.subscribed(INSTRUMENT.tradingPair);
  return {
    book,
    problems,
    deliver: (bytes: Uint8Array | string): void => feed.frame(connection, Buffer.from(bytes), 1),
    /** The venue changes a level and writes the frame that says so. */
    change(step: number, amount: number): string {
      const side = step < 0 ? "b" : "a";
      const price = (1000 + step / 10).toFixed(2);
      if (amount === 0) levels.delete(side + price);
      else levels.set(side + price, amount.toFixed(3));
      const previous = id;
      id += 3;
      history.set(id, listed());
      const row = [[price, amount.toFixed(3)]];
      const data = { e: "depthUpdate", E: 1, T: 1, s: "BTCUSDT", U: id - 1, u: id, pu: previous };
      return JSON.stringify({
        stream: "x",
        data: { ...data, b: side === "b" ? row : [], a: side === "a" ? row : [] },
      });
    },
    answer(): void {
      if (!asked) return;
      asked = false;
      const body = { lastUpdateId: id, E: 1, T: 1, bids: rows("b"), asks: rows("a") };
      feed.snapshot(INSTRUMENT, Buffer.from(JSON.stringify(body)), 1);
    },
    /** What a live book shows is what the venue had at the book's id. */
    check(): void {
      if (book.integrity.state !== "live") return;
      expect(listOf(book)).toEqual(history.get(book.integrity.lastUpdateId as number));
    },
  };
}

function listOf(book: OrderBook): string[] {
  return [
    ...book.bids().map(({ price, amount }) => `b${price.toFixed(2)} ${amount.toFixed(3)}`),
    ...book.asks().map(({ price, amount }) => `a${price.toFixed(2)} ${amount.toFixed(3)}`),
  ].toSorted();
}

const change = fc.record({
  step: fc.integer({ min: -20, max: 20 }).filter((step) => step !== 0),
  amount: fc.nat(5),
});
/** Ways to break a frame so that it can no longer be taken for a valid one with other contents. */
const damage = fc.oneof(
  fc.nat().map(
    (at) =>
      (text: string): Uint8Array =>
        Buffer.from(text.slice(0, at % text.length)),
  ),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => (): Uint8Array => bytes),
  fc.constantFrom<(text: string) => string>(
    (text) => text.replace(/"b":\[/, '"b":{'),
    (text) => text.replace(/"pu":\d+/, '"pu":null'),
    (text) => text.replace(/"u":\d+/, '"u":"x"'),
    (text) => text.replace(/"a":\[/, '"a":[[1],'),
    (text) => text.replace('"BTCUSDT"', '"NOPE"'),
    (text) => text.replace("depthUpdate", "somethingNew"),
    (text) => `${text}${text}`,
    () => "",
    () => "[[[[".repeat(100_000),
    () => `{"stream":"x","data":{"e":"depthUpdate","s":"${"A".repeat(1_000_000)}"}}`,
  ),
);

describe("frames as no venue should send them", () => {
  it("are told, never thrown, and never make a live book wrong", () => {
    const step = fc.record({ change, damage: fc.option(damage, { freq: 3 }), answer: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const venue = setUp();
        for (const { change: made, damage: broken, answer } of steps) {
          const frame = venue.change(made.step, made.amount);
          venue.deliver(broken === null ? frame : broken(frame));
          venue.check();
          if (answer) venue.answer();
          venue.check();
        }
        for (let round = 0; round < 4; round += 1) {
          venue.answer();
          venue.deliver(venue.change(1, round + 1));
          venue.check();
        }
        expect(venue.book.integrity.state).toBe("live");
      }),
      { numRuns: 150 },
    );
  });

  it("are never thrown, whichever bytes are wrong", () => {
    fc.assert(
      fc.property(
        change,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
        ({ step, amount }, flips) => {
          const venue = setUp();
          const bytes = Buffer.from(venue.change(step, amount));
          for (const [at, value] of flips) bytes[at % bytes.length] = value;
          venue.deliver(bytes);
          venue.answer();
          venue.deliver(bytes);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("may be 10 MB long", () => {
    const venue = setUp();
    venue.deliver(Buffer.alloc(10_000_000, "["));
    venue.deliver(`{"stream":"x","data":{"e":"depthUpdate","b":[${'["1","1"],'.repeat(1_000_000)}`);
    expect(venue.problems).toEqual(["MALFORMED_FRAME", "MALFORMED_FRAME"]);
    venue.deliver(venue.change(1, 1));
    venue.answer();
    venue.deliver(venue.change(-1, 1));
    expect(venue.book.integrity.state).toBe("live");
    venue.check();
  });
});
