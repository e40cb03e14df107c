import { Decimal } from "@conn/core";
import { describe, expect, it } from "vitest";
import type { OrderRequest, TradedInstrument } from "../../src/index.js";
import { checkSpotAccount, createCoreWorld, START, touchOf } from "../support/core-world.js";

const linear: Partial<TradedInstrument> = { kind: "linear", settle: "USDT" };
/** A tick as a price. */
const priceOf = (tick: number): string => (tick / 100).toFixed(2);

describe("orders", () => {
  it("rest in the published book behind what is there, and fill when their turn comes", () => {
    const world = createCoreWorld();
    const { core, market } = world;
    const { bid } = touchOf(market);
    const before = market.market.bids.lotsOf(bid);
    const update = market.book.lastUpdateId;
    const id = world.place({ price: priceOf(bid), amount: "0.01", clientOrderId: "mine" });
    expect(market.book.best("bid")).toEqual([priceOf(bid), market.amountText(before + 10)]);
    expect(market.book.lastUpdateId).toBeGreaterThan(update);

    core.trade(
      "BTCUSDT",
      { side: "sell", price: priceOf(bid), amount: market.amountText(before) },
      START + 1,
    );
    expect(core.order("a", { id })?.filledAmount.toString()).toBe("0");
    core.trade("BTCUSDT", { side: "sell", price: priceOf(bid), amount: "0.004" }, START + 2);
    const partly = core.order("a", { clientOrderId: "mine" });
    expect(partly).toMatchObject({ id, status: "open", fillCount: 1, updatedAt: START + 2 });
    expect(String(partly?.remainingAmount)).toBe("0.006");
    core.trade("BTCUSDT", { side: "sell", price: priceOf(bid), amount: "0.006" }, START + 3);
    expect(core.order("a", { id })?.status).toBe("filled");
    expect(world.told("a")).toEqual(["accepted", "traded", "traded"]);
    const fills = core.fills("a");
    expect(fills.map(({ maker, amount }) => [maker, String(amount)])).toEqual([
      [true, "0.004"],
      [true, "0.006"],
    ]);
    expect(fills.map(({ tradeId }) => tradeId)).toEqual(world.tape.slice(-2).map((trade) => trade.id));
    checkSpotAccount(core, "a");
  });

  it("stay in front of what comes later at their price", () => {
    const world = createCoreWorld();
    const { core, market } = world;
    const { ask } = touchOf(market);
    const best = market.amountText(market.market.asks.lotsAt(0));
    core.trade("BTCUSDT", { side: "buy", price: priceOf(ask), amount: best }, START);
    const first = world.place({ price: priceOf(ask), amount: "0.005" });
    const second = world.place({ account: "b", price: priceOf(ask), amount: "0.005" });
    core.trade("BTCUSDT", { side: "sell", price: priceOf(ask), amount: "0.007" }, START + 1);
    expect(core.order("a", { id: first })?.status).toBe("filled");
    expect(String(core.order("b", { id: second })?.filledAmount)).toBe("0.002");
  });

  it("trade with each other: one trade id, one maker, one taker", () => {
    const world = createCoreWorld();
    const { bid, ask } = touchOf(world.market);
    world.core.trade(
      "BTCUSDT",
      {
        side: "buy",
        price: priceOf(ask),
        amount: world.market.amountText(world.market.market.asks.lotsAt(0)),
      },
      START,
    );
    world.place({ account: "a", side: "sell", price: priceOf(ask), amount: "0.02" });
    world.place({ account: "b", side: "buy", price: priceOf(ask), amount: "0.02" });
    const [maker] = world.core.fills("a");
    const [taker] = world.core.fills("b");
    expect([maker?.maker, taker?.maker, maker?.tradeId]).toEqual([true, false, taker?.tradeId]);
    // The maker pays 0.1 % of what it receives, the taker 0.2 %.
    expect(String(maker?.fee)).toBe(String(maker?.quoteAmount.times("0.001")));
    expect([String(taker?.fee), taker?.feeAsset]).toEqual(["0.00004", "BTC"]);
    expect(ask).toBeGreaterThan(bid);
  });

  it("take level by level, rest what is left, and never leave the book empty", () => {
    const world = createCoreWorld({ credits: { USDT: "100000000", BTC: "1000000" } });
    const { core, market } = world;
    const { ask } = touchOf(market);
    const id = world.place({ price: priceOf(ask + 300), amount: "1000" });
    const order = core.order("a", { id });
    expect(order?.status).toBe("open");
    expect(order?.fillCount).toBeGreaterThan(5);
    expect(touchOf(market).bid).toBe(ask + 300);
    expect(market.market.asks.size).toBeGreaterThanOrEqual(20);
    expect(order?.averagePrice?.lt(priceOf(ask + 300))).toBe(true);
    expect(String(order?.averagePrice)).toBe(String(order?.filledQuote.div(order.filledAmount)));
    for (const side of ["sell", "buy"] as const) {
      for (let round = 0; round < 30; round++) {
        const result = core.submit(
          { account: "b", symbol: "BTCUSDT", side, kind: "market", amount: "2000" },
          START + 1,
        );
        expect(result).toMatchObject({ ok: true, order: { status: "canceled", endCause: "noLiquidity" } });
        expect(touchOf(market).bid).toBeLessThan(touchOf(market).ask);
        if (side === "buy" && round === 0) break;
      }
    }
    expect(
      core.submit(
        { account: "b", symbol: "BTCUSDT", side: "sell", kind: "limit", price: "100", amount: "1" },
        START + 2,
      ),
    ).toMatchObject({ reason: "priceOutOfBand" });
  });

  it("end as their time in force says", () => {
    const world = createCoreWorld();
    const { core, market } = world;
    const { ask } = touchOf(market);
    const best = market.market.asks.lotsAt(0);
    const price = priceOf(ask);
    const over = market.amountText(best + 5);
    const submit = (request: Partial<OrderRequest>) =>
      core.submit(
        { account: "a", symbol: "BTCUSDT", side: "buy", kind: "limit", price, amount: over, ...request },
        START,
      );
    expect(submit({ timeInForce: "fok" })).toMatchObject({
      order: { status: "canceled", endCause: "fillOrKill", fillCount: 0 },
    });
    expect(market.market.asks.lotsAt(0)).toBe(best);
    expect(submit({ postOnly: true })).toMatchObject({ ok: false, reason: "postOnlyWouldTake" });
    expect(submit({ timeInForce: "ioc" })).toMatchObject({
      order: { status: "canceled", endCause: "immediateOrCancel", fillCount: 1 },
    });
    expect(submit({ timeInForce: "gtd", expiresAt: START })).toMatchObject({ reason: "expiresInPast" });
    const gtd = submit({ timeInForce: "gtd", price: "1", expiresAt: START + 5000 });
    expect(core.nextEventAt()).toBe(START + 5000);
    core.advance(START + 4999);
    expect(core.openOrders("a")).toHaveLength(1);
    core.advance(START + 9000);
    expect(core.openOrders("a")).toHaveLength(0);
    expect(core.order("a", { id: gtd.order!.id })).toMatchObject({
      status: "expired",
      endCause: "time",
      updatedAt: START + 5000,
    });
    expect(world.told("a").at(-1)).toBe("expired");
    expect(world.held("a", "USDT")).toBe("0");
  });

  it("end otherwise where the venue's rules say so", () => {
    const world = createCoreWorld({
      rules: { postOnlyCrossing: "cancel", fillOrKillUnfilled: "reject", orderId: (index) => `X-${index}` },
    });
    const { ask } = touchOf(world.market);
    const request = { account: "a", symbol: "BTCUSDT", side: "buy", kind: "limit", amount: "9" } as const;
    expect(world.core.submit({ ...request, price: priceOf(ask), postOnly: true }, START)).toMatchObject({
      order: { id: "X-0", status: "canceled", endCause: "postOnly" },
    });
    expect(world.core.submit({ ...request, price: priceOf(ask), timeInForce: "fok" }, START)).toMatchObject({
      ok: false,
      reason: "fillOrKillUnfilled",
    });
    expect(world.told("a")).toEqual(["accepted", "canceled", "rejected"]);
  });

  it("by quote amount spend no more than that", () => {
    const world = createCoreWorld();
    for (const side of ["buy", "sell"] as const) {
      const result = world.core.submit(
        { account: "a", symbol: "BTCUSDT", side, kind: "market", quoteAmount: "333.33" },
        START,
      );
      expect(result).toMatchObject({ ok: true, order: { status: "canceled", endCause: "noLiquidity" } });
      const spent = result.order!.filledQuote;
      expect(spent.lte("333.33") && spent.gt("332")).toBe(true);
      expect(result.order?.amount).toBeUndefined();
    }
    checkSpotAccount(world.core, "a");
  });

  it("are refused with a reason, and leave nothing behind", () => {
    const { core } = createCoreWorld();
    const refused: [Partial<OrderRequest>, string][] = [
      [{ price: "0.015" }, "priceOffTick"],
      [{ price: "-1" }, "priceOffTick"],
      [{ price: "0" }, "priceOffTick"],
      [{ amount: "0.0005" }, "amountOffStep"],
      [{ amount: "99999999999999999999" }, "amountOffStep"],
      [{ amount: "1000" }, "insufficientBalance"],
      [{ side: "sell", price: "900", amount: "11" }, "insufficientBalance"],
      [{ price: "2100" }, "priceOutOfBand"],
      [{ quoteAmount: "5" }, "invalidOrder"],
      [{ reduceOnly: true }, "invalidOrder"],
      [{ timeInForce: "gtd" }, "invalidOrder"],
      [{ kind: "market" }, "invalidOrder"],
      [{ postOnly: true, timeInForce: "ioc" }, "invalidOrder"],
    ];
    for (const [change, reason] of refused) {
      const request = {
        account: "a",
        symbol: "BTCUSDT",
        side: "buy",
        kind: "limit",
        price: "100",
        amount: "1",
      } as const;
      const result = core.submit({ ...request, ...change }, START);
      expect([change, result]).toEqual([change, expect.objectContaining({ ok: false, reason })]);
      expect(core.order("a", { id: result.order!.id })).toBeUndefined();
    }
    expect(core.openOrders("a")).toEqual([]);
    expect(core.ledger.entries("a")).toHaveLength(2);
    expect(() =>
      core.submit({ account: "c", symbol: "BTCUSDT", side: "buy", kind: "market", amount: "1" }, START),
    ).toThrow(TypeError);
    expect(() => core.advance(START - 1)).toThrow(TypeError);
  });
});

