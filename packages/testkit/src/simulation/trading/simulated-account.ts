import type { Credentials, OrderStatus, ServerResponse } from "@conn/core";
import type { Balance, Fill, FrameFilter, Order, RequestFilter } from "@conn/simulator";
import type { ConformanceStart, ConformanceVenue } from "../../venue/conformance-venue.js";

/** Calls of an account, by which faults pick requests. */
export type AccountCall =
  | "place"
  | "placeBatch"
  | "cancel"
  | "cancelBatch"
  | "cancelForeign"
  | "amend"
  | "query"
  | "openOrders"
  | "fills"
  | "balances";

/** An order that another program of the account places: a limit order, or a market order without a price. */
export interface OthersOrder {
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly price: string | undefined;
  readonly amount: string;
  readonly clientOrderId: string;
}

/** Something of a venue's own that goes wrong around orders; `undo` ends it. */
export interface OwnFault {
  readonly name: string;
  begin(delayMs: number): void;
  undo(): void;
}

/**
 * An account at a simulated venue as simulations see it: what the venue knows of it, which is the truth, and what may
 * happen to it. Orders are known by the venue's ids, symbols are the venue's. What cannot be carried out throws.
 */
export interface SimulatedAccount {
  readonly credentials: Credentials;
  /** Which requests carry a call. */
  readonly requests: Readonly<Record<AccountCall, RequestFilter>>;
  /** All frames that tell the account something. */
  readonly frames: FrameFilter;
  /** Route of the private stream. */
  readonly route: string;
  /** Answers by which the venue documents that it does not know what became of a request. */
  readonly undetermined: readonly ServerResponse[];
  /** Answers by which it documents that it has not done what was asked. */
  readonly refusals: readonly ServerResponse[];
  /** Its answer to a key that it does not accept. */
  readonly keyRefused: ServerResponse;
  /** A frame as it would be if it told no fees; undefined if the venue always tells them. */
  readonly withoutFees: ((frame: string) => string) | undefined;
  readonly ownFaults: readonly OwnFault[];
  /** Whether a request, sent twice, makes one order at most: the venue refuses the second while the first is in the book. */
  mayRepeat(request: { readonly method: string; readonly url: string; readonly body: string }): boolean;

  /** All orders that the venue has taken, oldest first. */
  orders(): readonly Order[];
  fills(): readonly Fill[];
  balances(): readonly Balance[];
  /** The status of an order in our words. */
  statusOf(order: Order): OrderStatus;
  /** The id of a fill's trade as the venue tells it. */
  tradeIdOf(fill: Fill): string;
  /** Assets whose balances are told, each with an amount that is little of it. */
  readonly assets: Readonly<Record<string, string>>;

  place(order: OthersOrder): void;
  cancel(orderId: string): void;
  fill(orderId: string, amount: string | undefined): void;
  expire(orderId: string): void;
  tradeThrough(
    symbol: string,
    trade: { readonly side: "buy" | "sell"; readonly price: string; readonly amount: string },
  ): void;
  deposit(asset: string, amount: string): void;
  lagQueries(lagMs: number): void;
  /** Ends what gives access to the private stream. */
  endStreamAccess(): void;
}

/** A venue with an account. */
export interface TradingVenue {
  readonly venue: ConformanceVenue;
  readonly account: SimulatedAccount;
}

/** Starts a venue with an account. */
export type StartTradingVenue = (options: ConformanceStart) => Promise<TradingVenue>;
