import { createDefaultPorts } from "@conn/core";
import { type CryptoComSimulator, startSimulator } from "@conn/crypto-com/simulator";
import ccxt from "ccxt";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { forbidLookUps } from "./forbid-look-ups.js";

/** A client of Crypto.com that others wrote, with nothing changed but its URLs, against the simulated venue. */
forbidLookUps();

const BTC = "BTC_USDT";

let simulator: CryptoComSimulator;
beforeEach(async () => {
  simulator = await startSimulator({
    ports: createDefaultPorts(),
    seed: 11,
    eventsPerSecond: 50,
    limits: {
      // The client sends at once after connecting, which the venue may refuse at the end of a second.
      messagesPerSecond: 1_000_000,
      heartbeatIntervalMs: 300,
      quietBookMs: 200,
    },
  });
});
afterEach(() => simulator.close());

const create = async () => {
  const exchange = new ccxt.pro.cryptocom({});
  // as: the table is typed for reading only.
  const api = exchange.urls as unknown as { api: Record<string, unknown> };
  api.api.v1 = simulator.urls.rest;
  api.api.ws = { public: simulator.urls.market };
  // It wants this for an address without TLS.
  await exchange.loadHttpProxyAgent();
  return exchange;
};

/** The venue's best levels as the client has them: numbers, and how many orders. */
const truth = (depth: number) => {
  const { bids, asks } = simulator.machine.bookOf(BTC);
  const numbers = (rows: readonly (readonly [string, string])[]) =>
    rows.slice(0, depth).map((row) => row.map(Number));
  return { bids: numbers(bids), asks: numbers(asks) };
};

const withoutCounts = (book: { bids: unknown[][]; asks: unknown[][] }) => ({
  bids: book.bids.map((row) => row.slice(0, 2)),
  asks: book.asks.map((row) => row.slice(0, 2)),
});

describe("ccxt", () => {
  it("reads markets, tickers, books, trades and candles", async () => {
    const exchange = await create();
    try {
      const markets = await exchange.loadMarkets();
      expect(markets["BTC/USDT"]).toMatchObject({
        id: BTC,
        spot: true,
        active: true,
        precision: { price: 0.01, amount: 0.00001 },
      });
      expect(markets["LUNA/USDT"]).toMatchObject({ spot: true, active: false });
      expect(markets["SHIB/USDT"]).toMatchObject({ precision: { price: 0.000000001, amount: 10 } });
      expect(markets["BTC/USD:USD"]).toMatchObject({ id: "BTCUSD-PERP", swap: true });

      const ticker = await exchange.fetchTicker("BTC/USDT");
      expect(ticker.last).toBe(Number(simulator.machine.lastPriceOf(BTC)));
      expect(Object.keys(await exchange.fetchTickers())).toHaveLength(simulator.machine.symbols().length);

      simulator.machine.freeze(BTC);
      const still = await exchange.fetchTicker("BTC/USDT");
      const truth24h = simulator.machine.tickerOf(BTC);
      expect([still.last, still.high, still.low, still.bid, still.ask, still.baseVolume]).toEqual(
        [truth24h.last, truth24h.high, truth24h.low, truth24h.bid, truth24h.ask, truth24h.volume].map(Number),
      );
      const book = await exchange.fetchOrderBook("BTC/USDT", 50);
      expect(withoutCounts(book)).toEqual(truth(50));

      const trades = await exchange.fetchTrades("BTC/USDT", undefined, 20);
      expect(trades.map(({ id, side }) => [id, side])).toEqual(
        simulator.machine
          .tradesOf(BTC)
          .slice(-20)
          .map(({ tradeId, takerSide }) => [tradeId, takerSide]),
      );
      const candles = await exchange.fetchOHLCV("BTC/USDT", "1m");
      expect(candles.at(-1)?.[4]).toBe(Number(simulator.machine.lastPriceOf(BTC)));
    } finally {
      await exchange.close();
    }
  });

  it("gets snapshots where it asks for deltas, by a parameter that the venue does not know", async () => {
    const exchange = await create();
    const frames: string[] = [];
    try {
      for (let count = 0; count < 3; count++) {
        const book = await exchange.watchOrderBook("BTC/USDT");
        expect([book.bids.length, book.asks.length]).toEqual([50, 50]);
        expect(book.bids[0]![0]!).toBeLessThan(book.asks[0]![0]!);
      }
      simulator.machine.freeze(BTC);
      await expect
        .poll(async () => withoutCounts(await exchange.watchOrderBook("BTC/USDT")), { timeout: 5000 })
        .toEqual(truth(50));
      frames.push(
        ...simulator.log.clientFrames.filter(({ kind }) => kind === "subscribe").map(({ text }) => text),
      );
    } finally {
      await exchange.close();
    }
    expect(frames.map((text) => JSON.parse(text).params)).toEqual([
      { channels: [`book.${BTC}.50`], bookSubscriptionType: "SNAPSHOT_AND_UPDATE" },
    ]);
    // It answers heartbeats: the venue has not closed its connection.
    expect(simulator.log.clientFrames.some(({ kind }) => kind === "public/respond-heartbeat")).toBe(true);
    expect(simulator.log.dialCount).toBe(1);
  });

  it("keeps a book by deltas once it is given the venue's parameter, and notices what is lost", async () => {
    const exchange = await create();
    // The client gives what stands here to the venue as it is.
    const params = () => ({
      params: { book_subscription_type: "SNAPSHOT_AND_UPDATE", book_update_frequency: 10 },
    });
    const watch = () => exchange.watchOrderBook("BTC/USDT", 50, params());
    try {
      await watch();
      for (let count = 0; count < 30; count++) {
        const book = await watch();
        expect([book.bids.length, book.asks.length]).toEqual([50, 50]);
      }
      simulator.machine.freeze(BTC);
      const becomesEqual = (): Promise<void> =>
        expect.poll(async () => withoutCounts(await watch()), { timeout: 5000 }).toEqual(truth(50));
      await becomesEqual();
      const [best] = simulator.machine.bookOf(BTC).bids;
      simulator.machine.publish(BTC, [{ side: "bid", price: best![0], amount: "0" }]);
      await becomesEqual();

      // It reads ids into doubles, so that one lost delta may go unnoticed; after three the ids differ even so.
      const lost = simulator.faults.lose({ kind: "book.update", symbol: BTC }, 3);
      simulator.machine.unfreeze(BTC);
      await expect(
        (async () => {
          for (;;) await watch();
        })(),
      ).rejects.toThrow(ccxt.ChecksumError);
      expect(lost.done).toBe(true);
    } finally {
      await exchange.close();
    }
  });

  it("receives trades and tickers", async () => {
    const exchange = await create();
    try {
      const trades = await exchange.watchTrades("BTC/USDT");
      expect(trades.length).toBeGreaterThanOrEqual(50);
      const known = new Map(simulator.machine.tradesOf(BTC).map((trade) => [trade.tradeId, trade]));
      for (const { id, side, price, amount } of trades) {
        const trade = known.get(id!)!;
        expect([side, price, amount]).toEqual([trade.takerSide, Number(trade.price), Number(trade.amount)]);
      }
      const ticker = await exchange.watchTicker("BTC/USDT");
      expect(ticker.bid!).toBeLessThan(ticker.ask!);
      expect(ticker.bidVolume).toBeGreaterThan(0);
    } finally {
      await exchange.close();
    }
  });
});