describe("self-trade prevention", () => {
  const world = (selfTradePrevention: "none" | "cancelTaker" | "cancelMaker" | "cancelBoth") => {
    const made = createCoreWorld();
    const { ask } = touchOf(made.market);
    const price = priceOf(ask);
    const anonymous = made.market.market.asks.lotsAt(0);
    const maker = made.place({ side: "sell", price, amount: "0.01" });
    const other = made.place({ account: "b", side: "sell", price, amount: "0.01" });
    const amount = made.market.amountText(anonymous + 20);
    const taker = made.place({ price, amount, selfTradePrevention });
    const statuses = [
      made.core.order("a", { id: maker }),
      made.core.order("b", { id: other }),
      made.core.order("a", { id: taker }),
    ].map((order) => `${order?.status} ${order?.endCause ?? ""}`.trim());
    checkSpotAccount(made.core, "a");
    return statuses;
  };

  it("cancels who the mode says", () => {
    expect(world("none")).toEqual(["filled", "filled", "filled"]);
    expect(world("cancelTaker")).toEqual(["open", "open", "canceled selfTrade"]);
    expect(world("cancelMaker")).toEqual(["canceled selfTrade", "filled", "open"]);
    expect(world("cancelBoth")).toEqual(["canceled selfTrade", "open", "canceled selfTrade"]);
  });
});

