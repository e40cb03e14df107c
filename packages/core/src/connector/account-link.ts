import {
  type AmendCommand,
  type CommandOptions,
  type CommandResult,
  effectOfSpotFill,
  type GuardedOrder,
  type KeyPermissions,
  needsOfOrder,
  notionalOf,
  type OrderAmendment,
  type OrderGuard,
  OrderJournal,
  type OrderRequest,
  type OrderUpdate,
  type PreparedOrder,
  parseAmount,
  prepareOrder,
  type ReconcileReport,
  TradingEngine,
  type TradingEngineOwner,
  UserStreamTracker,
  type UserStreamTrackerOptions,
  type VenueRefusal,
} from "../account/index.js";
import { type Decimal, ZERO } from "../decimal/decimal.js";
import { ConnError, OrderError } from "../errors/index.js";
import type { Instrument } from "../instrument/index.js";
import type { Balance, InFlightOrder, TradingFees } from "../model/index.js";
import type { OrderBook } from "../order-book/order-book.js";
import type { Journal, Ports } from "../ports/index.js";
import { judgeRefusal, type RestCall, type VenueTime } from "../transport/index.js";
import type { ExchangeDefinition } from "./exchange-definition.js";
import type { TradingCapabilities } from "./trading-capabilities.js";

/** What an account link works with. */
export interface AccountLinkOptions {
  readonly venue: string;
  /** Id of the account. */
  readonly account: string;
  readonly definition: ExchangeDefinition;
  readonly supports: TradingCapabilities;
  readonly journal: Journal;
  readonly ports: Ports;
  readonly guard: OrderGuard;
  readonly reconcileIntervalMs: number;
  readonly call: <Answer>(call: RestCall<Answer>, signal: AbortSignal | undefined) => Promise<Answer>;
  readonly venueTime: () => VenueTime;
  /** @throws {InstrumentError} UNKNOWN_TRADING_PAIR. */
  readonly instrumentOf: (tradingPair: string) => Instrument;
  readonly findInstrument: (tradingPair: string) => Instrument | undefined;
  readonly tradingPairOf: (exchangeSymbol: string) => string | undefined;
  readonly bookOf: (tradingPair: string) => OrderBook | undefined;
  readonly markPriceOf: (tradingPair: string) => Decimal | undefined;
  readonly stream:
    | Omit<UserStreamTrackerOptions, "venue" | "source" | "ports" | "call" | "judge">
    | undefined;
  readonly onStreamState: NonNullable<ConstructorParameters<typeof UserStreamTracker>[1]>["onState"];
}

/** By so much the venue's clock may be behind what is known of it, at most, in ms. */
const CLOCKS_APART_MS = 60_000;

/** An order of the account, ours or not, as the venue lists it. */
export interface ListedOrder extends Omit<OrderUpdate, "exchangeSymbol"> {
  readonly tradingPair: string;
  /** Whether it is one of this program's. */
  readonly isOurs: boolean;
}

/** From the time at which a connector starts to that at which it stops: its account, and all that is done with it. */
export class AccountLink {
  readonly #options: AccountLinkOptions;
  readonly #trading: NonNullable<ExchangeDefinition["trading"]>;
  readonly #journal: OrderJournal;
  readonly #engine: TradingEngine;
  readonly #stream: UserStreamTracker | undefined;
  readonly #fees = new Map<string, TradingFees>();
  readonly #leverages = new Map<string, Decimal>();

