import { beforeEach, describe, expect, it } from "vitest";
import { createRig, type Json, type Rig } from "./support/rig.js";
import { createTrader, restingPrice, SETTLED_MS, type Trader } from "./support/trader.js";

const BTC = "BTC_USDT";

let rig: Rig;
let trader: Trader;
beforeEach(() => {
  rig = createRig({ levels: 30 });
  rig.machine.freeze(BTC);
  trader = createTrader(rig);
});

/** Sends a command and returns the events that it leads to. */
const events = (method: string, params: Record<string, unknown>): Json[] => {
  const socket = trader.listen("user.order");
  const { json, text } = trader.call(method, params);
  if (json.code !== 0) throw new Error(text);
  rig.advance(SETTLED_MS);
  return rig.frames(socket).flatMap(({ result }) => result.data);
};

describe("private/cancel-order", () => {
  it("is acknowledged at once and carried out a moment later", () => {
    const order_id = trader.rest({ client_oid: "mine" });
    const { json } = trader.call("private/cancel-order", { order_id });
    expect(json).toEqual({
      id: json.id,
      method: "private/cancel-order",
      code: 0,
      message: "NO_ERROR",
      result: { client_oid: "mine", order_id },
    });
    expect(trader.detail(order_id).status).toBe("ACTIVE");
    rig.advance(SETTLED_MS);
    expect(trader.detail(order_id)).toMatchObject({ status: "CANCELED" });
    expect(trader.detail(order_id).reason).toBeUndefined();
  });

  it("takes the client's id, and an order that is on its way", () => {
    trader.place({ client_oid: "mine" });
    expect(statuses(events("private/cancel-order", { client_oid: "mine" }))).toEqual(["CANCELED"]);
  });

  it("refuses orders that are unknown, another's or over", () => {
    const cancel = (params: Record<string, unknown>) => {
      const { status, json } = trader.call("private/cancel-order", params);
      return [status, json.code];
    };
    rig.machine.createAccount("other", { funds: { USDT: "10000" } });
    const foreign = createTrader(rig, "other").rest();
    expect(cancel({ order_id: "1" })).toEqual([500, 212]);
    expect(cancel({ order_id: foreign })).toEqual([500, 212]);
    expect(cancel({})).toEqual([400, 40004]);
    const order_id = trader.rest();
    rig.machine.fillOrder(order_id);
    rig.advance(1);
    expect(cancel({ order_id })).toEqual([500, 316]);
  });

  it("comes to nothing if the order is filled meanwhile", () => {
    const order_id = trader.rest();
    trader.call("private/cancel-order", { order_id });
    rig.machine.fillOrder(order_id);
    rig.advance(SETTLED_MS);
    expect(trader.detail(order_id)).toMatchObject({ status: "FILLED", cumulative_quantity: "0.01000" });
  });
});

const statuses = (list: Json[]) => list.map(({ status }) => status);

describe("private/cancel-all-orders", () => {
  it("cancels those of one pair or of all, and answers with its code alone", () => {
    const eth = { instrument_name: "ETH_USDT", price: "2000" };
    trader.rest();
    trader.rest(eth);
    const { json } = trader.call("private/cancel-all-orders", { instrument_name: BTC });
    expect(json).toEqual({ id: json.id, method: "private/cancel-all-orders", code: 0 });
    rig.advance(SETTLED_MS);
    expect(rig.machine.openOrdersOf("default").map(({ symbol }) => symbol)).toEqual(["ETH_USDT"]);
    expect(events("private/cancel-all-orders", { type: "TRIGGER" })).toEqual([]);
    trader.rest();
    expect(statuses(events("private/cancel-all-orders", {}))).toEqual(["CANCELED", "CANCELED"]);
    expect(rig.machine.openOrdersOf("default")).toEqual([]);
  });
});

