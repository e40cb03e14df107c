import { Decimal, OrderError, type OrderRequest, type OrderType } from "@conn/core";
import { ALL_SITUATIONS } from "../../run/conformance-case.js";
import type { Desk } from "../../run/desk.js";
import { errorOf, must, mustBeError, mustEqual } from "../../run/failure.js";
import { tradingCase } from "../../run/trading-case.js";

/** Every type that this library knows. */
const ORDER_TYPES: readonly OrderType[] = [
  "limit",
  "limitMaker",
  "market",
  "stop",
  "stopLimit",
  "takeProfit",
  "takeProfitLimit",
  "trailingStop",
];

/** An order that takes from the market, for so many parts. */
function taking(desk: Desk, side: "buy" | "sell", changes: Partial<OrderRequest> = {}): OrderRequest {
  const price = desk.bestPrice(side);
  const amount = desk.amount(price, 2);
  return { tradingPair: desk.tradingPair, side, orderType: "market", amount, ...changes };
}

/** A limit order that takes what there is at the best prices, and more than these offer. */
function sweeping(desk: Desk, changes: Partial<OrderRequest> = {}): OrderRequest {
  const { asks } = desk.stage.venue.bookOf(desk.symbol);
  const [price, offered] = asks[0]!;
  const step = desk.instrument.rules.amountIncrement;
  const amount = new Decimal(offered)
    .plus(desk.amount(new Decimal(price), 2))
    .div(step)
    .floor()
    .times(step);
  return { tradingPair: desk.tradingPair, side: "buy", price, amount, ...changes };
}

/**
 * Given an account.
 * Do place an order of each type that the connector declares, and of each that it does not.
 * Expect each declared one to be taken by the venue, and the others refused with nothing sent.
 */
export const declaredTypes = tradingCase({
  id: "O01",
  title: "the order types taken are those declared",
  async run(desk) {
    const declared = desk.stage.plugin.supports.trading?.orderTypes ?? [];
    must(declared.length > 0, "at least one order type");
    for (const orderType of declared) {
      const request =
        orderType === "market" ? taking(desk, "buy") : desk.resting("buy", { orderType: orderType });
      const { clientOrderId } = await desk.place(request);
      const wanted = orderType === "market" ? "filled" : "open";
      await desk.untilStatus(clientOrderId, wanted);
    }
    const placed = desk.requestsFor("place");
    for (const orderType of ORDER_TYPES.filter((one) => !declared.includes(one))) {
      const refused = await errorOf(
        () => desk.place(desk.resting("buy", { orderType })),
        `a ${orderType} order`,
      );
      mustBeError(refused, OrderError, "ORDER_INVALID");
      desk.note(refused);
    }
    mustEqual(desk.requestsFor("place"), placed, "orders sent for types that are not declared");
  },
});

/**
 * Given an account, in each situation.
 * Do place a limit order that buys and one that sells.
 * Expect the venue to have exactly those, with side, price, amount and client id, and each to be told as created.
 */
export const limitOrders = tradingCase({
  id: "O10",
  title: "limit orders: taken as asked for, told once, open",
  situations: ALL_SITUATIONS,
  refused: (tradingPair) => {
    const order = { tradingPair, price: "1", amount: "1" };
    return [
      (connector) => connector.placeOrder({ ...order, side: "buy" }),
      (connector) => connector.buy(order),
      (connector) => connector.sell(order),
    ];
  },
  async run(desk) {
    for (const side of ["buy", "sell"] as const) {
      const request = desk.resting(side);
      const { clientOrderId } = await desk.rest(request);
      const truth = desk.oneAtVenue(clientOrderId);
      mustEqual(
        { symbol: truth.symbol, side: truth.side, price: truth.price, amount: truth.amount },
        {
          symbol: desk.symbol,
          side,
          price: new Decimal(request.price!).toFixed(),
          amount: new Decimal(request.amount!).toFixed(),
        },
        "the order at the venue",
      );
      desk.mustTell(clientOrderId, "created");
    }
    mustEqual(desk.account.orders().length, 2, "orders at the venue");
    await desk.untilReady();
    mustEqual(desk.connector.orders.size, 2, "orders that have not ended");
  },
});

