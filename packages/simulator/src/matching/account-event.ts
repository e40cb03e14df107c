import type { Balance, LedgerEntry } from "../ledger/ledger.js";
import type { Position } from "../ledger/position.js";
import type { Fill, Order } from "./order.js";

interface EventBase {
  /** Number of the event at this venue: its place on the tape of events, from 0 on. */
  readonly sequence: number;
  /** Venue time, milliseconds since 1970; never goes backward from event to event. */
  readonly at: number;
  readonly account: string;
}

/** Something happened to an order; `order` is its state right after. Causes and reasons stand on the order. */
export type OrderEvent =
  | (EventBase & {
      readonly type: "accepted" | "rejected" | "canceled" | "expired" | "triggered";
      readonly order: Order;
    })
  | (EventBase & { readonly type: "traded"; readonly order: Order; readonly fill: Fill })
  | (EventBase & { readonly type: "amended"; readonly order: Order; readonly previous: Order });

/** Follows an order event, a deposit or a payment that changed totals or what is held. */
export type BalanceEvent = EventBase & {
  readonly type: "balances";
  /** The changed balances, as they are now. */
  readonly balances: readonly Balance[];
  /** What changed their totals; empty if only what is held changed. */
  readonly entries: readonly LedgerEntry[];
};

/** Follows a fill that changed a position. */
export type PositionEvent = EventBase & { readonly type: "position"; readonly position: Position };

/** What accounts are told, in the order of events. */
export type AccountEvent = OrderEvent | BalanceEvent | PositionEvent;