describe("private/amend-order", () => {
  const amend = (params: Record<string, unknown>) => trader.call("private/amend-order", params);

  it("changes price and quantity of an order that keeps its id, and takes the request's for the client's", () => {
    const order_id = trader.rest({ client_oid: "53" });
    const price = String(Math.round(Number(restingPrice(rig)) - 10));
    const { json } = amend({ order_id, new_price: price, new_quantity: "0.02" });
    expect(json.result).toEqual({ order_id, client_oid: String(json.id) });
    expect(trader.detail(order_id)).toMatchObject({ client_oid: "53", quantity: "0.01000" });
    rig.advance(SETTLED_MS);
    expect(trader.detail(order_id)).toMatchObject({
      status: "ACTIVE",
      client_oid: String(json.id),
      quantity: "0.02000",
      limit_price: `${price}.00`,
    });
    expect(rig.machine.bookOf(BTC).bids.find(([one]) => one === `${price}.00`)?.[1]).toBe("0.02000");
    const [event] = events("private/amend-order", {
      orig_client_oid: String(json.id),
      client_oid: "named",
      new_price: price,
      new_quantity: "0.03",
    });
    expect(event).toMatchObject({ order_id, client_oid: "named", quantity: "0.03000" });
    expect(amend({ orig_client_oid: "53", new_price: price, new_quantity: "1" }).json.code).toBe(212);
  });

  it("keeps its place in the queue only if its quantity shrinks", () => {
    rig.machine.createAccount("other", { funds: { USDT: "100000" } });
    const price = restingPrice(rig);
    const first = trader.rest({ price, quantity: "0.02" });
    const second = createTrader(rig, "other").rest({ price, quantity: "0.02" });
    const filledFirst = (): string => {
      rig.machine.tradeThrough(BTC, { side: "sell", price, amount: (sumAbove(price) + 0.001).toFixed(5) });
      rig.advance(1);
      const [fill] = rig.machine.fillsOf("default").slice(-1);
      return fill?.orderId ?? second;
    };
    amend({ order_id: first, new_price: price, new_quantity: "0.01" });
    rig.advance(SETTLED_MS);
    expect(filledFirst()).toBe(first);
    amend({ order_id: first, new_price: price, new_quantity: "0.05" });
    rig.advance(SETTLED_MS);
    const before = rig.machine.fillsOf("other").length;
    filledFirst();
    expect(rig.machine.fillsOf("other").length).toBe(before + 1);
  });

  const sumAbove = (price: string): number =>
    rig.machine
      .bookOf(BTC)
      .bids.filter(([one]) => Number(one) > Number(price))
      .reduce((sum, [, amount]) => sum + Number(amount), 0);

  it("wants both values, and one of them new", () => {
    const price = restingPrice(rig);
    const order_id = trader.rest({ price });
    const code = (params: object) => amend({ order_id, ...params }).json.code;
    expect(code({ new_price: price })).toBe(40004);
    expect(code({ new_quantity: "0.01" })).toBe(40004);
    rig.advance(100);
    expect(code({ new_price: price, new_quantity: "0.010" })).toBe(40004);
    expect(code({ new_price: "80000.001", new_quantity: "0.01" })).toBe(308);
    rig.advance(100);
    expect(code({ new_price: price, new_quantity: "0.000001" })).toBe(213);
    expect(code({ new_price: price, new_quantity: "10" })).toBe(306);
  });

  it("that would take ends an order that may only make", () => {
    const order_id = trader.rest({ exec_inst: ["POST_ONLY"] });
    const [price] = rig.machine.bookOf(BTC).asks[0]!;
    const told = events("private/amend-order", { order_id, new_price: price, new_quantity: "0.01" });
    expect(told).toMatchObject([{ order_id, status: "CANCELED", reason: "43005" }]);
  });

  it("refuses orders that are unknown or over", () => {
    const change = { new_price: "80000", new_quantity: "0.01" };
    expect(amend({ order_id: "1", ...change })).toMatchObject({ status: 500, json: { code: 212 } });
    const order_id = trader.rest();
    rig.machine.cancelOrder("default", order_id);
    rig.advance(1);
    expect(amend({ order_id, ...change })).toMatchObject({ status: 500, json: { code: 316 } });
  });
});

describe("lists of orders", () => {
  const leg = (params: object = {}) => ({
    instrument_name: BTC,
    side: "BUY",
    type: "LIMIT",
    quantity: "0.01",
    price: restingPrice(rig),
    ...params,
  });
  const create = (legs: readonly object[]) =>
    trader.call("private/create-order-list", { contingency_type: "LIST", order_list: legs });

  it("are answered leg by leg, with codes of what is refused", () => {
    trader.rest({ client_oid: "used" });
    const { json } = create([
      leg({ client_oid: "leg1" }),
      leg({ client_oid: "used" }),
      leg({ client_oid: "dear", quantity: "10" }),
      leg({ side: "?" }),
      leg({ client_oid: "leg5", side: "SELL", price: "100000" }),
    ]);
    expect(json.result).toEqual([
      { code: 0, index: 0, client_oid: "leg1", order_id: expect.any(String) },
      { code: 204, index: 1, client_oid: "used", message: "DUPLICATE_CLORDID" },
      { code: 306, index: 2, client_oid: "dear", message: "INSUFFICIENT_AVAILABLE_BALANCE" },
      { code: 220, index: 3, message: "INVALID_SIDE" },
      { code: 0, index: 4, client_oid: "leg5", order_id: expect.any(String) },
    ]);
    expect(rig.machine.openOrdersOf("default")).toHaveLength(1);
    rig.advance(SETTLED_MS);
    expect(rig.machine.openOrdersOf("default").map(({ clientOrderId }) => clientOrderId)).toEqual([
      "used",
      "leg1",
      "leg5",
    ]);
  });

  it("count what legs before need", () => {
    const { json } = create([leg({ quantity: "0.8" }), leg({ quantity: "0.8" })]);
    expect(json.result.map(({ code }: Json) => code)).toEqual([0, 306]);
  });

  it("are canceled leg by leg", () => {
    const order_id = trader.rest();
    trader.rest({ client_oid: "mine" });
    const { json } = trader.call("private/cancel-order-list", {
      contingency_type: "LIST",
      order_list: [
        { instrument_name: BTC, order_id },
        { instrument_name: BTC, client_oid: "nobody" },
        { instrument_name: BTC, client_oid: "mine" },
      ],
    });
    expect(json.result).toEqual([
      { code: 0, index: 0 },
      { code: 212, index: 1, message: "INVALID_ORDERID" },
      { code: 0, index: 2 },
    ]);
    rig.advance(SETTLED_MS);
    expect(rig.machine.openOrdersOf("default")).toEqual([]);
  });

  it("have one to ten legs and are of the type LIST", () => {
    const code = (params: object) => {
      rig.advance(100);
      return trader.call("private/create-order-list", { ...params }).json.code;
    };
    expect(code({ order_list: [leg()] })).toBe(40004);
    expect(code({ contingency_type: "OCO", order_list: [leg()] })).toBe(40004);
    expect(code({ contingency_type: "LIST", order_list: [] })).toBe(40004);
    expect(code({ contingency_type: "LIST", order_list: Array(11).fill(leg()) })).toBe(40004);
    expect(code({ contingency_type: "LIST", order_list: Array(10).fill(leg({ quantity: "0.001" })) })).toBe(
      0,
    );
  });
});
