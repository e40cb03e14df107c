import { describe, expect, expectTypeOf, it } from "vitest";
import type { Connector } from "../../src/connector/index.js";
import type { Decimal } from "../../src/decimal/decimal.js";
import { ConfigurationError, InstrumentError, NotSupportedError } from "../../src/errors/index.js";
import type { FundingMessage, TickerMessage } from "../../src/market-data/index.js";
import type { HttpRequest } from "../../src/ports/index.js";
import { createFakeVenue } from "../support/fake-venue.js";

const WHOLE = { markPrice: "100", indexPrice: "99", fundingRate: "0.0001", nextFundingTimestamp: 9_000 };
const funding = (exchangeTimestamp: number, fields: Partial<FundingMessage> = WHOLE): FundingMessage => ({
  type: "funding",
  exchangeSymbol: "BTCUSDT",
  exchangeTimestamp,
  ...fields,
});
const ticker = (exchangeTimestamp: number, fields: Partial<TickerMessage>): TickerMessage => ({
  type: "ticker",
  exchangeSymbol: "BTCUSDT",
  exchangeTimestamp,
  ...fields,
});
const frame = (info: FundingMessage | TickerMessage): string => JSON.stringify({ info });
const followed = (...channels: readonly ("orderBook" | "trades" | "ticker" | "funding")[]) => ({
  tradingPairs: ["BTC-USDT"],
  channels,
});

/** A fake venue that answers paths with bodies. */
function setUp(answers: Record<string, unknown> = {}) {
  const venue = createFakeVenue();
  const { answerWith, respond } = venue;
  const all: Record<string, unknown> = {
    "/instruments": ["BTC-USDT", "ETH-USDT"],
    "/book": { s: "BTCUSDT", id: 10, bids: [[99, 1]], asks: [[101, 1]] },
    ...answers,
  };
  const pathOf = ({ url }: HttpRequest): string => new URL(url).pathname;
  answerWith((request) => respond(200, all[pathOf(request)] ?? {}));
  return { ...venue, all, asked: () => venue.requests.map(pathOf) };
}

describe("channels", () => {
  it.each([[[]], ["funding"], [["books"]], [["toString"]], [[1]]])("%j are refused", (channels) => {
    const { host, plugin } = createFakeVenue();
    expect(() => host.create(plugin, { channels: channels as never })).toThrow(ConfigurationError);
  });

  it.each([
    ["orderBook", "orderBooks"],
    ["trades", "publicTrades"],
    ["ticker", "tickers"],
    ["funding", "fundingInfo"],
  ] as const)(
    "are refused with %s where the connector lacks %s, and are without it by default",
    async (channel, capability) => {
      const { host, plugin, time, webSocket } = setUp();
      const lacking = { ...plugin, supports: { ...plugin.supports, [capability]: false } };
      expect(() => host.create(lacking, { channels: [channel] })).toThrow(
        expect.objectContaining({ code: "INVALID_OPTIONS" }),
      );
      const connector = host.create(lacking, { tradingPairs: ["BTC-USDT"] });
      await connector.start();
      await time.advance(0);
      expect(webSocket.sockets).toHaveLength(capability === "orderBooks" ? 0 : 1);
      await connector.stop();
    },
  );

  it("decide which streams are subscribed to", async () => {
    const { host, plugin, time, webSocket, openStream } = setUp();
    const connector = host.create(plugin, followed("ticker", "funding"));
    await connector.start();
    await time.advance(0);
    await openStream();
    expect(webSocket.last.sent.map((text) => JSON.parse(text).sub)).toEqual([
      ["ticker BTCUSDT", "funding BTCUSDT"],
    ]);
    await connector.stop();
  });
});

