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

const best = (side: "bids" | "asks") => rig.machine.bookOf(BTC)[side][0]!;
const depthAt = (price: string) =>
  rig.machine.bookOf(BTC).bids.find((level) => Number(level[0]) === Number(price))?.[1];
const orders = (socket: number): Json[] =>
  rig.frames(socket).flatMap(({ result }) => (result.channel === "user.order" ? result.data : []));
/** Places an order and returns the events that tell of it. */
const events = (params: Record<string, unknown>): Json[] => {
  const socket = trader.listen("user.order");
  const { json, text } = trader.place(params);
  if (json.code !== 0) throw new Error(text);
  rig.advance(SETTLED_MS);
  return orders(socket);
};
const statuses = (list: Json[]) => list.map(({ status, reason }) => [status, reason]);

describe("a limit order", () => {
  it("is acknowledged at once, and told to be there a moment later", () => {
    const socket = trader.listen("user.order");
    const price = restingPrice(rig);
    const { status, json } = trader.place({ client_oid: "mine", price });
    expect(status).toBe(200);
    expect(json).toEqual({
      id: json.id,
      method: "private/create-order",
      code: 0,
      result: { client_oid: "mine", order_id: expect.stringMatching(/^\d{19}$/) },
    });
    const { order_id } = json.result;
    expect(rig.machine.orderOf("default", "mine")).toBeUndefined();
    expect(trader.call("private/get-order-detail", { client_oid: "mine" })).toMatchObject({
      status: 200,
      json: { code: 40401 },
    });
    const before = rig.now;
    rig.advance(SETTLED_MS);
    const told = orders(socket);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({
      order_id,
      client_oid: "mine",
      status: "ACTIVE",
      order_type: "LIMIT",
      time_in_force: "GOOD_TILL_CANCEL",
      side: "BUY",
      exec_inst: [],
      quantity: "0.01000",
      limit_price: `${price}0`,
      cumulative_quantity: "0.00000",
      avg_price: "0",
      instrument_name: BTC,
      fee_instrument_name: "BTC",
      create_time: before,
    });
    expect(told[0].update_time).toBeGreaterThan(before);
    expect(told[0].create_time_ns.startsWith(String(before))).toBe(true);
    expect(depthAt(price)).toBe("0.01000");
    expect(trader.detail(order_id)).toEqual(told[0]);
  });

  it("trades with what is there, tells each fill, and rests with the remainder", () => {
    const socket = trader.listen("user.order", "user.trade");
    const [price, amount] = best("asks");
    const quantity = (Number(amount) + 0.01).toFixed(5);
    const { json } = trader.place({ price, quantity });
    rig.advance(SETTLED_MS);
    const frames = rig.frames(socket).map(({ result }) => result);
    expect(frames.map(({ channel, data }) => [channel, data[0].status])).toEqual([
      ["user.order", "ACTIVE"],
      ["user.order", "ACTIVE"],
      ["user.trade", undefined],
    ]);
    const [fill] = rig.machine.fillsOf("default");
    const trade = rig.machine.tradesOf(BTC).at(-1)!;
    expect(frames[2].data).toEqual([
      {
        account_id: frames[1].data[0].account_id,
        event_date: "2026-09-21",
        journal_type: "TRADING",
        side: "BUY",
        instrument_name: BTC,
        traded_quantity: amount,
        traded_price: price,
        // Charged, and so negative: half a percent of what was bought.
        fees: `-${fill!.fee.toFixed()}`,
        order_id: json.result.order_id,
        trade_id: expect.stringMatching(/^\d+$/),
        trade_match_id: trade.matchId,
        client_oid: json.result.client_oid,
        taker_side: "TAKER",
        fee_instrument_name: "BTC",
        create_time: fill!.at,
        create_time_ns: expect.stringMatching(new RegExp(`^${fill!.at}\\d{6}$`)),
        transact_time_ns: expect.stringMatching(new RegExp(`^${fill!.at}\\d{6}$`)),
        match_count: "1",
        match_index: "0",
      },
    ]);
    expect(fill!.fee.toFixed()).toBe(fill!.amount.times("0.005").toDecimalPlaces(8).toFixed());
    expect(frames[1].data[0]).toMatchObject({
      cumulative_quantity: amount,
      avg_price: String(Number(price)),
      cumulative_fee: fill!.fee.toFixed(),
    });
    expect(trade).toMatchObject({ price, amount, takerSide: "buy" });
    expect(depthAt(price)).toBe("0.01000");
    expect(rig.machine.bookOf(BTC).bids[0]![0]).toBe(price);
  });

  it("without a client id is called by its nonce, which others may share", () => {
    const one = trader.place();
    const other = trader.place();
    expect([one.json.result.client_oid, other.json.result.client_oid]).toEqual([`${rig.now}`, `${rig.now}`]);
    expect(one.json.result.order_id).not.toBe(other.json.result.order_id);
    rig.advance(SETTLED_MS);
    expect(rig.machine.openOrdersOf("default")).toHaveLength(2);
  });

  it("may not have the client id of another, be it over, or longer than 36 letters", () => {
    const id = trader.rest({ client_oid: "twice" });
    trader.call("private/cancel-order", { order_id: id });
    rig.advance(SETTLED_MS);
    expect(trader.place({ client_oid: "twice" })).toMatchObject({
      status: 400,
      json: { code: 204, message: "DUPLICATE_CLORDID" },
    });
    rig.machine.createAccount("other", { funds: { USDT: "10000" } });
    expect(createTrader(rig, "other").place({ client_oid: "twice" }).json.code).toBe(0);
    expect(trader.place({ client_oid: "x".repeat(36) }).json.code).toBe(0);
    expect(trader.place({ client_oid: "x".repeat(37) }).json.code).toBe(40004);
  });
});

