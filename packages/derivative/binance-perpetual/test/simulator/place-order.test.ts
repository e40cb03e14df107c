import { Decimal } from "@conn/core";
import { describe, expect, it } from "vitest";
import { createRig, type Rig } from "./support/rig.js";
import { createTrader, restingPrice } from "./support/trader.js";

/** BTCUSDT stands still, so that prices of a test stay what they are. */
function still(): Rig {
  const rig = createRig();
  rig.machine.freeze("BTCUSDT");
  rig.advance(0);
  rig.get("/fapi/v1/ping");
  return rig;
}

const best = (rig: Rig, side: "bids" | "asks", rank = 0): string =>
  rig.machine.bookOf("BTCUSDT")[side][rank]![0];

describe("an order that rests", () => {
  it("is acknowledged without average price and quote amount, with an id beyond 2^53", () => {
    const rig = still();
    const trader = createTrader(rig);
    const { json, text } = trader.place({
      quantity: "0.010",
      price: restingPrice(rig),
      newClientOrderId: "a-1",
    });
    expect(Object.keys(json)).toEqual([
      "clientOrderId",
      "cumQty",
      "executedQty",
      "orderId",
      "origQty",
      "price",
      "reduceOnly",
      "side",
      "positionSide",
      "status",
      "stopPrice",
      "closePosition",
      "symbol",
      "timeInForce",
      "type",
      "origType",
      "updateTime",
      "workingType",
      "priceProtect",
      "priceMatch",
      "selfTradePreventionMode",
      "goodTillDate",
    ]);
    expect(json).toMatchObject({
      clientOrderId: "a-1",
      executedQty: "0.000",
      origQty: "0.010",
      status: "NEW",
      selfTradePreventionMode: "EXPIRE_MAKER",
      updateTime: rig.now,
    });
    const id = /"orderId":(\d+)/.exec(text)![1]!;
    expect(BigInt(id)).toBeGreaterThan(BigInt(Number.MAX_SAFE_INTEGER));
    expect(rig.machine.orderOf("default", "a-1")).toMatchObject({ id, status: "open" });
  });

  it("is in the published book and leaves it when canceled", () => {
    const rig = still();
    const trader = createTrader(rig);
    const price = restingPrice(rig);
    const amountAt = () =>
      new Decimal(rig.machine.bookOf("BTCUSDT").bids.find(([at]) => new Decimal(at).eq(price))?.[1] ?? 0);
    const before = amountAt();
    trader.rest({ price, quantity: "1.234", newClientOrderId: "book" });
    expect(amountAt().minus(before).toFixed()).toBe("1.234");
    const depth = rig.get("/fapi/v1/depth?symbol=BTCUSDT&limit=1000").json;
    const row = depth.bids.find(([at]: [string]) => new Decimal(at).eq(price));
    expect(new Decimal(row[1]).eq(amountAt())).toBe(true);
    trader.call("DELETE", "/fapi/v1/order", { symbol: "BTCUSDT", origClientOrderId: "book" });
    expect(amountAt().eq(before)).toBe(true);
  });

  it("gets an id of the venue if it has none", () => {
    const rig = still();
    expect(createTrader(rig).rest().clientOrderId).toMatch(/^[A-Za-z0-9]{22}$/);
  });
});

describe("an order that takes", () => {
  it("is told as new, and as what became of it if that is asked for", () => {
    const rig = still();
    const trader = createTrader(rig);
    const ack = trader.place({ type: "MARKET", quantity: "0.010" }).json;
    expect(ack).toMatchObject({ status: "NEW", executedQty: "0.000", timeInForce: "GTC", price: "0" });
    const result = trader.place({ type: "MARKET", quantity: "0.010", newOrderRespType: "RESULT" }).json;
    expect(result).toMatchObject({ status: "FILLED", executedQty: "0.010" });
    const queried = trader.call("GET", "/fapi/v1/order", {
      symbol: "BTCUSDT",
      origClientOrderId: ack.clientOrderId,
    });
    expect(queried.json).toMatchObject({ status: "FILLED", executedQty: "0.010" });
    const fills = rig.machine
      .fillsOf("default")
      .filter(({ clientOrderId }) => clientOrderId === ack.clientOrderId);
    const quote = fills.reduce((sum, fill) => sum.plus(fill.quoteAmount), new Decimal(0));
    expect(queried.json.cumQuote).toBe(quote.toFixed());
    expect(rig.machine.positionsOf("default")[0]!.amount.toFixed()).toBe("0.02");
  });

  it("is on the public tape, with the trade ids of its fills", () => {
    const rig = still();
    createTrader(rig).place({ type: "MARKET", quantity: "0.010" });
    const { tradeId, price } = rig.machine.fillsOf("default").at(-1)!;
    const trade = rig.machine.tradesOf("BTCUSDT").at(-1)!;
    expect(trade).toMatchObject({ tradeId, takerSide: "buy" });
    expect(new Decimal(trade.price).eq(price)).toBe(true);
  });

  it("pays the taker's fee", () => {
    const rig = still();
    createTrader(rig).place({ type: "MARKET", quantity: "0.010" });
    for (const fill of rig.machine.fillsOf("default")) {
      expect(fill.maker).toBe(false);
      expect(fill.fee.eq(fill.quoteAmount.times("0.0005").toDecimalPlaces(8, Decimal.ROUND_HALF_UP))).toBe(
        true,
      );
    }
  });
});

