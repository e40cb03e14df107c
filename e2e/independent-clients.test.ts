import { DerivativesTradingUsdsFutures } from "@binance/derivatives-trading-usds-futures";
import { type BinancePerpetualSimulator, startSimulator } from "@conn/binance-perpetual/simulator";
import { createDefaultPorts } from "@conn/core";
import { USDMClient, WebsocketClient } from "binance";
import ccxt from "ccxt";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { createNaiveBook } from "../packages/derivative/binance-perpetual/test/simulator/support/naive-book.js";
import { forbidLookUps } from "./forbid-look-ups.js";

/** Clients of Binance that others wrote, with nothing changed but their URLs, against the simulated venue. */
forbidLookUps();
// The vendor's client talks of every connection otherwise.
beforeAll(() => {
  vi.stubEnv("LOG_LEVEL", "warn");
});

let simulator: BinancePerpetualSimulator;
beforeEach(async () => {
  simulator = await startSimulator({
    ports: createDefaultPorts(),
    seed: 11,
    eventsPerSecond: 50,
    levels: 150,
  });
});
afterEach(() => simulator.close());

/** The book right after an event, as numbers: most clients turn the venue's text into these. */
function truthAt(symbol: string, updateId: number) {
  const book = simulator.machine.bookAt(symbol, updateId);
  if (book === undefined) throw new Error(`no book at ${updateId}`);
  const numbers = (rows: readonly (readonly [string, string])[]) => rows.map((row) => row.map(Number));
  return { bids: numbers(book.bids), asks: numbers(book.asks) };
}

/** What clients take as the address of the stream service: they add the route themselves. */
const webSocketBase = () => simulator.urls.public.replace(/\/public$/, "");

const routesDialed = () => simulator.log.dials.map(({ path }) => path);

describe("ccxt", () => {
  const create = async () => {
    const exchange = new ccxt.pro.binanceusdm({ options: { fetchMarkets: { types: ["linear"] } } });
    // as: the table is typed for reading only.
    const api = exchange.urls as unknown as { api: Record<string, unknown> };
    const authority = simulator.urls.rest.slice("http://".length);
    for (const [name, version] of [
      ["fapiPublic", "v1"],
      ["fapiPublicV2", "v2"],
      ["fapiPublicV3", "v3"],
    ]) {
      api.api[name!] = `${simulator.urls.rest}/fapi/${version}`;
    }
    api.api.ws = { future: `ws://${authority}/ws` };
    // It wants this for an address without TLS.
    await exchange.loadHttpProxyAgent();
    return exchange;
  };

  it("reads markets, tickers, trades and funding", async () => {
    const exchange = await create();
    try {
      const markets = await exchange.loadMarkets();
      expect(markets["BTC/USDT:USDT"]).toMatchObject({
        id: "BTCUSDT",
        active: true,
        swap: true,
        precision: { price: 0.1, amount: 0.001 },
        limits: { amount: { min: 0.001, max: 1000 }, cost: { min: 50 } },
      });
      expect(markets["OMG/USDT:USDT"]).toMatchObject({ active: false });
      expect(markets["BTC/USDT:USDT-261225"]).toMatchObject({ future: true });
      const ticker = await exchange.fetchTicker("BTC/USDT:USDT");
      expect(String(ticker.last)).toBe(String(Number(simulator.machine.tradesOf("BTCUSDT").at(-1)?.price)));
      const trades = await exchange.fetchTrades("BTC/USDT:USDT", undefined, 10);
      expect(trades).toHaveLength(10);
      const funding = await exchange.fetchFundingRate("BTC/USDT:USDT");
      expect(funding.fundingTimestamp ?? funding.nextFundingTimestamp).toBeGreaterThan(simulator.now());
      const book = await exchange.fetchOrderBook("BTC/USDT:USDT", 100);
      expect({ bids: book.bids, asks: book.asks }).toEqual({
        bids: truthAt("BTCUSDT", Number(book.nonce)).bids.slice(0, 100),
        asks: truthAt("BTCUSDT", Number(book.nonce)).asks.slice(0, 100),
      });
    } finally {
      await exchange.close();
    }
  });

  it("reads what tickers, mark prices, funding and open interest are", async () => {
    const exchange = await create();
    const symbol = "BTC/USDT:USDT";
    try {
      await exchange.loadMarkets();
      simulator.machine.freeze("BTCUSDT");
      const ticker = await exchange.fetchTicker(symbol);
      const day = simulator.machine.dayTickerOf("BTCUSDT")!;
      expect(ticker).toMatchObject({
        last: Number(day.lastPrice),
        open: Number(day.openPrice),
        high: Number(day.highPrice),
        low: Number(day.lowPrice),
        baseVolume: Number(day.volume),
        quoteVolume: Number(day.quoteVolume),
      });
      const best = (await exchange.fetchBidsAsks([symbol]))[symbol]!;
      const { bids, asks } = simulator.machine.bookOf("BTCUSDT");
      expect([best.bid, best.bidVolume, best.ask, best.askVolume]).toEqual(
        [...bids[0]!, ...asks[0]!].map(Number),
      );
      const funding = await exchange.fetchFundingRate(symbol);
      const truth = simulator.machine.fundingOf("BTCUSDT");
      expect([funding.markPrice, funding.fundingRate, funding.fundingTimestamp]).toEqual([
        Number(truth.markPrice),
        Number(truth.fundingRate),
        truth.nextFundingTime,
      ]);
      const intervals = await exchange.fetchFundingIntervals();
      expect(intervals["XAU/USDT:USDT"]?.interval).toBe("4h");
      const { openInterestAmount } = await exchange.fetchOpenInterest(symbol);
      expect(openInterestAmount).toBe(Number(simulator.machine.openInterestOf("BTCUSDT")));
    } finally {
      await exchange.close();
    }
  });

  it("receives tickers and mark prices on the market route", async () => {
    const exchange = await create();
    const symbol = "BTC/USDT:USDT";
    try {
      // Its own default is the stream of small tickers.
      const ticker = await exchange.watchTicker(symbol, { name: "ticker" });
      const trades = simulator.machine.tradesOf("BTCUSDT").map(({ price }) => Number(price));
      expect(trades).toContain(ticker.last);
      expect(ticker.baseVolume).toBeGreaterThan(0);
      const mark = await exchange.watchMarkPrice(symbol);
      expect(Math.abs(mark.markPrice! / ticker.last! - 1)).toBeLessThan(0.01);
      for (const path of routesDialed()) expect(path).toMatch(/^\/market\/ws/);
    } finally {
      await exchange.close();
    }
  });

  it("keeps a book equal to the venue's", async () => {
    const exchange = await create();
    try {
      let equal = 0;
      while (equal < 30) {
        const book = await exchange.watchOrderBook("BTC/USDT:USDT");
        const truth = truthAt("BTCUSDT", Number(book.nonce));
        expect({ bids: book.bids.map((row) => [...row]), asks: book.asks.map((row) => [...row]) }).toEqual(
          truth,
        );
        equal++;
      }
      expect(routesDialed()).toEqual([expect.stringMatching(/^\/public\/ws/)]);
    } finally {
      await exchange.close();
    }
  });

  it("receives trades on the market route", async () => {
    const exchange = await create();
    try {
      const trades = await exchange.watchTrades("BTC/USDT:USDT");
      expect(trades.length).toBeGreaterThan(0);
      expect(trades[0]).toMatchObject({ symbol: "BTC/USDT:USDT" });
    } finally {
      await exchange.close();
    }
  });
});

