import {
  ConnError,
  LifecycleError,
  NetworkError,
  OrderError,
  RateLimitError,
  VenueError,
} from "../errors/index.js";
import { type InFlightOrder, isFinished } from "../model/index.js";
import type { Ports, Timer } from "../ports/index.js";
import { type BackoffPolicy, backoffDelay } from "../transport/index.js";
import type { FillUpdate, OrderUpdate } from "./account-messages.js";
import type { ClientOrderTracker } from "./client-order-tracker.js";
import { lacksFills, type TrackedOrder } from "./tracked-order.js";
import type { OrderTimes } from "./trading-definition.js";

/** How an order is asked after. */
export interface OrderQueries {
  /** How the order stands. @throws {VenueError} of kind `notFound` if the venue does not know it. */
  query(tracked: TrackedOrder, signal: AbortSignal): Promise<OrderUpdate>;
  /** The open orders of its instrument. */
  openOrders(tracked: TrackedOrder, signal: AbortSignal): Promise<readonly OrderUpdate[]>;
  /** The account's fills in its instrument since the order was created; only its own, where the venue tells them apart. */
  fills(tracked: TrackedOrder, signal: AbortSignal): Promise<readonly FillUpdate[]>;
}

/** What a resolver works with. */
export interface OrderResolverOptions {
  readonly venue: string;
  readonly times: OrderTimes;
  readonly tracker: ClientOrderTracker;
  readonly queries: OrderQueries;
  readonly ports: Pick<Ports, "clock" | "timers" | "random">;
  /** What the venue's clock shows at least, in ms since 1970-01-01 UTC: less its uncertainty. */
  readonly venueTime: () => number;
  /** Whether a command on the order has not ended: it may wait here to be sent, and nothing proves that it was not. */
  readonly isUnderWay: (tracked: TrackedOrder) => boolean;
  /** Runs what takes over an answer. */
  readonly learn: (act: () => void) => void;
  readonly onProblem: (error: ConnError, tradingPair: string) => void;
}

const BACKOFF: BackoffPolicy = { initialMs: 500, factor: 2, maxMs: 30_000, jitter: 0.5 };
/** So many queries that agree on "not found", each later than the order could still come, are needed. */
const ABSENCES_NEEDED = 2;
/** So often the venue refuses to answer before somebody is told. */
const REFUSALS_TOLD = 3;
/** Questions after fills that are said to be there, before somebody is told that they do not come. */
const FILL_QUESTIONS = 12;

interface Watch {
  readonly tracked: TrackedOrder;
  timer: { readonly timer: Timer; readonly at: number } | undefined;
  asking: Promise<void> | undefined;
  /** It was asked after for a reason beside what is known of it, and nobody has answered yet. */
  isOpen: boolean;
  /** Questions since anything of the order changed. */
  tries: number;
  seen: InFlightOrder;
  absences: number;
  refusals: number;
  fillQuestions: number;
}

/**
 * Finds out how orders stand of which too little is known: whether a command was carried out, what became of an
 * acknowledged one, fills that are missing. Asks until it is known, at growing intervals; what the network does
 * proves nothing.
 */
export class OrderResolver {
  readonly #options: OrderResolverOptions;
  readonly #watches = new Map<string, Watch>();
  readonly #abort = new AbortController();
  /** What somebody was told of an order that cannot be found out: once. */
  readonly #reported = new WeakMap<TrackedOrder, Set<OrderError["code"]>>();
  /** Orders of which no answer is expected any more, as they stood then: they are asked after again if that changes. */
  readonly #givenUp = new WeakMap<TrackedOrder, InFlightOrder>();

  constructor(options: OrderResolverOptions) {
    this.#options = options;
  }

  /** Orders that are being asked after. */
  get size(): number {
    return this.#watches.size;
  }

