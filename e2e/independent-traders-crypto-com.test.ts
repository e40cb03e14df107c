import { createDefaultPorts } from "@conn/core";
import { type CryptoComSimulator, startSimulator } from "@conn/crypto-com/simulator";
import ccxt from "ccxt";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { forbidLookUps } from "./forbid-look-ups.js";

/** A client of Crypto.com that others wrote trades at the simulated venue, with nothing changed but URLs and keys. */
forbidLookUps();

const BTC = "BTC_USDT";
const PAIR = "BTC/USDT";

let simulator: CryptoComSimulator;
beforeEach(async () => {
  simulator = await startSimulator({
    ports: createDefaultPorts(),
    seed: 13,
    levels: 150,
    limits: {
      // The client sends at once after connecting, which the venue may refuse at the end of a second.
      userMessagesPerSecond: 1_000_000,
      // It asks for its trades as often as a test does.
      methodRequests: {},
      otherMethodRequests: { requests: 1_000, intervalMs: 1_000 },
    },
  });
  simulator.machine.freeze(BTC);
});
afterEach(() => simulator.close());

const machine = () => simulator.machine;

const create = async () => {
  const exchange = new ccxt.pro.cryptocom({
    apiKey: simulator.credentials.apiKey,
    secret: simulator.credentials.secret,
  });
  // as: the table is typed for reading only.
  const api = exchange.urls as unknown as { api: Record<string, unknown> };
  api.api.v1 = simulator.urls.rest;
  api.api.ws = { public: simulator.urls.market, private: simulator.urls.user };
  // It wants this for an address without TLS.
  await exchange.loadHttpProxyAgent();
  await exchange.loadMarkets();
  return exchange;
};
/** Closing fails what it still waits for, wanted or not. */
const close = async (exchange: Awaited<ReturnType<typeof create>>) => {
  for (const client of Object.values(exchange.clients)) {
    for (const future of Object.values(client.futures)) future.catch(() => {});
  }
  await exchange.close();
};

/** A price, in a number that every client can write, at which nobody trades by himself. */
const restingPrice = () => Math.round(Number(machine().bookOf(BTC).bids[0]![0]) * 0.98);
/** Waits until the engine has what was acknowledged. */
const settled = (clientOid: string, status: string) =>
  expect.poll(() => machine().orderOf("default", clientOid)?.status).toBe(status);

