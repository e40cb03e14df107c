import {
  type BalanceListing,
  type NewOrder,
  type OrderChange,
  OrderJournal,
  type ReconcileReport,
  type TradingDefinition,
  TradingEngine,
  type UserStreamMessage,
} from "../../src/account/index.js";
import type { TradingEngineOptions } from "../../src/account/trading-engine.js";
import {
  type Balance,
  type ConnError,
  createMemoryJournals,
  Decimal,
  type Fill,
  type InFlightOrder,
  type Journal,
  LifecycleError,
  NetworkError,
  VenueError,
} from "../../src/index.js";
import type { RestCall } from "../../src/transport/index.js";
import { testInstrument } from "./instrument.js";
import { ModelVenue, refusal, tooLate } from "./model-venue.js";
import { VirtualTime } from "./virtual-time.js";

/** What befalls a call on its way. */
export interface Way {
  /** Waits here, before it is signed, in ms. */
  readonly queueMs?: number;
  /** There and back, in ms. */
  readonly thereMs?: number;
  readonly backMs?: number;
  /** Where it gets lost. */
  readonly lost?: "before" | "after" | undefined;
  /** Fails with this instead. */
  readonly error?: ConnError;
}

export type Told =
  | { readonly type: OrderChange; readonly order: InFlightOrder; readonly fill?: undefined }
  | { readonly type: "fill"; readonly order: InFlightOrder; readonly fill: Fill };

/** A program at a model venue, on virtual time, that can die and be started again. */
export class TradingRig {
  readonly time = new VirtualTime();
  readonly venue: ModelVenue;
  readonly told: Told[] = [];
  readonly problems: ConnError[] = [];
  readonly reports: ReconcileReport[] = [];
  readonly balances: Balance[] = [];
  readonly calls: string[] = [];
  /** How calls fare, by the last part of their path. */
  way: (name: string) => Way = () => ({});
  /** How long the stream's words take, each once or several times, in ms; none: they are lost. */
  streamWays: () => readonly number[] = () => [1];
  /** How journals are opened, so that they can fail. */
  wrapJournal: (journal: Journal) => Journal = (journal) => journal;
  engine!: TradingEngine;
  journal!: OrderJournal;
  isUp = false;
  readonly #journals = createMemoryJournals();
  readonly #overrides: Partial<TradingDefinition>;
  readonly #engineOptions: Partial<TradingEngineOptions>;
  #generation = 0;
  #random = 0;
  #session = new AbortController();

  constructor(overrides: Partial<TradingDefinition> = {}, engineOptions: Partial<TradingEngineOptions> = {}) {
    this.#overrides = overrides;
    this.#engineOptions = engineOptions;
    this.venue = new ModelVenue(
      () => this.time.now(),
      ({ fill, update }) => {
        if (fill !== undefined) this.say({ type: "fill", fill });
        this.say({ type: "order", update });
      },
    );
  }

