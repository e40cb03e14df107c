import { Decimal, ZERO } from "../decimal/decimal.js";
import { type Balance, type Fill, type InFlightOrder, isFinished } from "../model/index.js";
import type { BalanceListing, BalanceUpdate } from "./account-messages.js";

/** An amount of one asset. */
export interface AssetAmount {
  readonly asset: string;
  readonly amount: Decimal;
}

/** What a balance book works with. */
export interface BalanceBookOptions {
  /** What an order holds of the account while it works, as far as it has not traded. */
  readonly needsOf: (order: InFlightOrder) => readonly AssetAmount[];
  /** What a fill adds to the account (negative: takes away), for venues that do not tell it as it happens. */
  readonly effectOf: ((fill: Fill) => readonly AssetAmount[]) | undefined;
}

/** What was known of the orders when the venue was asked: its answer contains that much of them at least. */
export interface BalanceMark {
  readonly words: number;
  readonly orders: ReadonlyMap<string, Hold>;
}

/** What the venue has told last of an asset, and what has happened since. */
interface Holding {
  readonly total: Decimal;
  /** Undefined while it has told the total alone. */
  readonly available: Decimal | undefined;
  readonly exchangeTimestamp: number | undefined;
  /** Numbers of the words that told them, among all. */
  readonly totalWord: number;
  readonly availableWord: number;
  /** What fills have added to the total since. */
  moved: Decimal;
}

/** What an order takes of the account beside what the venue's last word contains. */
interface Hold {
  readonly order: InFlightOrder;
  /** How much of it had traded by that word. */
  readonly traded: Pick<InFlightOrder, "filledAmount" | "filledQuoteAmount">;
  /** What it needs from there on, with what it has traded since, by asset. */
  readonly needs: ReadonlyMap<string, Decimal>;
  /** What that word contains of it, by asset. */
  readonly told: ReadonlyMap<string, Decimal>;
}

/** Holds are rounded up to so many decimals, so that what is added up can be taken off again without a rest. */
const HOLD_DECIMALS = 20;
const UNTRADED = { filledAmount: ZERO, filledQuoteAmount: ZERO };

/**
 * What an account has. The venue's word is taken as it comes. Between two words, what our orders take beside what the last
 * one contains is taken off, so that the same money is not spent twice; what they give back or earn is not counted before
 * the venue has told it.
 */
export class BalanceBook {
  readonly #options: BalanceBookOptions;
  readonly #holdings = new Map<string, Holding>();
  readonly #shown = new Map<string, Balance>();
  readonly #holds = new Map<string, Hold>();
  /** Those that have changed since the venue's word. */
  readonly #fresh = new Set<string>();
  /** Sums of what holds take beside what was told, by asset. */
  readonly #taken = new Map<string, Decimal>();
  #words = 0;
  #isComplete = false;
  #balances: ReadonlyMap<string, Balance> | undefined;

  constructor(options: BalanceBookOptions) {
    this.#options = options;
  }

  get balances(): ReadonlyMap<string, Balance> {
    this.#balances ??= new Map(this.#shown);
    return this.#balances;
  }