describe("a pair that is followed without its book", () => {
  it("has none, lacks none, and can be removed and added", async () => {
    const { host, plugin, time, webSocket, openStream, requests } = setUp();
    const connector = host.create(plugin, followed("ticker"));
    const problems: string[] = [];
    connector.on("problem", ({ error }) => problems.push(error.code));
    await connector.start();
    await connector.whenReady();
    await time.advance(0);
    await openStream();
    expect(connector.status).toMatchObject({ ready: true, orderBooks: true, missingOrderBooks: [] });
    expect(connector.orderBooks.size).toBe(0);
    for (const call of [connector.orderBook, connector.resyncOrderBook]) {
      expect(() => call.call(connector, "BTC-USDT")).toThrow(
        expect.objectContaining({ code: "TRADING_PAIR_NOT_TRACKED" }),
      );
    }
    // What comes of a book all the same means nothing, and neither does a frame that cannot be read.
    webSocket.last.receive(JSON.stringify({ s: "BTCUSDT", previous: 1, id: 2, bids: [], asks: [] }));
    webSocket.last.receive("broken");
    webSocket.last.end();
    await time.advance(500);
    await openStream();
    expect(connector.ready).toBe(true);
    webSocket.last.receive(frame(ticker(1, { lastPrice: "5" })));
    expect(connector.ticker("BTC-USDT")?.lastPrice.toFixed()).toBe("5");
    connector.removeTradingPair("BTC-USDT");
    expect(connector.ticker("BTC-USDT")).toBeUndefined();
    expect(connector.addTradingPair("ETH-USDT")).toBeUndefined();
    expect(problems).toEqual(["MALFORMED_FRAME"]);
    expect(requests.filter(({ url }) => url.includes("/book"))).toEqual([]);
    await connector.stop();
    expect(time.pending).toBe(0);
  });
});

describe("followed tickers", () => {
  it("are told as they come, and only the newest of each pair waits for a reader", async () => {
    const { host, plugin, time, webSocket, openStream } = setUp();
    const connector = host.create(plugin, {
      tradingPairs: ["BTC-USDT", "ETH-USDT"],
      channels: ["ticker"],
    });
    const stream = connector.stream("ticker");
    const told: string[] = [];
    connector.on("ticker", (event) => told.push(`${event.tradingPair} ${event.ticker.lastPrice}`));
    await connector.start();
    await time.advance(0);
    await openStream();
    expect(connector.ticker("BTC-USDT")).toBeUndefined();
    for (const price of ["1", "2", "3"])
      webSocket.last.receive(frame(ticker(Number(price), { lastPrice: price })));
    webSocket.last.receive(frame(ticker(2, { lastPrice: "9" })));
    webSocket.last.receive(frame({ ...ticker(2, { lastPrice: "7" }), exchangeSymbol: "ETHUSDT" }));
    expect(told).toEqual(["BTC-USDT 1", "BTC-USDT 2", "BTC-USDT 3", "ETH-USDT 7"]);
    const waiting = [(await stream.next()).value, (await stream.next()).value];
    expect(waiting.map((event) => [event.connector, event.ticker.lastPrice.toFixed()])).toEqual([
      ["fake", "3"],
      ["fake", "7"],
    ]);
    await connector.stop();
    expect((await stream.next()).done).toBe(true);
  });
});

