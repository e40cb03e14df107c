import { Decimal } from "@conn/core";
import { describe, expect, it } from "vitest";
import { createRig, type Json, type Rig } from "./support/rig.js";
import { createTrader, type Trader } from "./support/trader.js";

function still(): { rig: Rig; trader: Trader } {
  const rig = createRig();
  rig.machine.freeze("BTCUSDT");
  rig.get("/fapi/v1/ping");
  return { rig, trader: createTrader(rig) };
}

const SYMBOL = { symbol: "BTCUSDT" };
const DAY = 86_400_000;
const idsOf = (list: Json): string[] => list.map(({ clientOrderId }: Json) => clientOrderId);

describe("orders", () => {
  it("are found by either id, open or not", () => {
    const { rig, trader } = still();
    trader.rest({ newClientOrderId: "a" });
    const { id } = rig.machine.orderOf("default", "a")!;
    const query = (path: string, fields: object) => trader.call("GET", path, { ...SYMBOL, ...fields });
    const open = query("/fapi/v1/order", { orderId: id }).json;
    expect(open).toMatchObject({
      clientOrderId: "a",
      avgPrice: "0.00000",
      cumQuote: "0",
      status: "NEW",
      time: rig.now,
      origType: "LIMIT",
    });
    expect(query("/fapi/v1/openOrder", { origClientOrderId: "a" }).status).toBe(200);
    trader.call("DELETE", "/fapi/v1/allOpenOrders", SYMBOL);
    expect(query("/fapi/v1/order", { origClientOrderId: "a" }).json.status).toBe("CANCELED");
    expect(query("/fapi/v1/openOrder", { origClientOrderId: "a" }).json.code).toBe(-2013);
    expect(query("/fapi/v1/order", { orderId: "1" }).json.code).toBe(-2013);
    expect(query("/fapi/v1/order", {}).json.code).toBe(-1102);
  });

  it("that are open are listed by contract or all", () => {
    const { trader } = still();
    trader.rest({ newClientOrderId: "a" });
    trader.place({ symbol: "ETHUSDT", price: "2700.00", quantity: "0.100", newClientOrderId: "b" });
    expect(idsOf(trader.call("GET", "/fapi/v1/openOrders", SYMBOL).json)).toEqual(["a"]);
    expect(idsOf(trader.call("GET", "/fapi/v1/openOrders").json)).toEqual(["a", "b"]);
  });

  it("are forgotten: after three days without a fill, after 90 in any case", () => {
    const { rig, trader } = still();
    trader.rest({ newClientOrderId: "empty" });
    trader.rest({ newClientOrderId: "filled" });
    rig.machine.fillOrder(rig.machine.orderOf("default", "filled")!.id);
    trader.rest({ newClientOrderId: "open" });
    trader.call("DELETE", "/fapi/v1/order", { ...SYMBOL, origClientOrderId: "empty" });
    const found = () =>
      ["empty", "filled", "open"].filter(
        (origClientOrderId) =>
          trader.call("GET", "/fapi/v1/order", { ...SYMBOL, origClientOrderId }).status === 200,
      );
    rig.advance(3 * DAY);
    expect(found()).toEqual(["empty", "filled", "open"]);
    rig.advance(1);
    expect(found()).toEqual(["filled", "open"]);
    rig.advance(87 * DAY);
    expect(found()).toEqual([]);
  }, 60_000);

  it("are not found yet while queries lag", () => {
    const { rig, trader } = still();
    rig.machine.lagQueries(500);
    trader.rest({ newClientOrderId: "a" });
    const find = () => trader.call("GET", "/fapi/v1/order", { ...SYMBOL, origClientOrderId: "a" }).status;
    rig.advance(499);
    expect(find()).toBe(400);
    expect(trader.call("GET", "/fapi/v1/openOrders").json).toEqual([]);
    rig.advance(1);
    expect(find()).toBe(200);
    expect(trader.call("GET", "/fapi/v1/openOrders").json).toHaveLength(1);
  });

  it("of all times are listed by id or window", () => {
    const { rig, trader } = still();
    const start = rig.now;
    for (const id of ["a", "b", "c", "d"]) {
      trader.rest({ newClientOrderId: id });
      rig.advance(1_000);
    }
    const list = (fields: object) => trader.call("GET", "/fapi/v1/allOrders", { ...SYMBOL, ...fields }).json;
    expect(idsOf(list({}))).toEqual(["a", "b", "c", "d"]);
    expect(idsOf(list({ limit: 2 }))).toEqual(["c", "d"]);
    expect(idsOf(list({ startTime: start + 1_000, limit: 2 }))).toEqual(["b", "c"]);
    expect(idsOf(list({ startTime: start + 1_000, endTime: start + 1_000 }))).toEqual(["b"]);
    const { id } = rig.machine.orderOf("default", "b")!;
    expect(idsOf(list({ orderId: id, limit: 2 }))).toEqual(["b", "c"]);
    expect(list({ startTime: start, endTime: start + 7 * DAY + 1 }).code).toBe(-4165);
    expect(list({ startTime: start + 1, endTime: start }).code).toBe(-1023);
    expect(list({ limit: 1001 }).code).toBe(-1130);
    expect(idsOf(trader.call("GET", "/fapi/v1/allOrders").json)).toHaveLength(4);
  });
});

