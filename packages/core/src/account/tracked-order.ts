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
  /** What the venue's clock showed, at least, when it was created here: nothing of it at the venue is older. */
  readonly venueTimestamp: number;
  /** Follows from its fills: kept so that a fill costs the same whether it is the first or the thousandth. */
  readonly sums: FillSums;
}

/** What the fills of an order come to. */
export interface FillSums {
  /** Where each is in the list, by key. */
  readonly places: Map<string, number>;
  readonly fees: Map<string, Decimal>;
  amount: Decimal;
}

/** Sums of no fills. */
export function createFillSums(): FillSums {
  return { places: new Map(), fees: new Map(), amount: ZERO };
}

/** The key under which a fill is counted once. */
export function fillKey({ exchangeOrderId, tradeId }: Pick<Fill, "exchangeOrderId" | "tradeId">): string {
  return `${exchangeOrderId}/${tradeId}`;
}

/** Gives an order one more fill. */
export function addFill(tracked: TrackedOrder, fill: Fill): void {
  const { order, sums } = tracked;
  const key = fillKey(fill);
  if (sums.places.has(key)) throw new TypeError("the fill is known already");
  sums.places.set(key, order.fills.length);
  sums.amount = sums.amount.plus(fill.amount);
  const filledQuoteAmount = order.filledQuoteAmount.plus(fill.amount.times(fill.price));
  tracked.order = {
    ...order,
    fills: [...order.fills, fill],
    filledAmount: larger(order.filledAmount, sums.amount),
    filledQuoteAmount,
    averagePrice: sums.amount.isZero() ? undefined : filledQuoteAmount.div(sums.amount),
    fees: addFees(sums.fees, fill),
  };
}

/** A fill of an order by its key, if it is known. */
export function knownFill({ order, sums }: TrackedOrder, key: string): Fill | undefined {
  const place = sums.places.get(key);
  return place === undefined ? undefined : order.fills[place];
}

/** Puts a fill that tells its fees in the place of the same one that did not. */
export function tellFees(tracked: TrackedOrder, fill: Fill): void {
  const { order, sums } = tracked;
  const place = sums.places.get(fillKey(fill));
  if (place === undefined) throw new TypeError("the fill is not known");
  tracked.order = { ...order, fills: order.fills.with(place, fill), fees: addFees(sums.fees, fill) };
}

/** Whether more of it has traded than its known fills tell, or it is said to be filled and is not. */
export function lacksFills({ order, filledTold, sums }: TrackedOrder): boolean {
  return (filledTold && order.status !== "filled") || sums.amount.lt(order.filledAmount);
}

/** Whether everything that the order asked for has traded, by what is known of it. */
export function isFilledUp({ amount, filledAmount }: InFlightOrder): boolean {
  return amount !== undefined && !amount.isZero() && filledAmount.gte(amount);
}

function larger(one: Decimal, other: Decimal): Decimal {
  return other.gt(one) ? other : one;
}

function addFees(sums: Map<string, Decimal>, { fees = [] }: Fill): readonly Fee[] {
  for (const { asset, amount } of fees) sums.set(asset, (sums.get(asset) ?? ZERO).plus(amount));
  return [...sums].map(([asset, amount]) => ({ asset, amount }));
}