describe("binance", () => {
  it("receives a depth stream that joins its REST snapshots", async () => {
    const rest = new USDMClient({ baseUrl: simulator.urls.rest });
    const client = new WebsocketClient({ wsUrl: webSocketBase() }, { trace() {}, info() {}, error() {} });
    const book = createNaiveBook();
    let equal = 0;
    client.on("message", (message) => {
      // as: the client passes the venue's event on as it came.
      const event = message as unknown as { e?: string };
      if (event.e !== "depthUpdate") return;
      book.onEvent(event);
      if (!book.live) return;
      const truth = simulator.machine.bookAt("BTCUSDT", book.lastUpdateId!)!;
      expect(book.book()).toEqual({ bids: truth.bids, asks: truth.asks });
      equal++;
    });
    client.on("exception", () => {});
    try {
      await client.subscribe("btcusdt@depth@100ms", "usdmPublic");
      await expect
        .poll(
          async () => {
            if (!book.live) book.onSnapshot(await rest.getOrderBook({ symbol: "BTCUSDT", limit: 1000 }));
            return equal;
          },
          { timeout: 20_000 },
        )
        .toBeGreaterThan(20);
      expect(book.gaps).toBe(0);
      expect(routesDialed()).toEqual(["/public/stream"]);
    } finally {
      client.closeAll(true);
    }
  });
});

describe("@binance/derivatives-trading-usds-futures", () => {
  it("receives a depth stream that joins its REST snapshots, and mark prices", async () => {
    const client = new DerivativesTradingUsdsFutures({
      configurationRestAPI: { basePath: simulator.urls.rest, apiKey: "none", apiSecret: "none" },
      configurationWebsocketStreams: { wsURL: webSocketBase() },
    });
    const connection = await client.websocketStreams.connect();
    const book = createNaiveBook();
    let equal = 0;
    let marks = 0;
    try {
      // as: its enums take only their own members, which the package does not export by name.
      const depth = { symbol: "btcusdt", updateSpeed: "100ms" } as unknown as Parameters<
        typeof connection.diffBookDepthStreams
      >[0];
      const mark = { symbol: "btcusdt", updateSpeed: "1s" } as unknown as Parameters<
        typeof connection.markPriceStream
      >[0];
      connection.diffBookDepthStreams(depth).on("message", (event) => {
        book.onEvent(event);
        if (!book.live) return;
        const truth = simulator.machine.bookAt("BTCUSDT", book.lastUpdateId!)!;
        expect(book.book()).toEqual({ bids: truth.bids, asks: truth.asks });
        equal++;
      });
      connection.markPriceStream(mark).on("message", (event) => {
        expect(event).toMatchObject({ e: "markPriceUpdate", s: "BTCUSDT", st: 1 });
        marks++;
      });
      await expect
        .poll(
          async () => {
            if (!book.live) {
              const response = await client.restAPI.orderBook({ symbol: "BTCUSDT", limit: 1000 });
              book.onSnapshot(await response.data());
            }
            return equal;
          },
          { timeout: 20_000 },
        )
        .toBeGreaterThan(20);
      await expect.poll(() => marks, { timeout: 5000 }).toBeGreaterThan(1);
      expect(book.gaps).toBe(0);
      expect(routesDialed()).toEqual([
        "/market/stream?streams=",
        "/public/stream?streams=",
        "/private/stream?streams=",
      ]);
    } finally {
      await connection.disconnect();
    }
  });
});