  /** The stream says something, as fast as it is. */
  say(message: UserStreamMessage): void {
    const generation = this.#generation;
    if (!this.isUp) return;
    for (const ms of this.streamWays()) {
      this.time.set(ms, () => {
        if (generation === this.#generation && this.isUp) this.engine.take(message);
      });
    }
  }

  sayBalances(listing: BalanceListing = this.venue.listing()): void {
    this.say({ type: "allBalances", listing });
  }

  async start(): Promise<void> {
    const generation = ++this.#generation;
    const isAlive = (): boolean => generation === this.#generation;
    const session = new AbortController();
    this.#session = session;
    const binding = { venue: "toy", environment: "sim", account: "a" };
    this.journal = new OrderJournal(this.wrapJournal(await this.#journals.open(binding)), {
      next: () => 0.123_456,
    });
    const ifAlive =
      <Arguments extends unknown[]>(act: (...values: Arguments) => void) =>
      (...values: Arguments): void => {
        if (isAlive()) act(...values);
      };
    this.engine = new TradingEngine(
      {
        venue: "toy",
        definition: this.venue.define(this.#overrides),
        fills: "each",
        balances: "polled",
        journal: this.journal,
        ports: {
          clock: this.time,
          timers: { set: (ms, callback) => this.time.set(ms, ifAlive(callback)) },
          random: {
            next: () => {
              this.#random = (this.#random + 0.37) % 1;
              return this.#random;
            },
          },
        },
        call: (call, signal) => this.#call(call, either(signal, session.signal), isAlive),
        judge: ({ venueCode }) =>
          venueCode === "untold"
            ? new VenueError("VENUE_ERROR", "untold", { venueCode })
            : refusal(venueCode as Parameters<typeof refusal>[0]),
        venueTime: () => this.time.now(),
        instrumentOf: (tradingPair) => testInstrument(tradingPair),
        findInstrument: (tradingPair) => testInstrument(tradingPair),
        needsOf: ({ price, amount, filledAmount }) =>
          price === undefined || amount === undefined
            ? []
            : [{ asset: "USDT", amount: price.times(amount.minus(filledAmount)) }],
        effectOf: undefined,
        reconcileIntervalMs: 60_000,
        ...this.#engineOptions,
      },
      {
        onOrder: ifAlive((order, type) => this.told.push({ type, order })),
        onFill: ifAlive((order, fill) => this.told.push({ type: "fill", order, fill })),
        onBalance: ifAlive((balance) => this.balances.push(balance)),
        onReconciled: ifAlive((report) => this.reports.push(report)),
        onSync: () => undefined,
        onProblem: ifAlive((error) => this.problems.push(error)),
      },
    );
    this.engine.restore();
    this.up();
  }

  up(): void {
    if (this.isUp) return;
    this.isUp = true;
    this.engine.streamUp();
  }

  down(): void {
    if (!this.isUp) return;
    this.isUp = false;
    this.engine.streamDown();
  }

  /** The program dies: what was written is all that is left. */
  die(): void {
    this.isUp = false;
    this.#generation += 1;
    this.#journals.crash();
  }

  async stop(): Promise<void> {
    this.isUp = false;
    // As a connector does: what its user waits for is given up.
    this.#session.abort();
    await this.engine.stop();
  }

  /** An order as a program wants it, with its id. */
  order(price: number, amount: number): NewOrder {
    return {
      account: "a",
      tradingPair: "BTC-USDT",
      clientOrderId: `c${this.journal.run}${this.journal.nextNumber()}`,
      side: "buy",
      orderType: "limit",
      timeInForce: "gtc",
      price: new Decimal(price),
      amount: new Decimal(amount),
      quoteAmount: undefined,
      reduceOnly: false,
      expireTimestamp: undefined,
      adjustments: [],
      creationTimestamp: this.time.now(),
    };
  }

  /** What was told of an order, in order. */
  toldOf(clientOrderId: string): string[] {
    return this.told.filter(({ order }) => order.clientOrderId === clientOrderId).map(({ type }) => type);
  }

  codes(): string[] {
    return this.problems.map(({ code }) => code);
  }

  async #call<Answer>(call: RestCall<Answer>, signal: AbortSignal, isAlive: () => boolean): Promise<Answer> {
    const name = call.path.slice(1);
    const { queueMs = 0, thereMs = 1, backMs = 1, lost, error } = this.way(name);
    const aborted = (outcome: "notSent" | "unknown"): LifecycleError =>
      new LifecycleError("ABORTED", "aborted", { outcome });
    const pass = (ms: number, outcome: "notSent" | "unknown"): Promise<void> =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(aborted(outcome));
        const timer = this.time.set(ms, () => {
          signal.removeEventListener("abort", onAbort);
          // The dead hear nothing.
          if (isAlive()) resolve();
        });
        const onAbort = (): void => {
          timer.cancel();
          reject(aborted(outcome));
        };
        signal.addEventListener("abort", onAbort, { once: true });
      });
    await pass(queueMs, "notSent");
    const validUntil = this.time.now() + 5_000;
    call.onSigned?.({ validUntil });
    if (!isAlive()) return new Promise(() => undefined);
    this.calls.push(name);
    if (error !== undefined) throw error;
    // What has left goes its way, whoever waits for it.
    const outcome = new Promise<Answer>((resolve, reject) => {
      if (lost === "before") return;
      this.time.set(thereMs, () => {
        try {
          if (this.time.now() > validUntil) throw tooLate();
          resolve(this.venue.act(call));
        } catch (refused) {
          reject(refused);
        }
      });
    });
    outcome.catch(() => undefined);
    if (lost !== undefined) {
      await pass(3_000, "unknown");
      throw new NetworkError("NETWORK_TIMEOUT", "no answer", { sent: "maybe" });
    }
    await pass(thereMs + backMs, "unknown");
    return outcome;
  }
}

function either(one: AbortSignal | undefined, other: AbortSignal): AbortSignal {
  return one === undefined ? other : AbortSignal.any([one, other]);
}
