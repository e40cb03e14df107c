import { Decimal } from "@conn/core";
import { ALL_SITUATIONS } from "../../run/conformance-case.js";
import type { Desk } from "../../run/desk.js";
import { must, mustEqual } from "../../run/failure.js";
import { tradingCase } from "../../run/trading-case.js";

/** A part of an order's amount. */
function part(amount: Decimal | undefined, of: number): string {
  return (amount ?? new Decimal(0)).div(of).toFixed();
}

/** How often fills were told. */
function fillsTold(desk: Desk, clientOrderId: string): number {
  return desk.story(clientOrderId).filter((word) => word === "fill").length;
}

/**
 * Given an open order, in each situation.
 * Do fill it in parts, the last of them with a rebate.
 * Expect each fill once, with its fee and its sign, sums and average as the venue has them, and `filled` after all.
 */
export const partialFills = tradingCase({
  id: "O40",
  title: "fills in parts: each once, with fees and rebates, averages, and filled after all",
  situations: ALL_SITUATIONS,
  async run(desk) {
    for (const side of ["buy", "sell"] as const) {
      const { clientOrderId, amount } = await desk.rest(desk.resting(side));
      desk.account.setFees({ maker: "0.0002", taker: "0.0005" });
      desk.account.fillOrder(clientOrderId, part(amount, 5));
      await desk.until(clientOrderId, ({ fills }) => fills.length === 1, "a fill");
      mustEqual(desk.order(clientOrderId).status, "open", "its status after a part");
      desk.account.fillOrder(clientOrderId, part(amount, 2));
      await desk.until(clientOrderId, ({ fills }) => fills.length === 2, "another fill");
      desk.account.setFees({ maker: "-0.0001", taker: "0.0005" });
      desk.account.fillOrder(clientOrderId);
      await desk.untilStatus(clientOrderId, "filled");
      await desk.until(
        clientOrderId,
        ({ fills }) => fills.every(({ fees }) => fees !== undefined),
        "all fees",
      );
      desk.mustTell(clientOrderId, "created", "fill", "fill", "fill", "filled");
      const last = desk.order(clientOrderId).fills.at(-1);
      must(last?.fees?.[0]?.amount.isNegative() === true, "a rebate to be a fee below zero");
    }
  },
});

/**
 * Given an order whose answer is late.
 * Do fill it before the answer.
 * Expect it to be told as created, then filled, and the answer to change nothing.
 */
export const fillBeforeAnswer = tradingCase({
  id: "O41",
  title: "a fill that is told before the order's answer",
  async run(desk) {
    desk.stage.venue.faults.delayAnswer(desk.request("place"), 1_000);
    const placing = desk.connector.placeOrder(desk.resting());
    await desk.stage.world.until(() => desk.account.orders().length === 1, { withinMs: 500 });
    const { clientOrderId } = desk.account.orders()[0]!;
    desk.account.fillOrder(clientOrderId!);
    await desk.untilStatus(clientOrderId!, "filled", 500);
    const answered = await desk.complete(placing);
    mustEqual(answered.status, "filled", "the order that the answer gives");
    await desk.advance(5_000);
    desk.mustTell(clientOrderId!, "created", "fill", "filled");
  },
});

/**
 * Given open orders, in each situation.
 * Do fill one whose fill only the stream can tell, one whose fill only questions can, and one in both; let the stream tell
 * fills twice, and in another order; trade with oneself.
 * Expect every fill once on each order.
 */
