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
const get = (trader: Trader, path: string, fields: object = {}) =>
  trader.call("GET", path, { ...fields }).json;
const text = (value: Decimal) => value.toFixed(8);

describe("balances", () => {
  it("are what the ledger says", () => {
    const { rig, trader } = still();
    trader.rest({ quantity: "0.100" });
    const [balance] = rig.machine.balancesOf("default");
    expect(balance!.held.gt(0)).toBe(true);
    expect(get(trader, "/fapi/v3/balance")).toEqual([
      {
        accountAlias: expect.stringMatching(/^[A-Za-z0-9]+$/),
        asset: "USDT",
        balance: "100000.00000000",
        crossWalletBalance: "100000.00000000",
        crossUnPnl: "0.00000000",
        availableBalance: text(balance!.available),
        maxWithdrawAmount: text(balance!.available),
        marginAvailable: true,
        updateTime: expect.any(Number),
      },
    ]);
  });

  it("are each account's own", () => {
    const { rig, trader } = still();
    rig.machine.createAccount("other", { funds: { USDT: "7", BNB: "1" } });
    const other = createTrader(rig, "other");
    expect(get(other, "/fapi/v3/balance").map(({ asset, balance }: Json) => [asset, balance])).toEqual([
      ["USDT", "7.00000000"],
      ["BNB", "1.00000000"],
    ]);
    expect(get(trader, "/fapi/v3/balance")).toHaveLength(1);
    expect(() => rig.machine.createAccount("other")).toThrow(TypeError);
  });

  it("add up in the account", () => {
    const { rig, trader } = still();
    trader.place({ type: "MARKET", quantity: "0.100" });
    trader.rest({ quantity: "0.100" });
    const account = get(trader, "/fapi/v3/account");
    const [asset] = account.assets;
    const [position] = account.positions;
    expect(account.positions).toHaveLength(1);
    expect(position).not.toHaveProperty("leverage");
    const mark = new Decimal(rig.machine.fundingOf("BTCUSDT").markPrice);
    expect(position).toMatchObject({
      symbol: "BTCUSDT",
      positionAmt: "0.100",
      notional: text(mark.times("0.1")),
      initialMargin: text(mark.times("0.1").div(20)),
      maintMargin: text(mark.times("0.1").times("0.004")),
    });
    const [held] = rig.machine.positionsOf("default");
    expect(position.unrealizedProfit).toBe(text(mark.times("0.1").minus(held!.cost)));
    expect(account.totalWalletBalance).toBe(asset.walletBalance);
    expect(account.totalMarginBalance).toBe(text(new Decimal(asset.walletBalance).plus(asset.crossUnPnl)));
    expect(new Decimal(asset.openOrderInitialMargin).gt(0)).toBe(true);
    const v2 = get(trader, "/fapi/v2/account");
    expect(v2.positions).toHaveLength(rig.machine.symbols().length);
    expect(v2.positions.find(({ symbol }: Json) => symbol === "BTCUSDT")).toMatchObject({
      leverage: "20",
      positionAmt: "0.100",
      isolated: false,
    });
    expect(v2.totalWalletBalance).toBe(account.totalWalletBalance);
  });
});

