import { type Connector, Decimal, type InFlightOrder, isFinished } from "@conn/core";
import type { Fill, Order } from "@conn/simulator";
import type { OrderWatch } from "./order-watch.js";
import type { SimulatedAccount } from "./simulated-account.js";

/**
 * Holds all that a program knows of its account against what the venue knows, for when nothing is on its way any more.
 *
 * @returns The first difference.
 */
export function accountDifference(
  connector: Connector,
  account: SimulatedAccount,
  watch: OrderWatch,
): string | undefined {
  const fills = Map.groupBy(account.fills(), ({ orderId }) => orderId);
  const seen = new Set<string>();
  for (const truth of account.orders()) {
    const { clientOrderId } = truth;
    if (!watch.isOurs(clientOrderId) || truth.status === "rejected") continue;
    if (seen.has(clientOrderId)) return `the venue has ${clientOrderId} twice`;
    seen.add(clientOrderId);
    const known = connector.order(clientOrderId);
    if (known === undefined) return `the venue has ${clientOrderId}, which is not known here`;
    const difference =
      orderDifference(known, truth, account) ?? fillsDifference(known, fills.get(truth.id) ?? [], account);
    if (difference !== undefined) return `${clientOrderId} ${difference}`;
  }
  for (const [clientOrderId, { order, fills: told }] of watch.told) {
    const known = connector.order(clientOrderId);
    if (known === undefined) return `${clientOrderId} is forgotten`;
    if (!seen.has(clientOrderId) && known.status !== "rejected")
      return `${clientOrderId} is ${known.status}, and the venue has it not`;
    for (const name of ["status", "certainty", "pendingCommand"] as const) {
      if (known[name] !== order[name]) return `${clientOrderId} is ${known[name]}, and was told to be ${order[name]}`;
    }
    if (told.size !== known.fills.length)
      return `${clientOrderId} has ${known.fills.length} fills, and ${told.size} were told`;
  }
  for (const [clientOrderId, { status }] of connector.orders) {
    if (!seen.has(clientOrderId)) return `${clientOrderId} is ${status}, and the venue has it not`;
  }
  return balancesDifference(connector, account);
}

function orderDifference(known: InFlightOrder, truth: Order, account: SimulatedAccount): string | undefined {
  if (known.certainty !== "known") return "is unknown";
  if (known.pendingCommand !== "none") return `has a pending ${known.pendingCommand}`;
  const status = account.statusOf(truth);
  if (known.status !== status) return `is ${known.status}, and ${status} at the venue`;
  if (known.exchangeOrderId !== truth.id)
    return `is ${known.exchangeOrderId}, and ${truth.id} at the venue`;
  if (!known.filledAmount.eq(truth.filledAmount))
    return `has ${known.filledAmount} filled, and ${truth.filledAmount} at the venue`;
  if (isFinished(known)) return undefined;
  const isSame = (ours: Decimal | undefined, theirs: Decimal | undefined): boolean =>
    ours === undefined || theirs === undefined || ours.eq(theirs);
  if (!isSame(known.price, truth.price)) return `has price ${known.price}, and ${truth.price} at the venue`;
  if (!isSame(known.amount, truth.amount)) return `has amount ${known.amount}, and ${truth.amount} at the venue`;
  return undefined;
}

function fillsDifference(
  { fills, fees }: InFlightOrder,
  truth: readonly Fill[],
  account: SimulatedAccount,
): string | undefined {
  if (fills.length !== truth.length) return `has ${fills.length} fills, and ${truth.length} at the venue`;
  const paid = new Map<string, Decimal>();
  for (const fill of truth) {
    const tradeId = account.tradeIdOf(fill);
    const known = fills.find((each) => each.tradeId === tradeId);
    if (known === undefined) return `lacks the fill ${tradeId}`;
    if (!known.price.eq(fill.price) || !known.amount.eq(fill.amount))
      return `has ${known.amount} at ${known.price} in ${tradeId}, and ${fill.amount} at ${fill.price} at the venue`;
    if (known.fees === undefined) return `is not told the fees of ${tradeId}`;
    if (known.liquidity !== (fill.maker ? "maker" : "taker")) return `is ${known.liquidity} in ${tradeId}`;
    paid.set(fill.feeAsset, (paid.get(fill.feeAsset) ?? new Decimal(0)).plus(fill.fee));
  }
  for (const [asset, amount] of paid) {
    const known = fees.find((fee) => fee.asset === asset)?.amount ?? new Decimal(0);
    if (!known.eq(amount)) return `has paid ${known} ${asset}, and ${amount} at the venue`;
  }
  return undefined;
}

function balancesDifference({ balances }: Connector, account: SimulatedAccount): string | undefined {
  for (const { asset, total, available } of account.balances()) {
    const known = balances.get(asset);
    const ours = { total: known?.total ?? new Decimal(0), available: known?.available ?? new Decimal(0) };
    if (!ours.total.eq(total)) return `has ${ours.total} ${asset}, and ${total} at the venue`;
    if (!ours.available.eq(available))
      return `can use ${ours.available} ${asset}, and ${available} at the venue`;
  }
  return undefined;
}