  /** Whether the venue has told all balances once. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Whether something is taken off what the venue has told. */
  get isDerived(): boolean {
    for (const taken of this.#taken.values()) if (!taken.isZero()) return true;
    for (const { moved } of this.#holdings.values()) if (!moved.isZero()) return true;
    return false;
  }

  /** To be had before the venue is asked for the balances. */
  mark(): BalanceMark {
    const orders = new Map<string, Hold>();
    for (const id of this.#fresh) {
      const hold = this.#holds.get(id);
      if (hold !== undefined) orders.set(id, hold);
    }
    return { words: this.#words, orders };
  }

  /**
   * Takes a full account: an asset that is not in it is not held. Returns what has changed.
   *
   * @param asked What was known when it was asked for; undefined if the venue told it by itself. What has been told of an
   *   asset since is newer.
   */
  replace({ balances, exchangeTimestamp }: BalanceListing, asked?: BalanceMark): readonly Balance[] {
    this.#isComplete = true;
    const told = new Set(balances.map(({ asset }) => asset));
    const gone = [...this.#holdings.keys()].filter((asset) => !told.has(asset));
    const absent = gone.map((asset) => ({ asset, total: ZERO, available: ZERO, exchangeTimestamp }));
    const changed = [...this.#take(absent, asked), ...this.#take(balances, asked)];
    for (const asset of gone) {
      const holding = this.#holdings.get(asset);
      if (holding?.total.isZero() !== true || this.#taken.has(asset)) continue;
      this.#holdings.delete(asset);
      this.#shown.delete(asset);
      this.#balances = undefined;
    }
    return changed;
  }

  /** Takes what the venue says of some assets. Returns what has changed. */
  apply(updates: readonly BalanceUpdate[]): readonly Balance[] {
    return this.#take(updates, undefined);
  }

  /** Takes how an order stands. Returns what has changed. */
  follow(order: InFlightOrder): readonly Balance[] {
    const known = this.#holds.get(order.clientOrderId);
    // What has ended, and is all in the venue's word, holds nothing any more.
    if (known === undefined && isFinished(order)) return [];
    const traded = known?.traded ?? UNTRADED;
    const hold = { order, traded, needs: this.#needsOf(order, traded), told: known?.told ?? new Map() };
    const assets = this.#put(hold);
    if (this.#holds.has(order.clientOrderId) && assets.length > 0) this.#fresh.add(order.clientOrderId);
    return assets.flatMap((asset) => this.#show(asset));
  }

  /** Takes a fill. Returns what has changed. */
  traded(fill: Fill): readonly Balance[] {
    const { effectOf } = this.#options;
    if (effectOf === undefined) return [];
    return effectOf(fill).flatMap(({ asset, amount }) => {
      const holding = this.#holdings.get(asset);
      // What the venue has told since the trade contains it.
      const last = holding?.exchangeTimestamp;
      if (holding === undefined || (last !== undefined && fill.exchangeTimestamp <= last)) return [];
      holding.moved = holding.moved.plus(amount);
      return this.#show(asset);
    });
  }

  #take(updates: readonly BalanceUpdate[], asked: BalanceMark | undefined): Balance[] {
    this.#words += 1;
    const then = asked?.orders ?? this.mark().orders;
    return updates.flatMap((update) => {
      const { asset, exchangeTimestamp } = update;
      const holding = this.#holdings.get(asset);
      const last = holding?.exchangeTimestamp;
      if (last !== undefined && exchangeTimestamp !== undefined && exchangeTimestamp < last) return [];
      // What was told while this was asked for is newer.
      const isNew = (word = 0): boolean => asked === undefined || word <= asked.words;
      const total = isNew(holding?.totalWord) ? update.total : undefined;
      const available = isNew(holding?.availableWord) ? update.available : undefined;
      if (total === undefined && available === undefined) return [];
      if (available !== undefined) this.#settle(asset, then);
      this.#holdings.set(asset, {
        total: total ?? holding?.total ?? available ?? ZERO,
        available: available ?? holding?.available,
        exchangeTimestamp: exchangeTimestamp ?? last,
        totalWord: total === undefined ? (holding?.totalWord ?? 0) : this.#words,
        availableWord: available === undefined ? (holding?.availableWord ?? 0) : this.#words,
        moved: total === undefined ? (holding?.moved ?? ZERO) : ZERO,
      });
      return this.#show(asset);
    });
  }

  #needsOf(order: InFlightOrder, traded: Hold["traded"]): ReadonlyMap<string, Decimal> {
    // What has ended needs what it has traded: it was paid, or is the margin of a position.
    const asIf: InFlightOrder = isFinished(order)
      ? {
          ...order,
          ...traded,
          amount: order.amount && order.filledAmount,
          quoteAmount: order.quoteAmount && order.filledQuoteAmount,
        }
      : { ...order, ...traded };
    const needs = new Map<string, Decimal>();
    for (const { asset, amount } of this.#options.needsOf(asIf)) {
      const rounded = amount.toDecimalPlaces(HOLD_DECIMALS, Decimal.ROUND_UP);
      needs.set(asset, (needs.get(asset) ?? ZERO).plus(rounded));
    }
    return needs;
  }

  /** Takes over a hold, and what it changes in the sums. Returns the assets that it concerns. */
  #put(hold: Hold): string[] {
    const { clientOrderId } = hold.order;
    const before = this.#holds.get(clientOrderId);
    const assets = new Set([...(before?.needs.keys() ?? []), ...hold.needs.keys()]);
    let takes = false;
    for (const asset of assets) {
      const beside = takenBy(hold, asset);
      takes ||= beside.gt(0);
      const sum = (this.#taken.get(asset) ?? ZERO).plus(beside).minus(before ? takenBy(before, asset) : ZERO);
      if (sum.isZero()) this.#taken.delete(asset);
      else this.#taken.set(asset, sum);
    }
    if (isFinished(hold.order) && !takes) {
      this.#holds.delete(clientOrderId);
      this.#fresh.delete(clientOrderId);
    } else this.#holds.set(clientOrderId, hold);
    return [...assets];
  }

  /** The venue has told what is available of an asset: it contains what it had of our orders by then. */
  #settle(asset: string, then: ReadonlyMap<string, Hold>): void {
    for (const [clientOrderId, { order: orderThen }] of then) {
      const hold = this.#holds.get(clientOrderId);
      // Of what the venue has not answered yet it may not have known.
      if (hold === undefined || orderThen.status === "pendingCreate") continue;
      if (!hold.needs.has(asset) && !hold.told.has(asset)) continue;
      const { filledAmount, filledQuoteAmount } = orderThen;
      const traded = { filledAmount, filledQuoteAmount };
      const contained = isFinished(orderThen) ? ZERO : this.#needsOf(orderThen, traded).get(asset);
      const told = new Map(hold.told).set(asset, contained ?? ZERO);
      const settled = { order: hold.order, traded, needs: this.#needsOf(hold.order, traded), told };
      this.#put(settled);
      if (hold.order === orderThen && settled.needs.size <= 1) this.#fresh.delete(clientOrderId);
    }
  }

  #show(asset: string): readonly Balance[] {
    const holding = this.#holdings.get(asset);
    if (holding?.available === undefined) return [];
    const { moved, exchangeTimestamp } = holding;
    const taken = this.#taken.get(asset) ?? ZERO;
    const total = lowered(holding.total, moved);
    const left = lowered(holding.available, taken.neg());
    // What fills have taken away is not there to be used either.
    const available = moved.isNegative() && left.gt(total) ? total : left;
    const derived = !moved.isZero() || !taken.isZero();
    const shown = this.#shown.get(asset);
    if (shown && total.eq(shown.total) && available.eq(shown.available) && derived === shown.derived)
      return [];
    const balance: Balance = { asset, total, available, derived, exchangeTimestamp };
    this.#shown.set(asset, balance);
    this.#balances = undefined;
    return [balance];
  }
}

/** What a hold takes of an asset beside what was told. */
function takenBy({ needs, told }: Hold, asset: string): Decimal {
  const beside = (needs.get(asset) ?? ZERO).minus(told.get(asset) ?? ZERO);
  return beside.isNegative() ? ZERO : beside;
}

/** A told amount with what has changed since. What we count on top may be in it already: it does not make a debt of it. */
function lowered(told: Decimal, change: Decimal): Decimal {
  const sum = told.plus(change);
  return sum.isNegative() && !told.isNegative() ? ZERO : sum;
}
