import type { LedgerEntry, LedgerReason, LedgerView } from "../ledger/ledger.js";
import type { Position } from "../ledger/position.js";
import type { Tape } from "../market/trade-tape.js";
import type { AccountEvent } from "./account-event.js";
import type { Fill, Order, OrderRequest, OrderSide, RejectReason } from "./order.js";
import type { AccountSettings, TradedInstrument, VenueRules } from "./venue-rules.js";

/** How to make the core of a venue. */
export interface ExchangeCoreOptions {
  readonly instruments: readonly TradedInstrument[];
  /** Venue time of the beginning, milliseconds since 1970. */
  readonly startAt: number;
  readonly rules?: VenueRules;
  /** At least this many of the latest events stay on the tape. Default 10000. */
  readonly eventsKept?: number;
}

/** Names an order of an account; a client id means the latest order that has it. */
export type OrderReference = { readonly id: string } | { readonly clientOrderId: string };

/** What came of a command: the order as it is now, or why it was refused. */
export type CommandResult =
  | { readonly ok: true; readonly order: Order }
  /** `order`: what was refused as far as it could be read, or the order that stays as it is. */
  | { readonly ok: false; readonly reason: RejectReason; readonly order?: Order };

/** New values; what is not given stays. Decimal texts. */
export interface OrderAmendment {
  readonly price?: string;
  /** The whole amount, what was filled included. */
  readonly amount?: string;
}

/** Which fills are asked for; all bounds included, times in ms since 1970. */
export interface FillFilter {
  readonly symbol?: string;
  readonly orderId?: string;
  readonly fromTradeId?: number;
  readonly from?: number;
  readonly to?: number;
  /** At most this many. */
  readonly limit?: number;
  /** With a limit: the latest ones instead of the first. Either way they come oldest first. */
  readonly latest?: boolean;
}

/** A marketable order of everybody else. Decimal texts. */
export interface OthersTrade {
  readonly side: OrderSide;
  /** Trades at no worse price. */
  readonly price: string;
  /** At most this much. */
  readonly amount: string;
}

/** Which orders are asked for; bounds included, times of making in ms since 1970. */
export interface OrderFilter {
  readonly symbol?: string;
  readonly from?: number;
  readonly to?: number;
}

/**
 * Accounts, their orders and their money on a venue's markets: a pure state machine. Orders of accounts rest in
 * the books of the markets among the lots of everybody else, with price-time priority, and appear in what the
 * venue publishes.
 *
 * All times are the venue's, in milliseconds since 1970, whole numbers that never go backward; a command first
 * lets everything up to its time happen. The markets of its instruments are advanced through the core alone, so that
 * expiries and fills come in the order of time. What happened stands on `events`, commands' own effects included.
 *
 * @example
 * ```ts
 * const core = createExchangeCore({ startAt, instruments: [{ symbol: "BTCUSDT", market, base: "BTC", quote: "USDT", kind: "spot" }] });
 * core.openAccount("alice", { fees: { maker: "0.001", taker: "0.001" } });
 * core.credit("alice", "USDT", "10000", "deposit", startAt);
 * const result = core.submit({ account: "alice", symbol: "BTCUSDT", side: "buy", kind: "limit", price: "60000", amount: "0.1" }, startAt);
 * if (!result.ok) console.log(result.reason);
 * ```
 */
export interface ExchangeCore {
  /** All that accounts are told. `get(sequence)` reads an event; a stream keeps a cursor. */
  readonly events: Tape<AccountEvent>;
  readonly ledger: LedgerView;

  /**
   * Lets everything up to and including `until` happen: markets, fills, expiries.
   *
   * @throws {TypeError} if that is before an earlier call's time, as do all commands.
   */
  advance(until: number): void;
  /**
   * Lists another instrument. An instrument that the venue delists stays known: cancel its orders.
   *
   * @throws {TypeError} if there is one of that symbol.
   */
  addInstrument(instrument: TradedInstrument): void;
  /** When something may next happen to an account, or `undefined` while nothing can. */
  nextEventAt(): number | undefined;

  /** @throws {TypeError} if there is such an account, or a number is no decimal. */
  openAccount(account: string, settings: AccountSettings): void;
  /** Changes how an account trades, from its next fill on. @throws {TypeError} as `openAccount`; if there is no such account. */
  changeAccount(account: string, settings: Partial<AccountSettings>): void;
  settingsOf(account: string): AccountSettings;
  /**
   * Changes a balance by a signed decimal text.
   *
   * @throws {TypeError} if that would take what is not available.
   */
  credit(account: string, asset: string, amount: string, reason: LedgerReason, at: number): LedgerEntry;

  submit(request: OrderRequest, at: number): CommandResult;
  cancel(account: string, order: OrderReference, at: number): CommandResult;
  /** Cancels open orders, oldest first, and returns them. */
  cancelAll(
    account: string,
    which: { readonly symbol?: string; readonly side?: OrderSide },
    at: number,
  ): Order[];
  amend(account: string, order: OrderReference, change: OrderAmendment, at: number): CommandResult;
  /** The venue cancels: one order, or all of a symbol of all accounts. */
  cancelByVenue(which: { readonly symbol: string } | { readonly id: string }, at: number): Order[];

  /** The venue lets an open order expire. @throws {TypeError} if it is not open. */
  expireByVenue(id: string, at: number): Order;

  /**
   * Somebody else takes from the book, by price and time, lots of orders of accounts included; published like all
   * trades. What finds no match is gone.
   *
   * @throws {TypeError} if price or amount are off the grid.
   */
  trade(symbol: string, trade: OthersTrade, at: number): void;
  /**
   * Somebody else fills this very order, `amount` of it or all, at its price and wherever it stands in the queue;
   * published like all trades.
   *
   * @throws {TypeError} if the order does not rest in the book or has not that much left.
   */
  fillOrder(id: string, amount: string | undefined, at: number): Fill;

  /** An order that is open or not yet forgotten. */
  order(account: string, order: OrderReference): Order | undefined;
  /** Oldest first. */
  openOrders(account: string, symbol?: string): Order[];
  /** All orders that are open or not yet forgotten, oldest first. */
  orders(account: string, filter?: OrderFilter): Order[];
  fills(account: string, filter?: FillFilter): Fill[];

  /** Positions that are open or once were, in the order of their first fills. */
  positions(account: string, symbol?: string): Position[];
  /**
   * Sets the leverage of a symbol, a whole number from 1 on.
   *
   * @returns `insufficientMargin` if what is open would need more than there is: then nothing changes.
   */
  setLeverage(
    account: string,
    symbol: string,
    leverage: number,
    at: number,
  ): "insufficientMargin" | undefined;
  leverage(account: string, symbol: string): number;
}