export const fillsOnce = tradingCase({
  id: "O42",
  title:
    "fills told by the stream, by an answer, by both, twice: each counted once, on each order of a trade with oneself",
  situations: ALL_SITUATIONS,
  async run(desk) {
    const { faults } = desk.stage.venue;
    const hang = desk.hang("fills", "query", "openOrders");
    const onlyStream = await desk.rest();
    desk.account.fillOrder(onlyStream.clientOrderId);
    await desk.untilStatus(onlyStream.clientOrderId, "filled");
    hang.cancel();

    const untold = desk.untold("filled");
    const onlyAsked = await desk.rest();
    desk.account.fillOrder(onlyAsked.clientOrderId);
    await desk.complete(desk.connector.reconcile(), "reconcile()");
    await desk.untilStatus(onlyAsked.clientOrderId, "filled");
    untold.cancel();

    const both = await desk.rest();
    desk.account.fillOrder(both.clientOrderId, part(both.amount, 2));
    await desk.complete(desk.connector.reconcile(), "reconcile()");
    const twice = desk.framesOf(["filled"]).map((filter) => faults.duplicate(filter, 4));
    desk.account.fillOrder(both.clientOrderId);
    await desk.untilStatus(both.clientOrderId, "filled");
    for (const fault of twice) fault.cancel();
    await desk.complete(desk.connector.reconcile(), "reconcile()");

    const swapped = await desk.rest();
    const reorders = desk.framesOf(["filled"]).map((filter) => faults.reorder(filter));
    desk.account.fillOrder(swapped.clientOrderId, part(swapped.amount, 2));
    desk.account.fillOrder(swapped.clientOrderId);
    await desk.untilStatus(swapped.clientOrderId, "filled");
    for (const fault of reorders) fault.cancel();

    for (const [{ clientOrderId }, count] of [
      [onlyStream, 1],
      [onlyAsked, 1],
      [both, 2],
      [swapped, 2],
    ] as const) {
      await desk.until(
        clientOrderId,
        ({ fills }) => fills.every(({ fees }) => fees !== undefined),
        "all fees of its fills",
      );
      mustEqual(fillsTold(desk, clientOrderId), count, `fills told of ${clientOrderId}`);
    }
  },
});

/**
 * Given a canceled order of which a part had traded before, untold.
 * Do let that fill come after the cancellation.
 * Expect it to be counted; and an order whose late fills come to all of it to be filled.
 */
export const fillAfterCancel = tradingCase({
  id: "O43",
  title: "a fill that is told after the cancellation counts",
  async run(desk) {
    const { faults } = desk.stage.venue;
    const { clientOrderId, amount } = await desk.rest();
    const late = desk
      .framesOf(["filled"])
      .map((filter) => faults.delay(filter, 3_000, Number.POSITIVE_INFINITY));
    desk.account.fillOrder(clientOrderId, part(amount, 2));
    desk.account.cancelOrder(clientOrderId);
    await desk.untilStatus(clientOrderId, "canceled");
    for (const fault of late) fault.cancel();
    await desk.until(clientOrderId, ({ fills }) => fills.length === 1, "the late fill");
    await desk.advance(10_000);
    mustEqual(desk.order(clientOrderId).status, "canceled", "its status");
    mustEqual(fillsTold(desk, clientOrderId), 1, "fills told");
  },
});

/**
 * Given frames that are late.
 * Do cancel an order whose `created` comes after, and fill one whose part is told after the whole.
 * Expect nothing to be told of what is old.
 */
export const lateStates = tradingCase({
  id: "O44",
  title: "an open that comes after the end, a part that comes after the whole: nothing is told",
  async run(desk) {
    const { faults } = desk.stage.venue;
    const late = desk.framesOf(["created"]).map((filter) => faults.delay(filter, 5_000));
    const canceled = await desk.rest();
    await desk.cancel(canceled.clientOrderId);
    await desk.untilStatus(canceled.clientOrderId, "canceled");
    await desk.advance(10_000);
    desk.mustTell(canceled.clientOrderId, "created", "canceled");
    for (const fault of late) fault.cancel();

    const filled = await desk.rest();
    const parts = desk.framesOf(["filled"]).map((filter) => faults.delay(filter, 5_000));
    desk.account.fillOrder(filled.clientOrderId, part(filled.amount, 2));
    desk.account.fillOrder(filled.clientOrderId);
    await desk.untilStatus(filled.clientOrderId, "filled");
    await desk.advance(10_000);
    for (const fault of parts) fault.cancel();
    desk.mustTell(filled.clientOrderId, "created", "fill", "fill", "filled");
    mustEqual(desk.order(filled.clientOrderId).status, "filled", "its status");
  },
});

/**
 * Given an order that the venue says is filled, while neither stream nor questions tell the fill.
 * Do wait; then let questions tell it.
 * Expect it not to be called filled before its fill is known; and where the fill never comes, that to be reported, and no
 * fill invented.
 */