describe("time in force", () => {
  it("IMMEDIATE_OR_CANCEL takes what is there and cancels the rest", () => {
    const [price, amount] = best("asks");
    const quantity = (Number(amount) + 0.01).toFixed(5);
    const told = events({ price, quantity, time_in_force: "IMMEDIATE_OR_CANCEL" });
    expect(statuses(told)).toEqual([
      ["ACTIVE", undefined],
      ["ACTIVE", undefined],
      ["CANCELED", "43004"],
    ]);
    expect(told[2]).toMatchObject({ cumulative_quantity: amount, time_in_force: "IMMEDIATE_OR_CANCEL" });
  });

  it("FILL_OR_KILL fills whole or not at all", () => {
    const [price, amount] = best("asks");
    const quantity = (Number(amount) + 0.01).toFixed(5);
    const told = events({ price, quantity, time_in_force: "FILL_OR_KILL" });
    expect(told.at(-1)).toMatchObject({
      status: "CANCELED",
      reason: "43003",
      cumulative_quantity: "0.00000",
    });
    expect(best("asks")).toEqual([price, amount]);
    expect(events({ price, quantity: amount, time_in_force: "FILL_OR_KILL" }).at(-1)).toMatchObject({
      status: "FILLED",
      cumulative_quantity: amount,
    });
  });

  it("POST_ONLY is rejected by an event if it would take", () => {
    const post = { exec_inst: ["POST_ONLY"], time_in_force: "GOOD_TILL_CANCEL" };
    expect(statuses(events({ ...post, price: best("asks")[0] }))).toEqual([["REJECTED", "43005"]]);
    expect(events(post)).toMatchObject([{ status: "ACTIVE", exec_inst: ["POST_ONLY"] }]);
  });

  it.each(["IMMEDIATE_OR_CANCEL", "FILL_OR_KILL"])("POST_ONLY does not go with %s", (time_in_force) => {
    expect(trader.place({ exec_inst: ["POST_ONLY"], time_in_force })).toMatchObject({
      status: 500,
      json: { code: 43005 },
    });
  });
});

describe("a market order", () => {
  it("buys and sells a quantity", () => {
    const told = events({ type: "MARKET", quantity: best("asks")[1] });
    expect(told.at(-1)).toMatchObject({ status: "FILLED", order_type: "MARKET", limit_price: "0" });
    expect(events({ type: "MARKET", side: "SELL", quantity: "0.001" }).at(-1)).toMatchObject({
      status: "FILLED",
      side: "SELL",
      fee_instrument_name: "USDT",
    });
  });

  it("buys for a notional", () => {
    const [last] = events({ type: "MARKET", quantity: undefined, notional: "500" }).slice(-1);
    const spent = Number(last.cumulative_value);
    expect(spent).toBeLessThanOrEqual(500);
    expect(last.reason).toBeUndefined();
    expect(spent).toBeGreaterThan(498);
    expect(last).toMatchObject({
      status: "FILLED",
      order_value: "500",
      quantity: last.cumulative_quantity,
    });
    expect(trader.place({ type: "MARKET", quantity: "0.01", notional: "500" }).json.code).toBe(40004);
  });
});

describe("what is wrong with the form of an order is refused at once", () => {
  it.each([
    ["instrument_name", undefined, 400, 40004],
    ["instrument_name", "NO_SUCH", 400, 209],
    ["instrument_name", "BTCUSD-PERP", 500, 411],
    ["side", "buy", 400, 220],
    ["type", "STOP_LIMIT", 400, 218],
    ["type", undefined, 400, 40004],
    ["quantity", undefined, 400, 40004],
    ["quantity", "0", 400, 213],
    ["quantity", "-1", 400, 213],
    ["quantity", "1e-2", 400, 213],
    ["quantity", 0.01, 400, 40003],
    ["price", "x", 400, 308],
    ["price", undefined, 400, 40004],
    ["time_in_force", "GTC", 400, 221],
    ["exec_inst", ["SMART_POST_ONLY"], 500, 219],
    ["spot_margin", "MARGIN", 400, 40004],
    ["fee_instrument_name", "EUR", 500, 215],
    ["stp_inst", "M", 400, 40004],
    ["stp_scope", "M", 400, 40004],
  ])("%s: %j", (name, value, status, code) => {
    const answer = trader.place({ price: "80000", [name]: value });
    expect([answer.status, answer.json.code]).toEqual([status, code]);
    expect(answer.json.result).toBeUndefined();
  });
});

