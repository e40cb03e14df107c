import { Decimal, ZERO } from "@conn/core";
import type { RejectReason } from "@conn/simulator";
import type { VenueAccount } from "./accounts.js";
import { dollarsOf, lastPriceOf, type PrivateContext } from "./private-context.js";
import { type Refusal, refusals } from "./refusal.js";
import type { OrderForm } from "./venue-order.js";

/** What speaks against an order by the venue's rules, other than what the engine finds out when it matches it. */
export function objectionTo(
  context: PrivateContext,
  account: VenueAccount,
  form: OrderForm,
): Refusal | undefined {
  const { limits, orders, core, instruments } = context;
  const { market, price, quantity } = form;
  const { tradable, priceTickSize, quantityTickSize } = market.instrument;
  if (!tradable) return refusals.instrumentNotTradable;
  if (price !== undefined && !isMultiple(price, priceTickSize)) return refusals.invalidPrice;
  if (quantity !== undefined && !isMultiple(quantity, quantityTickSize)) return refusals.invalidQuantity;
  const value = dollarValue(context, form);
  if (value?.lt(limits.minOrderValue)) return refusals.belowMinSize;
  if (value?.gt(limits.maxOrderValue)) return refusals.exceedsMaxSize;
  const sent = orders.sent(account);
  const open = core.openOrders(account.name);
  const name = instruments.nameOf(market);
  const openHere = open.filter(({ symbol }) => symbol === name).length;
  const sentHere = sent.filter((one) => one.form.market === market).length;
  if (openHere + sentHere >= limits.openOrdersPerInstrument) return refusals.exceedsMaxOrders;
  return open.length + sent.length >= limits.openOrdersPerAccount ? refusals.exceedsMaxOrders : undefined;
}

/**
 * Whether an account has too little for an order, with what is on the way, as far as that can be told before it is
 * matched. What market orders by quantity will cost is known to the engine only.
 */
export function isTooDear(context: PrivateContext, account: VenueAccount, form: OrderForm): boolean {
  const { asset, amount } = costOf(form);
  const sent = context.orders
    .sent(account)
    .map((order) => costOf(order.form))
    .filter((cost) => cost.asset === asset)
    .reduce((sum, cost) => sum.plus(cost.amount), ZERO);
  return context.core.ledger.balance(account.name, asset).available.lt(amount.plus(sent));
}

function costOf({ market, side, price, quantity, notional }: OrderForm): { asset: string; amount: Decimal } {
  const { baseCurrency, quoteCurrency } = market.instrument;
  if (side === "SELL") return { asset: baseCurrency, amount: new Decimal(quantity ?? 0) };
  const amount = notional ?? (price === undefined ? 0 : new Decimal(price).times(quantity ?? 0));
  return { asset: quoteCurrency, amount: new Decimal(amount) };
}

function dollarValue(context: PrivateContext, form: OrderForm): Decimal | undefined {
  const dollars = dollarsOf(context, form.market.instrument.quoteCurrency);
  if (dollars === undefined) return undefined;
  const quote =
    form.notional ?? new Decimal(form.quantity ?? 0).times(form.price ?? lastPriceOf(form.market));
  return new Decimal(quote).times(dollars);
}

export function isMultiple(text: string, step: string): boolean {
  return new Decimal(text).mod(step).isZero();
}

/** The venue's words for what its engine found. */
export function engineRefusal(reason: RejectReason): Refusal {
  switch (reason) {
    case "priceOffTick":
      return refusals.invalidPrice;
    case "amountOffStep":
      return refusals.invalidQuantity;
    case "priceOutOfBand":
      return refusals.farAwayPrice;
    case "insufficientBalance":
      return refusals.insufficientBalance;
    case "postOnlyWouldTake":
      return refusals.postOnly;
    default:
      return refusals.rejectedByEngine;
  }
}
