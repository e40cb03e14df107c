import { Decimal, type Fee, type Fill, type InFlightOrder } from "@conn/core";

/** A trade of an order, in texts that are equal where the numbers are. */
export interface FillText {
  readonly tradeId: string;
  readonly price: string;
  readonly amount: string;
  readonly fees: string;
}

/** An order of an account, in texts that are equal where the numbers are. */
export interface OrderText {
  readonly clientOrderId: string;
  readonly exchangeOrderId: string | undefined;
  readonly exchangeSymbol: string;
  readonly side: string;
  readonly status: string;
  readonly price: string | undefined;
  readonly amount: string | undefined;
  readonly filledAmount: string;
  /** By trade id. */
  readonly fills: readonly FillText[];
  readonly fees: string;
}

/** An order as a program knows it. */
export interface KnownOrderText extends OrderText {
  readonly certainty: string;
  readonly pendingCommand: string;
  readonly reason: string | undefined;
}

/** Total and available amount by asset. */
export type BalanceTexts = Readonly<
  Record<string, { readonly total: string; readonly available: string } | undefined>
>;

/** What a program knows of its account. */
export interface KnownAccount {
  /** In the order in which they are written down. */
  readonly orders: readonly KnownOrderText[];
  readonly balances: BalanceTexts;
}

/** An account as it is at the venue. */
export interface TrueAccount {
  /** Of the program that is tested. */
  readonly orders: readonly OrderText[];
  /** Of another program. */
  readonly foreignOrders: readonly OrderText[];
  readonly balances: BalanceTexts;
  /** What its ledger says was paid for the trades of an order, by the venue's id. */
  readonly feesPaid: Readonly<Record<string, string | undefined>>;
  /** What contradicts itself in the venue's own records. */
  readonly contradictions: readonly string[];
}

/** Decimals that venues write of a balance. */
const BALANCE_DECIMALS = 8;

/** A balance as venues write it. */
export function balanceText(amount: Decimal): string {
  return new Decimal(amount.toFixed(BALANCE_DECIMALS)).toFixed();
}

/** Fees as one text: their sum by asset. */
export function feesText(fees: readonly Fee[]): string {
  const sums = new Map<string, Decimal>();
  for (const { asset, amount } of fees) sums.set(asset, (sums.get(asset) ?? new Decimal(0)).plus(amount));
  return [...sums]
    .filter(([, amount]) => !amount.isZero())
    .map(([asset, amount]) => `${amount.toFixed()} ${asset}`)
    .sort()
    .join(" + ");
}

/** What a trade of an order is told by: a trade of an account with itself has one id, and two orders. */
export function fillId({ exchangeOrderId, tradeId }: Pick<Fill, "exchangeOrderId" | "tradeId">): string {
  return `${exchangeOrderId}/${tradeId}`;
}

/** Fills in the order of their ids. */
export function sortedFills(fills: readonly FillText[]): readonly FillText[] {
  return fills.toSorted((one, other) => one.tradeId.localeCompare(other.tradeId));
}

/** An order as a program knows it, in texts. */
export function orderText(order: InFlightOrder, exchangeSymbol: string): KnownOrderText {
  return {
    clientOrderId: order.clientOrderId,
    exchangeOrderId: order.exchangeOrderId,
    exchangeSymbol,
    side: order.side,
    status: order.status,
    price: order.price?.toFixed(),
    amount: order.amount?.toFixed(),
    filledAmount: order.filledAmount.toFixed(),
    fills: sortedFills(
      order.fills.map(({ tradeId, price, amount, fees }) => ({
        tradeId,
        price: price.toFixed(),
        amount: amount.toFixed(),
        fees: fees === undefined ? "not told" : feesText(fees),
      })),
    ),
    fees: feesText(order.fees),
    certainty: order.certainty,
    pendingCommand: order.pendingCommand,
    reason: order.reason?.kind,
  };
}
