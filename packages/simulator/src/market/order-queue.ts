/** An order of an account in the queue of a price level. */
export interface QueuedOrder {
  readonly order: number;
  readonly lots: number;
  /** Lots of nobody in particular that stand between it and the order before it. */
  readonly ahead: number;
}

/**
 * Who stands where at one price: the orders of accounts, oldest first, and between them the anonymous lots. What
 * the level has beyond both stands behind the last order.
 */
export class OrderQueue {
  readonly #orders: { readonly order: number; lots: number; ahead: number }[] = [];
  #ownLots = 0;
  #aheadLots = 0;
  /** Whether the level had no anonymous lots when last looked at; kept by the book. */
  ownOnly = false;

  get orders(): readonly QueuedOrder[] {
    return this.#orders;
  }

  /** All lots of accounts. */
  get ownLots(): number {
    return this.#ownLots;
  }

  /** Adds an order behind all others; the level had `levelLots` before. */
  push(order: number, lots: number, levelLots: number): void {
    const ahead = this.trailing(levelLots);
    this.#orders.push({ order, lots, ahead });
    this.#ownLots += lots;
    this.#aheadLots += ahead;
  }

  /** Anonymous lots behind the last order. */
  trailing(levelLots: number): number {
    return levelLots - this.#ownLots - this.#aheadLots;
  }

  /** Takes anonymous lots off the queue's end: who came last leaves first. */
  dropAnonymous(lots: number, levelLots: number): void {
    let left = lots - Math.min(lots, this.trailing(levelLots));
    for (let index = this.#orders.length - 1; left > 0; index--) {
      const entry = this.#orders[index]!;
      const dropped = Math.min(left, entry.ahead);
      entry.ahead -= dropped;
      this.#aheadLots -= dropped;
      left -= dropped;
    }
  }

  /** How many lots may go before the last anonymous one would; infinite if there are none. */
  lotsBeforeLastAnonymous(levelLots: number): number {
    if (this.trailing(levelLots) > 0) return levelLots - 1;
    let index = this.#orders.length - 1;
    let behind = 0;
    for (; index >= 0 && this.#orders[index]!.ahead === 0; index--) behind += this.#orders[index]!.lots;
    return index < 0 ? Number.POSITIVE_INFINITY : levelLots - behind - this.#orders[index]!.lots - 1;
  }

  /** Takes lots off the front, no more than the anonymous lots there or, without such, than the first order. */
  takeFront(lots: number): void {
    const first = this.#orders[0]!;
    if (first.ahead > 0) {
      first.ahead -= lots;
      this.#aheadLots -= lots;
      return;
    }
    first.lots -= lots;
    this.#ownLots -= lots;
    if (first.lots === 0) this.#orders.shift();
  }

  /** Lowers an order to `lots`, 0 to remove it; returns how many lots went. */
  shrink(order: number, lots: number): number {
    const index = this.#orders.findIndex((one) => one.order === order);
    const entry = this.#orders[index];
    if (entry === undefined || lots < 0 || lots > entry.lots)
      throw new TypeError(`cannot shrink order ${order}`);
    const gone = entry.lots - lots;
    entry.lots = lots;
    this.#ownLots -= gone;
    if (lots === 0) {
      this.#orders.splice(index, 1);
      const next = this.#orders[index];
      if (next === undefined) this.#aheadLots -= entry.ahead;
      else next.ahead += entry.ahead;
    }
    return gone;
  }
}
