import type { Decimal } from "@conn/core";

/** Why a balance changed. */
export type LedgerReason =
  | "deposit"
  | "withdrawal"
  | "transfer"
  /** What a fill paid or received, without its fee. */
  | "trade"
  /** Negative: paid. Positive: a rebate. */
  | "fee"
  | "realizedPnl"
  | "funding"
  | "liquidationFee"
  /** The venue made up a loss that the account could not pay. */
  | "insurance";

/** What an entry of the ledger belongs to. */
export interface LedgerReference {
  readonly symbol?: string;
  readonly orderId?: string;
  readonly tradeId?: number;
}

/** One change of one balance. The sum of an asset's entries is its balance, exactly. */
export interface LedgerEntry extends LedgerReference {
  /** Grows by one from entry to entry, over all accounts; the first is 1. */
  readonly id: number;
  /** Venue time, milliseconds since 1970. */
  readonly at: number;
  readonly account: string;
  readonly asset: string;
  /** Signed. */
  readonly amount: Decimal;
  readonly reason: LedgerReason;
  /** The balance after it. */
  readonly total: Decimal;
}

/** What an account has of one asset. */
export interface Balance {
  readonly asset: string;
  /** All of it: held or not. Never negative. */
  readonly total: Decimal;
  /** Kept back for open orders and positions. Never negative. */
  readonly held: Decimal;
  /** `total` less `held`; zero where losses have eaten into what is held. */
  readonly available: Decimal;
}

/** What a test or a venue may read of the ledger. Amounts are exact. */
export interface LedgerView {
  /** The balance of an asset; zero if the account never had any. */
  balance(account: string, asset: string): Balance;
  /** Balances of all assets that the account ever had, in the order of their first entries. */
  balances(account: string): Balance[];
  /** All entries, or those of one account, oldest first; nothing is ever forgotten. */
  entries(account?: string): readonly LedgerEntry[];
}