describe("what is wrong with an order is told by an event", () => {
  const cases: [string, Record<string, unknown>, number][] = [
    ["a price off the tick", { price: "80000.001" }, 308],
    ["a quantity off the step", { quantity: "0.010001" }, 213],
    ["too little value", { quantity: "0.00001" }, 415],
    ["too much value", { quantity: "1000" }, 314],
    ["more than there is", { quantity: "10" }, 306],
    ["more of the base than there is", { side: "SELL", price: "100000", quantity: "2.1" }, 306],
    ["a market that is halted", { instrument_name: "LUNA_USDT", price: "0.5", quantity: "10" }, 208],
    ["a price far through the market", { side: "SELL", price: "10000" }, 315],
  ];

  it.each(cases)("%s", (_what, params, code) => {
    const told = events({ client_oid: "bad", ...params });
    expect(statuses(told)).toEqual([["REJECTED", String(code)]]);
    expect(trader.detail(told[0].order_id)).toMatchObject({
      status: "REJECTED",
      reason: code,
      client_oid: "bad",
    });
    expect(rig.machine.openOrdersOf("default")).toEqual([]);
    expect(rig.machine.balancesOf("default").every(({ held }) => held.isZero())).toBe(true);
  });

  it.each(cases.slice(0, -1))("or by the answer where that is wanted: %s", (_what, params, code) => {
    rig.machine.answerRefusals(true);
    expect(trader.place(params).json.code).toBe(code);
    rig.machine.answerRefusals(false);
    expect(trader.place(params).json.code).toBe(0);
  });

  it("too many open orders", () => {
    rig = createRig({ levels: 30, limits: { openOrdersPerInstrument: 2, openOrdersPerAccount: 3 } });
    trader = createTrader(rig);
    expect(statuses(events({}))).toEqual([["ACTIVE", undefined]]);
    expect(statuses(events({}))).toEqual([["ACTIVE", undefined]]);
    expect(statuses(events({}))).toEqual([["REJECTED", "318"]]);
    const eth = { instrument_name: "ETH_USDT", price: "2000" };
    expect(statuses(events(eth))).toEqual([["ACTIVE", undefined]]);
    expect(statuses(events(eth))).toEqual([["REJECTED", "318"]]);
  });
});

describe("prevention of self-trades", () => {
  const cross = (instruction: string | undefined) => {
    const stp = instruction === undefined ? {} : { stp_scope: "M", stp_inst: instruction, stp_id: "7" };
    // Above all other bids, so that it is the first to be met.
    const [bid, amount] = best("bids");
    rig.machine.tradeThrough(BTC, { side: "sell", price: bid, amount });
    rig.advance(1);
    const price = (Number(best("asks")[0]) - 0.01).toFixed(2);
    const maker = trader.rest({ price });
    const taker = trader.rest({ side: "SELL", price, ...stp });
    return [trader.detail(maker), trader.detail(taker)].map(({ status, reason }) => [status, reason]);
  };

  it.each([
    ["nobody, unless it is asked for", undefined, ["FILLED", undefined], ["FILLED", undefined]],
    ["the maker", "M", ["CANCELED", 43012], ["ACTIVE", undefined]],
    ["the taker", "T", ["ACTIVE", undefined], ["CANCELED", 43012]],
    ["both", "B", ["CANCELED", 43012], ["CANCELED", 43012]],
  ])("cancels %s", (_whom, instruction, maker, taker) => {
    expect(cross(instruction)).toEqual([maker, taker]);
  });

  it("can be set for the account, and taken back", () => {
    const change = (params: object) => trader.call("private/change-account-settings", { ...params }).json;
    const settings = () => trader.call("private/get-account-settings").json.result;
    expect(settings()).toEqual([{ leverage: 50 }]);
    expect(change({ stp_scope: "S", stp_id: "100", stp_inst: "T" })).toMatchObject({ code: 0 });
    expect(settings()).toEqual([{ leverage: 50, stp_id: 100, stp_scope: "S", stp_inst: "T" }]);
    expect(cross(undefined)[1]).toEqual(["CANCELED", 43012]);
    rig.advance(100);
    expect(change({ stp_scope: "D", stp_inst: "B" })).toMatchObject({ code: 0 });
    expect(settings()).toEqual([{ leverage: 50 }]);
    expect(change({ stp_scope: "S" })).toMatchObject({ code: 40004 });
  });
});
