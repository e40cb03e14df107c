import { AuthError, ConnError, OrderError, VenueError } from "../errors/index.js";
import { isFinished } from "../model/index.js";
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
  readonly onProblem: (error: ConnError, tradingPair: string) => void;
}

const BACKOFF: BackoffPolicy = { initialMs: 500, factor: 2, maxMs: 30_000, jitter: 0.5 };
/** So many queries that agree on "not found", each later than the order could still come, are needed. */
const ABSENCES_NEEDED = 2;
/** Questions after fills that are said to be there, before somebody is told that they do not come. */
const FILL_QUESTIONS = 12;

interface Watch {
  readonly tracked: TrackedOrder;
  timer: Timer | undefined;
  asking: Promise<void> | undefined;
  failures: number;
  absences: number;
  fillQuestions: number;
  /** Somebody was told that it cannot be found out. */
  reported: boolean;
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

  constructor(options: OrderResolverOptions) {
    this.#options = options;
  }

  /** Orders that are being asked after. */
  get size(): number {
    return this.#watches.size;
  }

  /** Begins to ask after an order, in `delayMs`, unless it is known by then. */
  watch(tracked: TrackedOrder, delayMs: number): void {
    if (this.#abort.signal.aborted || !needsWatch(tracked)) return;
    const watch = this.#watchOf(tracked);
    if (watch.asking === undefined && watch.timer === undefined) this.#plan(watch, delayMs);
  }

  /** Asks after an order at once. Resolves when the venue has answered, or has not. */
  async ask(tracked: TrackedOrder): Promise<void> {
    if (this.#abort.signal.aborted) return;
    const watch = this.#watchOf(tracked);
    watch.timer?.cancel();
    watch.timer = undefined;
    await this.#ask(watch);
  }

  /** Ends all questions. */
  async stop(): Promise<void> {
    this.#abort.abort();
    const asking: (Promise<void> | undefined)[] = [];
    for (const watch of this.#watches.values()) {
      watch.timer?.cancel();
      asking.push(watch.asking);
    }
    this.#watches.clear();
    await Promise.all(asking);
  }

  #watchOf(tracked: TrackedOrder): Watch {
    const { clientOrderId } = tracked.order;
    let watch = this.#watches.get(clientOrderId);
    if (watch === undefined) {
      watch = {
        tracked,
        timer: undefined,
        asking: undefined,
        failures: 0,
        absences: 0,
        fillQuestions: 0,
        reported: false,
      };
      this.#watches.set(clientOrderId, watch);
    }
    return watch;
  }

  #plan(watch: Watch, delayMs: number): void {
    watch.timer = this.#options.ports.timers.set(delayMs, () => {
      watch.timer = undefined;
      if (needsWatch(watch.tracked)) void this.#ask(watch);
      else this.#watches.delete(watch.tracked.order.clientOrderId);
    });
  }

  #ask(watch: Watch): Promise<void> {
    watch.asking ??= this.#question(watch)
      .catch((error: unknown) => {
        if (!this.#abort.signal.aborted) this.#failed(watch, error);
      })
      .then(() => {
        watch.asking = undefined;
        if (this.#abort.signal.aborted) return;
        if (watch.reported || !needsWatch(watch.tracked)) {
          this.#watches.delete(watch.tracked.order.clientOrderId);
          return;
        }
        const { random } = this.#options.ports;
        const tries = Math.max(1, watch.failures + watch.absences + watch.fillQuestions);
        this.#plan(watch, backoffDelay(BACKOFF, tries, random));
      });
    return watch.asking;
  }

  async #question(watch: Watch): Promise<void> {
    const { tracked } = watch;
    const { tracker, queries } = this.#options;
    const { signal } = this.#abort;
    const isPast = this.#isPast(tracked.validUntil);
    const isTooLate = this.#isPast(tracked.placeableUntil);
    try {
      const update = await queries.query(tracked, signal);
      watch.failures = 0;
      watch.absences = 0;
      // The answer is about this order, by whichever of its ids it was asked after.
      tracker.applyUpdate({ ...update, clientOrderId: tracked.order.clientOrderId });
    } catch (error) {
      if (!(error instanceof VenueError && error.kind === "notFound" && error.outcome === "rejected"))
        throw error;
      await this.#absent(watch, isTooLate);
      return;
    }
    if (isPast) this.#settleCommands(tracked);
    if (lacksFills(tracked)) await this.#askForFills(watch);
  }

  /** Whether nothing that was sent and valid until then can still be carried out, or be on its way to what queries know. */
  #isPast(validUntil: number): boolean {
    const { venueTime, times } = this.#options;
    return venueTime() > validUntil + times.queryLagMs;
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
    const fills = await queries.fills(tracked, this.#abort.signal);
    for (const fill of fills) if (tracker.find(fill) === tracked) tracker.applyFill(fill);
    if (!lacksFills(tracked)) return;
    watch.fillQuestions += 1;
    if (watch.fillQuestions < FILL_QUESTIONS) return;
    if (tracked.filledTold) tracker.endWithoutFills(tracked);
    else this.#report(watch, "FILLS_MISSING", "the venue does not tell all fills of the order");
    watch.reported = true;
  }

  /** The venue says that it does not know the order. */
  async #absent(watch: Watch, isTooLate: boolean): Promise<void> {
    const { tracked } = watch;
    const { tracker, queries, times, ports } = this.#options;
    const { signal } = this.#abort;
    if (ports.clock.now() - tracked.order.creationTimestamp > times.retentionMs) {
      this.#report(watch, "ORDER_UNRESOLVED", "the venue does not know the order, and may have forgotten it");
      watch.reported = true;
      return;
    }
    // It may still arrive, or be on its way to what queries know: that is no answer yet.
    if (!isTooLate) {
      watch.failures += 1;
      return;
    }
    watch.absences += 1;
    if (watch.absences < ABSENCES_NEEDED) return;
    const isSame = (
      each: Pick<OrderUpdate, "clientOrderId" | "exchangeOrderId" | "exchangeSymbol">,
    ): boolean => tracker.find(each) === tracked;
    for (const update of await queries.openOrders(tracked, signal)) {
      if (!isSame(update)) continue;
      tracker.applyUpdate(update);
      watch.absences = 0;
    }
    for (const fill of await queries.fills(tracked, signal)) {
      if (!isSame(fill)) continue;
      tracker.applyFill(fill);
      watch.absences = 0;
    }
    if (watch.absences === 0) return;
    if (tracked.order.status === "pendingCreate") {
      tracker.rejected(tracked, { kind: "notFound" });
      return;
    }
    this.#report(watch, "ORDER_UNRESOLVED", "the venue does not know an order any more that it had accepted");
    watch.reported = true;
  }

  #failed(watch: Watch, error: unknown): void {
    watch.failures += 1;
    // The network and the venue's load pass, and are told elsewhere. What does not pass, somebody must know.
    if (error instanceof ConnError && !(error instanceof VenueError || error instanceof AuthError)) return;
    const known = error instanceof ConnError ? error : undefined;
    if (known !== undefined && known.outcome !== "rejected") return;
    this.#report(watch, "ORDER_UNRESOLVED", "the venue does not answer how the order stands", error);
  }

  #report(watch: Watch, code: OrderError["code"], message: string, cause?: unknown): void {
    const { clientOrderId, exchangeOrderId, tradingPair } = watch.tracked.order;
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
  const { status, pendingCommand, certainty } = tracked.order;
  if (lacksFills(tracked)) return true;
  if (isFinished(tracked.order)) return false;
  return status === "pendingCreate" || pendingCommand !== "none" || certainty === "unknown";
}
