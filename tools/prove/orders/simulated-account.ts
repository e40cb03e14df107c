import { Decimal } from "@conn/core";
import type { Balance, Fill, LedgerEntry, Order } from "@conn/simulator";
import {
  balanceText,
  type FillText,
  feesText,
  type OrderText,
  sortedFills,
  type TrueAccount,
} from "./account-text.ts";

/** Before the client order ids of another program. */
export const FOREIGN = "other-";
/** Small markets that are not quiet. */
export const MARKET = { levels: 60, eventsPerSecond: 5, historySize: 256 };
/** In the place of a venue's limit that is not to bind. */
export const PLENTY = 1_000_000_000;

/** What a simulated venue remembers of accounts. */
export interface AccountRecords {
  ordersOf(account: string): readonly Order[];
  fillsOf(account: string): readonly Fill[];
  balancesOf(account: string): readonly Balance[];
  ledgerOf(account: string): readonly LedgerEntry[];
}

/** What a venue says of what its records tell. */
export interface VenueWords {
  /** What it calls a fill. */
  tradeIdOf(fill: Fill): string;
  /** The state of an order, in this library's words. */
  statusOf(order: Order): string;
}

/** An account as a simulated venue remembers it. */
export function trueAccount(
  records: AccountRecords,
  account: string,
  { tradeIdOf, statusOf }: VenueWords,
): TrueAccount {
  const fills = Map.groupBy(records.fillsOf(account), ({ orderId }) => orderId);
  const orders = records.ordersOf(account).map(
    (order): OrderText => ({
      ...textOf(order),
      status: statusOf(order),
      fills: sortedFills(
        (fills.get(order.id) ?? []).map(
          (fill): FillText => ({
            tradeId: tradeIdOf(fill),
            price: fill.price.toFixed(),
            amount: fill.amount.toFixed(),
            fees: feesText([{ asset: fill.feeAsset, amount: fill.fee }]),
          }),
        ),
      ),
    }),
  );
  return { ...divided(orders), ...moneyOf(records, account) };
}

/** Draws by a number from 0 to 1 what somebody fills of the open orders of the program; a part or all of one. */
export function drawFill(
  open: readonly Order[],
  chance: number,
): { readonly id: string; readonly amount: string | undefined } | undefined {
  const own = open.filter(({ clientOrderId }) => !clientOrderId?.startsWith(FOREIGN));
  const drawn = chance * own.length;
  const order = own[Math.floor(drawn)];
  if (order?.remainingAmount === undefined) return undefined;
  const { remainingAmount } = order;
  // In the steps in which it is written.
  const part = remainingAmount
    .times((drawn % 1).toFixed(2))
    .toDecimalPlaces(remainingAmount.decimalPlaces(), Decimal.ROUND_DOWN);
  return { id: order.id, amount: part.isZero() ? undefined : part.toFixed() };
}

/** Does something with an order, unless the market has ended it in the meantime. */
export function wasDone(act: () => void): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

/** Balances, and the ledger that must add up to them. */
function moneyOf(
  records: AccountRecords,
  account: string,
): Pick<TrueAccount, "balances" | "feesPaid" | "contradictions"> {
  const ledger = records.ledgerOf(account);
  const balances = records.balancesOf(account);
  const contradictions: string[] = [];
  for (const { asset, total } of balances) {
    const sum = ledger
      .filter((entry) => entry.asset === asset)
      .reduce((all, { amount }) => all.plus(amount), new Decimal(0));
    if (!sum.eq(total)) contradictions.push(`the ledger of ${asset} adds up to ${sum}, not to ${total}`);
  }
  const fees = Map.groupBy(
    ledger.filter(({ reason }) => reason === "fee"),
    ({ orderId = "" }) => orderId,
  );
  return {
    contradictions,
    balances: Object.fromEntries(
      balances.map(({ asset, total, available }) => [
        asset,
        { total: balanceText(total), available: balanceText(available) },
      ]),
    ),
    feesPaid: Object.fromEntries(
      [...fees].map(([id, entries]) => [
        id,
        feesText(entries.map(({ asset, amount }) => ({ asset, amount: amount.neg() }))),
      ]),
    ),
  };
}

function divided(orders: readonly OrderText[]): Pick<TrueAccount, "orders" | "foreignOrders"> {
  const isForeign = ({ clientOrderId }: OrderText): boolean => clientOrderId.startsWith(FOREIGN);
  return {
    orders: orders.filter((order) => !isForeign(order)),
    foreignOrders: orders.filter(isForeign),
  };
}

function textOf(order: Order): Omit<OrderText, "fills" | "status"> {
  return {
    clientOrderId: order.clientOrderId ?? "",
    exchangeOrderId: order.id,
    exchangeSymbol: order.symbol,
    side: order.side,
    price: order.price?.toFixed(),
    amount: order.amount?.toFixed(),
    filledAmount: order.filledAmount.toFixed(),
    fees: feesText([...order.fees].map(([asset, amount]) => ({ asset, amount }))),
  };
}

/** A value on a step at or below it. */
export function onStep(value: Decimal, step: string): Decimal {
  return value.div(step).floor().times(step);
}