describe("times in force", () => {
  it("GTX: is refused if it would take, and leaves no trace", () => {
    const rig = still();
    const trader = createTrader(rig);
    const crossing = {
      price: best(rig, "asks"),
      quantity: "0.010",
      timeInForce: "GTX",
      newClientOrderId: "x",
    };
    expect(trader.place(crossing)).toMatchObject({ status: 400, json: { code: -5022 } });
    expect(
      trader.call("GET", "/fapi/v1/order", { symbol: "BTCUSDT", origClientOrderId: "x" }).json.code,
    ).toBe(-2013);
    expect(trader.place({ ...crossing, price: best(rig, "bids") }).json).toMatchObject({
      status: "NEW",
      timeInForce: "GTX",
    });
  });

  it("FOK: is refused unless it is filled whole", () => {
    const rig = still();
    rig.machine.createAccount("rich", { funds: { USDT: "1000000000" } });
    const rich = createTrader(rig, "rich");
    const order = { price: best(rig, "asks"), timeInForce: "FOK", newOrderRespType: "RESULT" };
    expect(rich.place({ ...order, quantity: "900" }).json.code).toBe(-5021);
    expect(rig.machine.ordersOf("rich")).toEqual([]);
    expect(rich.place({ ...order, quantity: "0.001" }).json.status).toBe("FILLED");
  });

  it("IOC: ends with what it could not take", () => {
    const rig = still();
    rig.machine.createAccount("rich", { funds: { USDT: "1000000000" } });
    const rich = createTrader(rig, "rich");
    const available = rig.machine.bookOf("BTCUSDT").asks[0]![1];
    const quantity = new Decimal(available).plus("0.5").toFixed(3);
    const { json } = rich.place({
      price: best(rig, "asks"),
      quantity,
      timeInForce: "IOC",
      newOrderRespType: "RESULT",
    });
    expect(json).toMatchObject({ status: "EXPIRED", origQty: quantity });
    expect(new Decimal(json.executedQty).eq(available)).toBe(true);
  });

  it("GTD: ends at its date, to the second", () => {
    const rig = still();
    const trader = createTrader(rig);
    const order = { price: restingPrice(rig), quantity: "0.010", timeInForce: "GTD" };
    expect(trader.place(order).json.code).toBe(-1102);
    expect(trader.place({ ...order, goodTillDate: rig.now + 600_000 }).json.code).toBe(-5040);
    const { json } = trader.place({ ...order, goodTillDate: rig.now + 700_999, newClientOrderId: "gtd" });
    const end = Math.floor((rig.now + 700_999) / 1000) * 1000;
    expect(json.goodTillDate).toBe(end);
    rig.advance(end - rig.now - 1);
    expect(rig.machine.orderOf("default", "gtd")!.status).toBe("open");
    rig.advance(1);
    const query = { symbol: "BTCUSDT", origClientOrderId: "gtd" };
    expect(trader.call("GET", "/fapi/v1/order", query).json.status).toBe("EXPIRED");
  });
});

describe("self-trade prevention", () => {
  it.each([
    ["EXPIRE_MAKER", "EXPIRED_IN_MATCH", "NEW"],
    ["EXPIRE_TAKER", "NEW", "EXPIRED_IN_MATCH"],
    ["EXPIRE_BOTH", "EXPIRED_IN_MATCH", "EXPIRED_IN_MATCH"],
    ["NONE", "FILLED", "FILLED"],
  ])("%s: maker %s, taker %s", (mode, maker, taker) => {
    const rig = still();
    const trader = createTrader(rig);
    // Between the best prices there is nobody else.
    const ask = best(rig, "asks");
    const asked = new Decimal(ask);
    rig.machine.tradeThrough("BTCUSDT", { side: "buy", price: asked.plus(50).toFixed(), amount: "1000" });
    const price = asked.plus(20).toFixed(1);
    trader.place({ side: "SELL", price, quantity: "0.010", newClientOrderId: "maker" });
    trader.place({ price, quantity: "0.010", newClientOrderId: "taker", selfTradePreventionMode: mode });
    const status = (origClientOrderId: string) =>
      trader.call("GET", "/fapi/v1/order", { symbol: "BTCUSDT", origClientOrderId }).json.status;
    expect([status("maker"), status("taker")]).toEqual([maker, taker]);
  });

  it("knows its modes", () => {
    const rig = still();
    const order = { price: restingPrice(rig), quantity: "0.010", selfTradePreventionMode: "SOME" };
    expect(createTrader(rig).place(order).json.code).toBe(-5039);
  });
});

