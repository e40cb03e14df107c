import { beforeEach, describe, expect, it } from "vitest";
import { createRig, type Json, type Rig } from "./support/rig.js";
import { createTrader, restingPrice, SETTLED_MS, sign, type Trader } from "./support/trader.js";

const BTC = "BTC_USDT";

let rig: Rig;
let trader: Trader;
beforeEach(() => {
  rig = createRig({ levels: 30 });
  rig.machine.freeze(BTC);
  trader = createTrader(rig);
});

const send = (socket: number, method: string, params: object, fields: object = {}): Json =>
  rig.send(socket, { id: 7, method, params, nonce: rig.now, ...fields })[0];
const results = (socket: number): Json[] => rig.frames(socket).map(({ result }) => result);
const auth = (fields: object = {}) => {
  const request = { id: 3, method: "public/auth", nonce: rig.now, ...fields };
  const { apiKey, secret } = trader.key;
  return { ...request, api_key: apiKey, sig: sign(secret, { ...request, apiKey }), ...fields };
};

describe("public/auth", () => {
  it("is needed once a session, before all else", () => {
    const socket = rig.dialUser();
    expect(send(socket, "subscribe", { channels: ["user.order"] })).toMatchObject({ id: 7, code: 40101 });
    expect(send(socket, "private/user-balance", {})).toMatchObject({ code: 40101 });
    expect(rig.send(socket, auth())).toEqual([{ id: 3, method: "public/auth", code: 0 }]);
    expect(send(socket, "private/user-balance", {})).toMatchObject({ code: 0 });
    expect(rig.send(socket, auth({ id: 4 }))).toMatchObject([{ code: 40006 }]);
  });

  it.each([
    ["a wrong signature", { sig: "0".repeat(64) }, 40101],
    ["another key", { api_key: "x" }, 40101],
    ["a nonce of another hour", { nonce: 1_780_000_000_000 }, 40102],
  ])("fails with %s, and may be tried again", (_what, fields, code) => {
    const socket = rig.dialUser();
    expect(rig.send(socket, auth(fields))).toMatchObject([{ id: 3, method: "public/auth", code }]);
    expect(rig.send(socket, auth())).toMatchObject([{ code: 0 }]);
  });

  it("ends with its key", () => {
    const socket = trader.logIn();
    rig.machine.revokeApiKey(trader.key.apiKey);
    expect(send(socket, "private/get-open-orders", {})).toMatchObject({ code: 40101 });
  });
});

describe("a user socket", () => {
  it("is sent heartbeats, and closed with 1000 if they are not answered", () => {
    const socket = rig.dialUser();
    rig.answersHeartbeats = false;
    rig.advance(70_000);
    expect(rig.take()).toContainEqual({ effect: "close", connectionId: socket, code: 1000, reason: "" });
  });

  it("that answers heartbeats stays", () => {
    const socket = trader.logIn();
    rig.advance(200_000);
    expect(send(socket, "private/get-open-orders", {})).toMatchObject({ code: 0 });
  });

  it("takes 150 requests in a second of the clock, and its share of the second in which it opens", () => {
    rig.advance(800);
    const socket = rig.openUser();
    const refused = (asked: number): number =>
      Array.from({ length: asked }, (_, id) => send(socket, "private/no-such", {}, { id }).code).filter(
        (code) => code === 42901,
      ).length;
    expect(refused(31)).toBe(1);
    rig.advance(200);
    expect(refused(151)).toBe(1);
  });

  it("has only so many channels", () => {
    rig = createRig({ levels: 30, limits: { channelsPerConnection: 2 } });
    trader = createTrader(rig);
    const socket = trader.listen("user.order", "user.trade");
    expect(send(socket, "subscribe", { channels: ["user.balance"] })).toMatchObject({ code: 40107 });
    expect(send(socket, "subscribe", { channels: ["user.order"] })).toMatchObject({ code: 0 });
    send(socket, "unsubscribe", { channels: ["user.order"] });
    expect(send(socket, "subscribe", { channels: ["user.balance"] })).toMatchObject({ code: 0 });
  });

  it("has no channels of the market, and a market socket none of users", () => {
    const socket = trader.logIn();
    expect(send(socket, "subscribe", { channels: [`trade.${BTC}`] })).toMatchObject({ code: 40003 });
    expect(send(socket, "subscribe", { channels: ["user.order.NO_SUCH"] })).toMatchObject({ code: 40003 });
    expect(send(rig.dial(), "subscribe", { channels: ["user.order"] })).toMatchObject({ code: 40003 });
  });
});