export const filledWaits = tradingCase({
  id: "O46",
  title: "filled waits for its fills; fills that never come are reported, not invented",
  async run(desk) {
    const { faults } = desk.stage.venue;
    const withheld = (): { cancel(): void } => {
      const frames = desk.untold("filled");
      const empty = faults.replaceAnswer(
        desk.request("fills"),
        { status: 200, body: desk.accounts.noFillsAnswer },
        Number.POSITIVE_INFINITY,
      );
      return {
        cancel() {
          frames.cancel();
          empty.cancel();
        },
      };
    };
    const late = await desk.rest();
    const first = withheld();
    desk.account.fillOrder(late.clientOrderId);
    await desk.complete(desk.connector.reconcile(), "reconcile()");
    await desk.advance(10_000);
    must(!desk.story(late.clientOrderId).includes("filled"), "no filled before its fills");
    first.cancel();
    await desk.untilStatus(late.clientOrderId, "filled");
    mustEqual(fillsTold(desk, late.clientOrderId), 1, "fills told");

    const never = await desk.rest();
    const second = withheld();
    desk.account.fillOrder(never.clientOrderId);
    await desk.complete(desk.connector.reconcile(), "reconcile()");
    await desk.stage.world.until(() => desk.probe.problems().some(({ code }) => code === "FILLS_MISSING"), {
      withinMs: 600_000,
      what: "a report of missing fills",
    });
    mustEqual(fillsTold(desk, never.clientOrderId), 0, "fills told that never came");
    mustEqual(desk.order(never.clientOrderId).fills, [], "its fills");
    second.cancel();
    await desk.complete(desk.connector.reconcile(), "reconcile()");
    await desk.until(never.clientOrderId, ({ fills }) => fills.length === 1, "the fill, once it is told");
  },
});

/**
 * Given a venue that contradicts itself: it fills more of an order than there is of it.
 * Do let it tell such a fill, by a frame whose amount is larger.
 * Expect an alarm, and the fill to be counted as it was told.
 */
export const overfill = tradingCase({
  id: "O45",
  title: "a fill beyond the order's amount is an alarm",
  async run(desk) {
    const { faults } = desk.stage.venue;
    const { clientOrderId, amount } = await desk.rest();
    const less = part(amount, 2);
    desk.account.fillOrder(clientOrderId, less);
    await desk.until(clientOrderId, ({ fills }) => fills.length === 1, "a fill");
    // The rest, told ten times as large.
    const wrong = desk
      .framesOf(["filled"])
      .map((filter) =>
        faults.alter(filter, (text) => desk.accounts.enlargeFill(text, less), Number.POSITIVE_INFINITY),
      );
    desk.account.fillOrder(clientOrderId, less);
    await desk.stage.world.until(() => desk.probe.problems().some(({ code }) => code === "OVERFILLED"), {
      withinMs: 5_000,
      what: "an alarm for an over-filled order",
    });
    for (const fault of wrong) fault.cancel();
    must(desk.order(clientOrderId).filledAmount.gt(amount!), "what was told to be counted");
    // What it was told is not the truth, and no reason to hold it against the connector.
    desk.excuse(clientOrderId);
  },
});

/**
 * Given a venue whose answer to a new order tells zeros, or nothing, of what is filled.
 * Do place an order that rests, and one that is filled at once.
 * Expect no fill but the venue's, and the total never to fall.
 */
export const zerosAreNoFills = tradingCase({
  id: "O68",
  title: "zeros and missing fields of an answer are not fills",
  async run(desk) {
    const untold = desk.untold("created", "filled");
    const resting = await desk.place();
    must(resting.filledAmount.isZero(), "nothing filled of an order that rests");
    const price = desk.bestPrice("buy");
    const types = desk.stage.plugin.supports.trading?.orderTypes ?? [];
    const { priceIncrement } = desk.instrument.rules;
    const order = await desk.place({
      tradingPair: desk.tradingPair,
      side: "buy",
      amount: desk.amount(price, 2),
      ...(types.includes("market")
        ? { orderType: "market" }
        : { price: price.plus(priceIncrement.times(20)), orderType: "limit" }),
    });
    const { clientOrderId } = order;
    must(order.fills.length === 0, "no fills in the answer");
    must(!desk.story(clientOrderId).includes("filled"), "no filled before its fills");
    await desk.untilStatus(clientOrderId, "filled", 600_000);
    untold.cancel();
    must(fillsTold(desk, clientOrderId) > 0, "its fills");
  },
});