describe("followed funding", () => {
  it("begins by REST, goes on by parts, and is what the connector waits for to be ready", async () => {
    const { host, plugin, time, webSocket, openStream, asked } = setUp({
      "/funding": [funding(5), funding(5, { fundingIntervalMs: 8 })],
    });
    const connector = host.create(plugin, followed("orderBook", "funding"));
    const told: unknown[] = [];
    connector.on("funding", ({ fundingInfo }) => told.push(JSON.parse(JSON.stringify(fundingInfo))));
    const ready: boolean[] = [];
    connector.on("ready", (event) => ready.push(event.ready));
    await connector.start();
    await time.advance(0);
    await openStream();
    webSocket.last.receive(JSON.stringify({ s: "BTCUSDT", previous: 5, id: 20, bids: [], asks: [] }));
    expect(connector.status).toMatchObject({
      ready: true,
      orderBooks: true,
      fundingInfo: true,
      missingFundingInfo: [],
    });
    const receivedTimestamp = time.now();
    const whole = { tradingPair: "BTC-USDT", ...WHOLE, exchangeTimestamp: 5, receivedTimestamp };
    expect(told).toEqual([whole, { ...whole, fundingIntervalMs: 8 }]);
    webSocket.last.receive(frame(funding(6, { markPrice: "101" })));
    webSocket.last.receive(frame(funding(4)));
    expect(told.slice(2)).toEqual([
      { ...whole, fundingIntervalMs: 8, markPrice: "101", exchangeTimestamp: 6 },
    ]);
    expect(JSON.parse(JSON.stringify(connector.fundingInfo("BTC-USDT")))).toEqual(told.at(-1));

    webSocket.last.end();
    expect(connector.status).toMatchObject({ fundingInfo: false, missingFundingInfo: ["BTC-USDT"] });
    expect(connector.fundingInfo("BTC-USDT")?.markPrice.toFixed()).toBe("101");
    await time.advance(500);
    await openStream();
    webSocket.last.receive(JSON.stringify({ s: "BTCUSDT", previous: 5, id: 20, bids: [], asks: [] }));
    expect(asked().filter((path) => path === "/funding")).toHaveLength(2);
    expect(ready).toEqual([true, false, true]);
    await connector.stop();
    expect(time.pending).toBe(0);
    expect(connector.fundingInfo("BTC-USDT")).toBeUndefined();
  });

  it("keeps the connector waiting while the venue does not answer, without its book or with it", async () => {
    const { host, plugin, time, webSocket, openStream, all } = setUp({ "/funding": [] });
    const connector = host.create(plugin, followed("funding"));
    const problems: unknown[] = [];
    connector.on("problem", ({ error, tradingPair }) => problems.push([error.code, tradingPair]));
    await connector.start();
    await time.advance(0);
    await openStream();
    // The stream alone may have told but what changed.
    webSocket.last.receive(frame(funding(9)));
    expect(connector.status).toMatchObject({ ready: false, orderBooks: true, fundingInfo: false });
    expect(problems).toEqual([["MALFORMED_ANSWER", "BTC-USDT"]]);
    all["/funding"] = [funding(8)];
    await time.advance(500);
    expect(connector.ready).toBe(true);
    expect(connector.fundingInfo("BTC-USDT")?.exchangeTimestamp).toBe(9);
    connector.addTradingPair("ETH-USDT");
    expect(connector.status.missingFundingInfo).toEqual(["ETH-USDT"]);
    connector.removeTradingPair("ETH-USDT");
    expect(connector.ready).toBe(true);
    await connector.stop();
    expect(time.pending).toBe(0);
  });

  it("tells a number that is none, and takes nothing of its message", async () => {
    const { host, plugin, time, webSocket, openStream } = setUp({ "/funding": [funding(1)] });
    const connector = host.create(plugin, followed("funding"));
    const problems: unknown[] = [];
    connector.on("problem", ({ error, tradingPair }) => problems.push([error.code, tradingPair]));
    await connector.start();
    await time.advance(0);
    await openStream();
    webSocket.last.receive(frame(funding(2, { markPrice: "1", indexPrice: "?" })));
    expect(problems).toEqual([["MALFORMED_FRAME", "BTC-USDT"]]);
    expect(connector.fundingInfo("BTC-USDT")?.markPrice.toFixed()).toBe("100");
    await connector.stop();
  });
});

