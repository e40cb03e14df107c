import { type Decimal, ZERO } from "../decimal/decimal.js";
import type { Fee, Fill, InFlightOrder } from "../model/index.js";

/** A command that was sent, or may have been. */
export type OrderCommand = "place" | "cancel" | "amend";

/** What is remembered of an order beside what its user sees. */
export interface TrackedOrder {
  /** As it is now. */
  order: InFlightOrder;
  /** Commands of which it is not known whether the venue carried them out. */
  readonly unknown: Set<OrderCommand>;
  /** The venue has said that it is filled, and not all of its fills are known yet. */
  filledTold: boolean;
  /** Greatest number and time of the venue's messages of it, so that an older one is known for what it is. */
  lastSequence: bigint | undefined;
  lastExchangeTimestamp: number;
  /** A request to place it has been signed, and may have left since. */
  sent: boolean;
  /**
   * By the venue's clock, ms since 1970-01-01 UTC: until then a request that was sent for it may still be carried
   * out. Infinity where that never ends.
   */
  validUntil: number;
  /** The same of the request to place it: however often it is canceled later, it cannot arrive after that. */
  placeableUntil: number;
}

/** The key under which a fill is counted once. */
export function fillKey({ exchangeOrderId, tradeId }: Pick<Fill, "exchangeOrderId" | "tradeId">): string {
  return `${exchangeOrderId}/${tradeId}`;
}

/** An order with one more fill, or with a fill that tells more than before. */
export function withFill(order: InFlightOrder, fill: Fill): InFlightOrder {
  const key = fillKey(fill);
  const index = order.fills.findIndex((known) => fillKey(known) === key);
  const fills = index < 0 ? [...order.fills, fill] : order.fills.with(index, fill);
  let amount = ZERO;
  let quote = ZERO;
  for (const each of fills) {
    amount = amount.plus(each.amount);
    quote = quote.plus(each.amount.times(each.price));
  }
  return {
    ...order,
    fills,
    filledAmount: larger(order.filledAmount, amount),
    filledQuoteAmount: quote,
    averagePrice: amount.isZero() ? undefined : quote.div(amount),
    fees: sumFees(fills),
  };
}

/** Amount of the fills known by themselves. */
export function amountOfFills({ fills }: Pick<InFlightOrder, "fills">): Decimal {
  return fills.reduce((sum, { amount }) => sum.plus(amount), ZERO);
}

/** Whether more of it has traded than its known fills tell, or it is said to be filled and is not. */
export function lacksFills({ order, filledTold }: TrackedOrder): boolean {
  return (filledTold && order.status !== "filled") || amountOfFills(order).lt(order.filledAmount);
}

/** Whether everything that the order asked for has traded, by what is known of it. */
export function isFilledUp({ amount, filledAmount }: InFlightOrder): boolean {
  return amount !== undefined && !amount.isZero() && filledAmount.gte(amount);
}

function larger(one: Decimal, other: Decimal): Decimal {
  return other.gt(one) ? other : one;
}

function sumFees(fills: readonly Fill[]): readonly Fee[] {
  const sums = new Map<string, Decimal>();
  for (const { fees } of fills) {
    for (const { asset, amount } of fees ?? []) sums.set(asset, (sums.get(asset) ?? ZERO).plus(amount));
  }
  return [...sums].map(([asset, amount]) => ({ asset, amount }));
}