describe("amendments", () => {
  it("keep the place when they only shrink, and lose it otherwise", () => {
    for (const keeps of [true, false]) {
      const world = createCoreWorld({ rules: { shrinkingKeepsPlace: keeps } });
      const { bid } = touchOf(world.market);
      const orderOf = () => world.market.accounts.ordersAt("bid", bid - 1).map(({ lots }) => lots);
      const price = priceOf(bid - 1);
      const id = world.place({ price, amount: "0.03" });
      world.place({ account: "b", price, amount: "0.05" });
      expect(orderOf()).toEqual([30, 50]);
      world.core.amend("a", { id }, { amount: "0.02" }, START + 1);
      expect(orderOf()).toEqual(keeps ? [20, 50] : [50, 20]);
      world.core.amend("a", { id }, { amount: "0.04" }, START + 2);
      expect(orderOf()).toEqual([50, 40]);
      expect(world.told("a")).toEqual(["accepted", "amended", "amended"]);
      checkSpotAccount(world.core, "a");
    }
  });

  it("may take, end or refuse", () => {
    const world = createCoreWorld();
    const { bid, ask } = touchOf(world.market);
    const id = world.place({ price: priceOf(bid), amount: "0.02" });
    expect(world.core.amend("a", { id }, { price: "0.001" }, START)).toMatchObject({
      reason: "priceOffTick",
    });
    expect(world.core.amend("a", { id }, { amount: "500" }, START)).toMatchObject({
      reason: "insufficientBalance",
    });
    expect(world.core.order("a", { id })).toMatchObject({ status: "open", updatedAt: START });
    world.core.fillOrder(id, "0.005", START + 1);
    expect(world.core.amend("a", { id }, { price: priceOf(ask), amount: "0.006" }, START + 2)).toMatchObject({
      order: { status: "filled", fillCount: 2 },
    });
    expect(world.core.fills("a").map(({ maker }) => maker)).toEqual([true, false]);
    expect(world.core.amend("a", { id }, { amount: "1" }, START + 3)).toMatchObject({
      reason: "orderFinished",
    });
    const second = world.place({ price: priceOf(bid), amount: "0.02" }, START + 3);
    world.core.fillOrder(second, "0.01", START + 4);
    expect(world.core.amend("a", { id: second }, { amount: "0.01" }, START + 5)).toMatchObject({
      order: { status: "canceled", endCause: "amended" },
    });
    checkSpotAccount(world.core, "a");
  });
});

