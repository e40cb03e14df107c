import { createDefaultPorts } from "@conn/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CryptoComSimulator, startSimulator } from "../../src/simulator/index.js";
import { createRig, type Json, type Rig } from "./support/rig.js";
import { createTrader, SETTLED_MS, sign, type Trader } from "./support/trader.js";

const BTC = "BTC_USDT";

describe("on its way to the engine", () => {
  let rig: Rig;
  let trader: Trader;
  let socket: number;
  beforeEach(() => {
    rig = createRig({ levels: 30 });
    rig.machine.freeze(BTC);
    trader = createTrader(rig);
    socket = trader.listen("user.order");
  });

  const told = (): Json[] =>
    rig
      .frames(socket)
      .flatMap(({ result: { data } }) => data.map(({ status, reason }: Json) => [status, reason]));
  const detailCode = (client_oid: string) =>
    trader.call("private/get-order-detail", { client_oid }).json.code;

  it("an order takes as long as is scripted, and what follows waits behind it", () => {
    rig.machine.delayCommands("create", 5_000);
    trader.place({ client_oid: "slow" });
    trader.call("private/cancel-order", { client_oid: "slow" });
    rig.advance(4_900);
    expect([told(), detailCode("slow")]).toEqual([[], 40401]);
    rig.advance(200);
    expect(told()).toEqual([
      ["ACTIVE", undefined],
      ["CANCELED", undefined],
    ]);
    rig.machine.delayCommands("create", 0);
    trader.rest();
    expect(told()).toEqual([["ACTIVE", undefined]]);
  });

  it("an order is lost after it was acknowledged", () => {
    rig.machine.loseCommands("create");
    expect(trader.place({ client_oid: "lost" }).json.code).toBe(0);
    trader.rest({ client_oid: "there" });
    expect([told(), detailCode("lost"), detailCode("there")]).toEqual([[["ACTIVE", undefined]], 40401, 0]);
    expect(rig.machine.orderOf("default", "lost")).toBeUndefined();
    // Its id stays taken.
    expect(trader.place({ client_oid: "lost" }).json.code).toBe(204);
  });

  it("a cancel or an amendment is lost after it was acknowledged", () => {
    const order_id = trader.rest();
    rig.machine.loseCommands("cancel");
    rig.machine.loseCommands("amend");
    expect(trader.call("private/cancel-order", { order_id }).json.code).toBe(0);
    const change = { order_id, new_price: "80000", new_quantity: "0.01" };
    expect(trader.call("private/amend-order", change).json.code).toBe(0);
    rig.advance(SETTLED_MS);
    expect(trader.detail(order_id).status).toBe("ACTIVE");
    expect(Number(trader.detail(order_id).limit_price)).not.toBe(80_000);
    trader.call("private/cancel-order", { order_id });
    rig.advance(SETTLED_MS);
    expect(trader.detail(order_id).status).toBe("CANCELED");
  });

  it("an order is rejected for any reason", () => {
    rig.machine.rejectOrders(309);
    const order_id = trader.rest();
    trader.rest();
    expect(told()).toEqual([
      ["REJECTED", "309"],
      ["ACTIVE", undefined],
    ]);
    expect(trader.detail(order_id).reason).toBe(309);
  });

  it("an order is announced before it is there", () => {
    rig.machine.announceOrders("PENDING");
    trader.rest();
    rig.machine.announceOrders(undefined);
    trader.rest();
    expect(told().map(([status]) => status)).toEqual(["PENDING", "ACTIVE", "ACTIVE"]);
  });

  it("an order is ended by the venue", () => {
    const order_id = trader.rest();
    rig.machine.expireOrder(order_id, 40801);
    rig.advance(1);
    expect(told().at(-1)).toEqual(["EXPIRED", "40801"]);
    rig.machine.removeInstrument(trader.detail(trader.rest()).instrument_name);
    rig.advance(1);
    expect(told().at(-1)).toEqual(["CANCELED", undefined]);
  });

  it("another program of the account trades too", () => {
    rig.machine.placeOrder("default", {
      instrument_name: BTC,
      side: "BUY",
      type: "LIMIT",
      price: "80000",
      quantity: "0.01",
      client_oid: "elsewhere",
    });
    rig.advance(1);
    const { id } = rig.machine.orderOf("default", "elsewhere")!;
    rig.machine.cancelOrder("default", id);
    rig.advance(1);
    expect(told().map(([status]) => status)).toEqual(["ACTIVE", "CANCELED"]);
  });
});