describe("user.order", () => {
  it("begins with what is open, and goes on with what happens", () => {
    const order_id = trader.rest({ client_oid: "first" });
    const socket = trader.logIn();
    const first = send(socket, "subscribe", { channels: ["user.order"] });
    expect(first).toMatchObject({ id: 7, method: "subscribe", code: 0 });
    expect(first.result).toMatchObject({ subscription: "user.order", channel: "user.order" });
    expect(first.result.data).toMatchObject([{ order_id, client_oid: "first", status: "ACTIVE" }]);
    rig.take();
    rig.machine.fillOrder(order_id, "0.004");
    rig.machine.fillOrder(order_id);
    rig.advance(1);
    const frames = rig.frames(socket);
    expect(frames.map(({ id, result }) => [id, result.instrument_name, result.data[0].status])).toEqual([
      [-1, BTC, "ACTIVE"],
      [-1, BTC, "FILLED"],
    ]);
    expect(frames.map(({ result }) => result.data[0].cumulative_quantity)).toEqual(["0.00400", "0.01000"]);
  });

  it("can be had for one pair alone", () => {
    const all = trader.listen("user.order");
    const btc = trader.logIn();
    expect(send(btc, "subscribe", { channels: [`user.order.${BTC}`] }).result).toEqual({
      instrument_name: BTC,
      subscription: `user.order.${BTC}`,
      channel: "user.order",
      data: [],
    });
    rig.take();
    trader.rest();
    trader.rest({ instrument_name: "ETH_USDT", price: "2000" });
    const list = rig.take();
    const symbols = (socket: number) =>
      list.flatMap((one) =>
        one.effect === "send" && one.connectionId === socket
          ? [`${one.facts.stream} ${one.facts.symbol}`]
          : [],
      );
    expect(symbols(all)).toEqual([`user.order ${BTC}`, "user.order ETH_USDT"]);
    expect(symbols(btc)).toEqual([`user.order.${BTC} ${BTC}`]);
  });

  it("is not told to others, nor after it was unsubscribed", () => {
    rig.machine.createAccount("other", { funds: { USDT: "10000" } });
    const other = createTrader(rig, "other").listen("user.order", "user.trade", "user.balance");
    const socket = trader.listen("user.order");
    send(socket, "unsubscribe", { channels: ["user.order"] });
    rig.take();
    trader.rest();
    expect([...results(other), ...results(socket)]).toEqual([]);
  });
});

describe("user.trade", () => {
  it("is acknowledged without data, and tells both sides of a trade", () => {
    rig.machine.createAccount("other", { funds: { BTC: "1" } });
    const seller = createTrader(rig, "other");
    const price = restingPrice(rig);
    const socket = trader.logIn();
    expect(send(socket, "subscribe", { channels: ["user.trade"] })).toEqual({
      id: 7,
      method: "subscribe",
      code: 0,
      channel: "user.trade",
    });
    const other = seller.listen(`user.trade.${BTC}`);
    trader.rest({ price });
    rig.take();
    const bids = rig.machine.bookOf(BTC).bids.filter(([one]) => Number(one) >= Number(price));
    const sum = bids.reduce((all, [, amount]) => all + Number(amount), 0).toFixed(5);
    rig.machine.deposit("other", "BTC", "100");
    seller.rest({ side: "SELL", price, quantity: sum });
    const list = rig.take();
    const fills = (id: number) =>
      list.flatMap((one) =>
        one.effect === "send" && one.connectionId === id ? JSON.parse(one.text).result.data : [],
      );
    const [maker] = fills(socket);
    const taker = fills(other).at(-1);
    expect([maker.taker_side, maker.side, maker.fee_instrument_name]).toEqual(["MAKER", "BUY", "BTC"]);
    expect([taker.taker_side, taker.side, taker.fee_instrument_name]).toEqual(["TAKER", "SELL", "USDT"]);
    expect(maker.trade_match_id).toBe(taker.trade_match_id);
    expect(maker.trade_id).not.toBe(taker.trade_id);
  });
});