describe("positions", () => {
  it("are listed with a position or an open order, without leverage", () => {
    const { rig, trader } = still();
    expect(get(trader, "/fapi/v3/positionRisk")).toEqual([]);
    trader.place({ symbol: "ETHUSDT", price: "2700.00", quantity: "0.100" });
    trader.place({ type: "MARKET", side: "SELL", quantity: "0.100" });
    const rows = get(trader, "/fapi/v3/positionRisk");
    expect(rows.map(({ symbol, positionAmt }: Json) => [symbol, positionAmt])).toEqual([
      ["BTCUSDT", "-0.100"],
      ["ETHUSDT", "0.000"],
    ]);
    const { entryPrice } = rig.machine.positionsOf("default", "BTCUSDT")[0]!;
    expect(rows[0]).toMatchObject({
      entryPrice: entryPrice!.toDecimalPlaces(11).toFixed(),
      positionSide: "BOTH",
      marginAsset: "USDT",
    });
    // Sold for less than the entry price, by the fee.
    expect(new Decimal(rows[0].breakEvenPrice).lt(entryPrice!)).toBe(true);
    expect(rows[0]).not.toHaveProperty("leverage");
    const [v2] = get(trader, "/fapi/v2/positionRisk", SYMBOL);
    expect(v2).toMatchObject({ leverage: "20", marginType: "cross", positionAmt: "-0.100" });
  });

  it("would be liquidated where the margin balance meets the maintenance margin", () => {
    const { rig, trader } = still();
    trader.place({ type: "MARKET", side: "SELL", quantity: "5" });
    const [row] = get(trader, "/fapi/v3/positionRisk");
    const price = new Decimal(row.liquidationPrice);
    const position = rig.machine.positionsOf("default")[0]!;
    const wallet = rig.machine.balancesOf("default")[0]!.total;
    const balance = wallet.plus(position.cost).minus(price.times(5));
    // The bracket of its size now: 425,000 at 0.5 % less 300.
    const maintenance = price.times(5).times("0.005").minus(300);
    expect(balance.minus(maintenance).abs().lt("0.001")).toBe(true);
  });

  it("realize what they close for, and may only be reduced by reduce-only orders", () => {
    const { rig, trader } = still();
    trader.place({ type: "MARKET", quantity: "0.100" });
    expect(trader.place({ type: "MARKET", quantity: "0.100", reduceOnly: true }).json.code).toBe(-2022);
    const close = { type: "MARKET", side: "SELL", quantity: "0.200", reduceOnly: true };
    expect(trader.place({ ...close, newOrderRespType: "RESULT" }).json.executedQty).toBe("0.100");
    expect(rig.machine.positionsOf("default")[0]!.amount.isZero()).toBe(true);
    const income = get(trader, "/fapi/v1/income", { incomeType: "REALIZED_PNL" });
    const realized = rig.machine
      .fillsOf("default")
      .reduce((sum, fill) => sum.plus(fill.realizedPnl), new Decimal(0));
    expect(realized.isNeg()).toBe(true);
    const told = income.reduce((sum: Decimal, row: Json) => sum.plus(row.income), new Decimal(0));
    expect(told.eq(realized)).toBe(true);
  });
});

describe("income", () => {
  it("is the ledger, in the venue's words, by kind, window and page", () => {
    const { rig, trader } = still();
    rig.advance(1_000);
    trader.rest({ quantity: "0.010", newClientOrderId: "a" });
    rig.machine.fillOrder(rig.machine.orderOf("default", "a")!.id);
    rig.get("/fapi/v1/ping");
    const rows = get(trader, "/fapi/v1/income");
    expect(rows[0]).toMatchObject({
      incomeType: "TRANSFER",
      income: "100000.00000000",
      symbol: "",
      tradeId: "",
    });
    const fees = get(trader, "/fapi/v1/income", { incomeType: "COMMISSION" });
    const fill = rig.machine.fillsOf("default")[0]!;
    expect(fees).toMatchObject([
      {
        symbol: "BTCUSDT",
        income: text(fill.fee.neg()),
        asset: "USDT",
        tradeId: String(fill.tradeId),
        time: rig.now,
      },
    ]);
    expect(get(trader, "/fapi/v1/income", { startTime: rig.now })).not.toContainEqual(rows[0]);
    expect(get(trader, "/fapi/v1/income", { limit: 1, page: 2 })).toEqual([rows[1]]);
    expect(get(trader, "/fapi/v1/income", { symbol: "ETHUSDT" })).toEqual([]);
    const total = rows.reduce((sum: Decimal, row: Json) => sum.plus(row.income), new Decimal(0));
    expect(total.eq(rig.machine.balancesOf("default")[0]!.total)).toBe(true);
  });
});