describe("fills", () => {
  const fills = (trader: Trader, fields: object = {}) =>
    trader.call("GET", "/fapi/v1/userTrades", { ...SYMBOL, ...fields }).json;

  it("are what the ledger paid for", () => {
    const { rig, trader } = still();
    trader.rest({ newClientOrderId: "a", quantity: "0.010" });
    const { id, price } = rig.machine.orderOf("default", "a")!;
    rig.machine.fillOrder(id, "0.004");
    const answer = trader.call("GET", "/fapi/v1/userTrades", SYMBOL);
    const [fill] = answer.json;
    const quote = price!.times("0.004");
    expect(fill).toMatchObject({
      buyer: true,
      maker: true,
      commission: quote.times("0.0002").toFixed(8),
      commissionAsset: "USDT",
      qty: "0.004",
      quoteQty: quote.toFixed(),
      realizedPnl: "0.00000000",
      side: "BUY",
      positionSide: "BOTH",
      time: rig.now,
    });
    expect(answer.text).toContain(`"orderId":${id},`);
    const paid = rig.machine.ledgerOf("default").filter(({ reason }) => reason === "fee");
    expect(paid.map(({ amount }) => amount.neg().toFixed(8))).toEqual([fill.commission]);
  });

  it("are paged by id and by window", () => {
    const { rig, trader } = still();
    const start = rig.now;
    trader.rest({ newClientOrderId: "a", quantity: "0.010" });
    const { id } = rig.machine.orderOf("default", "a")!;
    for (let count = 0; count < 5; count++) {
      rig.machine.fillOrder(id, "0.002");
      rig.advance(1_000);
    }
    const all = fills(trader);
    expect(all).toHaveLength(5);
    const page = (fields: object): number[] =>
      fills(trader, fields).map(({ id: tradeId }: Json) => all.findIndex((one: Json) => one.id === tradeId));
    expect(page({ limit: 2 })).toEqual([3, 4]);
    expect(page({ fromId: all[1].id, limit: 2 })).toEqual([1, 2]);
    expect(page({ startTime: start + 1_000, limit: 2 })).toEqual([1, 2]);
    expect(page({ endTime: start + 1_000 })).toEqual([0, 1]);
    expect(page({ orderId: id })).toHaveLength(5);
    expect(page({ orderId: "1" })).toEqual([]);
    expect(fills(trader, { fromId: all[0].id, startTime: start }).code).toBe(-1128);
    expect(fills(trader, { startTime: start, endTime: start + 7 * DAY + 1 }).code).toBe(-4165);
    rig.advance(7 * DAY);
    expect(page({})).toEqual([]);
    expect(page({ fromId: all[0].id })).toEqual([0, 1, 2, 3, 4]);
  }, 60_000);

  it("sum up to the orders that they fill", () => {
    const { rig, trader } = still();
    trader.place({ type: "MARKET", quantity: "1.5", newClientOrderId: "m" });
    const order = trader.call("GET", "/fapi/v1/order", { ...SYMBOL, origClientOrderId: "m" }).json;
    const sum = (field: string) =>
      fills(trader)
        .reduce((total: Decimal, fill: Json) => total.plus(fill[field]), new Decimal(0))
        .toFixed();
    expect(sum("qty")).toBe(new Decimal(order.executedQty).toFixed());
    expect(sum("quoteQty")).toBe(order.cumQuote);
    expect(rig.machine.fillsOf("default").length).toBeGreaterThan(1);
  });
});
