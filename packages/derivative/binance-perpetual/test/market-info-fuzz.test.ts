import { createDefaultPorts, type Instrument, MarketDataFeed } from "@conn/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { orderBookDataSource } from "../src/order-book-data-source.js";

const PAIR = "BTC-USDT";
// as: the feed needs no more of an instrument whose book it does not keep.
const INSTRUMENT = { tradingPair: PAIR, exchangeSymbol: "BTCUSDT" } as Instrument;

function setUp() {
  const problems: string[] = [];
  const feed = new MarketDataFeed(
    {
      venue: "test",
      source: orderBookDataSource,
      clock: createDefaultPorts().clock,
      buffer: { maxDiffs: 1, maxLevels: 1 },
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
      requestSnapshot: () => undefined,
      restartStream: () => undefined,
    },
  );
  feed.followWithoutBook(INSTRUMENT);
  const connection = { id: "market-1", route: "market", memo: undefined };
  const deliver = (bytes: Uint8Array | string): void => feed.frame(connection, Buffer.from(bytes), 1);
  return { feed, problems, deliver };
}

/** Letters of the events, and the names that their values have here. */
const EVENTS = {
  "24hrTicker": {
    c: "lastPrice",
    o: "openPrice",
    h: "highPrice",
    l: "lowPrice",
    v: "baseVolume",
    q: "quoteVolume",
  },
  markPriceUpdate: { p: "markPrice", i: "indexPrice", r: "fundingRate", T: "nextFundingTimestamp" },
} as const;
type EventType = keyof typeof EVENTS;

/** What an event says of one letter: digits, or one of the ways to say nothing. */
const spoken = fc.oneof(fc.integer({ min: 1, max: 999_999 }), fc.constantFrom<"" | null>("", null));
const event = fc.constantFrom<EventType[]>("24hrTicker", "markPriceUpdate").chain((type) =>
  fc.record({
    type: fc.constant(type),
    at: fc.integer({ min: 1, max: 50 }),
    letters: fc.dictionary(fc.constantFrom(...Object.keys(EVENTS[type])), spoken, { maxKeys: 6 }),
  }),
);
interface Event {
  readonly type: EventType;
  readonly at: number;
  readonly letters: Readonly<Record<string, number | "" | null>>;
}

function write({ type, at, letters }: Event): string {
  const values = Object.entries(letters).map(([letter, said]) => [
    letter,
    // Its empty string would not be a time.
    letter === "T" ? (said === "" ? null : said) : typeof said === "number" ? `${said}.50` : said,
  ]);
  return JSON.stringify({
    stream: "x",
    data: { e: type, E: at, s: "BTCUSDT", ...Object.fromEntries(values) },
  });
}

/** What should be known, worked out in the plainest way. */
class Reference {
  readonly #known = new Map<string, { readonly at: number; readonly value: string }>();

  take({ type, at, letters }: Event): void {
    const names: Readonly<Record<string, string>> = EVENTS[type];
    for (const [letter, said] of Object.entries(letters)) {
      const name = names[letter] ?? "";
      if (typeof said !== "number" || at < (this.#known.get(name)?.at ?? 0)) continue;
      this.#known.set(name, { at, value: letter === "T" ? String(said) : `${said}.5` });
    }
  }

  values(type: EventType, required: readonly string[]): Record<string, string> | undefined {
    if (!required.every((name) => this.#known.has(name))) return undefined;
    const names = Object.values(EVENTS[type]);
    const known = names.flatMap((name) => {
      const one = this.#known.get(name);
      return one === undefined ? [] : [[name, one.value] as const];
    });
    return Object.fromEntries(known);
  }
}

function valuesOf(info: object | undefined): Record<string, string> | undefined {
  if (info === undefined) return undefined;
  const { tradingPair, exchangeTimestamp, receivedTimestamp, ...values } = info as Record<string, unknown>;
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}

/** Ways to break a frame so that it can no longer be taken for a valid one with other contents. */
const damage = fc.oneof(
  fc.nat().map(
    (at) =>
      (text: string): Uint8Array =>
        Buffer.from(text.slice(0, at % text.length)),
  ),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => (): Uint8Array => bytes),
  fc.constantFrom<(text: string) => string>(
    (text) => text.replace(/"E":\d+/, '"E":"soon"'),
    (text) => text.replace(/"E":\d+/, '"E":1.5'),
    (text) => text.replace(/"E":\d+,/, ""),
    (text) => text.replace('"s":"BTCUSDT"', '"s":null'),
    (text) => text.replace('"BTCUSDT"', '"NOPE"'),
    (text) => text.replace(/"e":"\w+"/, '"e":"somethingNew"'),
    (text) => text.replace('"s":"BTCUSDT"', '"s":"BTCUSDT","p":"x","c":"x"'),
    (text) => text.replace('"s":"BTCUSDT"', '"s":"BTCUSDT","s":"BTCUSDT"'),
    (text) => `${text}${text}`,
    () => "",
    () => `{"stream":"x","data":{"e":"markPriceUpdate","p":"${"9".repeat(1_000_000)}`,
  ),
);

describe("tickers and mark prices as no venue should send them", () => {
  it("are told, never thrown, and leave what is known as it was", () => {
    const step = fc.record({ event, damage: fc.option(damage, { freq: 3 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { feed, problems, deliver } = setUp();
        const reference = new Reference();
        let broken = 0;
        for (const { event: made, damage: breaks } of steps) {
          const frame = write(made);
          if (breaks === null) reference.take(made);
          else broken += 1;
          deliver(breaks === null ? frame : breaks(frame));
          expect(valuesOf(feed.info.ticker(PAIR))).toEqual(reference.values("24hrTicker", ["lastPrice"]));
          expect(valuesOf(feed.info.fundingInfo(PAIR))).toEqual(
            reference.values("markPriceUpdate", Object.values(EVENTS.markPriceUpdate)),
          );
        }
        expect(problems).toHaveLength(broken);
      }),
      { numRuns: 300 },
    );
  });

  it("are never thrown, whichever bytes are wrong", () => {
    fc.assert(
      fc.property(event, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), (made, flips) => {
        const { deliver } = setUp();
        const bytes = Buffer.from(write(made));
        for (const [at, value] of flips) bytes[at % bytes.length] = value;
        deliver(bytes);
        deliver(bytes);
      }),
      { numRuns: 2_000 },
    );
  });
});
