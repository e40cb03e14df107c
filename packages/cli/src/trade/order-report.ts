import type { Balance, Connector, InFlightOrder, ListedOrder, PreparedOrder } from "@conn/core";
import type { JsonEvent } from "../market/json-events.js";

/** What an order is, in one line: `buy 0.01 BTC-USDT, limit at 50000, gtc`. */
export function describeOrder(order: PreparedOrder | InFlightOrder): string {
  const { side, amount, quoteAmount, tradingPair, orderType, price, timeInForce, reduceOnly } = order;
  const size = amount === undefined ? `for ${quoteAmount} of quote of` : String(amount);
  const at = price === undefined ? "" : ` at ${price}`;
  return `${side} ${size} ${tradingPair}, ${orderType}${at}, ${timeInForce}${reduceOnly ? ", reduce-only" : ""}`;
}

/** Everything that is known of an order, as lines of text. */
export function reportOrder(order: InFlightOrder, environment: string): string[] {
  const { clientOrderId, exchangeOrderId, status, certainty, pendingCommand, reason } = order;
  const facts: [string, string | undefined][] = [
    ["status", pendingCommand === "none" ? status : `${status}, ${pendingCommand} under way`],
    [
      "certainty",
      certainty === "known"
        ? undefined
        : "UNKNOWN: it may or may not be in the venue's book; do not send it again, conn trade … show tells more",
    ],
    ["filled", `${order.filledAmount}${order.amount === undefined ? "" : ` of ${order.amount}`}`],
    ["average price", order.averagePrice?.toString()],
    ["fees", reportFees(order)],
    ["reason", reason && [reason.kind, reason.venueCode, reason.message].filter(Boolean).join(": ")],
    [
      "changed",
      order.adjustments.map(({ field, from, to }) => `${field} ${from} to ${to}`).join(", ") || undefined,
    ],
    ["exchange id", exchangeOrderId],
  ];
  return [
    `${clientOrderId}  ${describeOrder(order)} (${environment})`,
    ...facts.flatMap(([name, value]) => (value === undefined ? [] : [`  ${name.padEnd(14)}${value}`])),
  ];
}

function reportFees({ fills, fees }: InFlightOrder): string | undefined {
  const known = fees.map(({ amount, asset }) => `${amount} ${asset}`).join(", ");
  if (fills.every((fill) => fill.fees !== undefined)) return known || undefined;
  return known === "" ? "not told yet" : `${known}, not all told yet`;
}

/** An order of this program for a line of JSON. */
export function orderJson(connector: Connector, order: InFlightOrder): JsonEvent {
  return { type: "order", ...factsOf(connector), order };
}

/** An order that somebody else placed, for a line of JSON. */
export function foreignOrderJson(connector: Connector, order: ListedOrder): JsonEvent {
  return { type: "foreignOrder", ...factsOf(connector), order };
}

/** A balance for a line of JSON. */
export function balanceJson(connector: Connector, balance: Balance): JsonEvent {
  return { type: "balance", ...factsOf(connector), balance };
}

function factsOf({ name, environment, account }: Connector): JsonEvent {
  return { connector: name, environment, account };
}