describe("ccxt", () => {
  it("places, queries, lists, amends and cancels orders, and reads trades, balances and fees", async () => {
    const exchange = await create();
    try {
      const price = restingPrice();
      const placed = await exchange.createOrder(PAIR, "limit", "buy", 0.01, price, { client_oid: "ccxt-1" });
      await settled("ccxt-1", "open");
      const { id } = machine().orderOf("default", "ccxt-1")!;
      expect(placed).toMatchObject({ id, clientOrderId: "ccxt-1" });
      expect(await exchange.fetchOrder(id, PAIR)).toMatchObject({
        id,
        clientOrderId: "ccxt-1",
        status: "open",
        side: "buy",
        type: "limit",
        timeInForce: "GTC",
        amount: 0.01,
        price,
        filled: 0,
      });
      expect((await exchange.fetchOpenOrders(PAIR)).map((order) => order.id)).toEqual([id]);

      const amended = await exchange.editOrder(id, PAIR, "limit", "buy", 0.02, price - 10);
      expect(amended.id).toBe(id);
      await expect.poll(() => machine().openOrdersOf("default")[0]?.price?.toNumber()).toBe(price - 10);
      expect(await exchange.fetchOrder(id, PAIR)).toMatchObject({ amount: 0.02, price: price - 10 });

      machine().fillOrder(id, "0.005");
      await expect.poll(() => machine().fillsOf("default").length).toBe(1);
      const [fill] = machine().fillsOf("default");
      const [trade] = await exchange.fetchMyTrades(PAIR);
      expect(trade).toMatchObject({
        order: id,
        side: "buy",
        amount: 0.005,
        price: price - 10,
        takerOrMaker: "maker",
        fee: { currency: "BTC", cost: fill!.fee.toNumber() },
      });
      const balance = await exchange.fetchBalance();
      for (const { asset, total, held } of machine().balancesOf("default")) {
        expect(balance[asset]).toMatchObject({ total: total.toNumber(), used: held.toNumber() });
      }

      await exchange.cancelOrder(id, PAIR);
      await expect.poll(() => machine().openOrdersOf("default")).toEqual([]);
      const market = await exchange.createOrder(PAIR, "market", "sell", 0.005);
      await expect.poll(() => machine().ordersOf("default").at(-1)?.status).toBe("filled");
      expect(await exchange.fetchOrder(market.id!, PAIR)).toMatchObject({ status: "closed", filled: 0.005 });
      const closed = await exchange.fetchOrders(PAIR);
      expect(closed.map((order) => [order.id, order.status])).toEqual([
        [id, "canceled"],
        [market.id, "closed"],
      ]);

      expect(await exchange.fetchTradingFee(PAIR)).toMatchObject({ maker: 0.0025, taker: 0.005 });
      expect(await exchange.fetchAccounts()).toHaveLength(1);
      await exchange.createOrder(PAIR, "limit", "buy", 0.01, price, { client_oid: "ccxt-2" });
      await settled("ccxt-2", "open");
      await exchange.cancelAllOrders(PAIR);
      await settled("ccxt-2", "canceled");
    } finally {
      await close(exchange);
    }
  });

  it("places several orders at once, and cancels them so", async () => {
    const exchange = await create();
    const price = restingPrice();
    const order = (clientOid: string, amount: number) => ({
      symbol: PAIR,
      type: "limit" as const,
      side: "buy" as const,
      amount,
      price,
      params: { client_oid: clientOid },
    });
    try {
      const placed = await exchange.createOrders([order("a", 0.01), order("b", 50), order("c", 0.02)], {
        contingency_type: "LIST",
      });
      expect(placed.map(({ info }) => info.code)).toEqual([0, 306, 0]);
      await settled("a", "open");
      await settled("c", "open");
      await exchange.cancelOrders([placed[0]!.id!, placed[2]!.id!], PAIR);
      await settled("a", "canceled");
      await settled("c", "canceled");
    } finally {
      await close(exchange);
    }
  });

  it("understands the refusals", async () => {
    const exchange = await create();
    const order = (amount: number, params = {}) =>
      exchange.createOrder(PAIR, "limit", "buy", amount, restingPrice(), params);
    try {
      await order(0.01, { client_oid: "once" });
      await expect(order(0.01, { client_oid: "once" })).rejects.toThrow('"code":204');
      machine().answerRefusals(true);
      await expect(order(50)).rejects.toThrow(ccxt.InsufficientFunds);
      await expect(exchange.cancelOrder("1", PAIR)).rejects.toThrow('"code":212');
      await expect(exchange.fetchOrder("1", PAIR)).rejects.toThrow('"code":40401');
      exchange.secret = "wrong";
      await expect(exchange.fetchBalance()).rejects.toThrow(ccxt.AuthenticationError);
      machine().revokeApiKey(simulator.credentials.apiKey);
      await expect(exchange.fetchBalance()).rejects.toThrow(ccxt.AuthenticationError);
    } finally {
      await close(exchange);
    }
  });

  it("streams orders, trades and balances, and places an order on the socket", async () => {
    const exchange = await create();
    try {
      const orders: string[] = [];
      const balanceBefore = await exchange.watchBalance();
      expect(balanceBefore.USDT).toMatchObject({ total: 100_000, used: 0 });
      const watching = (async () => {
        while (orders.at(-1) !== "closed 0.01") {
          for (const { status, filled } of await exchange.watchOrders(PAIR))
            orders.push(`${status} ${filled}`);
        }
      })();
      const firstTrade = exchange.watchMyTrades(PAIR);
      await expect
        .poll(() => simulator.log.clientFrames.flatMap(({ streams }) => streams))
        .toEqual(["user.balance", `user.order.${BTC}`, `user.trade.${BTC}`]);
      // It sends one command on a socket, and takes a second one for the first.
      const placed = await exchange.createOrderWs(PAIR, "limit", "buy", 0.01, restingPrice(), {
        client_oid: "ws",
      });
      await settled("ws", "open");
      const { id } = machine().orderOf("default", "ws")!;
      expect(placed.id).toBe(id);
      await expect.poll(() => orders).toEqual(["open 0"]);
      machine().fillOrder(id, "0.004");
      await expect.poll(() => orders).toEqual(["open 0", "open 0.004"]);
      machine().fillOrder(id);
      await watching;
      expect((await firstTrade)[0]).toMatchObject({ order: id, takerOrMaker: "maker" });
      await expect
        .poll(() => exchange.balance.BTC?.total)
        .toBe(
          machine()
            .balancesOf("default")
            .find(({ asset }) => asset === "BTC")!
            .total.toNumber(),
        );
    } finally {
      await close(exchange);
    }
  });
});
