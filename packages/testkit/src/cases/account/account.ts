import { Decimal } from "@conn/core";
import type { Desk } from "../../run/desk.js";
import { must, mustEqual } from "../../run/failure.js";
import { PATIENCE_MS } from "../../run/probe.js";
import { tradingCase } from "../../run/trading-case.js";

/** Long enough for balances to be asked for anew after something has changed. */
const CORRECTED_MS = 10_000;

/** The balances that are not nothing, by asset, as the connector has them. */
function told(desk: Desk): Record<string, readonly string[]> {
  return Object.fromEntries(
    [...desk.connector.balances.values()]
      .filter(({ total }) => !total.isZero())
      .map(({ asset, total, available }) => [asset, [total.toFixed(), available.toFixed()]]),
  );
}

/** As the venue has them. */
function truth(desk: Desk): Record<string, readonly string[]> {
  return Object.fromEntries(
    desk.account
      .balances()
      .map(({ asset, total, available }) => [asset, new Decimal(total), new Decimal(available)] as const)
      .filter(([, total]) => !total.isZero())
      .map(([asset, total, available]) => [asset, [total.toFixed(), available.toFixed()]]),
  );
}

function expectBalances(desk: Desk): void {
  const sorted = (balances: Record<string, unknown>): unknown => Object.entries(balances).sort();
  mustEqual(sorted(told(desk)), sorted(truth(desk)), "the balances");
}

/** Asset that an order to buy costs. */
function costs({ instrument }: Desk): string {
  return instrument.settle ?? instrument.quote;
}

/**
 * Given an account of two assets.
 * Do leave one out of a whole answer.
 * Expect total and available as the venue has them, and what is left out to be gone.
 */
export const balances = tradingCase({
  id: "A01",
  title: "balances, total and available; what a full answer leaves out is gone",
  refused: () => [(connector) => connector.fetchOpenOrders()],
  async run(desk) {
    const { otherAsset } = desk.accounts;
    expectBalances(desk);
    desk.account.deposit(otherAsset, "10");
    await desk.complete(desk.connector.reconcile(), "reconcile()");
    expectBalances(desk);
    must(desk.connector.balances.has(otherAsset), `a balance of ${otherAsset}`);
    desk.stage.venue.faults.corruptAnswer(
      desk.request("balances"),
      desk.account.balancesAnswerWithout(otherAsset),
    );
    await desk.complete(desk.connector.reconcile(), "reconcile()");
    mustEqual(
      desk.connector.balances.has(otherAsset),
      false,
      `a balance of ${otherAsset} that the venue has not`,
    );
    const last = desk.probe.events.findLast(
      (event) => event.type === "balance" && event.balance.asset === otherAsset,
    );
    must(last?.type === "balance" && last.balance.total.isZero(), "an event that tells that it is gone");
    await desk.complete(desk.connector.reconcile(), "reconcile()");
    expectBalances(desk);
  },
});

/**
 * Given an account.
 * Do deposit, while questions hang.
 * Expect the stream to tell the new total at once.
 */
export const balanceFromStream = tradingCase({
  id: "A02",
  title: "a balance that the stream tells",
  async run(desk) {
    const asset = costs(desk);
    const before = desk.connector.balances.get(asset)!.total;
    const hang = desk.hang("balances");
    desk.account.deposit(asset, "123.45");
    await desk.stage.world.until(
      () => desk.connector.balances.get(asset)?.total.eq(before.plus("123.45")) === true,
      {
        withinMs: 1_000,
        what: "the deposit",
      },
    );
    hang.cancel();
    const event = desk.probe.events.findLast((each) => each.type === "balance");
    must(event?.type === "balance" && event.balance.asset === asset, "an event that tells it");
  },
});

/**
 * Given a venue that tells what is available only when asked.
 * Do place an order while questions hang; then let them go; fill it; cancel another.
 * Expect what is available to shrink at once, as derived, and to be the venue's once it is asked.
 */
