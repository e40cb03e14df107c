import { ConnError, LifecycleError, OrderError, ProtocolError } from "../errors/index.js";
import type { Instrument } from "../instrument/index.js";
import { type Balance, type Fill, type InFlightOrder, isFinished } from "../model/index.js";
import type { Ports, Timer } from "../ports/index.js";
import { type BackoffPolicy, backoffDelay, type RestCall, type RestRequest } from "../transport/index.js";
import type { OrderUpdate, VenueRefusal } from "./account-messages.js";
import { type AssetAmount, BalanceBook } from "./balance-book.js";
import { ClientOrderTracker, type NewOrder, type OrderChange } from "./client-order-tracker.js";
import { type CommandResult, OrderCommands } from "./order-commands.js";
import type { OrderJournal } from "./order-journal.js";
import type { CommandOptions } from "./order-request.js";
import { OrderResolver } from "./order-resolver.js";
import { Reconciler } from "./reconciler.js";
import type { TrackedOrder } from "./tracked-order.js";
import type { AmendCommand, TradingDefinition } from "./trading-definition.js";
import type { UserStreamMessage } from "./user-stream.js";

/** Why the account was held against the venue's records. */
export type ReconcileReason = "start" | "reconnect" | "periodic" | "requested";

/** What a reconciliation found that the stream had not told. */
export interface ReconcileReport {
  readonly reason: ReconcileReason;
  /** Orders of ours of which something changed. */
  readonly orders: readonly string[];
  /** Fills that were learned. */
  readonly fills: readonly Fill[];
  /** Assets of which the balance was another. */
  readonly assets: readonly string[];
  /** Open orders of the account that this program did not place. */
  readonly foreignOrders: readonly OrderUpdate[];
}

/** Told what happens in the account. */
export interface TradingEngineOwner {
  onOrder(order: InFlightOrder, change: OrderChange): void;
  onFill(order: InFlightOrder, fill: Fill): void;
  onBalance(balance: Balance): void;
  onReconciled(report: ReconcileReport): void;
  /** The account is in step with the venue, or no longer surely so. */
  onSync(isSynced: boolean): void;
  onProblem(error: ConnError, tradingPair: string | undefined): void;
}

/** What a trading engine works with. */
export interface TradingEngineOptions {
  readonly venue: string;
  readonly definition: TradingDefinition;
  readonly fills: "each" | "cumulative";
  readonly balances: "realTime" | "polled";
  readonly journal: OrderJournal;
  readonly ports: Pick<Ports, "clock" | "timers" | "random">;
  readonly call: <Answer>(call: RestCall<Answer>, signal: AbortSignal | undefined) => Promise<Answer>;
  readonly judge: (refusal: VenueRefusal, request: RestRequest) => ConnError;
  /** What the venue's clock shows at least, in ms since 1970-01-01 UTC: less its uncertainty. */
  readonly venueTime: () => number;
  readonly instrumentOf: (tradingPair: string) => Instrument;
  readonly findInstrument: (tradingPair: string) => Instrument | undefined;
  /** What an order takes of the account while it works. */
  readonly needsOf: (order: InFlightOrder) => readonly AssetAmount[];
  /** What a fill adds to the account, where the venue does not tell balances as they change. */
  readonly effectOf: ((fill: Fill) => readonly AssetAmount[]) | undefined;
  /** Time between reconciliations, in ms; 0: only at the start and after a loss of the stream. */
  readonly reconcileIntervalMs: number;
}

const KEEP_FINISHED = 1_000;
const RETRY: BackoffPolicy = { initialMs: 1_000, factor: 2, maxMs: 60_000, jitter: 0.5 };
/** A stream that works tells the fills of an order within this time, in ms; then the venue is asked. */
const FILLS_GRACE_MS = 2_000;
/** Fills are asked for from so long before their order on, in ms: what is known of the venue's clock is not exact. */
const FILLS_OVERLAP_MS = 60_000;
/** An order that is taken up again is asked after in this time, in ms, if the stream is not up sooner. */
const RESTORE_GRACE_MS = 5_000;
/** So long after an order has changed the venue is asked for the balances, in ms. */
const REFRESH_BALANCES_MS = 1_000;
/** Share of the time between reconciliations that is random. */
const JITTER = 0.2;

