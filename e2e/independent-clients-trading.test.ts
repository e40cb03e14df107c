import { DerivativesTradingUsdsFutures } from "@binance/derivatives-trading-usds-futures";
import { type BinancePerpetualSimulator, startSimulator } from "@conn/binance-perpetual/simulator";
import { createDefaultPorts } from "@conn/core";
import { USDMClient, WebsocketClient } from "binance";
import ccxt from "ccxt";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { forbidLookUps } from "./forbid-look-ups.js";

/** Clients of Binance that others wrote trade at the simulated venue, with nothing changed but URLs and keys. */
forbidLookUps();
// The vendor's client talks of every connection otherwise.
beforeAll(() => {
  vi.stubEnv("LOG_LEVEL", "warn");
});

let simulator: BinancePerpetualSimulator;
beforeEach(async () => {
  simulator = await startSimulator({ ports: createDefaultPorts(), seed: 12, levels: 150 });
  simulator.machine.freeze("BTCUSDT");
});
afterEach(() => simulator.close());

const machine = () => simulator.machine;
/** What clients take as the address of the stream service: they add the route themselves. */
const webSocketBase = () => simulator.urls.public.replace(/\/public$/, "");

/** A price, in a number that every client can write, at which nobody trades by himself. */
function restingPrice(): number {
  return Math.round(Number(machine().bookOf("BTCUSDT").bids[0]![0]) * 0.98);
}