describe("what is refused", () => {
  it.each([
    ["an unknown symbol", { symbol: "NOPE" }, -1121],
    ["no symbol", { symbol: "" }, -1102],
    ["a side that is none", { side: "HOLD" }, -1117],
    ["a type that is none", { type: "LIMIT_MAKER" }, -1116],
    ["a conditional type", { type: "STOP_MARKET", stopPrice: "1" }, -4120],
    ["no time in force", { timeInForce: "" }, -1102],
    ["another time in force", { timeInForce: "DAY" }, -1115],
    ["no quantity", { quantity: "" }, -1102],
    ["a quantity that is no number", { quantity: "1e3" }, -1100],
    ["a negative quantity", { quantity: "-1" }, -1100],
    ["quantity 0", { quantity: "0" }, -4003],
    ["too precise a quantity", { quantity: "0.0101" }, -1111],
    ["too little", { quantity: "0.0001" }, -1111],
    ["too much", { quantity: "1000.001" }, -4005],
    ["no price", { price: "" }, -1102],
    ["too precise a price", { price: "80000.001" }, -1111],
    ["a price off the tick", { price: "80000.05" }, -4014],
    ["price 0", { price: "0" }, -4001],
    ["a price below the least", { price: "500" }, -4013],
    ["a price above the most", { price: "5000000" }, -4002],
    ["a price far above the mark price", { price: "120000" }, -4016],
    ["too small an order", { quantity: "0.001", price: "40000" }, -4164],
    ["a client id with other letters", { newClientOrderId: "a b" }, -4015],
    ["a client id that is too long", { newClientOrderId: "a".repeat(37) }, -4015],
    ["a position side of hedge mode", { positionSide: "LONG" }, -4061],
    ["a position side that is none", { positionSide: "UP" }, -4060],
    ["a reduce-only order without a position", { reduceOnly: "true" }, -2022],
    ["a price with a price match", { priceMatch: "QUEUE" }, -1106],
    ["another answer type", { newOrderRespType: "FULL" }, -1136],
    ["more than the margin allows", { quantity: "30" }, -2019],
    ["more than may be held at the leverage", { quantity: "1000", price: "120000" }, -4016],
  ])("%s", (_what, fields, code) => {
    const rig = still();
    const answer = createTrader(rig).place({ quantity: "0.010", price: restingPrice(rig), ...fields });
    expect([answer.status, answer.json.code]).toEqual([400, code]);
    expect(rig.machine.openOrdersOf("default")).toEqual([]);
  });

  it("a sell far below the mark price, and a market order with a price or a time in force", () => {
    const rig = still();
    const trader = createTrader(rig);
    expect(trader.place({ side: "SELL", quantity: "0.010", price: "60000" }).json.code).toBe(-4024);
    expect(trader.place({ type: "MARKET", quantity: "0.010", price: "80000" }).json.code).toBe(-1106);
    expect(trader.place({ type: "MARKET", quantity: "0.010", timeInForce: "GTC" }).json.code).toBe(-1106);
  });

  it("a client id that an open order has; it may be used again later", () => {
    const rig = still();
    const trader = createTrader(rig);
    trader.rest({ newClientOrderId: "twice" });
    const again = { price: restingPrice(rig), quantity: "0.010", newClientOrderId: "twice" };
    expect(trader.place(again).json.code).toBe(-4116);
    trader.call("DELETE", "/fapi/v1/allOpenOrders", { symbol: "BTCUSDT" });
    expect(trader.place(again).status).toBe(200);
  });

  it("the two hundred and first open order of a contract", () => {
    const rig = createRig({ limits: { ordersPerTenSeconds: 1000 } });
    rig.machine.freeze("BTCUSDT");
    const trader = createTrader(rig);
    for (let count = 0; count < 200; count++) trader.rest({ quantity: "0.001", price: "84000" });
    expect(trader.place({ quantity: "0.001", price: "84000" }).json.code).toBe(-2025);
  });

  it("a contract that does not trade", () => {
    const rig = still();
    const trader = createTrader(rig);
    rig.machine.setStatus("BTCUSDT", "TRADING_HALT");
    const order = { price: restingPrice(rig), quantity: "0.010" };
    expect(trader.place(order).json.code).toBe(-4140);
    rig.machine.setStatus("BTCUSDT", "SETTLING");
    expect(trader.place(order).json.code).toBe(-4141);
  });

  it("nothing in a test of an order, and it leaves nothing", () => {
    const rig = still();
    const trader = createTrader(rig);
    const order = { symbol: "BTCUSDT", side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: "0.010" };
    const test = (price: string) => trader.call("POST", "/fapi/v1/order/test", { ...order, price });
    expect(test(restingPrice(rig)).json).toEqual({});
    expect(test("80000.05").json.code).toBe(-4014);
    expect(rig.machine.ordersOf("default")).toEqual([]);
  });
});

describe("price match", () => {
  it.each([
    ["QUEUE", "bids", 0],
    ["QUEUE_5", "bids", 4],
    ["OPPONENT_5", "asks", 4],
  ] as const)("%s is the price of %s, rank %i", (priceMatch, side, rank) => {
    const rig = still();
    const price = best(rig, side, rank);
    const { json } = createTrader(rig).place({ quantity: "0.010", priceMatch });
    expect(json).toMatchObject({ priceMatch });
    expect(new Decimal(json.price).eq(price)).toBe(true);
  });
});
