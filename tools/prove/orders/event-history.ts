import type { ConnectorEvent } from "@conn/core";
import { fillId } from "./account-text.ts";

/** What one event said of an order; a `fill` names its trade. */
export interface EventFact {
  readonly clientOrderId: string;
  readonly change: string;
  readonly trade?: string;
}

interface Told {
  created: boolean;
  end: string | undefined;
  readonly trades: Set<string>;
}

const ENDS: ReadonlySet<string> = new Set(["filled", "canceled", "expired", "rejected"]);
/** These may come before an order is created. */
const EARLY: ReadonlySet<string> = new Set(["unknown", "known", "rejected", "cancelRefused"]);

/**
 * Everything that was told of the orders of an account, held against what events promise: an order is created before
 * anything is told of it, each fill is told once, and the end once. Only a late fill may follow an order's
 * end, and make what was canceled or expired filled; and what was proven absent may be revived.
 */
export class EventHistory {
  readonly #told = new Map<string, Told>();
  readonly problems: string[] = [];
  count = 0;

  /** What an event says of an order, if it is about one. */
  static factOf(event: Extract<ConnectorEvent, { readonly type: "order" | "fill" }>): EventFact {
    const { clientOrderId } = event.order;
    if (event.type === "order") return { clientOrderId, change: event.change };
    return { clientOrderId, change: "fill", trade: fillId(event.fill) };
  }

  /** Takes the next event. With `mayMiss` the program was killed once, and may not have come to telling what it knew. */
  take({ clientOrderId, change, trade }: EventFact, mayMiss = false): void {
    this.count += 1;
    const told = this.#told.get(clientOrderId) ?? { created: false, end: undefined, trades: new Set() };
    this.#told.set(clientOrderId, told);
    const problem = (what: string): void => void this.problems.push(`${clientOrderId}: ${what}`);
    if (change === "created") {
      if (told.created) problem("created twice");
      if (told.trades.size > 0 || told.end !== undefined) problem("created after other events");
      told.created = true;
      return;
    }
    if (change === "revived") {
      if (told.end !== "rejected" && !mayMiss) problem("revived, and was not rejected");
      told.end = undefined;
      told.created = true;
      return;
    }
    if (!told.created && !EARLY.has(change) && !mayMiss) problem(`${change} before it was created`);
    if (trade !== undefined) {
      if (told.trades.has(trade)) problem(`trade ${trade} told twice`);
      if (told.end === "filled") problem(`trade ${trade} told after filled`);
      told.trades.add(trade);
    } else if (ENDS.has(change)) {
      const isLateFill = change === "filled" && (told.end === "canceled" || told.end === "expired");
      if (told.end !== undefined && !isLateFill) problem(`${change} after ${told.end}`);
      told.end = change;
    }
  }

  /** Holds what was told, when nothing happens any more and nothing was missed, against how the orders stand. */
  compare(
    orders: Iterable<{ readonly clientOrderId: string; readonly status: string }>,
    tradesOf: (clientOrderId: string) => Iterable<string>,
  ): string[] {
    const differences: string[] = [];
    for (const { clientOrderId, status } of orders) {
      const told = this.#told.get(clientOrderId);
      const end = ENDS.has(status) ? status : undefined;
      if (told?.end !== end) differences.push(`${clientOrderId} is ${status}, and ${told?.end} was told`);
      if (status !== "rejected" && told?.created !== true)
        differences.push(`${clientOrderId} is ${status}, and was not told as created`);
      const missing = inOne(new Set(tradesOf(clientOrderId)), told?.trades ?? new Set());
      if (missing.length > 0)
        differences.push(`${clientOrderId}: trades ${missing.join(", ")} are there or told, not both`);
    }
    return differences;
  }
}

/** What is in one of two sets and not in the other. */
export function inOne(one: ReadonlySet<string>, other: ReadonlySet<string>): string[] {
  return [...[...one].filter((item) => !other.has(item)), ...[...other].filter((item) => !one.has(item))];
}