describe("on the wire", () => {
  let simulator: CryptoComSimulator;
  let sockets: WebSocket[];
  beforeEach(async () => {
    sockets = [];
    const limits = { userMessagesPerSecond: 1_000_000 };
    simulator = await startSimulator({ ports: createDefaultPorts(), levels: 60, limits });
    simulator.machine.freeze(BTC);
  });
  afterEach(async () => {
    for (const socket of sockets) socket.close();
    await simulator.close();
  });

  const ORDER = { method: "POST", kind: "/exchange/v1/private/create-order" } as const;
  let ids = 0;
  const place = (client_oid: string) => {
    const { apiKey, secret } = simulator.credentials;
    const method = "private/create-order";
    const params = {
      instrument_name: BTC,
      side: "BUY",
      type: "LIMIT",
      quantity: "0.01",
      price: "80000",
      client_oid,
    };
    const request = { id: ++ids, method, params, nonce: simulator.now() };
    const sig = sign(secret, { ...request, apiKey });
    return fetch(`${simulator.urls.rest}/${method}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...request, api_key: apiKey, sig }),
      signal: AbortSignal.timeout(500),
    });
  };
  const isPlaced = (clientOid: string): boolean =>
    simulator.machine.orderOf("default", clientOid)?.status === "open";
  const becomesPlaced = (clientOid: string) => expect.poll(() => isPlaced(clientOid)).toBe(true);

  /** Listens to the account and keeps the events that come. */
  async function listen(): Promise<string[]> {
    const { apiKey, secret } = simulator.credentials;
    const socket = new WebSocket(simulator.urls.user);
    sockets.push(socket);
    const events: string[] = [];
    socket.addEventListener("message", ({ data }) => {
      const { method, result } = JSON.parse(String(data));
      if (result === undefined) events.push(method);
      else for (const one of result.data) events.push(`${result.channel} ${one.status ?? one.taker_side}`);
    });
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    const auth = { id: 1, method: "public/auth", nonce: simulator.now() };
    socket.send(JSON.stringify({ ...auth, api_key: apiKey, sig: sign(secret, { ...auth, apiKey }) }));
    const channels = ["user.order", "user.trade"];
    socket.send(JSON.stringify({ id: 2, method: "subscribe", params: { channels }, nonce: simulator.now() }));
    await expect.poll(() => events).toEqual(["public/auth", "subscribe"]);
    events.length = 0;
    return events;
  }

  it("a request is lost before the venue sees it", async () => {
    simulator.faults.loseRequest({ ...ORDER, symbol: BTC });
    await expect(place("a")).rejects.toThrow();
    expect(simulator.machine.ordersOf("default")).toEqual([]);
  });

  it("an answer is lost after the order was taken", async () => {
    simulator.faults.loseAnswer(ORDER);
    await expect(place("a")).rejects.toThrow();
    await becomesPlaced("a");
  });

  it.each([
    ["taken", true],
    ["not taken", false],
  ])("a request times out at the venue, and is %s", async (_what, handled) => {
    const answer = {
      status: 408,
      body: '{"id":1,"method":"private/create-order","code":40801,"message":"REQUEST_TIMEOUT"}',
    };
    if (handled) simulator.faults.replaceAnswer(ORDER, answer);
    else simulator.faults.rejectRequest(ORDER, answer);
    expect((await place("a")).status).toBe(408);
    expect((await place("b")).status).toBe(200);
    await becomesPlaced("b");
    expect(isPlaced("a")).toBe(handled);
  });

  it("an order is filled before its acknowledgement comes", async () => {
    const events = await listen();
    simulator.faults.delayAnswer(ORDER, 200);
    const answered = place("a").then(() => events.push("answer"));
    await becomesPlaced("a");
    simulator.machine.fillOrder(simulator.machine.orderOf("default", "a")!.id);
    await answered;
    expect(events).toEqual(["user.order ACTIVE", "user.order FILLED", "user.trade MAKER", "answer"]);
  });

  it("events are lost, repeated and swapped by what they tell", async () => {
    const events = await listen();
    simulator.faults.lose({ route: "user", kind: "user.order", action: "ACTIVE" });
    simulator.faults.duplicate({ kind: "user.trade", action: "MAKER" });
    await place("a");
    await becomesPlaced("a");
    simulator.machine.fillOrder(simulator.machine.orderOf("default", "a")!.id);
    await expect.poll(() => events).toEqual(["user.order FILLED", "user.trade MAKER", "user.trade MAKER"]);
    events.length = 0;
    simulator.faults.reorder({ kind: "user.order" });
    await place("b");
    await becomesPlaced("b");
    simulator.machine.fillOrder(simulator.machine.orderOf("default", "b")!.id);
    await expect.poll(() => events).toEqual(["user.order FILLED", "user.order ACTIVE", "user.trade MAKER"]);
  });

  it("the stream falls silent", async () => {
    const events = await listen();
    const fault = simulator.faults.silence({ route: "user" });
    await place("a");
    await becomesPlaced("a");
    fault.cancel();
    await place("b");
    await expect.poll(() => events).toEqual(["user.order ACTIVE"]);
  });
});