  /** Begins to ask after an order, in `delayMs`, unless it is known by then. */
  watch(tracked: TrackedOrder, delayMs: number): void {
    if (this.#abort.signal.aborted || !needsWatch(tracked) || this.#isGivenUp(tracked)) return;
    const watch = this.#watchOf(tracked);
    if (watch.asking === undefined) this.#plan(watch, delayMs);
  }

  /** Asks after an order at once, and again until the venue has answered. Resolves after the first time. */
  async ask(tracked: TrackedOrder): Promise<void> {
    if (this.#abort.signal.aborted || this.#isGivenUp(tracked)) return;
    // What is being answered may have been asked before what the caller wants to know of.
    await this.#watches.get(tracked.order.clientOrderId)?.asking;
    if (this.#abort.signal.aborted) return;
    const watch = this.#watchOf(tracked);
    watch.isOpen = true;
    watch.timer?.timer.cancel();
    watch.timer = undefined;
    await this.#ask(watch);
  }

  /** Ends all questions. */
  async stop(): Promise<void> {
    this.#abort.abort();
    const asking: (Promise<void> | undefined)[] = [];
    for (const watch of this.#watches.values()) {
      watch.timer?.timer.cancel();
      asking.push(watch.asking);
    }
    this.#watches.clear();
    await Promise.all(asking);
  }

  #isGivenUp(tracked: TrackedOrder): boolean {
    return this.#givenUp.get(tracked) === tracked.order;
  }

  #watchOf(tracked: TrackedOrder): Watch {
    const { order } = tracked;
    let watch = this.#watches.get(order.clientOrderId);
    if (watch === undefined) {
      watch = {
        tracked,
        timer: undefined,
        asking: undefined,
        isOpen: false,
        tries: 0,
        seen: order,
        absences: 0,
        refusals: 0,
        fillQuestions: 0,
      };
      this.#watches.set(order.clientOrderId, watch);
    }
    return watch;
  }

  /** Asks in `delayMs`, or sooner if that was planned. */
  #plan(watch: Watch, delayMs: number): void {
    const { timers, clock } = this.#options.ports;
    const at = clock.monotonic() + delayMs;
    if (watch.timer !== undefined && watch.timer.at <= at) return;
    watch.timer?.timer.cancel();
    const timer = timers.set(delayMs, () => {
      watch.timer = undefined;
      if (this.#goesOn(watch)) void this.#ask(watch);
      else this.#watches.delete(watch.tracked.order.clientOrderId);
    });
    watch.timer = { timer, at };
  }

  #goesOn({ tracked, isOpen }: Watch): boolean {
    return (isOpen || needsWatch(tracked)) && !this.#isGivenUp(tracked);
  }

  #ask(watch: Watch): Promise<void> {
    const { tracked } = watch;
    watch.asking ??= this.#question(watch)
      .catch((error: unknown) => {
        if (!this.#abort.signal.aborted) this.#failed(watch, error);
      })
      .then(() => {
        watch.asking = undefined;
        if (this.#abort.signal.aborted) return;
        if (!this.#goesOn(watch)) {
          this.#watches.delete(tracked.order.clientOrderId);
          return;
        }
        watch.tries = tracked.order === watch.seen ? watch.tries + 1 : 1;
        watch.seen = tracked.order;
        this.#plan(watch, backoffDelay(BACKOFF, watch.tries, this.#options.ports.random));
      });
    return watch.asking;
  }

  async #question(watch: Watch): Promise<void> {
    const { tracked } = watch;
    const { tracker, queries, learn } = this.#options;
    const { signal } = this.#abort;
    // It has not left yet: there is nothing to ask after.
    if (tracked.order.status === "pendingCreate" && !tracked.sent) return;
    const isPast = this.#isPast(tracked);
    const isTooLate = this.#isTooLate(tracked);
    let update: OrderUpdate;
    try {
      update = await queries.query(tracked, signal);
    } catch (error) {
      if (!(error instanceof VenueError && error.kind === "notFound" && error.outcome === "rejected"))
        throw error;
      if (signal.aborted) return;
      if (isFinished(tracked.order) || tracked.filledTold) {
        watch.isOpen = false;
        if (lacksFills(tracked)) await this.#askForFills(watch);
      } else {
        await this.#absent(watch, isTooLate);
      }
      return;
    }
    if (signal.aborted) return;
    watch.absences = 0;
    watch.refusals = 0;
    watch.isOpen = false;
    this.#reported.get(tracked)?.delete("ORDER_UNRESOLVED");
    // The answer is about this order, by whichever of its ids it was asked after.
    learn(() => tracker.applyUpdate({ ...update, clientOrderId: tracked.order.clientOrderId }));
    if (isPast && this.#isPast(tracked)) this.#settleCommands(tracked);
    if (lacksFills(tracked)) await this.#askForFills(watch);
  }

  /** Whether nothing that was sent for the order can still be carried out, or be on its way to what queries know. */
  #isPast(tracked: TrackedOrder): boolean {
    const { venueTime, times, isUnderWay } = this.#options;
    return !isUnderWay(tracked) && venueTime() > tracked.validUntil + times.queryLagMs;
  }

