import { describe, expect, it } from "vitest";
import { createRig, type Rig } from "./support/rig.js";
import { createTrader, restingPrice, type Trader } from "./support/trader.js";

function still(): { rig: Rig; trader: Trader } {
  const rig = createRig();
  rig.machine.freeze("BTCUSDT");
  rig.get("/fapi/v1/ping");
  return { rig, trader: createTrader(rig) };
}

const ORDER = "/fapi/v1/order";
const SYMBOL = { symbol: "BTCUSDT" };
const amend = (trader: Trader, id: string, fields: Record<string, string>) =>
  trader.call("PUT", ORDER, { ...SYMBOL, side: "BUY", origClientOrderId: id, ...fields });

describe("cancel", () => {
  it("by either id; the venue's prevails", () => {
    const { rig, trader } = still();
    trader.rest({ newClientOrderId: "a" });
    trader.rest({ newClientOrderId: "b" });
    const { id } = rig.machine.orderOf("default", "a")!;
    const answer = trader.call("DELETE", ORDER, { ...SYMBOL, orderId: id, origClientOrderId: "b" });
    expect(answer.json).toMatchObject({ clientOrderId: "a", status: "CANCELED", executedQty: "0.000" });
    expect(answer.json).not.toHaveProperty("avgPrice");
    expect(trader.call("DELETE", ORDER, { ...SYMBOL, origClientOrderId: "b" }).json.clientOrderId).toBe("b");
  });

  it("is refused for what is not there, is over, or is another contract's", () => {
    const { trader } = still();
    trader.rest({ newClientOrderId: "a" });
    const cancel = (fields: Record<string, string>) => trader.call("DELETE", ORDER, { ...SYMBOL, ...fields });
    expect(cancel({ origClientOrderId: "nope" })).toMatchObject({ status: 400, json: { code: -2011 } });
    expect(cancel({ symbol: "ETHUSDT", origClientOrderId: "a" }).json.code).toBe(-2011);
    expect(cancel({}).json.code).toBe(-1102);
    expect(cancel({ orderId: "x" }).json.code).toBe(-1100);
    expect(cancel({ origClientOrderId: "a" }).status).toBe(200);
    expect(cancel({ origClientOrderId: "a" }).json.code).toBe(-2011);
  });

  it("of all is one contract's", () => {
    const { rig, trader } = still();
    trader.rest();
    trader.rest();
    trader.place({ symbol: "ETHUSDT", price: "2700.00", quantity: "0.100" });
    expect(trader.call("DELETE", "/fapi/v1/allOpenOrders", SYMBOL).json).toMatchObject({ code: 200 });
    expect(rig.machine.openOrdersOf("default").map(({ symbol }) => symbol)).toEqual(["ETHUSDT"]);
  });

  it("of a batch answers for each", () => {
    const { rig, trader } = still();
    trader.rest({ newClientOrderId: "a" });
    trader.rest({ newClientOrderId: "b" });
    const batch = "/fapi/v1/batchOrders";
    const { id } = rig.machine.orderOf("default", "a")!;
    const byId = trader.call("DELETE", batch, { ...SYMBOL, orderIdList: `[${id},1]` }).json;
    expect(byId).toMatchObject([{ clientOrderId: "a", status: "CANCELED" }, { code: -2011 }]);
    const list = { ...SYMBOL, origClientOrderIdList: '["b"]' };
    expect(trader.call("DELETE", batch, list).json).toMatchObject([{ clientOrderId: "b" }]);
    const eleven = `[${Array(11).fill(1).join(",")}]`;
    expect(trader.call("DELETE", batch, { ...SYMBOL, orderIdList: eleven }).json.code).toBe(-4032);
    expect(trader.call("DELETE", batch, SYMBOL).json.code).toBe(-1102);
  });
});

describe("the countdown", () => {
  const start = (trader: Trader, countdownTime: number) =>
    trader.call("POST", "/fapi/v1/countdownCancelAll", { ...SYMBOL, countdownTime });

  it("cancels a contract's orders unless it is renewed in time", () => {
    const { rig, trader } = still();
    trader.rest();
    expect(start(trader, 2_000).json).toEqual({ symbol: "BTCUSDT", countdownTime: "2000" });
    rig.advance(1_500);
    start(trader, 2_000);
    rig.advance(1_990);
    expect(rig.machine.openOrdersOf("default")).toHaveLength(1);
    rig.advance(20);
    expect(rig.machine.openOrdersOf("default")).toHaveLength(0);
    trader.rest();
    rig.advance(10_000);
    expect(rig.machine.openOrdersOf("default")).toHaveLength(1);
  });

  it("is stopped by 0", () => {
    const { rig, trader } = still();
    trader.rest();
    start(trader, 2_000);
    start(trader, 0);
    rig.advance(10_000);
    expect(rig.machine.openOrdersOf("default")).toHaveLength(1);
  });
});