interface Found {
  readonly orders: Set<string>;
  readonly fills: Fill[];
  readonly assets: Set<string>;
}

/** The account of a connector: its orders, its balances, and how they are kept true. */
export class TradingEngine {
  readonly #options: TradingEngineOptions;
  readonly #owner: TradingEngineOwner;
  readonly #tracker: ClientOrderTracker;
  readonly #resolver: OrderResolver;
  readonly #commands: OrderCommands;
  readonly #reconciler: Reconciler;
  readonly #balances: BalanceBook;
  readonly #abort = new AbortController();
  #timer: Timer | undefined;
  #refresh: Timer | undefined;
  #reconciling: Promise<ReconcileReport> | undefined;
  /** What was found since the reconciliation that is under way began. */
  #found: Found | undefined;
  /** What a reconciliation found that failed before it could tell. */
  #untold: Found | undefined;
  #orders: ReadonlyMap<string, InFlightOrder> | undefined;
  /** Whether what the tracker tells now comes from the reconciliation. */
  #isLearning = false;
  #failures = 0;
  #wasSynced = false;
  #isStreamUp = false;
  /** When the last reconciliation that succeeded began, ms since 1970-01-01 UTC. */
  #reconciledAt = Number.NEGATIVE_INFINITY;
  /** How often the stream came up. */
  #ups = 0;
  #isSynced = false;