describe("queries and commands", () => {
  it("cancel, by id, by client id, all, and by the venue", () => {
    const world = createCoreWorld();
    const { core } = world;
    const ids = ["1", "2", "3", "4"].map((price) => world.place({ price, clientOrderId: `c${price}` }));
    const sell = world.place({ side: "sell", price: "900" });
    expect(core.cancel("a", { clientOrderId: "c1" }, START)).toMatchObject({ order: { endCause: "user" } });
    expect(core.cancel("a", { clientOrderId: "c1" }, START)).toMatchObject({ reason: "orderFinished" });
    expect(core.cancel("b", { id: ids[1]! }, START)).toMatchObject({ reason: "unknownOrder" });
    expect(core.cancelByVenue({ id: ids[1]! }, START)).toMatchObject([{ endCause: "venue" }]);
    expect(core.expireByVenue(ids[2]!, START)).toMatchObject({ status: "expired", endCause: "venue" });
    expect(core.cancelAll("a", { side: "sell" }, START).map(({ id }) => id)).toEqual([sell]);
    expect(core.openOrders("a").map(({ id }) => id)).toEqual([ids[3]]);
    expect(core.cancelAll("a", {}, START)).toHaveLength(1);
    expect(core.orders("a")).toHaveLength(5);
    expect([world.held("a", "USDT"), world.held("a", "BTC")]).toEqual(["0", "0"]);
    expect(world.market.accounts.ordersAt("bid", 400)).toEqual([]);
  });

  it("keep client ids apart as the venue does", () => {
    const outcomes = (rule: "open" | "ever" | { withinMs: number }) => {
      const { core } = createCoreWorld({ rules: { clientOrderIdUnique: rule } });
      const submit = (at: number) =>
        core.submit(
          {
            account: "a",
            symbol: "BTCUSDT",
            side: "buy",
            kind: "limit",
            price: "1",
            amount: "1",
            clientOrderId: "c",
          },
          at,
        ).ok;
      const first = [submit(START), submit(START + 1)];
      core.cancelAll("a", {}, START + 2);
      return [
        ...first,
        submit(START + 3),
        core.cancelAll("a", {}, START + 3).length > 0,
        submit(START + 1000),
      ];
    };
    expect(outcomes("open")).toEqual([true, false, true, true, true]);
    expect(outcomes("ever")).toEqual([true, false, false, false, false]);
    expect(outcomes({ withinMs: 1000 })).toEqual([true, false, false, false, true]);
  });

  it("forget finished orders as the venue does", () => {
    const { core, place, market } = createCoreWorld({
      rules: { finishedKeptMs: 1000, unfilledKeptMs: 100, keepsRejected: true },
    });
    const unfilled = place({ price: "1", clientOrderId: "u" });
    const filled = place({ price: priceOf(touchOf(market).bid) });
    core.fillOrder(filled, undefined, START);
    core.cancelAll("a", {}, START);
    const known = () => [unfilled, filled].map((id) => core.order("a", { id }) !== undefined);
    core.advance(START + 100);
    expect(known()).toEqual([true, true]);
    core.advance(START + 101);
    expect(known()).toEqual([false, true]);
    expect(core.order("a", { clientOrderId: "u" })).toBeUndefined();
    core.advance(START + 1001);
    expect(known()).toEqual([false, false]);
    expect(core.orders("a")).toEqual([]);
    expect(core.fills("a")).toHaveLength(1);

    const few = createCoreWorld({ rules: { finishedKeptCount: 2 } });
    const ids = ["1", "2", "3"].map((price) => few.place({ price }));
    few.core.cancelAll("a", {}, START);
    expect(few.core.orders("a").map(({ id }) => id)).toEqual(ids.slice(1));
  });

  it("select fills", () => {
    const world = createCoreWorld();
    const id = world.place({ price: priceOf(touchOf(world.market).bid), amount: "0.05" });
    for (let count = 1; count <= 5; count++) world.core.fillOrder(id, "0.01", START + count);
    const ids = (filter: Parameters<typeof world.core.fills>[1]) =>
      world.core.fills("a", filter).map(({ at }) => at - START);
    expect(ids({ orderId: id })).toEqual([1, 2, 3, 4, 5]);
    expect(ids({ from: START + 2, to: START + 4 })).toEqual([2, 3, 4]);
    expect(ids({ limit: 2 })).toEqual([1, 2]);
    expect(ids({ limit: 2, latest: true })).toEqual([4, 5]);
    expect(ids({ fromTradeId: world.core.fills("a")[3]!.tradeId })).toEqual([4, 5]);
    expect(ids({ symbol: "ETHUSDT" })).toEqual([]);
  });
});