/**
 * Given an account.
 * Do place an order that may only make, at a price at which it rests.
 * Expect it to be open, and a maker when it is filled.
 */
export const makerRests = tradingCase({
  id: "O11",
  title: "an order that may only make rests, and makes",
  appliesTo: ({ plugin }) => plugin.supports.trading?.orderTypes.includes("limitMaker") ?? false,
  async run(desk) {
    const { clientOrderId } = await desk.rest(desk.resting("buy", { orderType: "limitMaker" }));
    desk.account.fillOrder(clientOrderId);
    const { fills } = await desk.untilStatus(clientOrderId, "filled");
    mustEqual(fills[0]?.liquidity, "maker", "how it traded");
    desk.mustTell(clientOrderId, "created", "fill", "filled");
  },
});

/**
 * Given an account.
 * Do place an order that may only make, at a price at which it would take.
 * Expect it to have ended without a trade: refused, or accepted and ended by the venue.
 */
export const makerWouldCross = tradingCase({
  id: "O12",
  title: "an order that may only make and would take ends without a trade",
  appliesTo: ({ plugin }) => plugin.supports.trading?.orderTypes.includes("limitMaker") ?? false,
  async run(desk) {
    const price = desk.bestPrice("buy").plus(desk.instrument.rules.priceIncrement);
    const request = {
      ...desk.resting(),
      orderType: "limitMaker" as const,
      price,
      amount: desk.amount(price),
    };
    const { clientOrderId } = await desk.place(request);
    const order = await desk.until(
      clientOrderId,
      ({ status }) => status === "rejected" || status === "canceled" || status === "expired",
      "ended",
    );
    mustEqual(order.fills, [], "its fills");
    mustEqual(order.reason?.kind, "venue", "who ended it");
    must(order.reason?.venueCode !== undefined, "the venue's reason");
    mustEqual(desk.account.fills(), [], "trades at the venue");
  },
});

/**
 * Given an account.
 * Do buy and sell at market.
 * Expect both filled, with the venue's fills and fees.
 */
export const marketOrders = tradingCase({
  id: "O13",
  title: "market orders are filled, with the venue's fills and fees",
  appliesTo: ({ plugin }) => plugin.supports.trading?.orderTypes.includes("market") ?? false,
  async run(desk) {
    for (const side of ["buy", "sell"] as const) {
      const { clientOrderId } = await desk.place(taking(desk, side));
      const order = await desk.untilStatus(clientOrderId, "filled");
      must(order.fees.length > 0, "fees");
      must(
        order.fills.every(({ liquidity }) => liquidity === "taker"),
        "fills as taker",
      );
    }
  },
});

/**
 * Given an account.
 * Do place orders of each time in force that is declared: such that are filled, in part, and not at all.
 * Expect each to end as its time in force says, with what was filled counted.
 */
