import type { KnownAccount, KnownOrderText, OrderText, TrueAccount } from "./account-text.ts";

const FACTS = [
  "exchangeOrderId",
  "exchangeSymbol",
  "side",
  "status",
  "price",
  "amount",
  "filledAmount",
  "fees",
] as const;

/**
 * Holds what a program knows, when nothing happens any more, against what is: every order at the venue is known once
 * and as it is, with its fills and fees; every order that is known is there, or known to be absent; the balances are equal.
 * Returns what differs.
 */
export function compareAccount(known: KnownAccount, truth: TrueAccount): string[] {
  const differences = [...truth.contradictions];
  const byId = new Map<string, KnownOrderText>();
  for (const order of known.orders) {
    if (byId.has(order.clientOrderId)) differences.push(`${order.clientOrderId} is known twice`);
    byId.set(order.clientOrderId, order);
  }
  const atVenue = new Map<string, OrderText>();
  for (const order of truth.orders) {
    if (atVenue.has(order.clientOrderId)) differences.push(`${order.clientOrderId} was placed twice`);
    atVenue.set(order.clientOrderId, order);
    const own = byId.get(order.clientOrderId);
    if (own === undefined) differences.push(`${order.clientOrderId} is at the venue and not known`);
    else differences.push(...compareOrder(own, order, truth.feesPaid));
  }
  for (const order of known.orders) {
    const { clientOrderId, status, reason, certainty, pendingCommand } = order;
    if (certainty !== "known" || pendingCommand !== "none" || status === "pendingCreate")
      differences.push(`${clientOrderId} is not settled: ${status}, ${certainty}, command ${pendingCommand}`);
    if (!atVenue.has(clientOrderId) && status !== "rejected")
      differences.push(`${clientOrderId} is known as ${status} (${reason}), and the venue never had it`);
  }
  for (const { clientOrderId, status } of truth.foreignOrders) {
    if (byId.has(clientOrderId)) differences.push(`${clientOrderId} of another program was adopted`);
    if (status !== "open" && status !== "filled")
      differences.push(`${clientOrderId} of another program is ${status}`);
  }
  const assets = new Set([...Object.keys(known.balances), ...Object.keys(truth.balances)]);
  for (const asset of assets) {
    for (const what of ["total", "available"] as const) {
      const own = known.balances[asset]?.[what] ?? "0";
      const wanted = truth.balances[asset]?.[what] ?? "0";
      if (own !== wanted) differences.push(`${what} of ${asset} is known as ${own}, and is ${wanted}`);
    }
  }
  return differences;
}

function compareOrder(own: KnownOrderText, order: OrderText, feesPaid: TrueAccount["feesPaid"]): string[] {
  const { clientOrderId } = order;
  const differences: string[] = FACTS.filter((fact) => own[fact] !== order[fact]).map(
    (fact) => `${clientOrderId}: ${fact} is known as ${own[fact]}, and is ${order[fact]}`,
  );
  const fills = JSON.stringify(own.fills);
  const wanted = JSON.stringify(order.fills);
  if (fills !== wanted)
    differences.push(`${clientOrderId}: its fills are known as ${fills}, and are ${wanted}`);
  const paid = feesPaid[order.exchangeOrderId ?? ""] ?? "";
  if (own.fees !== paid) differences.push(`${clientOrderId}: fees ${own.fees} are known, ${paid} were paid`);
  return differences;
}
