import { Decimal, OrderError } from "@conn/core";
import { ALL_SITUATIONS } from "../../run/conformance-case.js";
import { errorOf, must, mustBeError, mustEqual } from "../../run/failure.js";
import { tradingCase } from "../../run/trading-case.js";

/**
 * Given an open order, in each situation.
 * Do cancel it; cancel another right after it was sent, before its answer; let another program cancel a third.
 * Expect all canceled, the third without our asking, and each told once.
 */
export const cancelOrder = tradingCase({
  id: "O30",
  title: "cancel",
  situations: ALL_SITUATIONS,
  refused: () => [(connector) => connector.cancelOrder("1")],
  async run(desk) {
    const { clientOrderId } = await desk.rest();
    await desk.cancel(clientOrderId);
    const order = await desk.untilStatus(clientOrderId, "canceled");
    mustEqual(order.reason?.kind, "requested", "why it ended");
    desk.mustTell(clientOrderId, "created", "canceled");
    desk.stage.venue.faults.delayAnswer(desk.request("place"), 300);
    const placing = desk.connector.placeOrder(desk.resting("sell"));
    await desk.stage.world.settle();
    const [second] = [...desk.connector.orders.keys()];
    must(second !== undefined, "an order that is known as soon as it is sent");
    await desk.cancel(second);
    await desk.complete(placing);
    await desk.untilStatus(second, "canceled");
    desk.mustTell(second, "created", "canceled");
    await desk.untilReady();
    const hang = desk.hang("query", "openOrders");
    const third = await desk.rest();
    desk.account.cancelOrder(third.clientOrderId);
    const { reason } = await desk.untilStatus(third.clientOrderId, "canceled");
    mustEqual(reason?.kind, "venue", "why it ended");
    desk.mustTell(third.clientOrderId, "created", "canceled");
    hang.cancel();
  },
});

/** Do cancel an order that this program never had. Expect an error, and nothing sent. */
export const cancelUnknown = tradingCase({
  id: "O31",
  title: "cancel of an order that is not ours: an error, and nothing sent",
  async run(desk) {
    const sent = desk.requestsFor("cancel");
    const error = await errorOf(() => desk.cancel("nobodys"), "a cancel of nobody's order");
    mustBeError(error, OrderError, "ORDER_UNKNOWN");
    mustEqual(desk.requestsFor("cancel"), sent, "cancels sent");
  },
});

/**
 * Given an order that another program has canceled, of which nothing was told.
 * Do cancel it, twice.
 * Expect it to be canceled, told once, and the second cancel to send nothing.
 */
export const alreadyCanceled = tradingCase({
  id: "O32",
  title: "cancel of an order that is canceled already",
  async run(desk) {
    const { clientOrderId } = await desk.rest();
    const untold = desk.untold("canceled");
    desk.account.cancelOrder(clientOrderId);
    await desk.advance(100);
    mustEqual(desk.order(clientOrderId).status, "open", "what is known of it");
    await desk.cancel(clientOrderId);
    await desk.untilStatus(clientOrderId, "canceled");
    untold.cancel();
    const sent = desk.requestsFor("cancel");
    await desk.cancel(clientOrderId);
    mustEqual(desk.requestsFor("cancel"), sent, "cancels sent for an order that has ended");
    const ends = desk.story(clientOrderId).filter((word) => word === "canceled");
    mustEqual(ends.length, 1, "cancellations told");
  },
});

/**
 * Given an order that was filled, of which nothing was told.
 * Do cancel it.
 * Expect the fill to win: filled, with its fill.
 */
export const alreadyFilled = tradingCase({
  id: "O33",
  title: "cancel of an order that is filled already: the fill wins",
  async run(desk) {
    const { clientOrderId } = await desk.rest();
    const untold = desk.untold("filled");
    desk.account.fillOrder(clientOrderId);
    await desk.advance(100);
    mustEqual(desk.order(clientOrderId).status, "open", "what is known of it");
    await desk.cancel(clientOrderId);
    await desk.untilStatus(clientOrderId, "filled");
    untold.cancel();
    mustEqual(
      desk.story(clientOrderId).filter((word) => word === "canceled"),
      [],
      "cancellations told",
    );
  },
});

/**
 * Given three open orders, one of which was filled, of which nothing was told.
 * Do cancel all.
 * Expect a result for each: two canceled, one filled.
 */
