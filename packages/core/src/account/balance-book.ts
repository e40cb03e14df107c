import { type Decimal, ZERO } from "../decimal/decimal.js";
import { type Balance, type Fill, type InFlightOrder, isFinished } from "../model/index.js";
import type { BalanceListing, BalanceUpdate } from "./account-messages.js";

/** An amount of one asset. */
export interface AssetAmount {
  readonly asset: string;
  readonly amount: Decimal;
}

/** What a balance book works with. */
export interface BalanceBookOptions {
  /** What an order holds of the account while it works, as it stands now. */
  readonly needsOf: (order: InFlightOrder) => readonly AssetAmount[];
  /** What a fill adds to the account (negative: takes away), for venues that do not tell it as it happens. */
  readonly effectOf: ((fill: Fill) => readonly AssetAmount[]) | undefined;
}

/** What the venue has told last of an asset, and what has happened since. */
interface Holding {
  total: Decimal;
  available: Decimal;
  exchangeTimestamp: number | undefined;
  /** By fills since. */
  moved: Decimal;
  shown: Balance;
}

/**
 * What an account has. The venue's word is taken as it comes; between two words, what our own orders hold and have
 * traded is counted in, so that the same money is not spent twice.
 */
export class BalanceBook {
  readonly #options: BalanceBookOptions;
  readonly #holdings = new Map<string, Holding>();
  /** By order and asset: what it holds now, and what of that the venue's last word contains. */
  readonly #needs = new Map<string, Map<string, { now: Decimal; told: Decimal }>>();

  constructor(options: BalanceBookOptions) {
    this.#options = options;
  }

  get balances(): ReadonlyMap<string, Balance> {
    return new Map([...this.#holdings].map(([asset, { shown }]) => [asset, shown]));
  }

  /** What orders can use of an asset. */
  available(asset: string): Decimal {
    return this.#holdings.get(asset)?.shown.available ?? ZERO;
  }

  /** Takes a full account: an asset that is not in it is not held. Returns what has changed. */
  replace({ balances, exchangeTimestamp }: BalanceListing): readonly Balance[] {
    const told = new Set(balances.map(({ asset }) => asset));
    const gone = [...this.#holdings.keys()].filter((asset) => !told.has(asset));
    const emptied = gone.flatMap((asset) => {
      const holding = this.#holdings.get(asset);
      this.#holdings.delete(asset);
      if (holding === undefined || (holding.shown.total.isZero() && holding.shown.available.isZero()))
        return [];
      return [{ asset, total: ZERO, available: ZERO, derived: false, exchangeTimestamp }];
    });
    return [...emptied, ...this.apply(balances)];
  }

  /** Takes what the venue says of some assets. Returns what has changed. */
  apply(updates: readonly BalanceUpdate[]): readonly Balance[] {
    const changed: Balance[] = [];
    for (const { asset, total, available, exchangeTimestamp } of updates) {
      const holding = this.#holdings.get(asset);
      const last = holding?.exchangeTimestamp;
      // What is older than what is known already is no news.
      if (last !== undefined && exchangeTimestamp !== undefined && exchangeTimestamp < last) continue;
      if (available !== undefined) this.#settle(asset);
      const next: Holding = {
        total: total ?? holding?.total ?? available ?? ZERO,
        available: available ?? holding?.available ?? ZERO,
        exchangeTimestamp: exchangeTimestamp ?? last,
        // A total without what is available leaves open what has become of the rest.
        moved: available === undefined ? (holding?.moved ?? ZERO) : ZERO,
        shown: holding?.shown ?? { asset, total: ZERO, available: ZERO, derived: false, exchangeTimestamp },
      };
      this.#holdings.set(asset, next);
      changed.push(...this.#show(asset));
    }
    return changed;
  }

  /** Takes how an order stands. Returns what has changed. */
  follow(order: InFlightOrder): readonly Balance[] {
    const { clientOrderId } = order;
    const known = this.#needs.get(clientOrderId) ?? new Map<string, { now: Decimal; told: Decimal }>();
    this.#needs.set(clientOrderId, known);
    const needs = isFinished(order) ? [] : this.#options.needsOf(order);
    const assets = new Set(known.keys());
    for (const need of known.values()) need.now = ZERO;
    for (const { asset, amount } of needs) {
      const need = known.get(asset) ?? { now: ZERO, told: ZERO };
      need.now = need.now.plus(amount);
      known.set(asset, need);
      assets.add(asset);
    }
    const changed = [...assets].flatMap((asset) => this.#show(asset));
    this.#forgetSettled(clientOrderId);
    return changed;
  }

  /** Takes a fill. Returns what has changed. */
  traded(fill: Fill): readonly Balance[] {
    const { effectOf } = this.#options;
    if (effectOf === undefined) return [];
    return effectOf(fill).flatMap(({ asset, amount }) => {
      const holding = this.#holdings.get(asset) ?? {
        total: ZERO,
        available: ZERO,
        exchangeTimestamp: undefined,
        moved: ZERO,
        shown: { asset, total: ZERO, available: ZERO, derived: true, exchangeTimestamp: undefined },
      };
      this.#holdings.set(asset, holding);
      // What the venue has told since the trade contains it.
      if (holding.exchangeTimestamp !== undefined && fill.exchangeTimestamp <= holding.exchangeTimestamp)
        return [];
      holding.moved = holding.moved.plus(amount);
      return this.#show(asset);
    });
  }

  /** The venue has told what is available of an asset: it contains what our orders held of it by then. */
  #settle(asset: string): void {
    for (const [clientOrderId, needs] of this.#needs) {
      const need = needs.get(asset);
      if (need !== undefined) need.told = need.now;
      this.#forgetSettled(clientOrderId);
    }
  }

  #forgetSettled(clientOrderId: string): void {
    const needs = this.#needs.get(clientOrderId);
    if (needs === undefined) return;
    for (const [asset, { now, told }] of needs) if (now.isZero() && told.isZero()) needs.delete(asset);
    if (needs.size === 0) this.#needs.delete(clientOrderId);
  }

  #show(asset: string): readonly Balance[] {
    const holding = this.#holdings.get(asset);
    if (holding === undefined) return [];
    let since = ZERO;
    for (const needs of this.#needs.values()) {
      const need = needs.get(asset);
      if (need !== undefined) since = since.plus(need.now).minus(need.told);
    }
    const { shown, moved, exchangeTimestamp } = holding;
    const total = holding.total.plus(moved);
    const available = holding.available.plus(moved).minus(since);
    const derived = !moved.isZero() || !since.isZero();
    if (total.eq(shown.total) && available.eq(shown.available) && derived === shown.derived) return [];
    holding.shown = { asset, total, available, derived, exchangeTimestamp };
    return [holding.shown];
  }
}