  /** The same of the request to place it alone: later ones cannot bring about what it did not. */
  #isTooLate({ placeableUntil }: TrackedOrder): boolean {
    const { venueTime, times } = this.#options;
    return venueTime() > placeableUntil + times.queryLagMs;
  }

  /** A command that left no trace by the time at which it could no longer be carried out was not. */
  #settleCommands(tracked: TrackedOrder): void {
    const { tracker } = this.#options;
    if (isFinished(tracked.order)) return;
    for (const command of ["cancel", "amend"] as const) {
      if (tracked.unknown.has(command) || tracked.order.pendingCommand === command)
        tracker.commandRefused(tracked, command, { kind: "notFound" });
    }
  }

  async #askForFills(watch: Watch): Promise<void> {
    const { tracked } = watch;
    const { queries, tracker } = this.#options;
    const { signal } = this.#abort;
    const fills = await queries.fills(tracked, signal);
    if (signal.aborted) return;
    this.#takeFills(tracked, fills);
    if (!lacksFills(tracked)) return;
    watch.fillQuestions += 1;
    if (watch.fillQuestions < FILL_QUESTIONS) return;
    if (tracked.filledTold) tracker.endWithoutFills(tracked);
    else this.#report(tracked, "FILLS_MISSING", "the venue does not tell all fills of the order");
    this.#givenUp.set(tracked, tracked.order);
  }

  /** Takes those that are of the order; whether any was. */
  #takeFills(tracked: TrackedOrder, fills: readonly FillUpdate[]): boolean {
    const { tracker, learn } = this.#options;
    const own = fills.filter((fill) => tracker.find(fill) === tracked);
    learn(() => {
      for (const fill of own) tracker.applyFill(fill);
    });
    return own.length > 0;
  }

  /** The venue says that it does not know the order. */
  async #absent(watch: Watch, isTooLate: boolean): Promise<void> {
    const { tracked } = watch;
    const { tracker, queries, times, venueTime, learn } = this.#options;
    const { signal } = this.#abort;
    const age = venueTime() - tracked.venueTimestamp;
    if (age > times.retentionMs) {
      this.#report(
        tracked,
        "ORDER_UNRESOLVED",
        "the venue does not know the order, and may have forgotten it",
      );
      tracker.lost(tracked);
      this.#givenUp.set(tracked, tracked.order);
      return;
    }
    // It may still arrive, or be on its way to what queries know: that is no answer yet.
    if (!isTooLate) {
      const isLong = age > times.receiveWindowMs + times.queryLagMs;
      if (tracked.placeableUntil === Number.POSITIVE_INFINITY && isLong && !this.#options.isUnderWay(tracked))
        this.#report(tracked, "ORDER_UNRESOLVED", "the venue does not know the order, and may take it yet");
      return;
    }
    watch.absences += 1;
    if (watch.absences < ABSENCES_NEEDED) return;
    const open = await queries.openOrders(tracked, signal);
    const fills = await queries.fills(tracked, signal);
    if (signal.aborted) return;
    const own = open.filter((update) => tracker.find(update) === tracked);
    learn(() => {
      for (const update of own) tracker.applyUpdate(update);
    });
    const hasTraded = this.#takeFills(tracked, fills);
    // A command that was given meanwhile may have made a new request for it.
    if (own.length > 0 || hasTraded || !this.#isPast(tracked)) {
      watch.absences = 0;
      return;
    }
    if (isFinished(tracked.order)) return;
    if (tracked.order.status === "pendingCreate") {
      tracker.rejected(tracked, { kind: "notFound" });
    } else {
      this.#report(
        tracked,
        "ORDER_UNRESOLVED",
        "the venue does not know an order any more that it had accepted",
      );
      tracker.lost(tracked);
      this.#givenUp.set(tracked, tracked.order);
    }
  }

  #failed(watch: Watch, error: unknown): void {
    // The network and the venue's load pass, and are told elsewhere. What does not pass, somebody must know.
    const passes =
      error instanceof NetworkError || error instanceof RateLimitError || error instanceof LifecycleError;
    if (passes || (error instanceof VenueError && error.outcome !== "rejected")) return;
    if (error instanceof ConnError && error.outcome === "retryable") return;
    watch.refusals += 1;
    // A single one may be of the question, which was slow on its way.
    if (watch.refusals < REFUSALS_TOLD) return;
    this.#report(watch.tracked, "ORDER_UNRESOLVED", "the venue does not answer how the order stands", error);
  }

  /** Tells somebody, once. */
  #report(tracked: TrackedOrder, code: OrderError["code"], message: string, cause?: unknown): void {
    const reported = this.#reported.get(tracked) ?? new Set();
    if (reported.has(code)) return;
    this.#reported.set(tracked, reported.add(code));
    const { clientOrderId, exchangeOrderId, tradingPair } = tracked.order;
    const { venue, onProblem } = this.#options;
    onProblem(
      new OrderError(code, message, {
        venue,
        ...(cause !== undefined && { cause }),
        details: { clientOrderId, exchangeOrderId, tradingPair },
      }),
      tradingPair,
    );
  }
}

/** Whether something of the order has to be found out. */
function needsWatch(tracked: TrackedOrder): boolean {
  const { status, pendingCommand, certainty, orderType, timeInForce } = tracked.order;
  if (lacksFills(tracked)) return true;
  if (isFinished(tracked.order)) return false;
  // It ends as soon as the venue has it: if nobody says how, somebody must ask.
  if (orderType === "market" || timeInForce === "ioc" || timeInForce === "fok") return true;
  return status === "pendingCreate" || pendingCommand !== "none" || certainty === "unknown";
}