describe("ccxt", () => {
  const create = async () => {
    const exchange = new ccxt.pro.binanceusdm({
      apiKey: simulator.credentials.apiKey,
      secret: simulator.credentials.secret,
      options: { fetchMarkets: { types: ["linear"] }, fetchCurrencies: false, fetchMargins: false },
    });
    // as: the table is typed for reading only.
    const api = exchange.urls as unknown as { api: Record<string, unknown> };
    for (const access of ["Public", "Private"]) {
      for (const [suffix, version] of [
        ["", "v1"],
        ["V2", "v2"],
        ["V3", "v3"],
      ]) {
        api.api[`fapi${access}${suffix}`] = `${simulator.urls.rest}/fapi/${version}`;
      }
    }
    api.api.ws = { future: `${webSocketBase()}/ws` };
    // It wants this for an address without TLS.
    await exchange.loadHttpProxyAgent();
    return exchange;
  };
  /** Closing fails what it still waits for, wanted or not. */
  const close = async (exchange: Awaited<ReturnType<typeof create>>) => {
    for (const client of Object.values(exchange.clients)) {
      for (const future of Object.values(client.futures)) future.catch(() => {});
    }
    await exchange.close();
  };
  const symbol = "BTC/USDT:USDT";

  it("places, queries, lists, amends and cancels orders, and reads fills, balances and positions", async () => {
    const exchange = await create();
    try {
      await exchange.loadMarkets();
      const price = restingPrice();
      const placed = await exchange.createOrder(symbol, "limit", "buy", 0.01, price, {
        clientOrderId: "ccxt-1",
      });
      const truth = machine().orderOf("default", "ccxt-1")!;
      expect(placed).toMatchObject({ id: truth.id, clientOrderId: "ccxt-1", status: "open" });
      expect(await exchange.fetchOrder(truth.id, symbol)).toMatchObject({
        id: truth.id,
        amount: 0.01,
        price,
      });
      expect((await exchange.fetchOpenOrders(symbol)).map(({ id }) => id)).toEqual([truth.id]);
      const amended = await exchange.editOrder(truth.id, symbol, "limit", "buy", 0.02, price - 10);
      expect(amended).toMatchObject({ id: truth.id, amount: 0.02, price: price - 10 });

      machine().fillOrder(truth.id, "0.005");
      const [fill] = machine().fillsOf("default");
      const [trade] = await exchange.fetchMyTrades(symbol);
      expect(trade).toMatchObject({
        id: String(fill!.tradeId),
        order: truth.id,
        amount: 0.005,
        price: price - 10,
        takerOrMaker: "maker",
      });
      expect(trade!.fee).toEqual({ currency: "USDT", cost: fill!.fee.toNumber() });
      const [position] = await exchange.fetchPositions([symbol]);
      expect(position).toMatchObject({ symbol, side: "long", contracts: 0.005, entryPrice: price - 10 });
      expect(await exchange.cancelOrder(truth.id, symbol)).toMatchObject({
        status: "canceled",
        filled: 0.005,
      });

      const { total, available } = machine().balancesOf("default")[0]!;
      const { amount, cost } = machine().positionsOf("default")[0]!;
      const unrealized = amount.times(machine().fundingOf("BTCUSDT").markPrice).minus(cost);
      const balance = await exchange.fetchBalance();
      expect(balance.USDT).toMatchObject({
        total: total.plus(unrealized).toNumber(),
        free: available.toNumber(),
      });
      const market = await exchange.createOrder(symbol, "market", "sell", 0.005, undefined, {
        reduceOnly: true,
      });
      expect(await exchange.fetchOrder(market.id!, symbol)).toMatchObject({
        status: "closed",
        filled: 0.005,
      });
      expect(machine().positionsOf("default")[0]!.amount.isZero()).toBe(true);
      await exchange.createOrder(symbol, "limit", "buy", 0.01, price);
      await exchange.cancelAllOrders(symbol);
      expect(machine().openOrdersOf("default")).toEqual([]);
    } finally {
      await close(exchange);
    }
  });

  it("understands the refusals", async () => {
    const exchange = await create();
    const order = (amount: number, price: number, params = {}) =>
      exchange.createOrder(symbol, "limit", "buy", amount, price, params);
    try {
      await exchange.loadMarkets();
      // It knows most codes of futures by the venue's own address only.
      await expect(order(50, restingPrice())).rejects.toThrow('"code":-2019');
      await expect(exchange.fetchOrder("1", symbol)).rejects.toThrow(ccxt.OrderNotFound);
      await expect(exchange.cancelOrder("1", symbol)).rejects.toThrow(ccxt.OrderNotFound);
      const crossing = Number(machine().bookOf("BTCUSDT").asks[0]![0]);
      await expect(order(0.01, crossing, { postOnly: true })).rejects.toThrow('"code":-5022');
      exchange.secret = "wrong";
      await expect(exchange.fetchBalance()).rejects.toThrow(ccxt.AuthenticationError);
      machine().revokeApiKey(simulator.credentials.apiKey);
      await expect(exchange.fetchBalance()).rejects.toThrow(ccxt.AuthenticationError);
    } finally {
      await close(exchange);
    }
  });

  it("follows orders, fills and balances", async () => {
    const exchange = await create();
    try {
      await exchange.loadMarkets();
      const first = exchange.watchOrders(symbol);
      await expect.poll(() => simulator.log.connections.length).toBe(1);
      await exchange.createOrder(symbol, "limit", "buy", 0.01, restingPrice(), { clientOrderId: "w" });
      expect((await first).at(-1)).toMatchObject({ clientOrderId: "w", status: "open" });
      const followed = Promise.all([
        exchange.watchMyTrades(symbol),
        exchange.watchOrders(symbol),
        exchange.watchBalance(),
      ]);
      const waiting = (): number =>
        Object.values(exchange.clients).flatMap((client) => Object.keys(client.futures)).length;
      await expect.poll(waiting).toBeGreaterThanOrEqual(3);
      const { id } = machine().orderOf("default", "w")!;
      machine().fillOrder(id);
      const [trades, orders, balance] = await followed;
      const fill = machine().fillsOf("default")[0]!;
      expect(trades.at(-1)).toMatchObject({ id: String(fill.tradeId), amount: 0.01 });
      expect(orders.at(-1)).toMatchObject({ id, status: "closed", filled: 0.01 });
      const { total } = machine().balancesOf("default")[0]!;
      expect(balance.USDT!.total).toBe(total.toNumber());
      expect(simulator.log.dials.map(({ path }) => path)).toEqual([
        expect.stringMatching(/^\/private\/ws\?listenKey=/),
      ]);
    } finally {
      await close(exchange);
    }
  });
});