export const derivedBalances = tradingCase({
  id: "A03",
  title: "what is available is derived where the venue does not tell it, and corrected",
  appliesTo: ({ plugin }) => plugin.supports.trading?.balances === "polled",
  async run(desk) {
    const asset = costs(desk);
    const known = await desk.rest();
    await desk.advance(CORRECTED_MS);
    expectBalances(desk);
    const before = desk.connector.balances.get(asset)!.available;
    const hang = desk.hang("balances");
    const order = await desk.rest();
    const derived = desk.connector.balances.get(asset)!;
    must(derived.available.lt(before), `less available than ${before}`);
    mustEqual(derived.derived, true, "whether it is derived");
    hang.cancel();
    await desk.advance(CORRECTED_MS);
    expectBalances(desk);
    desk.account.fillOrder(order.clientOrderId);
    await desk.untilStatus(order.clientOrderId, "filled");
    await desk.cancel(known.clientOrderId);
    await desk.untilStatus(known.clientOrderId, "canceled");
    await desk.advance(CORRECTED_MS);
    expectBalances(desk);
    mustEqual(desk.connector.balances.get(asset)?.derived, false, "whether it is derived");
  },
});

/**
 * Given a private stream whose access lasts for a time.
 * Do let hours pass; then have the venue end the access.
 * Expect the stream to tell all the while, without having been lost; and after the end to be had anew, and what happened
 * meanwhile to be learned.
 */
export const streamAccess = tradingCase({
  id: "A10",
  title: "access to the private stream is renewed before it ends, and had anew after",
  timeoutMs: 60_000,
  async run(desk) {
    await desk.advance(desk.stage.hours * 3_600_000);
    const lost = (): number =>
      desk.probe.events.filter((event) => event.type === "accountSync" && !event.isSynced).length;
    mustEqual(lost(), 0, "times that the account was out of step");
    const first = await desk.rest();
    desk.account.fillOrder(first.clientOrderId);
    await desk.untilStatus(first.clientOrderId, "filled", 1_000);

    const second = await desk.rest();
    desk.account.endStreamAccess();
    desk.account.fillOrder(second.clientOrderId);
    await desk.stage.world.until(() => lost() === 1, {
      withinMs: PATIENCE_MS,
      what: "the end of the access",
    });
    await desk.untilReady();
    await desk.untilStatus(second.clientOrderId, "filled");
    const third = await desk.rest();
    desk.account.fillOrder(third.clientOrderId);
    await desk.untilStatus(third.clientOrderId, "filled", 1_000);
  },
});

/**
 * Given an account whose stream is away for some seconds.
 * Do fill an order meanwhile, cancel one, place one of another program.
 * Expect all of it to be learned when the stream is back, and told as what it had missed.
 */
export const missedEvents = tradingCase({
  id: "A11",
  title: "what was missed while the stream was away is learned, and the difference told",
  async run(desk) {
    const { faults } = desk.stage.venue;
    const [filled, canceled] = [await desk.rest(), await desk.rest(desk.resting("sell"))];
    const away = faults.rejectUpgrade(
      { route: desk.accounts.route },
      { status: 503 },
      Number.POSITIVE_INFINITY,
    );
    must(faults.drop({ route: desk.accounts.route }) > 0, "a private stream that can be dropped");
    await desk.advance(100);
    desk.account.fillOrder(filled.clientOrderId);
    desk.account.cancelOrder(canceled.clientOrderId);
    const price = desk.restingPrice("buy", 3);
    desk.account.placeOrder({
      symbol: desk.symbol,
      side: "buy",
      price: price.toFixed(),
      amount: desk.amount(price).toFixed(),
      clientOrderId: "another",
    });
    await desk.advance(3_000);
    must(!desk.connector.status.account, "an account that is out of step while its stream is away");
    const from = desk.probe.events.length;
    away.cancel();
    await desk.untilReady();
    await desk.untilStatus(filled.clientOrderId, "filled");
    await desk.untilStatus(canceled.clientOrderId, "canceled");
    const report = desk.probe.events.slice(from).find((event) => event.type === "reconciled");
    must(report?.type === "reconciled", "a report of the reconciliation");
    mustEqual(report.reason, "reconnect", "its reason");
    must(report.orders.includes(filled.clientOrderId), "the filled order in the report");
    mustEqual(report.fills.length, 1, "fills in the report");
    mustEqual(
      report.foreignOrders.map(({ clientOrderId }) => clientOrderId),
      ["another"],
      "orders of others in the report",
    );
  },
});

