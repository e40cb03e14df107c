import { Decimal, ZERO } from "@conn/core";
import type { Balance, LedgerEntry, LedgerReason, LedgerReference, LedgerView } from "./ledger.js";

/** What changed in an account since it was last asked. */
export interface LedgerChanges {
  readonly balances: readonly Balance[];
  readonly entries: readonly LedgerEntry[];
}

/** The ledger that the core writes. */
export interface Ledger extends LedgerView {
  /**
   * Changes a balance; an amount of zero leaves no entry.
   *
   * @throws {TypeError} if the balance would be negative.
   */
  post(
    account: string,
    asset: string,
    amount: Decimal,
    reason: LedgerReason,
    at: number,
    reference?: LedgerReference,
  ): LedgerEntry | undefined;
  /** Changes what is kept back. @throws {TypeError} if it would be negative. */
  hold(account: string, asset: string, change: Decimal): void;
  /** What changed in an account since the last call, or `undefined` if nothing did. */
  takeChanges(account: string): LedgerChanges | undefined;
}

interface AssetState {
  total: Decimal;
  held: Decimal;
}

interface AccountState {
  readonly assets: Map<string, AssetState>;
  readonly entries: LedgerEntry[];
  readonly changedAssets: Set<string>;
  /** How many entries `takeChanges` has given out. */
  told: number;
}

/** Makes an empty ledger. */
export function createLedger(): Ledger {
  const accounts = new Map<string, AccountState>();
  const all: LedgerEntry[] = [];

  const accountOf = (name: string): AccountState => {
    let account = accounts.get(name);
    if (account === undefined) {
      account = { assets: new Map(), entries: [], changedAssets: new Set(), told: 0 };
      accounts.set(name, account);
    }
    return account;
  };

  const assetOf = (account: AccountState, asset: string): AssetState => {
    let state = account.assets.get(asset);
    if (state === undefined) {
      state = { total: ZERO, held: ZERO };
      account.assets.set(asset, state);
    }
    return state;
  };

  const balanceOf = (asset: string, state: AssetState | undefined): Balance => {
    const total = state?.total ?? ZERO;
    const held = state?.held ?? ZERO;
    return { asset, total, held, available: Decimal.max(total.minus(held), ZERO) };
  };

  return {
    balance: (account, asset) => balanceOf(asset, accounts.get(account)?.assets.get(asset)),
    balances: (account) =>
      Array.from(accounts.get(account)?.assets ?? [], ([asset, state]) => balanceOf(asset, state)),
    entries: (account) => (account === undefined ? all : (accounts.get(account)?.entries ?? [])),
    post(name, asset, amount, reason, at, reference) {
      if (amount.isZero()) return undefined;
      const account = accountOf(name);
      const state = assetOf(account, asset);
      const total = state.total.plus(amount);
      if (total.isNegative()) throw new TypeError(`${name} has too little ${asset}`);
      state.total = total;
      const entry = { ...reference, id: all.length + 1, at, account: name, asset, amount, reason, total };
      all.push(entry);
      account.entries.push(entry);
      account.changedAssets.add(asset);
      return entry;
    },
    hold(name, asset, change) {
      if (change.isZero()) return;
      const account = accountOf(name);
      const state = assetOf(account, asset);
      const held = state.held.plus(change);
      if (held.isNegative()) throw new TypeError(`${name} holds too little ${asset}`);
      state.held = held;
      account.changedAssets.add(asset);
    },
    takeChanges(name) {
      const account = accountOf(name);
      if (account.changedAssets.size === 0) return undefined;
      const balances = Array.from(account.changedAssets, (asset) =>
        balanceOf(asset, account.assets.get(asset)),
      );
      const entries = account.entries.slice(account.told);
      account.told = account.entries.length;
      account.changedAssets.clear();
      return { balances, entries };
    },
  };
}