export const cancelAll = tradingCase({
  id: "O34",
  title: "cancel all, with one that cannot be canceled",
  refused: () => [(connector) => connector.cancelAllOrders(), (connector) => connector.cancelOrders(["1"])],
  async run(desk) {
    const orders = [await desk.rest(), await desk.rest(desk.resting("sell")), await desk.rest()];
    const ids = orders.map(({ clientOrderId }) => clientOrderId);
    const untold = desk.untold("filled");
    desk.account.fillOrder(ids[1]!);
    const results = await desk.complete(desk.connector.cancelAllOrders(), "cancelAllOrders");
    mustEqual(
      results.map(({ order }) => order.clientOrderId).sort(),
      [...ids].sort(),
      "the orders of the results",
    );
    await desk.untilStatus(ids[0]!, "canceled");
    await desk.untilStatus(ids[1]!, "filled");
    await desk.untilStatus(ids[2]!, "canceled");
    untold.cancel();
    mustEqual(desk.connector.orders.size, 0, "orders that have not ended");
  },
});

/**
 * Given a venue that takes several orders in one request.
 * Do place three, and cancel them together.
 * Expect one request, a result for each in order, and the same for the cancels.
 */
export const batches = tradingCase({
  id: "O35",
  title: "several orders and cancels in one request, with a result for each",
  needsTrading: "placeBatch",
  refused: (tradingPair) => [
    (connector) => connector.placeOrders([{ tradingPair, side: "buy", price: "1", amount: "1" }]),
  ],
  async run(desk) {
    const requests = [0, 1, 2].map((steps) =>
      desk.resting("buy", { price: desk.restingPrice("buy", steps) }),
    );
    const placed = await desk.complete(desk.connector.placeOrders(requests), "placeOrders");
    mustEqual(desk.requestsFor("placeBatch"), 1, "requests for three orders");
    mustEqual(
      placed.map(({ order, error }) => [order.price?.toFixed(), error]),
      requests.map(({ price }) => [new Decimal(price!).toFixed(), undefined]),
      "the results, in the order of the requests",
    );
    const ids = placed.map(({ order }) => order.clientOrderId);
    for (const id of ids) await desk.untilStatus(id, "open");
    const canceled = await desk.complete(desk.connector.cancelOrders(ids), "cancelOrders");
    mustEqual(
      canceled.map(({ order }) => order.clientOrderId),
      ids,
      "the results, in the order of the requests",
    );
    for (const id of ids) {
      await desk.untilStatus(id, "canceled");
      desk.mustTell(id, "created", "canceled");
    }
    if (desk.stage.plugin.supports.trading?.cancelBatch)
      mustEqual(desk.requestsFor("cancelBatch"), 1, "requests for three cancels");
  },
});

/**
 * Given an open order.
 * Do amend its price; its amount; then amend it when it was filled, of which nothing was told.
 * Expect the venue to have each change and each to be told; the last to end filled.
 */
export const amendOrder = tradingCase({
  id: "O36",
  title: "amend price and amount; an amendment that comes too late",
  needsTrading: "amend",
  refused: () => [(connector) => connector.amendOrder("1", { price: "1" })],
  async run(desk) {
    const { clientOrderId, amount } = await desk.rest();
    const { amountIncrement } = desk.instrument.rules;
    const price = desk.restingPrice("buy", 3);
    await desk.complete(desk.connector.amendOrder(clientOrderId, { price }), "amendOrder");
    await desk.until(clientOrderId, (order) => order.price?.eq(price) === true, "the new price");
    desk.expectTruth();
    const more = amount!.plus(amountIncrement);
    await desk.complete(desk.connector.amendOrder(clientOrderId, { amount: more }), "amendOrder");
    await desk.until(clientOrderId, (order) => order.amount?.eq(more) === true, "the new amount");
    desk.expectTruth();
    desk.mustTell(clientOrderId, "created", "amended", "amended");
    const untold = desk.untold("filled");
    desk.account.fillOrder(clientOrderId);
    await desk.complete(
      desk.connector.amendOrder(clientOrderId, { price: desk.restingPrice("buy", 5) }),
      "an amendment that comes too late",
    );
    await desk.untilStatus(clientOrderId, "filled");
    untold.cancel();
    const told = desk.story(clientOrderId).filter((word) => word === "amended");
    mustEqual(told.length, 2, "amendments told");
  },
});