/**
 * Given a private stream.
 * Do send a frame in it that is cut off, one of garbage, and one of an unknown kind.
 * Expect each to be told as a problem, and the account to go on as the venue has it.
 */
export const malformedEvents = tradingCase({
  id: "A12",
  title: "a malformed event is told as a problem, and the stream lives",
  async run(desk) {
    const { faults } = desk.stage.venue;
    const { route, malformedFrame } = desk.accounts;
    for (const frame of [malformedFrame, new Uint8Array([0xff, 0xfe, 0x00, 0x01])]) {
      const order = await desk.rest();
      const problems = desk.probe.problems().length;
      must(faults.inject({ route }, frame) > 0, "a private stream");
      await desk.stage.world.until(() => desk.probe.problems().length > problems, {
        withinMs: PATIENCE_MS,
        what: "a problem that is told",
      });
      desk.account.fillOrder(order.clientOrderId);
      await desk.untilReady();
      await desk.untilStatus(order.clientOrderId, "filled");
    }
    const problems = desk.probe.problems();
    must(
      problems.some(({ code }) => code === "MALFORMED_FRAME"),
      "a problem with code MALFORMED_FRAME",
    );
  },
});

/**
 * Given an account with rates of its own, one of them a rebate.
 * Do ask for its fees; trade as maker and as taker.
 * Expect those rates, and every fill to have cost or earned exactly what the venue has booked.
 */
export const fees = tradingCase({
  id: "A20",
  title: "fees: the account's own rates, and what each fill has cost or earned",
  refused: (tradingPair) => [(connector) => connector.fetchTradingFees(tradingPair)],
  async run(desk) {
    const schedule = desk.stage.definition.trading!.fees;
    desk.account.setFees({ maker: "-0.00005", taker: "0.00031" }, desk.symbol);
    const asked = await desk.complete(desk.connector.fetchTradingFees(desk.tradingPair), "fetchTradingFees");
    mustEqual(
      [asked.makerRate.toFixed(), asked.takerRate.toFixed()],
      asked.source === "account"
        ? ["-0.00005", "0.00031"]
        : [schedule.makerRate.toFixed(), schedule.takerRate.toFixed()],
      "the rates",
    );
    const { clientOrderId } = await desk.rest();
    desk.account.fillOrder(clientOrderId);
    await desk.untilStatus(clientOrderId, "filled");
    const made = await desk.until(clientOrderId, ({ fees: sums }) => sums.length === 1, "its fees");
    must(made.fees[0]!.amount.isNegative(), "what was earned as a fee below zero");
    const price = desk.bestPrice("buy").plus(desk.instrument.rules.priceIncrement.times(20));
    const taken = await desk.place(desk.resting("buy", { price, amount: desk.amount(price, 2) }));
    await desk.untilStatus(taken.clientOrderId, "filled");
    await desk.until(
      taken.clientOrderId,
      ({ fills }) => fills.every((fill) => fill.fees !== undefined),
      "fees",
    );
    must(desk.order(taken.clientOrderId).fees[0]!.amount.isPositive(), "what was paid as a fee above zero");
    await desk.advance(CORRECTED_MS);
    expectBalances(desk);
  },
});