describe("configuration", () => {
  it("tells leverage by contract, and what may be held at it", () => {
    const { rig, trader } = still();
    const set = (leverage: number | string) =>
      trader.call("POST", "/fapi/v1/leverage", { ...SYMBOL, leverage });
    expect(get(trader, "/fapi/v1/symbolConfig", SYMBOL)).toEqual([
      {
        symbol: "BTCUSDT",
        marginType: "CROSSED",
        isAutoAddMargin: false,
        leverage: 20,
        maxNotionalValue: "100000000",
      },
    ]);
    expect(set(125).json).toEqual({ leverage: 125, maxNotionalValue: "300000", symbol: "BTCUSDT" });
    expect(get(trader, "/fapi/v1/symbolConfig", SYMBOL)[0].leverage).toBe(125);
    expect(get(trader, "/fapi/v1/symbolConfig")).toHaveLength(rig.machine.symbols().length);
    for (const wrong of [0, 126, "1.5", "x"]) expect(set(wrong).json.code).toBe(-4028);
    const order = { type: "MARKET", quantity: "3.600" };
    expect(trader.place(order).json.code).toBe(-2027);
    expect(trader.place({ ...order, quantity: "3.000" }).status).toBe(200);
    expect(set(1).json.code).toBe(-2028);
    const [{ brackets }] = get(trader, "/fapi/v1/leverageBracket", SYMBOL);
    expect(brackets[0]).toEqual({
      bracket: 1,
      initialLeverage: 125,
      notionalCap: 300_000,
      notionalFloor: 0,
      maintMarginRatio: 0.004,
      cum: 0,
    });
    expect(brackets[1].cum).toBe(300);
  });

  it("has nothing to change in margin type and position mode", () => {
    const { trader } = still();
    const marginType = (type: string) =>
      trader.call("POST", "/fapi/v1/marginType", { ...SYMBOL, marginType: type }).json.code;
    const dual = (value: string) =>
      trader.call("POST", "/fapi/v1/positionSide/dual", { dualSidePosition: value }).json.code;
    expect([marginType("CROSSED"), marginType("NONE")]).toEqual([-4046, -1130]);
    expect([dual("false"), dual("maybe")]).toEqual([-4059, -1130]);
    trader.rest();
    expect([marginType("ISOLATED"), dual("true")]).toEqual([-4047, -4067]);
    trader.call("DELETE", "/fapi/v1/allOpenOrders", SYMBOL);
    trader.place({ type: "MARKET", quantity: "0.001" });
    expect([marginType("ISOLATED"), dual("true")]).toEqual([-4048, -4068]);
    expect(get(trader, "/fapi/v1/positionSide/dual")).toEqual({ dualSidePosition: false });
    expect(get(trader, "/fapi/v1/accountConfig")).toMatchObject({ dualSidePosition: false, canTrade: true });
  });

  it("tells the fees that are paid", () => {
    const { rig, trader } = still();
    rig.machine.setFees("default", { maker: "-0.0001", taker: "0.001" }, "BTCUSDT");
    expect(get(trader, "/fapi/v1/commissionRate", SYMBOL)).toMatchObject({
      symbol: "BTCUSDT",
      makerCommissionRate: "-0.0001",
      takerCommissionRate: "0.001",
    });
    expect(get(trader, "/fapi/v1/commissionRate", { symbol: "ETHUSDT" }).takerCommissionRate).toBe("0.0005");
    trader.rest({ newClientOrderId: "a" });
    rig.machine.fillOrder(rig.machine.orderOf("default", "a")!.id);
    rig.get("/fapi/v1/ping");
    const fill = rig.machine.fillsOf("default")[0]!;
    expect(fill.fee.eq(fill.quoteAmount.times("-0.0001"))).toBe(true);
  });
});