describe("REST calls", () => {
  const text = (value: Decimal | undefined): string | undefined => value?.toFixed();

  it("tell tickers of what was asked for, put together from all answers", async () => {
    const { host, plugin, requests } = setUp({
      "/tickers": [ticker(5, { lastPrice: "10" }), { ...ticker(5, { lastPrice: "7" }), exchangeSymbol: "X" }],
      "/best": [ticker(4, { bestBid: "9", bestAsk: null })],
    });
    const connector = host.create(plugin);
    await connector.start();
    const tickers = await connector.fetchTickers();
    // Nothing was told of ETH-USDT.
    expect([...tickers.keys()]).toEqual(["BTC-USDT"]);
    const btc = tickers.get("BTC-USDT");
    expect([text(btc?.lastPrice), text(btc?.bestBid), btc?.exchangeTimestamp]).toEqual(["10", "9", 5]);
    expect(btc).not.toHaveProperty("bestAsk");
    expect(requests.slice(-2).map(({ url }) => new URL(url).searchParams.get("symbols"))).toEqual([
      "BTCUSDT,ETHUSDT",
      "BTCUSDT,ETHUSDT",
    ]);
    const count = requests.length;
    expect((await connector.fetchTickers([])).size).toBe(0);
    await expect(connector.fetchTickers(["BTC-USDT", "NO-SUCH"])).rejects.toBeInstanceOf(InstrumentError);
    expect(requests).toHaveLength(count);
    await connector.stop();
  });

  it("give the others up when one fails", async () => {
    const { host, plugin, answerWith, respond, requests } = setUp();
    const connector = host.create(plugin);
    await connector.start();
    answerWith(({ url }) => (url.includes("/best") ? respond(500) : new Promise(() => {})));
    await expect(connector.fetchTickers(["BTC-USDT"])).rejects.toMatchObject({ code: "VENUE_UNAVAILABLE" });
    expect(requests.slice(-2).map(({ signal }) => signal?.aborted)).toContain(true);
    await connector.stop();
  });

  it("tell funding and open interest", async () => {
    const { host, plugin, time } = setUp({ "/funding": [funding(5)], "/open-interest": "12.5" });
    const connector = host.create(plugin);
    await connector.start();
    const fundingInfo = (await connector.fetchFundingInfo(["BTC-USDT"])).get("BTC-USDT");
    expect(text(fundingInfo?.fundingRate)).toBe("0.0001");
    // Asked for, not followed.
    expect(connector.fundingInfo("BTC-USDT")).toBeUndefined();
    const { openInterest, ...facts } = await connector.fetchOpenInterest("BTC-USDT");
    expect(openInterest.toFixed()).toBe("12.5");
    expect(facts).toEqual({
      tradingPair: "BTC-USDT",
      exchangeTimestamp: 7,
      receivedTimestamp: time.now(),
    });
    await expect(connector.fetchOpenInterest("NO-SUCH")).rejects.toBeInstanceOf(InstrumentError);
    await connector.stop();
  });

  it.each([
    ["tickers", (connector: Connector) => connector.fetchTickers()],
    ["fundingInfo", (connector: Connector) => connector.fetchFundingInfo()],
    ["openInterest", (connector: Connector) => connector.fetchOpenInterest("BTC-USDT")],
  ] as const)("are refused where the connector lacks %s, or is not started", async (capability, call) => {
    const { host, plugin, requests } = setUp();
    await expect(call(host.create(plugin))).rejects.toMatchObject({ code: "NOT_STARTED" });
    const connector = host.create({ ...plugin, supports: { ...plugin.supports, [capability]: false } });
    await connector.start();
    const count = requests.length;
    await expect(call(connector)).rejects.toBeInstanceOf(NotSupportedError);
    expect(requests).toHaveLength(count);
    await connector.stop();
  });

  it("do not compile where they are known to be missing, and such a connector is a connector", () => {
    interface NoFunding {
      readonly orderBooks: true;
      readonly publicTrades: true;
      readonly lastTradedPrices: true;
      readonly tickers: true;
      readonly fundingInfo: false;
      readonly openInterest: boolean;
    }
    expectTypeOf<Connector<NoFunding>>().toExtend<Connector>();
    expectTypeOf<Connector<NoFunding>["fetchFundingInfo"]>().toBeNever();
    expectTypeOf<Connector<NoFunding>["fetchTickers"]>().toEqualTypeOf<Connector["fetchTickers"]>();
    expectTypeOf<Connector<NoFunding>["fetchOpenInterest"]>().toEqualTypeOf<Connector["fetchOpenInterest"]>();
  });
});