describe("money", () => {
  it("holds the fee too where it is paid in the quote asset", () => {
    const world = createCoreWorld({ instrument: { feeIn: "quote" }, credits: { USDT: "100.2" } });
    const id = world.place({ price: "100", amount: "1" });
    expect(world.held("a", "USDT")).toBe("100.2");
    world.core.fillOrder(id, undefined, START);
    expect([world.total("a", "USDT"), world.total("a", "BTC")]).toEqual(["0.1", "1"]);
  });

  it("pays fees in the discount asset while there is enough, and gets rebates", () => {
    const world = createCoreWorld({
      rules: {
        feeAssetPrice: (asset, inAsset) =>
          asset === "BNB" ? new Decimal(inAsset === "BTC" ? "0.01" : "5") : undefined,
      },
      settings: { feeDiscount: { asset: "BNB", factor: "0.75" } },
      credits: { USDT: "1000", BTC: "1", BNB: "0.08" },
    });
    const id = world.place({ price: "100", amount: "2" });
    world.core.fillOrder(id, "1", START);
    // 0.1 % of 1 BTC, three quarters of it, at 0.01 BTC each.
    expect(world.core.fills("a")[0]).toMatchObject({ feeAsset: "BNB" });
    expect(world.total("a", "BNB")).toBe("0.005");
    world.core.fillOrder(id, "1", START);
    expect(world.core.fills("a")[1]).toMatchObject({ feeAsset: "BTC" });
    world.core.changeAccount("a", { feesOf: { BTCUSDT: { maker: "-0.0001", taker: "0" } } });
    const rebated = world.place({ side: "sell", price: "900", amount: "1" });
    const before = world.core.ledger.balance("a", "USDT").total;
    world.core.fillOrder(rebated, undefined, START);
    expect(String(world.core.ledger.balance("a", "USDT").total.minus(before))).toBe("900.09");
    checkSpotAccount(world.core, "a");
  });

  it("does not give out what is not available", () => {
    const { core, place } = createCoreWorld();
    place({ price: "100", amount: "99" });
    expect(() => core.credit("a", "USDT", "-100.01", "withdrawal", START)).toThrow(TypeError);
    expect(core.credit("a", "USDT", "-100", "withdrawal", START)).toMatchObject({ reason: "withdrawal" });
    expect(() => core.credit("c", "USDT", "1", "deposit", START)).toThrow(TypeError);
    const last = core.events.get(core.events.end - 1);
    expect(last).toMatchObject({ type: "balances", sequence: core.events.end - 1 });
  });
});

