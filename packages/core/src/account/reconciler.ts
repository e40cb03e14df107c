import { ProtocolError } from "../errors/index.js";
import type { Instrument } from "../instrument/index.js";
import { isFinished } from "../model/index.js";
import type { RestCall } from "../transport/index.js";
import type { FillUpdate, OrderUpdate } from "./account-messages.js";
import type { ClientOrderTracker } from "./client-order-tracker.js";
import type { OrderJournal } from "./order-journal.js";
import type { TrackedOrder } from "./tracked-order.js";
import type { FillsQuery, TradingDefinition } from "./trading-definition.js";

/** What a reconciliation works with. */
export interface ReconcilerOptions {
  readonly definition: TradingDefinition;
  readonly tracker: ClientOrderTracker;
  /** Finds out how an order stands. */
  readonly ask: (tracked: TrackedOrder) => Promise<void>;
  readonly call: <Answer>(call: RestCall<Answer>, signal: AbortSignal) => Promise<Answer>;
  readonly instrumentOf: (tradingPair: string) => Instrument | undefined;
  /** What the venue's clock shows at least, in ms since 1970-01-01 UTC. */
  readonly venueTime: () => number;
  /** Asks for the balances, and takes them. */
  readonly refreshBalances: () => Promise<void>;
  /** Until when by the venue's clock all fills are known, and where that is written down. */
  readonly journal: Pick<OrderJournal, "fillsKnownUntil">;
  /** Runs what takes over an answer, so that what it changes can be told from what the stream changes. */
  readonly learn: (act: () => void) => void;
}

/** What a reconciliation has seen of orders that are not ours. */
export interface Reconciled {
  /** Open orders of the account that this program did not place. */
  readonly foreignOrders: readonly OrderUpdate[];
}

/** Fills are asked for from so long before the last time on, in ms: a venue may list a trade late. */
const FILLS_OVERLAP_MS = 60_000;
/** Pages of fills of one instrument that are read at a time, at most. */
const MOST_PAGES = 1_000;

/**
 * Holds what we know of the account against what the venue says: open orders, fills, balances. Everything it learns
 * goes the way that the stream's messages go.
 */
export class Reconciler {
  readonly #options: ReconcilerOptions;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  /**
   * Asks for everything once.
   *
   * @throws as calls do: what was learned until then stays learned.
   */
  async reconcile(signal: AbortSignal): Promise<Reconciled> {
    const { definition, tracker, ask, call, venueTime, refreshBalances, journal, learn } = this.#options;
    // What is known of the venue's time has fractions, which no venue takes.
    const startedAt = Math.floor(venueTime());
    // What is placed while we ask may be missing in the answer.
    const before = [...tracker.active()].filter(
      ({ order }) => order.status !== "pendingCreate" || order.exchangeOrderId !== undefined,
    );
    const recent = [...tracker.finished(), ...tracker.active()];
    await refreshBalances();
    const open = await call(definition.openOrders(undefined), signal);
    const foreignOrders: OrderUpdate[] = [];
    const listed = new Set<TrackedOrder | undefined>();
    learn(() => {
      for (const update of open) {
        listed.add(tracker.find(update));
        if (!tracker.applyUpdate(update)) foreignOrders.push(update);
      }
    });
    await this.#fetchFills(recent, signal);
    journal.fillsKnownUntil = startedAt;
    const missing = before.filter((tracked) => !listed.has(tracked) && !isFinished(tracked.order));
    await Promise.all(missing.map(ask));
    return { foreignOrders };
  }

  /** Fills in an instrument, or in all, since a time at the venue. */
  async fills(
    query: Pick<FillsQuery, "instrument" | "exchangeOrderId" | "fromTimestamp">,
    signal: AbortSignal,
  ): Promise<readonly FillUpdate[]> {
    const { definition, call, venueTime } = this.#options;
    const { maxSpanMs } = definition.fills;
    const fills: FillUpdate[] = [];
    let { fromTimestamp } = query;
    for (;;) {
      let cursor: string | undefined;
      for (let page = 0; page < MOST_PAGES; page++) {
        const answer = await call(definition.fills.call({ ...query, fromTimestamp, cursor }), signal);
        for (const fill of answer.fills) fills.push(fill);
        if (answer.cursor !== undefined && answer.cursor === cursor)
          throw new ProtocolError("MALFORMED_ANSWER", "a page of fills goes on with itself");
        cursor = answer.cursor;
        if (cursor === undefined) break;
      }
      // To go on as if these were all would lose the others for ever.
      if (cursor !== undefined) throw new ProtocolError("MALFORMED_ANSWER", "the pages of fills have no end");
      fromTimestamp += maxSpanMs;
      if (!(fromTimestamp < venueTime())) return fills;
    }
  }

  async #fetchFills(recent: readonly TrackedOrder[], signal: AbortSignal): Promise<void> {
    const { definition, instrumentOf, journal } = this.#options;
    const knownUntil = journal.fillsKnownUntil ?? 0;
    const since = new Map<string, number>();
    for (const { order, venueTimestamp } of recent) {
      const { tradingPair } = order;
      // Fees that are missing may belong to fills that were told before.
      const lacksFees = order.fills.some(({ fees }) => fees === undefined);
      const from = (lacksFees ? venueTimestamp : Math.max(venueTimestamp, knownUntil)) - FILLS_OVERLAP_MS;
      since.set(tradingPair, Math.min(since.get(tradingPair) ?? from, from));
    }
    if (since.size === 0) return;
    if (!definition.fills.perInstrument) {
      const fromTimestamp = Math.min(...since.values());
      this.#apply(
        await this.fills({ instrument: undefined, exchangeOrderId: undefined, fromTimestamp }, signal),
      );
      return;
    }
    for (const [tradingPair, fromTimestamp] of since) {
      const instrument = instrumentOf(tradingPair);
      if (instrument === undefined) continue;
      this.#apply(await this.fills({ instrument, exchangeOrderId: undefined, fromTimestamp }, signal));
    }
  }

  #apply(fills: readonly FillUpdate[]): void {
    const { learn, tracker } = this.#options;
    learn(() => {
      for (const fill of fills) tracker.applyFill(fill);
    });
  }
}