describe("amend", () => {
  it("changes price and quantity, and gives up the place in the queue", () => {
    const { rig, trader } = still();
    const price = restingPrice(rig);
    trader.rest({ price, newClientOrderId: "a" });
    trader.rest({ price, newClientOrderId: "b" });
    const answer = amend(trader, "a", { price, quantity: "0.008", modifyId: "7" });
    expect(answer.json).toMatchObject({ clientOrderId: "a", origQty: "0.008", status: "NEW", modifyId: 7 });
    for (const gone of ["avgPrice", "cumQuote", "cumBase"]) expect(answer.json).not.toHaveProperty(gone);
    // Everybody who bids more goes first.
    rig.machine.tradeThrough("BTCUSDT", { side: "sell", price, amount: "100000" });
    rig.machine.tradeThrough("BTCUSDT", { side: "sell", price, amount: "100000" });
    rig.get("/fapi/v1/ping");
    const fills = rig.machine.fillsOf("default").map(({ clientOrderId }) => clientOrderId);
    expect(fills.indexOf("b")).toBeLessThan(fills.indexOf("a"));
  });

  it("leaves the order as it is where a filter refuses it", () => {
    const { rig, trader } = still();
    const price = restingPrice(rig);
    trader.rest({ price, newClientOrderId: "a" });
    expect(amend(trader, "a", { price, quantity: "0.010" }).json.code).toBe(-5027);
    expect(amend(trader, "a", { price: "80000.05", quantity: "0.010" }).json.code).toBe(-4014);
    expect(amend(trader, "a", { price, quantity: "0.0101" }).json.code).toBe(-1111);
    expect(amend(trader, "a", { price: "40000", quantity: "0.001" }).json.code).toBe(-4164);
    expect(amend(trader, "a", { price, quantity: "30" }).json.code).toBe(-2019);
    expect(amend(trader, "a", { price }).json.code).toBe(-1102);
    expect(amend(trader, "a", { quantity: "1" }).json.code).toBe(-1102);
    expect(amend(trader, "a", { price, quantity: "1", side: "SELL" }).json.code).toBe(-1117);
    expect(amend(trader, "a", { price, quantity: "1", reduceOnly: "true" }).json.code).toBe(-5047);
    expect(amend(trader, "nope", { price, quantity: "1" }).json.code).toBe(-2013);
    expect(rig.machine.orderOf("default", "a")).toMatchObject({ status: "open", updatedAt: rig.now });
    expect(rig.machine.orderOf("default", "a")!.amount!.toFixed()).toBe("0.01");
  });

  it("to no more than was filled cancels the order", () => {
    const { rig, trader } = still();
    const price = restingPrice(rig);
    trader.rest({ price, quantity: "0.010", newClientOrderId: "a" });
    rig.machine.fillOrder(rig.machine.orderOf("default", "a")!.id, "0.006");
    const answer = amend(trader, "a", { price, quantity: "0.006" });
    expect(answer.json).toMatchObject({ status: "CANCELED", executedQty: "0.006" });
  });

  it("of a GTX order to a price that would take cancels the order", () => {
    const { rig, trader } = still();
    trader.rest({ newClientOrderId: "a", timeInForce: "GTX" });
    const price = rig.machine.bookOf("BTCUSDT").asks[0]![0];
    expect(amend(trader, "a", { price, quantity: "0.010" }).json.status).toBe("CANCELED");
    expect(rig.machine.fillsOf("default")).toEqual([]);
  });
});

describe("a batch", () => {
  const batchOrders = (list: unknown): Record<string, string> => ({ batchOrders: JSON.stringify(list) });
  const order = (fields: object) => ({
    ...SYMBOL,
    side: "BUY",
    type: "LIMIT",
    timeInForce: "GTC",
    ...fields,
  });

  it("places each order by itself, numbers or texts", () => {
    const { rig, trader } = still();
    const price = restingPrice(rig);
    const list = [
      order({ quantity: "0.010", price, newClientOrderId: "a" }),
      order({ quantity: 0.01, price: Number(price), newClientOrderId: "b" }),
      order({ quantity: "0.010", price: "80000.05" }),
    ];
    const { json } = trader.call("POST", "/fapi/v1/batchOrders", batchOrders(list));
    expect(json).toMatchObject([
      { clientOrderId: "a" },
      { clientOrderId: "b", status: "NEW" },
      { code: -4014 },
    ]);
    expect(rig.machine.openOrdersOf("default")).toHaveLength(2);
  });

  it("amends by ids that no number holds", () => {
    const { rig, trader } = still();
    const price = restingPrice(rig);
    trader.rest({ price, newClientOrderId: "a" });
    const { id } = rig.machine.orderOf("default", "a")!;
    const text = `[{"symbol":"BTCUSDT","side":"BUY","orderId":${id},"quantity":"0.020","price":"${price}"}]`;
    const { json } = trader.call("PUT", "/fapi/v1/batchOrders", { batchOrders: text });
    expect(json).toMatchObject([{ clientOrderId: "a", origQty: "0.020" }]);
  });

  it("has one to five orders", () => {
    const { trader } = still();
    const call = (fields: Record<string, string>) =>
      trader.call("POST", "/fapi/v1/batchOrders", fields).json.code;
    expect(call(batchOrders([]))).toBe(-4082);
    expect(call(batchOrders(Array(6).fill(order({}))))).toBe(-4082);
    expect(call({ batchOrders: "[" })).toBe(-1102);
    expect(call({})).toBe(-1102);
  });
});