  constructor(options: TradingEngineOptions, owner: TradingEngineOwner) {
    this.#options = options;
    this.#owner = owner;
    const { venue, definition, journal, ports, call, judge, venueTime, instrumentOf } = options;
    this.#balances = new BalanceBook(options);
    this.#tracker = new ClientOrderTracker(
      {
        venue,
        fills: options.fills,
        keepFinished: KEEP_FINISHED,
        now: () => ports.clock.now(),
        venueTime,
      },
      {
        begin: (tracked) => {
          this.#orders = undefined;
          journal.begin(tracked);
        },
        save: (tracked, fills) => {
          this.#orders = undefined;
          this.#store(() => journal.save(tracked, fills), tracked.order.tradingPair);
        },
        onOrder: (order, change) => {
          if (this.#isLearning) this.#found?.orders.add(order.clientOrderId);
          // Whoever is told may place an order at once: what this one holds is counted by then.
          const balances = this.#balances.follow(order);
          owner.onOrder(order, change);
          this.#tellBalances(balances);
          this.#refreshBalancesSoon();
          if (isFinished(order)) this.#forgetOld();
        },
        onFill: (order, fill) => {
          if (this.#isLearning) this.#found?.fills.push(fill);
          const balances = [...this.#balances.traded(fill), ...this.#balances.follow(order)];
          owner.onFill(order, fill);
          this.#tellBalances(balances);
          this.#refreshBalancesSoon();
        },
        onAlarm: (error, order) => owner.onProblem(error, order.tradingPair),
      },
    );
    this.#reconciler = new Reconciler({
      definition,
      tracker: this.#tracker,
      call,
      instrumentOf: options.findInstrument,
      venueTime,
      journal,
      refreshBalances: () => this.#fetchBalances(),
      ask: (tracked) => this.#resolver.ask(tracked),
      learn: (act) => this.#learn(act),
    });
    this.#resolver = new OrderResolver({
      venue,
      times: definition.times,
      tracker: this.#tracker,
      ports,
      venueTime,
      isUnderWay: (tracked) => this.#commands.isUnderWay(tracked),
      learn: (act) => this.#learn(act),
      onProblem: (error, tradingPair) => owner.onProblem(error, tradingPair),
      queries: {
        query: (tracked, signal) => call(definition.query(this.#inMarket(tracked)), signal),
        openOrders: ({ order }, signal) =>
          call(definition.openOrders(instrumentOf(order.tradingPair)), signal),
        fills: ({ order, venueTimestamp }, signal) =>
          this.#reconciler.fills(
            {
              instrument: instrumentOf(order.tradingPair),
              exchangeOrderId: order.exchangeOrderId,
              fromTimestamp: venueTimestamp - FILLS_OVERLAP_MS,
            },
            signal,
          ),
      },
    });
    this.#commands = new OrderCommands({
      venue,
      definition,
      tracker: this.#tracker,
      resolver: this.#resolver,
      call,
      judge,
      instrumentOf,
    });
  }

  /** Takes up the orders that are written down. Asks nothing at once. */
  restore(): void {
    const { journal, findInstrument, venue } = this.#options;
    const restored = journal.load();
    for (const tracked of restored) {
      const { tradingPair, clientOrderId } = tracked.order;
      const instrument = findInstrument(tradingPair);
      this.#tracker.restore(tracked, instrument?.exchangeSymbol ?? "");
      if (instrument !== undefined || isFinished(tracked.order)) continue;
      const message = "the venue does not list the instrument of an order that has not ended";
      const details = { tradingPair, clientOrderId };
      this.#owner.onProblem(new OrderError("ORDER_UNRESOLVED", message, { venue, details }), tradingPair);
    }
    for (const tracked of restored) {
      this.#resolver.watch(tracked, RESTORE_GRACE_MS);
      if (isFinished(tracked.order)) continue;
      this.#balances.follow(tracked.order);
      const { status, pendingCommand } = tracked.order;
      // What is about to leave is written down before it does.
      if (status === "pendingCreate" && !tracked.sent)
        this.#tracker.rejected(tracked, { kind: "notSent", message: "the program ended before it was sent" });
      else if (status === "pendingCreate") this.#tracker.unknown(tracked, "place");
      if (pendingCommand !== "none") this.#tracker.unknown(tracked, pendingCommand);
      this.#resolver.watch(tracked, RESTORE_GRACE_MS);
    }
  }

  /** Orders that have not ended, by client order id, oldest first. */
  get orders(): ReadonlyMap<string, InFlightOrder> {
    this.#orders ??= new Map([...this.#tracker.active()].map(({ order }) => [order.clientOrderId, order]));
    return this.#orders;
  }

  /** How many orders in an instrument have not ended. */
  activeIn(tradingPair: string): number {
    return this.#tracker.activeIn(tradingPair);
  }

  /** An order that has not ended, or not long ago. */
  order(clientOrderId: string): InFlightOrder | undefined {
    return this.#tracker.get(clientOrderId)?.order;
  }

  /** The same where there must be one. @throws {OrderError} ORDER_UNKNOWN. */
  knownOrder(clientOrderId: string): InFlightOrder {
    return this.#get(clientOrderId).order;
  }

  /** What the account has, by asset. */
  get balances(): ReadonlyMap<string, Balance> {
    return this.#balances.balances;
  }

  /** Whether the venue has told all balances: before that, what is not there may yet be. */
  get knowsBalances(): boolean {
    return this.#balances.isComplete;
  }

  /** Whether the account is in step with the venue, as far as its stream can tell. */
  get isSynced(): boolean {
    return this.#isSynced;
  }

  place(order: NewOrder, options: CommandOptions): Promise<InFlightOrder> {
    this.#assertRunning();
    const placing = this.#commands.place(order, options);
    this.#hold(order);
    return placing;
  }

  placeBatch(orders: readonly NewOrder[], options: CommandOptions): Promise<readonly CommandResult[]> {
    this.#assertRunning();
    const placing = this.#commands.placeBatch(orders, options);
    for (const order of orders) this.#hold(order);
    return placing;
  }

  cancel(clientOrderId: string, options: CommandOptions): Promise<InFlightOrder> {
    this.#assertRunning();
    return this.#commands.cancel(this.#get(clientOrderId), options);
  }

  cancelBatch(ids: readonly string[], options: CommandOptions): Promise<readonly CommandResult[]> {
    this.#assertRunning();
    return this.#commands.cancelBatch(
      ids.map((id) => this.#get(id)),
      options,
    );
  }

  amend(
    clientOrderId: string,
    wanted: Pick<AmendCommand, "price" | "amount">,
    options: CommandOptions,
  ): Promise<InFlightOrder> {
    this.#assertRunning();
    return this.#commands.amend(this.#get(clientOrderId), wanted, options);
  }

  /** Takes what the user stream says. */
  take(message: UserStreamMessage): void {
    if (this.#abort.signal.aborted) return;
    switch (message.type) {
      case "order": {
        const tracked = this.#tracker.find(message.update);
        this.#tracker.applyUpdate(message.update);
        // Its fills may come a moment later, or not at all.
        if (tracked !== undefined) this.#resolver.watch(tracked, FILLS_GRACE_MS);
        break;
      }
      case "fill":
        this.#tracker.applyFill(message.fill);
        break;
      case "balances":
        this.#tellBalances(this.#balances.apply(message.balances));
        this.#refreshBalancesSoon();
        break;
      case "allBalances":
        this.#tellBalances(this.#balances.replace(message.listing));
        this.#refreshBalancesSoon();
        break;
    }
  }

  /** From now on the stream tells everything. */
  streamUp(): void {
    this.#isStreamUp = true;
    this.#ups += 1;
    const reason = this.#wasSynced ? "reconnect" : "start";
    this.#reconcileInBackground(reason);
  }

  /** From now on the stream tells nothing. */
  streamDown(): void {
    this.#isStreamUp = false;
    this.#setSynced(false);
  }

  /** Whether the order that a message is about is one of this program's. */
  isOurs(message: Parameters<ClientOrderTracker["find"]>[0]): boolean {
    return this.#tracker.find(message) !== undefined;
  }

  /** Holds the account against the venue's records, now. @throws as calls do. */
  async reconcile(reason: ReconcileReason): Promise<ReconcileReport> {
    // What is under way may have begun before what the caller wants to know of.
    while (this.#reconciling !== undefined) await this.#reconciling.catch(() => undefined);
    this.#assertRunning();
    const reconciling = this.#reconcile(reason).finally(() => {
      this.#reconciling = undefined;
    });
    this.#reconciling = reconciling;
    return reconciling;
  }

  /** Ends all that is under way. Orders stay as they are, here and at the venue. */
  async stop(): Promise<void> {
    this.#abort.abort();
    this.#timer?.cancel();
    this.#refresh?.cancel();
    try {
      await Promise.all([this.#commands.settled(), this.#resolver.stop()]);
      await this.#reconciling?.catch(() => undefined);
    } finally {
      this.#options.journal.close();
    }
  }

  async #reconcile(reason: ReconcileReason): Promise<ReconcileReport> {
    const found: Found = this.#untold ?? { orders: new Set(), fills: [], assets: new Set() };
    this.#found = found;
    this.#untold = found;
    const ups = this.#ups;
    const startedAt = this.#options.ports.clock.now();
    try {
      const { foreignOrders } = await this.#reconciler.reconcile(this.#abort.signal);
      this.#failures = 0;
      this.#reconciledAt = startedAt;
      this.#forgetOld();
      const { orders, fills, assets } = found;
      const report = { reason, orders: [...orders], fills, assets: [...assets], foreignOrders };
      this.#untold = undefined;
      this.#owner.onReconciled(report);
      // What was asked before the stream came up does not tell what it has missed.
      if (this.#isStreamUp && ups === this.#ups) {
        this.#wasSynced = true;
        this.#setSynced(true);
      }
      return report;
    } finally {
      this.#found = undefined;
      for (const tracked of this.#tracker.finished()) this.#resolver.watch(tracked, 0);
      for (const tracked of this.#tracker.active()) this.#resolver.watch(tracked, 0);
    }
  }

  #reconcileInBackground(reason: ReconcileReason): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const { ports, reconcileIntervalMs } = this.#options;
    void this.reconcile(reason).then(
      () => {
        if (reconcileIntervalMs === 0) return;
        this.#planReconcile(reconcileIntervalMs * (1 - JITTER * ports.random.next()), "periodic");
      },
      (error: unknown) => {
        if (this.#abort.signal.aborted) return;
        this.#failures += 1;
        this.#owner.onProblem(toProblem(error), undefined);
        this.#planReconcile(backoffDelay(RETRY, this.#failures, ports.random), reason);
      },
    );
  }

  /**
   * What orders can use, some venues tell only when asked: after every change of an order, and not more often. Those that
   * tell it by themselves are asked where their last word leaves open what it contains.
   */
  #refreshBalancesSoon(): void {
    const { balances, ports } = this.#options;
    const isNeeded = (): boolean => balances === "polled" || this.#balances.isDerived;
    if (this.#refresh !== undefined || this.#abort.signal.aborted || !isNeeded()) return;
    this.#refresh = ports.timers.set(REFRESH_BALANCES_MS, () => {
      this.#refresh = undefined;
      if (!isNeeded()) return;
      void this.#fetchBalances().catch((error: unknown) => {
        // A connector that is being stopped makes no calls any more.
        if (this.#abort.signal.aborted || error instanceof LifecycleError) return;
        this.#owner.onProblem(toProblem(error), undefined);
        // Until it is told what they are, too little counts as available.
        this.#refreshBalancesSoon();
      });
    });
  }

  async #fetchBalances(): Promise<void> {
    const { call, definition } = this.#options;
    const { signal } = this.#abort;
    const asked = this.#balances.mark();
    const listing = await call(definition.balances, signal);
    if (signal.aborted) return;
    this.#learn(() => this.#tellBalances(this.#balances.replace(listing, asked)));
  }

  /** Writes something down; that this fails is told, and holds nothing up. */
  #store(write: () => void, tradingPair: string | undefined): void {
    try {
      write();
    } catch (error) {
      this.#owner.onProblem(toProblem(error), tradingPair);
    }
  }

  #assertRunning(): void {
    if (!this.#abort.signal.aborted) return;
    const { venue } = this.#options;
    throw new LifecycleError("STOPPED", `${venue} was stopped`, { venue, outcome: "notSent" });
  }

  #planReconcile(delayMs: number, reason: ReconcileReason): void {
    if (this.#abort.signal.aborted) return;
    this.#timer?.cancel();
    this.#timer = this.#options.ports.timers.set(delayMs, () => {
      if (this.#isStreamUp) this.#reconcileInBackground(reason);
    });
  }

  /** An order is forgotten only after its fills were asked for: the stream may have failed to tell one. */
  #forgetOld(): void {
    const { reconcileIntervalMs, definition, journal } = this.#options;
    const isAsked = reconcileIntervalMs > 0 || !this.#isSynced;
    const until = this.#reconciledAt - definition.times.queryLagMs;
    const forgotten = this.#tracker.prune(isAsked ? until : Number.POSITIVE_INFINITY);
    this.#store(() => journal.remove(forgotten), undefined);
  }

  #setSynced(isSynced: boolean): void {
    if (isSynced === this.#isSynced) return;
    this.#isSynced = isSynced;
    this.#owner.onSync(isSynced);
  }

  #learn(act: () => void): void {
    this.#isLearning = true;
    try {
      act();
    } finally {
      this.#isLearning = false;
    }
  }

  #tellBalances(changed: readonly Balance[]): void {
    for (const balance of changed) {
      if (this.#isLearning) this.#found?.assets.add(balance.asset);
      this.#owner.onBalance(balance);
    }
  }

  /** From now on the order's money counts as used. */
  #hold({ clientOrderId }: NewOrder): void {
    const order = this.order(clientOrderId);
    if (order !== undefined) this.#tellBalances(this.#balances.follow(order));
  }

  #inMarket({ order }: TrackedOrder): { readonly order: InFlightOrder; readonly instrument: Instrument } {
    return { order, instrument: this.#options.instrumentOf(order.tradingPair) };
  }

  #get(clientOrderId: string): TrackedOrder {
    const tracked = this.#tracker.get(clientOrderId);
    if (tracked !== undefined) return tracked;
    throw new OrderError("ORDER_UNKNOWN", `no order of this program has the id ${clientOrderId}`, {
      venue: this.#options.venue,
      outcome: "notSent",
      details: { clientOrderId },
    });
  }
}

/** An error as it is told. What is none of ours is a defect in what describes the venue. */
function toProblem(error: unknown): ConnError {
  if (error instanceof ConnError) return error;
  return new ProtocolError("MALFORMED_ANSWER", "an answer cannot be used", { cause: error });
}