  /** @throws {JournalError} if what is written down cannot be understood. */
  constructor(
    options: AccountLinkOptions & { readonly trading: NonNullable<ExchangeDefinition["trading"]> },
    owner: TradingEngineOwner,
  ) {
    this.#options = options;
    const { venue, definition, trading, supports, ports, call, venueTime } = options;
    this.#trading = trading;
    this.#journal = new OrderJournal(options.journal, ports.random);
    const judge = ({ venueCode, message }: VenueRefusal, what: string): ConnError => {
      const { errors = [], defaultRetryAfterMs } = definition.rest;
      return judgeRefusal(errors, { venueCode, message, call: what }, venue, defaultRetryAfterMs).error;
    };
    this.#engine = new TradingEngine(
      {
        venue,
        definition: trading,
        fills: supports.fills,
        balances: supports.balances,
        journal: this.#journal,
        ports,
        call,
        judge: (refusal, { method, path }) => judge(refusal, `${method} ${path}`),
        venueTime: () => {
          const { timestamp, uncertaintyMs } = venueTime();
          // Venues take whole milliseconds.
          return Math.floor(timestamp - Math.min(uncertaintyMs, CLOCKS_APART_MS));
        },
        instrumentOf: options.instrumentOf,
        findInstrument: options.findInstrument,
        needsOf: (order) => this.#needsOf(order),
        effectOf:
          supports.balances === "realTime"
            ? undefined
            : (fill) => {
                const instrument = options.findInstrument(fill.tradingPair);
                return instrument?.type === "spot" ? effectOfSpotFill(fill, instrument) : [];
              },
        reconcileIntervalMs: options.reconcileIntervalMs,
      },
      owner,
    );
    const { stream } = options;
    const { userStream } = trading;
    if (userStream === undefined || stream === undefined) return;
    this.#stream = new UserStreamTracker(
      { ...stream, venue, source: userStream, ports, call, judge },
      {
        onMessage: (message) => this.#engine.take(message),
        onUp: () => this.#engine.streamUp(),
        onDown: () => this.#engine.streamDown(),
        onState: options.onStreamState,
        onProblem: (error) => owner.onProblem(error, undefined),
      },
    );
  }

  /** Takes up what is written down, and begins to listen. */
  start(): void {
    this.#engine.restore();
    if (this.#stream === undefined) this.#engine.streamUp();
    else this.#stream.start();
  }

  async stop(): Promise<void> {
    try {
      await this.#stream?.stop();
    } finally {
      // Whatever became of the stream, the journal must be free again.
      await this.#engine.stop();
    }
  }

  get isSynced(): boolean {
    return this.#engine.isSynced;
  }

  get orders(): ReadonlyMap<string, InFlightOrder> {
    return this.#engine.orders;
  }

  order(clientOrderId: string): InFlightOrder | undefined {
    return this.#engine.order(clientOrderId);
  }

  get balances(): ReadonlyMap<string, Balance> {
    return this.#engine.balances;
  }

  reconcile(): Promise<ReconcileReport> {
    return this.#engine.reconcile("requested");
  }

  /**
   * What would be sent for a request, with so many in its instrument that are prepared and not yet placed. @throws as `place`, but for
   * the guards and the balances.
   */
  prepare(request: OrderRequest, alreadyPrepared = 0): PreparedOrder {
    const { venue, supports, instrumentOf } = this.#options;
    const { tradingPair } = request;
    const openOrders = this.#engine.activeIn(tradingPair) + alreadyPrepared;
    return prepareOrder(
      request,
      instrumentOf(tradingPair),
      { venue, ...supports },
      {
        referencePrice: this.#referencePrice(tradingPair),
        openOrders,
        now: this.#options.venueTime().timestamp,
      },
    );
  }

  async place(request: OrderRequest, options: CommandOptions): Promise<InFlightOrder> {
    await this.#learnLeverage([request], options);
    // From the check until the order holds its money nothing else may come between.
    return this.#engine.place(this.#named(this.#check(request, new Map(), 0)), options);
  }

  async placeBatch(
    requests: readonly OrderRequest[],
    options: CommandOptions,
  ): Promise<readonly CommandResult[]> {
    await this.#learnLeverage(requests, options);
    // All are checked before any is sent: a mistake in one is a mistake in the batch.
    const taken = new Map<string, Decimal>();
    const counts = new Map<string, number>();
    const prepared = requests.map((request) => {
      const count = counts.get(request.tradingPair) ?? 0;
      counts.set(request.tradingPair, count + 1);
      return this.#check(request, taken, count);
    });
    return this.#engine.placeBatch(
      prepared.map((each) => this.#named(each)),
      options,
    );
  }

  cancel(clientOrderId: string, options: CommandOptions): Promise<InFlightOrder> {
    return this.#engine.cancel(clientOrderId, options);
  }

  cancelBatch(ids: readonly string[], options: CommandOptions): Promise<readonly CommandResult[]> {
    return this.#engine.cancelBatch(ids, options);
  }

  /** Cancels the open orders of this program, of one instrument or of all. */
  cancelAll(tradingPair: string | undefined, options: CommandOptions): Promise<readonly CommandResult[]> {
    if (tradingPair !== undefined) this.#options.instrumentOf(tradingPair);
    const ids = [...this.#engine.orders.values()]
      .filter((order) => tradingPair === undefined || order.tradingPair === tradingPair)
      .map(({ clientOrderId }) => clientOrderId);
    return this.#engine.cancelBatch(ids, options);
  }

  /** Cancels every order of the account in an instrument, whoever placed it, and learns what became of ours. */
  async cancelForeign(tradingPair: string, { signal }: CommandOptions): Promise<readonly CommandResult[]> {
    const instrument = this.#options.instrumentOf(tradingPair);
    const call = this.#trading.cancelAll?.(instrument);
    if (call === undefined) throw new TypeError("the venue has no such command");
    const ours = [...this.#engine.orders.values()].filter((order) => order.tradingPair === tradingPair);
    await this.#options.call({ ...call, lane: "cancel" }, signal);
    await this.#engine.reconcile("requested");
    return ours.map((order) => ({
      order: this.#engine.order(order.clientOrderId) ?? order,
      error: undefined,
    }));
  }

  amend(clientOrderId: string, amendment: OrderAmendment, options: CommandOptions): Promise<InFlightOrder> {
    return this.#engine.amend(clientOrderId, this.#amended(clientOrderId, amendment), options);
  }

  async fetchOpenOrders(
    tradingPair: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<ListedOrder[]> {
    const { call, instrumentOf, tradingPairOf } = this.#options;
    const instrument = tradingPair === undefined ? undefined : instrumentOf(tradingPair);
    const updates = await call(this.#trading.openOrders(instrument), signal);
    return updates.map(({ exchangeSymbol, ...order }) => ({
      ...order,
      // What is not listed for trading any more still has a name.
      tradingPair: tradingPairOf(exchangeSymbol) ?? exchangeSymbol,
      isOurs: this.#engine.isOurs({ exchangeSymbol, ...order }),
    }));
  }

  async tradingFees(tradingPair: string, signal: AbortSignal | undefined): Promise<TradingFees> {
    const instrument = this.#options.instrumentOf(tradingPair);
    const call = this.#trading.tradingFees?.(instrument);
    const { makerRate, takerRate } = this.#trading.fees;
    const fees: TradingFees =
      call === undefined
        ? { makerRate, takerRate, source: "schedule" }
        : { ...(await this.#options.call(call, signal)), source: "account" };
    this.#fees.set(tradingPair, fees);
    return fees;
  }

  async keyPermissions(signal: AbortSignal | undefined): Promise<KeyPermissions> {
    const call = this.#trading.keyPermissions;
    if (call === undefined) throw new TypeError("the venue does not tell what a key may do");
    return this.#options.call(call, signal);
  }

  /** Rules, guards, and whether the account has what the order needs beside what is `taken` already, by asset. */
  #check(request: OrderRequest, taken: Map<string, Decimal>, alreadyPrepared: number): PreparedOrder {
    const { venue, ports, guard } = this.#options;
    const prepared = this.prepare(request, alreadyPrepared);
    const { tradingPair } = prepared;
    guard.check(this.#guarded(prepared), ports.clock.monotonic());
    const { balances, knowsBalances } = this.#engine;
    // Before the venue has told everything, only the venue can judge.
    if (!knowsBalances) return prepared;
    const untraded = { ...prepared, filledAmount: ZERO, filledQuoteAmount: ZERO };
    for (const { asset, amount: needed } of this.#needsOf(untraded)) {
      const available = balances.get(asset)?.available ?? ZERO;
      const sum = needed.plus(taken.get(asset) ?? ZERO);
      taken.set(asset, sum);
      if (available.gte(sum)) continue;
      throw new OrderError("ORDER_UNAFFORDABLE", `${tradingPair}: needs ${sum} ${asset}, has ${available}`, {
        venue,
        outcome: "notSent",
        details: { tradingPair, asset, needed: sum, available },
      });
    }
    return prepared;
  }

  #guarded(prepared: PreparedOrder): GuardedOrder {
    const { tradingPair, side, price, amount, quoteAmount } = prepared;
    const instrument = this.#options.instrumentOf(tradingPair);
    const marketPrice = price ?? this.#marketPrice(tradingPair, side);
    const notional = quoteAmount ?? notionalOf(instrument, amount, marketPrice);
    return { tradingPair, side, price, notional, middle: this.#middle(tradingPair) };
  }

  #amended(clientOrderId: string, amendment: OrderAmendment): Pick<AmendCommand, "price" | "amount"> {
    const order = this.#engine.knownOrder(clientOrderId);
    const { tradingPair, side, orderType, timeInForce, reduceOnly, expireTimestamp } = order;
    const price = parseAmount("price", amendment.price) ?? order.price;
    const amount = parseAmount("amount", amendment.amount) ?? order.amount;
    if (price === undefined || amount === undefined) throw new TypeError("only limit orders can be amended");
    const prepared = prepareOrder(
      {
        tradingPair,
        side,
        orderType,
        timeInForce,
        reduceOnly,
        price,
        amount,
        ...(expireTimestamp !== undefined && { expireTimestamp }),
      },
      this.#options.instrumentOf(tradingPair),
      { venue: this.#options.venue, ...this.#options.supports },
      {
        referencePrice: this.#referencePrice(tradingPair),
        openOrders: 0,
        now: this.#options.venueTime().timestamp,
      },
    );
    this.#options.guard.checkAmended(this.#guarded(prepared));
    return { price, amount };
  }

  #named(prepared: PreparedOrder): Parameters<TradingEngine["place"]>[0] {
    const { account, ports } = this.#options;
    const { prefix = "", maxLength } = this.#trading.clientOrderIds;
    const clientOrderId = `${prefix}${this.#journal.run}${this.#journal.nextNumber()}`;
    if (clientOrderId.length > maxLength)
      throw new TypeError(`client order ids have at most ${maxLength} letters`);
    return { ...prepared, account, clientOrderId, creationTimestamp: ports.clock.now() };
  }

  #needsOf(
    order: Parameters<typeof needsOfOrder>[0] & { readonly tradingPair: string },
  ): ReturnType<typeof needsOfOrder> {
    const { tradingPair, side } = order;
    const instrument = this.#options.findInstrument(tradingPair);
    if (instrument === undefined) return [];
    const { takerRate, charged } = this.#trading.fees;
    return needsOfOrder(order, {
      instrument,
      takerRate: this.#fees.get(tradingPair)?.takerRate ?? takerRate,
      charged,
      marketPrice: this.#marketPrice(tradingPair, side),
      leverage: this.#leverages.get(tradingPair),
    });
  }

  /** Asks for the leverage of derivatives that is not known yet. Where it cannot be had, the venue judges alone. */
  async #learnLeverage(
    requests: readonly OrderRequest[],
    { signal, maxQueueMs }: CommandOptions,
  ): Promise<void> {
    const { instrumentOf, call } = this.#options;
    for (const tradingPair of new Set(requests.map((request) => request.tradingPair))) {
      const leverageCall = this.#trading.leverage?.(instrumentOf(tradingPair));
      if (leverageCall === undefined || this.#leverages.has(tradingPair)) continue;
      try {
        const limited = { ...leverageCall, ...(maxQueueMs !== undefined && { maxQueueMs }) };
        this.#leverages.set(tradingPair, await call(limited, signal));
      } catch (error) {
        if (!(error instanceof ConnError)) throw error;
      }
    }
  }

  #liveBook(tradingPair: string): OrderBook | undefined {
    const book = this.#options.bookOf(tradingPair);
    return book?.integrity.state === "live" ? book : undefined;
  }

  #middle(tradingPair: string): Decimal | undefined {
    return this.#liveBook(tradingPair)?.midPrice;
  }

  #referencePrice(tradingPair: string): Decimal | undefined {
    return this.#options.markPriceOf(tradingPair) ?? this.#middle(tradingPair);
  }

  #marketPrice(tradingPair: string, side: "buy" | "sell"): Decimal | undefined {
    const book = this.#liveBook(tradingPair);
    return (side === "buy" ? book?.bestAsk : book?.bestBid)?.price;
  }
}