export const timesInForce = tradingCase({
  id: "O14",
  title: "times in force: ioc, fok, gtd end as they say",
  async run(desk) {
    const declared = desk.stage.plugin.supports.trading?.timeInForce ?? [];
    const ended = ({ status }: { readonly status: string }): boolean =>
      !["pendingCreate", "open"].includes(status);
    if (declared.includes("ioc")) {
      const { clientOrderId } = await desk.place(sweeping(desk, { timeInForce: "ioc" }));
      const order = await desk.until(clientOrderId, ended, "ended");
      must(
        order.status === "canceled" || order.status === "expired",
        `a rest that ends, not ${order.status}`,
      );
      must(order.filledAmount.gt(0) && order.filledAmount.lt(order.amount!), "a part that is filled");
    }
    if (declared.includes("fok")) {
      const whole = taking(desk, "buy", { orderType: "limit", timeInForce: "fok" });
      const { increment } = { increment: desk.instrument.rules.priceIncrement };
      const top = desk.stage.venue.bookOf(desk.symbol).asks.at(5)![0];
      const filled = await desk.place({ ...whole, price: new Decimal(top).plus(increment) });
      await desk.untilStatus(filled.clientOrderId, "filled");
      const { clientOrderId } = await desk.place(sweeping(desk, { timeInForce: "fok" }));
      const order = await desk.until(clientOrderId, ended, "ended");
      must(order.status !== "filled", "an order that cannot be filled whole to end without");
      mustEqual(order.fills, [], "its fills");
    }
    if (declared.includes("gtd")) {
      const expireTimestamp = Math.ceil(desk.connector.venueTime().timestamp / 1_000) * 1_000 + 900_000;
      const { clientOrderId } = await desk.rest(desk.resting("buy", { timeInForce: "gtd", expireTimestamp }));
      await desk.advance(890_000);
      mustEqual(desk.order(clientOrderId).status, "open", "its status before its time");
      await desk.until(clientOrderId, ended, "ended at its time");
      must(["canceled", "expired"].includes(desk.order(clientOrderId).status), "an order that has expired");
    }
  },
});

/**
 * Given an account without a position.
 * Do place an order that may only reduce; then get a position, and reduce it.
 * Expect the first to end without a trade, and the second to fill.
 */
export const reduceOnly = tradingCase({
  id: "O15",
  title: "orders that may only reduce a position do not make one",
  needsTrading: "reduceOnly",
  async run(desk) {
    const early = await desk.place(taking(desk, "sell", { reduceOnly: true }));
    await desk.until(
      early.clientOrderId,
      ({ status }) => status !== "pendingCreate" && status !== "open",
      "ended",
    );
    mustEqual(desk.account.fills(), [], "trades at the venue");
    const bought = await desk.place(taking(desk, "buy"));
    await desk.untilStatus(bought.clientOrderId, "filled");
    const sold = await desk.place(taking(desk, "sell", { reduceOnly: true }));
    await desk.untilStatus(sold.clientOrderId, "filled");
  },
});

/**
 * Given an account.
 * Do buy at market for an amount of quote.
 * Expect it filled, for at most so much; and refused with nothing sent where that is not supported.
 */
export const quoteAmount = tradingCase({
  id: "O16",
  title: "market orders by quote amount",
  appliesTo: ({ plugin }) => plugin.supports.trading !== undefined,
  async run(desk) {
    const price = desk.bestPrice("buy");
    const wanted = desk.amount(price, 4).times(price).toDecimalPlaces(0, Decimal.ROUND_UP);
    const request: OrderRequest = {
      tradingPair: desk.tradingPair,
      side: "buy",
      orderType: "market",
      quoteAmount: wanted,
    };
    if (desk.stage.plugin.supports.trading?.quoteAmount) {
      const { clientOrderId } = await desk.place(request);
      const order = await desk.untilStatus(clientOrderId, "filled");
      must(order.filledQuoteAmount.gt(0) && order.filledQuoteAmount.lte(wanted), `at most ${wanted} spent`);
      return;
    }
    const refused = await errorOf(() => desk.place(request), "an order by quote amount");
    mustBeError(refused, OrderError, "ORDER_INVALID");
    mustEqual(desk.requestsFor("place"), 0, "orders sent");
  },
});

/**
 * Stop and take-profit orders are not supported by any connector yet.
 * Expect them refused with nothing sent.
 */
export const conditionalOrders = tradingCase({
  id: "O17",
  title: "stop and take-profit orders are refused with nothing sent",
  async run(desk) {
    for (const orderType of ["stop", "stopLimit", "takeProfit", "takeProfitLimit", "trailingStop"] as const) {
      const refused = await errorOf(
        () => desk.place(desk.resting("sell", { orderType })),
        `a ${orderType} order`,
      );
      mustBeError(refused, OrderError, "ORDER_INVALID");
    }
    mustEqual(desk.requestsFor("place"), 0, "orders sent");
  },
});
