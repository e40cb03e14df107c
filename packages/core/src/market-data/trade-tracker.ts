import type { TradeMessage } from "./frame-sink.js";

/** What a venue lets be known of its public trades. */
export interface TradeRules {
  /**
   * - `contiguous`: ids of one instrument are integers that rise by one, so that a lost trade shows.
   * - `unique`: ids only tell trades apart.
   */
  readonly ids: "contiguous" | "unique";
  /** Whether a new subscription begins with the trades before it (`TradeMessage.backlog`). */
  readonly backlogOnSubscribe: boolean;
}

/** What the tracker says and asks for. */
export interface TradeTrackerOwner {
  /** A trade, each one once and in order; `recovered` if it came late, from the venue's memory. */
  onTrade(trade: TradeMessage, recovered: boolean): void;
  /** Trades from this id on are missing; answered by `backfilled` or `backfillFailed`. */
  requestBackfill(fromTradeId: string, failures: number): void;
  /** Trades between two ids could not be had any more. */
  onLost(fromTradeId: string, beforeTradeId: string): void;
}

/** Ids kept to recognise a trade that comes twice: more than any venue sends again. */
const REMEMBERED = 2_000;
/** Trades that may wait for a backfill. */
const MAX_HELD = 10_000;
/** After so many attempts in vain the hole is reported and the stream goes on. */
const MAX_ATTEMPTS = 5;

/** Delivers the public trades of one instrument: each once, in order, and what was missed as far as the venue has it. */
export class TradeTracker {
  readonly #rules: TradeRules;
  readonly #owner: TradeTrackerOwner;
  /** The newest ids, oldest first: a Set keeps the order of insertion. */
  readonly #seen = new Set<string>();
  #lastId: bigint | undefined;
  #begun = false;
  /** Trades that came while those before them are asked for. */
  #held: TradeMessage[] = [];
  #failures = 0;

  constructor(rules: TradeRules, owner: TradeTrackerOwner) {
    this.#rules = rules;
    this.#owner = owner;
  }

  /** A trade came by the stream. */
  trade(trade: TradeMessage): void {
    if (this.#rules.ids === "contiguous") {
      if (this.#held.length > 0) this.#hold(trade);
      else this.#next(trade);
      return;
    }
    if (this.#seen.has(trade.tradeId)) return;
    this.#remember(trade.tradeId);
    // What happened before the very first subscription was not missed.
    if (trade.backlog === true && !this.#begun) return;
    this.#owner.onTrade(trade, trade.backlog === true);
  }

  /** Whether trades are missing before this one; undefined if ids could tell, but none is known yet. */
  leavesHole({ tradeId }: TradeMessage): boolean | undefined {
    if (this.#rules.ids !== "contiguous") return false;
    return this.#lastId === undefined ? undefined : BigInt(tradeId) > this.#lastId + 1n;
  }

  /** The backlog of a subscription is through: what a later one has and this one had not was missed. */
  backlogEnded(): void {
    this.#begun = true;
  }

  /** The venue's answer to a request for missing trades, oldest first; it may reach beyond the hole or not fill it. */
  backfilled(trades: readonly TradeMessage[]): void {
    const before = this.#lastId;
    for (const trade of trades) if (this.#isNext(trade)) this.#deliver(trade, true);
    this.#drain();
    if (this.#held.length === 0) return;
    // Some venues answer in pages; an answer that brought nothing will bring nothing again.
    if (this.#lastId === before) this.backfillFailed();
    else this.#request();
  }

  /** The missing trades could not be had. */
  backfillFailed(): void {
    this.#failures += 1;
    if (this.#failures >= MAX_ATTEMPTS) this.#giveUp();
    else this.#request();
  }

  #next(trade: TradeMessage): void {
    const id = BigInt(trade.tradeId);
    if (this.#lastId !== undefined && id <= this.#lastId) return;
    if (this.#lastId === undefined || id === this.#lastId + 1n) {
      this.#deliver(trade, false);
      return;
    }
    this.#failures = 0;
    this.#held = [trade];
    this.#request();
  }

  #hold(trade: TradeMessage): void {
    this.#held.push(trade);
    if (this.#held.length > MAX_HELD) this.#giveUp();
  }

  #request(): void {
    this.#owner.requestBackfill(String((this.#lastId as bigint) + 1n), this.#failures);
  }

  /** Delivers what waits, as far as nothing is missing before it. */
  #drain(): void {
    while (this.#held[0] !== undefined) {
      const [first] = this.#held;
      const id = BigInt(first.tradeId);
      if (this.#lastId !== undefined && id > this.#lastId + 1n) return;
      this.#held.shift();
      if (this.#isNext(first)) this.#deliver(first, false);
    }
    this.#failures = 0;
  }

  #giveUp(): void {
    const first = this.#held[0];
    if (first === undefined) return;
    this.#owner.onLost(String((this.#lastId as bigint) + 1n), first.tradeId);
    this.#lastId = BigInt(first.tradeId) - 1n;
    this.#drain();
    if (this.#held.length > 0) this.#request();
  }

  #isNext(trade: TradeMessage): boolean {
    return this.#lastId === undefined || BigInt(trade.tradeId) === this.#lastId + 1n;
  }

  #deliver(trade: TradeMessage, recovered: boolean): void {
    this.#lastId = BigInt(trade.tradeId);
    this.#owner.onTrade(trade, recovered);
  }

  #remember(tradeId: string): void {
    this.#seen.add(tradeId);
    if (this.#seen.size <= REMEMBERED) return;
    const oldest = this.#seen.values().next();
    if (!oldest.done) this.#seen.delete(oldest.value);
  }
}
