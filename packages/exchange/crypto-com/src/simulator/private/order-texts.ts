import { Decimal, ZERO } from "@conn/core";
import type { EndCause, Fill, Order } from "@conn/simulator";
import { matchIdOf, type PublicTrade } from "../market/instrument-market.js";
import type { PrivateContext } from "./private-context.js";
import { refusals } from "./refusal.js";
import type { OrderForm, VenueOrder } from "./venue-order.js";

/** Words of an order's status; `NEW` and `PENDING` stand before the engine has it. */
export type StatusWord = "NEW" | "PENDING" | "ACTIVE" | "FILLED" | "CANCELED" | "REJECTED" | "EXPIRED";

/**
 * The status of an order that the engine has. One by notional is filled when what is left of it buys nothing more:
 * the engine calls that an end without liquidity.
 */
export function statusWord({ form }: VenueOrder, order: Order): StatusWord {
  if (isSpent(form, order)) return "FILLED";
  const words = {
    open: "ACTIVE",
    filled: "FILLED",
    canceled: "CANCELED",
    expired: "EXPIRED",
    rejected: "REJECTED",
  } as const;
  return words[order.status];
}

function isSpent({ notional, market }: OrderForm, order: Order): boolean {
  if (notional === undefined || order.endCause !== "noLiquidity" || order.averagePrice === undefined)
    return false;
  const left = new Decimal(notional).minus(order.filledQuote);
  // The next step may cost more than those before it.
  return left.lt(order.averagePrice.times(market.instrument.quantityTickSize).times(2));
}

/** Why the venue ended an order. @see https://exchange-developer.crypto.com/exchange/v1/docs/api/rest-common-api-reference */
function endReason(cause: EndCause | undefined): number | undefined {
  switch (cause) {
    case "selfTrade":
      return refusals.selfTrade.code;
    case "fillOrKill":
      return refusals.fillOrKill.code;
    case "immediateOrCancel":
    case "noLiquidity":
      return refusals.immediateOrCancel.code;
    case "postOnly":
      return refusals.postOnly.code;
    default:
      return undefined;
  }
}

/**
 * An order in the fields and the order in which the venue documents them.
 *
 * Its `limit_price` is 0 for market orders, its `quantity` what is filled for orders by notional: the documents do not
 * say. `reason` is a number in answers and a text in events, as documented.
 *
 * @param order Its state in the engine; `undefined` if it never got there.
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/rest/private-get-order-detail
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/websocket/ws-channel-user-order
 */
export function orderFields(
  context: PrivateContext,
  venueOrder: VenueOrder,
  order: Order | undefined,
  status: StatusWord,
  reasonAs: "number" | "text",
): Record<string, unknown> {
  const { form, account, createdAt } = venueOrder;
  const { quoteDecimals, quantityDecimals, baseCurrency, quoteCurrency, exchangeSymbol } =
    form.market.instrument;
  const filled = order?.filledAmount ?? ZERO;
  const value = order?.filledQuote ?? ZERO;
  const price = order?.price?.toFixed(quoteDecimals) ?? form.price ?? "0";
  const quantity =
    order?.amount?.toFixed(quantityDecimals) ?? form.quantity ?? filled.toFixed(quantityDecimals);
  const orderValue =
    form.type === "LIMIT" ? new Decimal(price).times(quantity).toFixed() : (form.notional ?? value.toFixed());
  const fees = [...(order?.fees.values() ?? [])].reduce((sum, fee) => sum.plus(fee), ZERO);
  const settings = context.core.settingsOf(account.name);
  const rates = settings.feesOf?.[context.instruments.nameOf(form.market)] ?? settings.fees;
  const reason = venueOrder.reason ?? (status === "FILLED" ? undefined : endReason(order?.endCause));
  return {
    account_id: account.id,
    order_id: venueOrder.id,
    client_oid: venueOrder.clientOid,
    order_type: form.type,
    time_in_force: form.timeInForce,
    side: form.side,
    exec_inst: form.postOnly ? ["POST_ONLY"] : [],
    quantity,
    limit_price: price,
    order_value: orderValue,
    maker_fee_rate: new Decimal(rates.maker).toFixed(6),
    taker_fee_rate: new Decimal(rates.taker).toFixed(6),
    avg_price: (order?.averagePrice ?? ZERO).toDecimalPlaces(quoteDecimals + 4).toFixed(),
    cumulative_quantity: filled.toFixed(quantityDecimals),
    cumulative_value: value.toFixed(),
    cumulative_fee: fees.toFixed(),
    status,
    update_user_id: account.userId,
    order_date: dateOf(createdAt),
    instrument_name: exchangeSymbol,
    fee_instrument_name: form.side === "BUY" ? baseCurrency : quoteCurrency,
    ...(reason === undefined ? {} : { reason: reasonAs === "number" ? reason : String(reason) }),
    create_time: createdAt,
    create_time_ns: createTimeNs(venueOrder),
    update_time: venueOrder.rejectedAt ?? order?.updatedAt ?? createdAt,
  };
}

/** When an order was made, in nanoseconds: unique, so that pages can begin at it. */
export function createTimeNs({ createdAt, number }: VenueOrder): string {
  return `${createdAt}${String(number % 1_000_000).padStart(6, "0")}`;
}

/** When a fill was made, in nanoseconds: unique within an account. */
export function fillTimeNs({ at, index }: Fill): string {
  return `${at}${String(index % 1_000_000).padStart(6, "0")}`;
}

/** Ids of fills are an account's own; those of matches are public. */
export const FIRST_TRADE_ID = 5_755_600_460_443_882_762n;

/**
 * A fill: its fee is negative if it was charged, and `taker_side` tells which side of the trade the order was.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/websocket/ws-channel-user-trade
 * @see https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html#private-get-trades
 */
export function fillFields(venueOrder: VenueOrder, fill: Fill, trade: PublicTrade): Record<string, unknown> {
  const { quoteDecimals, quantityDecimals, exchangeSymbol } = venueOrder.form.market.instrument;
  const nanoseconds = fillTimeNs(fill);
  return {
    account_id: venueOrder.account.id,
    event_date: dateOf(fill.at),
    journal_type: "TRADING",
    side: fill.side.toUpperCase(),
    instrument_name: exchangeSymbol,
    traded_quantity: fill.amount.toFixed(quantityDecimals),
    traded_price: fill.price.toFixed(quoteDecimals),
    fees: fill.fee.isZero() ? "0" : fill.fee.negated().toFixed(),
    order_id: venueOrder.id,
    trade_id: String(FIRST_TRADE_ID + BigInt(fill.index)),
    trade_match_id: matchIdOf(trade),
    client_oid: venueOrder.clientOid,
    taker_side: fill.maker ? "MAKER" : "TAKER",
    fee_instrument_name: fill.feeAsset,
    create_time: fill.at,
    create_time_ns: nanoseconds,
    transact_time_ns: nanoseconds,
    match_count: "1",
    match_index: "0",
  };
}

/** The day in UTC of a time in ms since 1970. */
function dateOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