describe("binance", () => {
  it("trades and follows its account", async () => {
    const keys = { api_key: simulator.credentials.apiKey, api_secret: simulator.credentials.secret };
    const rest = new USDMClient({ ...keys, baseUrl: simulator.urls.rest });
    const { listenKey } = await rest.getFuturesUserDataListenKey();
    const client = new WebsocketClient({ wsUrl: webSocketBase() }, { trace() {}, info() {}, error() {} });
    const events: string[] = [];
    client.on("message", (message) => {
      // as: the client passes the venue's event on as it came.
      const event = message as unknown as { e?: string; o?: { x: string } };
      if (event.e !== undefined) events.push(event.o === undefined ? event.e : `${event.e} ${event.o.x}`);
    });
    client.on("exception", () => {});
    try {
      await client.subscribe(listenKey, "usdmPrivate");
      await expect.poll(() => simulator.log.connections.length).toBe(1);
      const order = {
        symbol: "BTCUSDT",
        side: "BUY",
        type: "LIMIT",
        timeInForce: "GTC",
        quantity: 0.01,
      } as const;
      const price = restingPrice();
      const id = rest.generateNewOrderId();
      await rest.submitNewOrder({ ...order, price, newClientOrderId: id });
      const named = { symbol: "BTCUSDT", origClientOrderId: id };
      expect(await rest.getOrder(named)).toMatchObject({ clientOrderId: id, status: "NEW" });
      await rest.modifyOrder({ ...named, side: "BUY", quantity: 0.02, price });
      expect(await rest.getAllOpenOrders({ symbol: "BTCUSDT" })).toMatchObject([{ origQty: "0.020" }]);
      machine().fillOrder(machine().orderOf("default", id)!.id, "0.005");
      expect(await rest.getAccountTrades({ symbol: "BTCUSDT" })).toMatchObject([
        { qty: "0.005", maker: true },
      ]);
      expect(await rest.cancelOrder(named)).toMatchObject({ status: "CANCELED", executedQty: "0.005" });
      expect(await rest.getBalanceV3()).toMatchObject([{ asset: "USDT" }]);
      expect(await rest.getPositionsV3({ symbol: "BTCUSDT" })).toMatchObject([{ positionAmt: "0.005" }]);
      await expect
        .poll(() => events)
        .toEqual([
          "ORDER_TRADE_UPDATE NEW",
          "ORDER_TRADE_UPDATE AMENDMENT",
          "TRADE_LITE",
          "ACCOUNT_UPDATE",
          "ORDER_TRADE_UPDATE TRADE",
          "ORDER_TRADE_UPDATE CANCELED",
        ]);
    } finally {
      client.closeAll(true);
    }
  });
});

describe("@binance/derivatives-trading-usds-futures", () => {
  it("trades and follows its account, with ids that no number holds", async () => {
    const client = new DerivativesTradingUsdsFutures({
      configurationRestAPI: {
        basePath: simulator.urls.rest,
        apiKey: simulator.credentials.apiKey,
        apiSecret: simulator.credentials.secret,
      },
      configurationWebsocketStreams: { wsURL: webSocketBase() },
    });
    const { restAPI } = client;
    const connection = await client.websocketStreams.connect();
    const events: string[] = [];
    try {
      const { listenKey } = await (await restAPI.startUserDataStream()).data();
      connection.userData(listenKey!).on("message", (event) => {
        // as: the client types its events by what they are read as.
        const { e } = event as unknown as { e?: string };
        if (e !== undefined) events.push(e);
      });
      await expect
        .poll(() => simulator.log.clientFrames.some(({ text }) => text.includes(listenKey!)))
        .toBe(true);
      // as: its enums take only their own members, which the package does not export by name.
      const order = {
        symbol: "BTCUSDT",
        side: "BUY",
        type: "LIMIT",
        timeInForce: "GTC",
        quantity: 0.01,
        price: restingPrice(),
      } as unknown as Parameters<typeof restAPI.newOrder>[0];
      const placed = await (await restAPI.newOrder(order)).data();
      expect(String(placed.orderId)).toBe(machine().openOrdersOf("default")[0]!.id);
      const named = { symbol: "BTCUSDT", orderId: placed.orderId! };
      expect(await (await restAPI.queryOrder(named)).data()).toMatchObject({ status: "NEW" });
      expect(await (await restAPI.cancelOrder(named)).data()).toMatchObject({ status: "CANCELED" });
      expect(await (await restAPI.accountInformationV3()).data()).toMatchObject({
        totalWalletBalance: "100000.00000000",
      });
      await expect.poll(() => events).toEqual(["ORDER_TRADE_UPDATE", "ORDER_TRADE_UPDATE"]);
    } finally {
      await connection.disconnect();
    }
  });
});
