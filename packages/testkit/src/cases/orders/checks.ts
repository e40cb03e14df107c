import { Decimal, OrderError, type OrderRequest } from "@conn/core";
import type { Desk } from "../../run/desk.js";
import { errorOf, must, mustBeError, mustEqual } from "../../run/failure.js";
import { tradingCase } from "../../run/trading-case.js";

/** Expects an order to be refused here, by a rule, and that nothing is sent. */
async function mustBreak(desk: Desk, rule: string, changes: Partial<OrderRequest>): Promise<void> {
  const sent = desk.requestsFor("place");
  const error = await errorOf(() => desk.place(desk.resting("buy", changes)), `an order that breaks ${rule}`);
  mustBeError(error, OrderError, "ORDER_INVALID");
  desk.note(error);
  const { outcome, details } = error as OrderError;
  mustEqual({ outcome, rule: details.rule }, { outcome: "notSent", rule }, "what was refused");
  mustEqual(desk.requestsFor("place"), sent, "orders sent");
}

/**
 * Given the rules of an instrument.
 * Do place orders that break one each: off the steps, below and above the bounds.
 * Expect each to be refused with the rule named, and nothing to be sent.
 */
export const brokenRules = tradingCase({
  id: "O20",
  title: "an order that breaks a rule is refused here, with the rule named",
  async run(desk) {
    const { rules } = desk.instrument;
    const price = desk.restingPrice("buy");
    const { priceIncrement, amountIncrement, minAmount, maxAmount, minNotional } = rules;
    await mustBreak(desk, "priceIncrement", { price: price.plus(priceIncrement.div(2)) });
    await mustBreak(desk, "amountIncrement", { amount: desk.amount(price).plus(amountIncrement.div(2)) });
    if (minAmount?.gt(amountIncrement))
      await mustBreak(desk, "minAmount", { amount: minAmount.minus(amountIncrement) });
    if (maxAmount !== undefined)
      await mustBreak(desk, "maxAmount", { amount: maxAmount.plus(amountIncrement) });
    if (minNotional !== undefined) {
      const amount = minNotional.div(price).div(amountIncrement).floor().times(amountIncrement);
      const least = Decimal.max(minAmount ?? amountIncrement, amountIncrement);
      // Where the least amount is worth enough, no order can be worth too little.
      if (amount.gte(least) && amount.times(price).lt(minNotional))
        await mustBreak(desk, "minNotional", { amount });
    }
    if (rules.maxPriceRatio !== undefined) {
      const far = desk.bestPrice("buy").times(rules.maxPriceRatio).times("1.05");
      await mustBreak(desk, "maxPriceRatio", { price: far.div(priceIncrement).ceil().times(priceIncrement) });
    }
    mustEqual(desk.account.orders(), [], "orders at the venue");
  },
});

/**
 * Given an order off the steps.
 * Do place it with `quantize`.
 * Expect it on the steps, the price away from the other side and the amount down, and what was changed to be told.
 */
export const quantization = tradingCase({
  id: "O21",
  title: "what quantization changes is told, and goes away from the market",
  async run(desk) {
    const { priceIncrement, amountIncrement } = desk.instrument.rules;
    for (const side of ["buy", "sell"] as const) {
      const { price, amount } = desk.resting(side);
      const off = {
        price: new Decimal(price!).plus(priceIncrement.div(3).toSignificantDigits(8)),
        amount: new Decimal(amount!).plus(amountIncrement.times("0.9")),
      };
      const order = await desk.rest(desk.resting(side, { ...off, quantize: true }));
      const wanted = side === "buy" ? new Decimal(price!) : new Decimal(price!).plus(priceIncrement);
      mustEqual(order.price?.toFixed(), wanted.toFixed(), "the price");
      mustEqual(order.amount?.toFixed(), new Decimal(amount!).toFixed(), "the amount");
      mustEqual(
        order.adjustments.map(({ field, rule, from, to }) => [field, rule, from.toFixed(), to.toFixed()]),
        [
          ["price", "priceIncrement", off.price.toFixed(), wanted.toFixed()],
          ["amount", "amountIncrement", off.amount.toFixed(), new Decimal(amount!).toFixed()],
        ],
        "what was changed",
      );
    }
  },
});

/**
 * Given an account that has too little.
 * Do place an order that it cannot afford; then one that it could when its balances were told, after the money has gone
 * untold.
 * Expect the first to be refused here with nothing sent, and the second to be rejected by the venue.
 */
export const tooLittle = tradingCase({
  id: "O22",
  title: "an order beyond the balance is refused here, and by the venue where only it knows",
  async run(desk) {
    // Learns what is known of an instrument only when it is traded.
    const first = await desk.rest();
    await desk.cancel(first.clientOrderId);
    const price = desk.restingPrice("buy");
    const { maxAmount, maxNotional, amountIncrement } = desk.instrument.rules;
    const quote = desk.instrument.settle ?? desk.instrument.quote;
    const available = [...desk.connector.balances.values()].find(({ asset }) => asset === quote)?.available;
    must(available !== undefined, `a balance of ${quote}`);
    const all = [
      maxAmount ?? available.times(200).div(price),
      maxNotional?.div(price) ?? available.times(200).div(price),
      available.times(200).div(price),
    ].reduce((least, each) => Decimal.min(least, each));
    const amount = all.div(amountIncrement).floor().times(amountIncrement);
    must(amount.times(price).gt(available), "rules that let an order be larger than the account");
    const sent = desk.requestsFor("place");
    const error = await errorOf(
      () => desk.place(desk.resting("buy", { amount })),
      "an order beyond the balance",
    );
    mustBeError(error, OrderError, "ORDER_UNAFFORDABLE");
    desk.note(error);
    mustEqual(desk.requestsFor("place"), sent, "orders sent");

    // Most of it goes, and nothing tells of it.
    const untold = desk.untold("balances");
    const hang = desk.hang("balances");
    desk.account.deposit(
      quote,
      available.times("0.9999").toDecimalPlaces(2, Decimal.ROUND_DOWN).neg().toFixed(),
    );
    const order = await desk.place(desk.resting("buy"));
    await desk.untilStatus(order.clientOrderId, "rejected");
    mustEqual(desk.order(order.clientOrderId).reason?.kind, "venue", "who refused it");
    desk.mustTell(order.clientOrderId, "rejected");
    hang.cancel();
    untold.cancel();
  },
});

/**
 * Given times in force and pairs that the venue does not have.
 * Do place such orders.
 * Expect each to be refused with nothing sent.
 */
export const unsupported = tradingCase({
  id: "O23",
  title: "a time in force that is not supported is refused here",
  async run(desk) {
    const declared = desk.stage.plugin.supports.trading?.timeInForce ?? [];
    for (const timeInForce of ["gtc", "ioc", "fok", "gtd", "day"] as const) {
      if (declared.includes(timeInForce)) continue;
      const gtd = timeInForce === "gtd" ? { expireTimestamp: desk.stage.world.now + 3_600_000 } : {};
      await mustBreak(desk, "timeInForce", { timeInForce, ...gtd });
    }
    await mustBreak(desk, "timeInForce", { orderType: "limitMaker", timeInForce: "ioc" });
    mustEqual(desk.requestsFor("place"), 0, "orders sent");
  },
});
