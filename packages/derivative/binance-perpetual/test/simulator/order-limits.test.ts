import { describe, expect, it } from "vitest";
import { createRig } from "./support/rig.js";
import { createTrader, restingPrice } from "./support/trader.js";

/** A whole minute of the clock. */
const MINUTE = 1_790_000_040_000;
const SYMBOL = { symbol: "BTCUSDT" };
const counts = (headers: Readonly<Record<string, string>>) => [
  headers["x-mbx-order-count-10s"],
  headers["x-mbx-order-count-1m"],
];

describe("what requests cost", () => {
  it.each([
    ["POST", "/fapi/v1/order", {}, 0],
    ["PUT", "/fapi/v1/order", {}, 0],
    ["DELETE", "/fapi/v1/order", {}, 1],
    ["GET", "/fapi/v1/order", {}, 1],
    ["POST", "/fapi/v1/batchOrders", {}, 5],
    ["PUT", "/fapi/v1/batchOrders", {}, 5],
    ["DELETE", "/fapi/v1/batchOrders", {}, 1],
    ["DELETE", "/fapi/v1/allOpenOrders", {}, 1],
    ["POST", "/fapi/v1/countdownCancelAll", {}, 10],
    ["GET", "/fapi/v1/openOrder", {}, 1],
    ["GET", "/fapi/v1/openOrders", SYMBOL, 1],
    ["GET", "/fapi/v1/openOrders", {}, 40],
    ["GET", "/fapi/v1/allOrders", {}, 5],
    ["GET", "/fapi/v1/userTrades", {}, 5],
    ["GET", "/fapi/v3/balance", {}, 5],
    ["GET", "/fapi/v2/account", {}, 5],
    ["GET", "/fapi/v3/account", {}, 5],
    ["GET", "/fapi/v2/positionRisk", {}, 5],
    ["GET", "/fapi/v3/positionRisk", {}, 5],
    ["GET", "/fapi/v1/symbolConfig", {}, 5],
    ["GET", "/fapi/v1/accountConfig", {}, 5],
    ["GET", "/fapi/v1/commissionRate", {}, 20],
    ["GET", "/fapi/v1/leverageBracket", {}, 1],
    ["POST", "/fapi/v1/leverage", {}, 1],
    ["POST", "/fapi/v1/marginType", {}, 1],
    ["GET", "/fapi/v1/positionSide/dual", {}, 30],
    ["POST", "/fapi/v1/positionSide/dual", {}, 1],
    ["GET", "/fapi/v1/income", {}, 30],
    ["GET", "/fapi/v1/rateLimit/order", {}, 1],
    ["POST", "/fapi/v1/listenKey", {}, 1],
  ])("%s %s %o: %i", (method, path, fields, weight) => {
    const { headers } = createTrader(createRig()).call(method, path, fields);
    expect(headers["x-mbx-used-weight-1m"]).toBe(String(weight));
  });
});

describe("orders of an account", () => {
  it("are counted in ten seconds and in a minute of the clock", () => {
    const rig = createRig({ startAt: MINUTE });
    const trader = createTrader(rig);
    const order = { ...SYMBOL, side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: "0.010" };
    const price = restingPrice(rig);
    const place = () => trader.call("POST", "/fapi/v1/order", { ...order, price });
    expect(counts(place().headers)).toEqual(["1", "1"]);
    const batch = { batchOrders: JSON.stringify([{ ...order, price }]) };
    expect(counts(trader.call("POST", "/fapi/v1/batchOrders", batch).headers)).toEqual(["6", "2"]);
    const cancel = trader.call("DELETE", "/fapi/v1/allOpenOrders", SYMBOL);
    expect(counts(cancel.headers)).toEqual([undefined, undefined]);
    rig.advance(10_000);
    expect(counts(place().headers)).toEqual(["1", "3"]);
    rig.advance(50_000);
    expect(counts(place().headers)).toEqual(["1", "1"]);
    rig.machine.createAccount("other", { funds: { USDT: "100000" } });
    const other = createTrader(rig, "other").call("POST", "/fapi/v1/order", { ...order, price });
    expect(counts(other.headers)).toEqual(["1", "1"]);
  });

  it("are refused above the limit, which is told", () => {
    const rig = createRig({
      startAt: MINUTE + 3_000,
      limits: { ordersPerTenSeconds: 2, ordersPerMinute: 3 },
    });
    const trader = createTrader(rig);
    const place = () =>
      trader.call("POST", "/fapi/v1/order", {
        ...SYMBOL,
        side: "BUY",
        type: "LIMIT",
        timeInForce: "GTC",
        quantity: "0.010",
        price: restingPrice(rig),
      });
    place();
    place();
    expect(place()).toMatchObject({ status: 429, headers: { "retry-after": "7" }, json: { code: -1015 } });
    expect(rig.machine.openOrdersOf("default")).toHaveLength(2);
    rig.advance(7_000);
    expect(place().status).toBe(200);
    expect(place()).toMatchObject({ status: 429, headers: { "retry-after": "50" }, json: { code: -1015 } });
    expect(trader.call("GET", "/fapi/v1/rateLimit/order").json).toEqual([
      { rateLimitType: "ORDERS", interval: "SECOND", intervalNum: 10, limit: 2 },
      { rateLimitType: "ORDERS", interval: "MINUTE", intervalNum: 1, limit: 3 },
    ]);
  });
});