describe("user.balance", () => {
  it("is the whole balance, at first and after every change", () => {
    const socket = trader.logIn();
    const first = send(socket, "subscribe", { channels: ["user.balance"] });
    const rest = trader.call("private/user-balance").json.result;
    expect(first.result).toEqual({ subscription: "user.balance", channel: "user.balance", ...rest });
    rig.take();
    const order_id = trader.rest();
    rig.machine.fillOrder(order_id);
    rig.machine.deposit("default", "USD", "-99000.5");
    rig.advance(1);
    const balances = results(socket).map(({ data }) => data[0].position_balances);
    expect(balances.length).toBeGreaterThanOrEqual(2);
    const of = (list: Json[], asset: string) => list.find((one) => one.instrument_name === asset);
    expect(of(balances[0], "USDT").reserved_qty).not.toBe("0");
    const last = balances.at(-1);
    expect(last).toHaveLength(5);
    expect(of(last, "USD").quantity).toBe("999.5");
    expect(of(last, "USDT").reserved_qty).toBe("0");
    expect(of(last, "BTC").quantity).toBe("2.009975");
  });
});

describe("orders on the socket", () => {
  it("are placed, amended, canceled and listed by the same methods, without signatures", () => {
    const socket = trader.listen("user.order");
    const price = restingPrice(rig);
    const placed = send(socket, "private/create-order", {
      instrument_name: BTC,
      side: "BUY",
      type: "LIMIT",
      quantity: "0.01",
      price,
      client_oid: "ws",
    });
    expect(placed).toMatchObject({
      id: 7,
      method: "private/create-order",
      code: 0,
      result: { client_oid: "ws" },
    });
    rig.advance(SETTLED_MS);
    const { order_id } = placed.result;
    expect(send(socket, "private/get-open-orders", {}).result.data).toMatchObject([{ order_id }]);
    send(socket, "private/amend-order", {
      order_id,
      new_price: price,
      new_quantity: "0.02",
      client_oid: "b",
    });
    rig.advance(SETTLED_MS);
    expect(send(socket, "private/cancel-order", { client_oid: "b" })).toMatchObject({ code: 0 });
    rig.advance(SETTLED_MS);
    expect(
      results(socket).flatMap(({ data = [] }) => data.map((one: Json) => [one.status, one.quantity])),
    ).toContainEqual(["CANCELED", "0.02000"]);
    expect(rig.machine.openOrdersOf("default")).toEqual([]);
  });

  it("are refused in the same words", () => {
    const socket = trader.logIn();
    expect(send(socket, "private/cancel-order", { order_id: "1" })).toEqual({
      id: 7,
      method: "private/cancel-order",
      code: 212,
      message: "INVALID_ORDERID",
    });
    expect(send(socket, "private/cancel-order", { order_id: "1" })).toMatchObject({ code: 40006 });
    expect(send(socket, "private/get-trades", {})).toMatchObject({ code: 40002 });
    expect(rig.send(socket, { params: {} })).toMatchObject([{ id: -1, method: "ERROR", code: 40003 }]);
  });

  it("end with the connection where that is wanted", () => {
    const socket = trader.logIn();
    expect(send(socket, "private/set-cancel-on-disconnect", { scope: "ALL" })).toMatchObject({ code: 40004 });
    expect(send(socket, "private/set-cancel-on-disconnect", { scope: "CONNECTION" })).toMatchObject({
      code: 0,
      result: { scope: "CONNECTION" },
    });
    trader.rest({ client_oid: "rest" });
    send(socket, "private/create-order", {
      instrument_name: BTC,
      side: "BUY",
      type: "LIMIT",
      quantity: "0.01",
      price: restingPrice(rig),
      client_oid: "ws",
    });
    rig.advance(SETTLED_MS);
    expect(rig.machine.openOrdersOf("default")).toHaveLength(2);
    rig.hangUp(socket);
    rig.advance(SETTLED_MS);
    expect(rig.machine.openOrdersOf("default").map(({ clientOrderId }) => clientOrderId)).toEqual(["rest"]);
  });
});