describe("positions", () => {
  it("open, turn over and close, with margin held and profit paid", () => {
    const world = createCoreWorld({
      instrument: linear,
      credits: { USDT: "1000" },
      settings: { leverage: 10 },
    });
    const { core } = world;
    const { bid } = touchOf(world.market);
    const buy = world.place({ price: priceOf(bid), amount: "1" });
    const margin = new Decimal(priceOf(bid)).div(10);
    expect(world.held("a", "USDT")).toBe(String(margin));
    core.fillOrder(buy, undefined, START);
    expect(core.positions("a")).toMatchObject([{ symbol: "BTCUSDT", leverage: 10 }]);
    expect(String(core.positions("a")[0]?.initialMargin)).toBe(String(margin));
    // Closing needs no margin, the other half of this order does.
    const sell = world.place({ side: "sell", price: "900", amount: "2" });
    expect(world.held("a", "USDT")).toBe(String(margin.plus(90)));
    const fill = core.fillOrder(sell, undefined, START);
    expect(String(fill.realizedPnl)).toBe(String(new Decimal(900).minus(priceOf(bid))));
    expect(core.positions("a").map(({ amount, entryPrice }) => `${amount} ${entryPrice}`)).toEqual([
      "-1 900",
    ]);
    const reasons = core.ledger.entries("a").map(({ reason }) => reason);
    expect(reasons).toEqual(["deposit", "fee", "realizedPnl", "fee"]);
    const told = Array.from({ length: core.events.end }, (_, index) => core.events.get(index).type);
    expect(told.slice(-3)).toEqual(["traded", "balances", "position"]);
  });

  it("refuse what the margin does not cover, and a leverage that would need more", () => {
    const world = createCoreWorld({
      instrument: linear,
      credits: { USDT: "100" },
      settings: { leverage: 10 },
    });
    const request = {
      account: "a",
      symbol: "BTCUSDT",
      side: "buy",
      kind: "limit",
      price: "100",
      amount: "10",
    } as const;
    expect(world.core.submit({ ...request, amount: "10.001" }, START)).toMatchObject({
      reason: "insufficientMargin",
    });
    expect(world.core.submit(request, START).ok).toBe(true);
    expect(world.core.setLeverage("a", "BTCUSDT", 5, START)).toBe("insufficientMargin");
    expect(world.core.leverage("a", "BTCUSDT")).toBe(10);
    expect(world.core.setLeverage("a", "BTCUSDT", 20, START)).toBeUndefined();
    expect(world.held("a", "USDT")).toBe("50");
    expect(() => world.core.setLeverage("a", "BTCUSDT", 0.5, START)).toThrow(TypeError);
  });

  it("count losses not yet realized where the venue has a mark price", () => {
    let mark = new Decimal(500);
    const world = createCoreWorld({
      instrument: { ...linear, markPrice: () => mark },
      credits: { USDT: "200" },
      settings: { leverage: 10 },
    });
    const id = world.place({ price: priceOf(touchOf(world.market).bid), amount: "1" });
    world.core.fillOrder(id, undefined, START);
    const request = {
      account: "a",
      symbol: "BTCUSDT",
      side: "buy",
      kind: "limit",
      price: "100",
      amount: "10",
    } as const;
    mark = new Decimal(400);
    expect(world.core.submit(request, START)).toMatchObject({ reason: "insufficientMargin" });
    mark = new Decimal(500);
    expect(world.core.submit(request, START).ok).toBe(true);
  });

  it("are closed, not turned, by reduce-only orders", () => {
    const world = createCoreWorld({ instrument: linear });
    const { core } = world;
    const { bid, ask } = touchOf(world.market);
    const request = { account: "a", symbol: "BTCUSDT", side: "sell", reduceOnly: true } as const;
    expect(core.submit({ ...request, kind: "market", amount: "1" }, START)).toMatchObject({
      reason: "reduceOnlyNotReducing",
    });
    core.fillOrder(world.place({ price: priceOf(bid), amount: "0.05" }), undefined, START);
    const far = world.place({ ...request, price: priceOf(ask + 5), amount: "0.04" });
    const near = world.place({ ...request, price: priceOf(ask + 2), amount: "0.03" });
    const amounts = () => [far, near].map((id) => `${core.order("a", { id })?.amount}`);
    expect(amounts()).toEqual(["0.02", "0.03"]);
    const market = core.submit({ ...request, kind: "market", amount: "0.04" }, START);
    expect(market).toMatchObject({ order: { status: "filled" } });
    expect(core.order("a", { id: far })).toMatchObject({ status: "canceled", endCause: "reduceOnly" });
    expect(amounts()[1]).toBe("0.01");
    const over = core.submit({ ...request, kind: "market", amount: "1" }, START);
    expect(over).toMatchObject({ order: { status: "canceled", endCause: "reduceOnly" } });
    expect(String(over.order?.filledAmount)).toBe("0.01");
    expect(String(core.positions("a")[0]?.amount)).toBe("0");
    expect(core.openOrders("a")).toEqual([]);
    expect(world.held("a", "USDT")).toBe("0");
  });

  it("of both sides live next to each other in hedge mode", () => {
    const world = createCoreWorld({ instrument: linear });
    const { core } = world;
    const { bid, ask } = touchOf(world.market);
    core.fillOrder(world.place({ price: priceOf(bid), amount: "1", positionSide: "long" }), undefined, START);
    core.fillOrder(
      world.place({ side: "sell", price: priceOf(ask), amount: "2", positionSide: "short" }),
      undefined,
      START,
    );
    const amounts = () => core.positions("a").map(({ positionSide, amount }) => `${positionSide} ${amount}`);
    expect(amounts()).toEqual(["long 1", "short -2"]);
    core.submit(
      { account: "a", symbol: "BTCUSDT", side: "sell", kind: "market", amount: "5", positionSide: "long" },
      START,
    );
    expect(amounts()).toEqual(["long 0", "short -2"]);
  });

  it("lose no more than there is: the venue pays the rest", () => {
    const world = createCoreWorld({
      instrument: linear,
      credits: { USDT: "60" },
      settings: { leverage: 10 },
    });
    const { core } = world;
    core.fillOrder(world.place({ side: "sell", price: "510", amount: "1" }), undefined, START);
    // Somebody buys all there is below 900.
    core.credit("b", "USDT", "10000000", "deposit", START);
    world.place({ account: "b", price: "900", amount: "100" });
    const close = world.place({ price: "899", amount: "1", reduceOnly: true });
    expect(String(core.fillOrder(close, undefined, START).realizedPnl)).toBe("-389");
    const entries = core.ledger.entries("a").map(({ reason, amount }) => `${reason} ${amount}`);
    expect(entries).toEqual([
      "deposit 60",
      "fee -0.51",
      "insurance 329.51",
      "realizedPnl -389",
      "insurance 0.899",
      "fee -0.899",
    ]);
    expect(world.total("a", "USDT")).toBe("0");
  });
});
