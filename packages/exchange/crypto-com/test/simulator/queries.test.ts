import { beforeEach, describe, expect, it } from "vitest";
import { createRig, type Json, type Rig } from "./support/rig.js";
import { createTrader, restingPrice, type Trader } from "./support/trader.js";

const BTC = "BTC_USDT";

let rig: Rig;
let trader: Trader;
beforeEach(() => {
  rig = createRig({ levels: 30 });
  rig.machine.freeze(BTC);
  trader = createTrader(rig);
});

/** Asks a method of the venue once its limit allows it. */
const rows = (method: string, params: Record<string, unknown> = {}): Json[] => {
  rig.advance(1000);
  const { json, text } = trader.call(method, params);
  if (json.code !== 0) throw new Error(text);
  return json.result.data;
};
const code = (method: string, params: Record<string, unknown>): number => {
  rig.advance(1000);
  return trader.call(method, params).json.code;
};

describe("private/get-order-detail", () => {
  it("knows an order by either id, and no other", () => {
    const order_id = trader.rest({ client_oid: "mine" });
    const by = (params: Record<string, unknown>) => trader.call("private/get-order-detail", params);
    expect(by({ client_oid: "mine" }).json.result.order_id).toBe(order_id);
    expect(by({ order_id }).json.result.client_oid).toBe("mine");
    expect(by({ order_id: "6530219466236720400" })).toMatchObject({ status: 200, json: { code: 40401 } });
    expect(by({ client_oid: "other" })).toMatchObject({ status: 200, json: { code: 40401 } });
    expect(by({ order_id: "x" })).toMatchObject({ status: 500, json: { code: 212 } });
    expect(by({})).toMatchObject({ status: 400, json: { code: 40004 } });
    rig.machine.createAccount("other");
    expect(createTrader(rig, "other").call("private/get-order-detail", { order_id }).json.code).toBe(40401);
  });
});

describe("private/get-open-orders", () => {
  it("has what is open, of one pair or of all", () => {
    const one = trader.rest();
    const other = trader.rest({ instrument_name: "ETH_USDT", price: "2000" });
    const over = trader.rest();
    rig.machine.fillOrder(over);
    rig.machine.fillOrder(one, "0.004");
    trader.place();
    const ids = (params = {}) => rows("private/get-open-orders", params).map(({ order_id }) => order_id);
    const { json } = trader.call("private/get-open-orders", {});
    expect(json.result.data.map(({ order_id }: Json) => order_id)).toEqual([one, other]);
    expect(json.result.data[0]).toMatchObject({ status: "ACTIVE", cumulative_quantity: "0.00400" });
    expect(ids({ instrument_name: "ETH_USDT" })).toEqual([other]);
    expect(ids()).toHaveLength(3);
    expect(code("private/get-open-orders", { instrument_name: "NO" })).toBe(209);
  });
});

describe("private/get-order-history", () => {
  it("has what is over, latest first, with its reason", () => {
    const filled = trader.rest();
    const canceled = trader.rest();
    trader.rest();
    const rejected = trader.rest({ quantity: "10" });
    rig.machine.fillOrder(filled);
    rig.machine.cancelOrder("default", canceled);
    const history = rows("private/get-order-history");
    expect(history.map(({ order_id, status, reason }) => [order_id, status, reason])).toEqual([
      [rejected, "REJECTED", 306],
      [canceled, "CANCELED", undefined],
      [filled, "FILLED", undefined],
    ]);
    expect(rows("private/get-order-history", { limit: 1 })).toEqual(history.slice(0, 1));
    expect(rows("private/get-order-history", { instrument_name: "ETH_USDT" })).toEqual([]);
    const { create_time_ns } = history[1]!;
    expect(rows("private/get-order-history", { start_time: create_time_ns })).toEqual(history.slice(0, 2));
    expect(rows("private/get-order-history", { end_time: create_time_ns })).toEqual(history.slice(2));
  });
});

describe("private/get-trades", () => {
  beforeEach(() => {
    const order_id = trader.rest({ quantity: "0.5" });
    for (let count = 0; count < 103; count++) rig.machine.fillOrder(order_id, "0.0002");
    rig.advance(1);
  });

  it("has the latest hundred, latest first, and by nanoseconds those before", () => {
    const fills = rig.machine.fillsOf("default");
    const latest = rows("private/get-trades");
    expect(latest).toHaveLength(100);
    expect(latest[0]).toMatchObject({
      traded_quantity: "0.00020",
      traded_price: fills[0]!.price.toFixed(2),
      taker_side: "MAKER",
      fees: `-${fills.at(-1)!.fee.toFixed()}`,
      fee_instrument_name: "BTC",
      trade_match_id: rig.machine.tradesOf(BTC).at(-1)!.matchId,
    });
    expect(new Set(latest.map(({ trade_id }) => trade_id)).size).toBe(100);
    // All in one millisecond: only nanoseconds tell them apart.
    expect(new Set(latest.map(({ create_time }) => create_time)).size).toBe(1);
    const before = rows("private/get-trades", { end_time: latest.at(-1).create_time_ns });
    expect(before).toHaveLength(3);
    expect(rows("private/get-trades", { start_time: latest[4].create_time_ns, limit: "100" })).toEqual(
      latest.slice(0, 5),
    );
    expect(rows("private/get-trades", { instrument_name: "ETH_USDT" })).toEqual([]);
    expect(rows("private/get-trades", { start_time: rig.now + 10 })).toEqual([]);
  });

  it("looks back a day unless told otherwise", () => {
    rig.machine.freeze("ETH_USDT");
    for (const symbol of rig.machine.symbols()) rig.machine.freeze(symbol);
    rig.advance(86_400_000);
    expect(rows("private/get-trades")).toEqual([]);
    expect(rows("private/get-trades", { start_time: rig.now - 2 * 86_400_000 })).toHaveLength(100);
  });

  it("refuses what makes no sense", () => {
    expect(code("private/get-trades", { limit: 101 })).toBe(40004);
    expect(code("private/get-trades", { limit: 0 })).toBe(40004);
    expect(code("private/get-trades", { start_time: "x" })).toBe(40005);
    expect(code("private/get-trades", { start_time: 2e12, end_time: 1e12 })).toBe(40005);
  });
});

describe("what is new is unknown to queries for as long as that is scripted", () => {
  it("orders and fills", () => {
    rig.machine.lagQueries(2_000);
    const order_id = trader.rest();
    rig.machine.fillOrder(order_id, "0.005");
    const known = () => [
      code("private/get-order-detail", { order_id }),
      rows("private/get-open-orders").length,
      rows("private/get-trades").length,
    ];
    rig.advance(1);
    expect(trader.call("private/get-order-detail", { order_id }).json.code).toBe(40401);
    expect(rig.machine.openOrdersOf("default")).toHaveLength(1);
    rig.advance(2_000);
    expect(known()).toEqual([0, 1, 1]);
  });
});

describe("private/user-balance", () => {
  it("has all that there is, what is kept back, and sums in US dollars", () => {
    const price = restingPrice(rig);
    trader.rest({ price });
    const { data } = trader.call("private/user-balance").json.result;
    expect(data).toHaveLength(1);
    const [{ position_balances, ...totals }] = data;
    const held = (Number(price) * 0.01).toFixed(3);
    const usdt = position_balances.find((one: Json) => one.instrument_name === "USDT");
    expect(usdt).toMatchObject({
      quantity: "100000",
      reserved_qty: String(Number(held)),
      market_value: "100000",
    });
    expect(Number(usdt.max_withdrawal_balance)).toBeCloseTo(100_000 - Number(held), 6);
    const sum = position_balances.reduce((all: number, one: Json) => all + Number(one.market_value), 0);
    expect(Number(totals.total_cash_balance)).toBeCloseTo(sum, 4);
    expect(totals).toMatchObject({ instrument_name: "USD", is_liquidating: false });
  });
});

describe("the account", () => {
  it("pays its own rates, told in basis points", () => {
    expect(trader.call("private/get-fee-rate").json.result).toMatchObject({
      effective_spot_maker_rate_bps: "25",
      effective_spot_taker_rate_bps: "50",
    });
    rig.machine.setFees("default", { maker: "-0.0001", taker: "0.00065" }, BTC);
    expect(trader.call("private/get-instrument-fee-rate", { instrument_name: BTC }).json.result).toEqual({
      instrument_name: BTC,
      effective_maker_rate_bps: "-1",
      effective_taker_rate_bps: "6.5",
    });
    const order_id = trader.rest();
    rig.machine.fillOrder(order_id);
    const [fill] = rows("private/get-trades");
    // A rebate is positive.
    expect(fill.fees).toBe("0.000001");
    expect(trader.detail(order_id)).toMatchObject({
      cumulative_fee: "-0.000001",
      maker_fee_rate: "-0.000100",
    });
  });

  it("has an id", () => {
    const { master_account, sub_account_list } = trader.call("private/get-accounts").json.result;
    expect(trader.detail(trader.rest()).account_id).toBe(master_account.uuid);
    expect(sub_account_list).toEqual([]);
  });
});
