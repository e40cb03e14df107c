import { ConnError as AnyError, type ConnError, OrderError, VenueError } from "../errors/index.js";
import type { Instrument } from "../instrument/index.js";
import { type InFlightOrder, isFinished, type OrderReason } from "../model/index.js";
import type { RestCall, RestRequest, SignedFacts } from "../transport/index.js";
import type { OrderUpdate, VenueRefusal } from "./account-messages.js";
import type { ClientOrderTracker, NewOrder } from "./client-order-tracker.js";
import type { CommandOptions } from "./order-request.js";
import type { OrderResolver } from "./order-resolver.js";
import type { TrackedOrder } from "./tracked-order.js";
import type { AmendCommand, OrderInMarket, TradingDefinition } from "./trading-definition.js";

/** What commands on orders work with. */
export interface OrderCommandsOptions {
  readonly venue: string;
  readonly definition: TradingDefinition;
  readonly tracker: ClientOrderTracker;
  readonly resolver: OrderResolver;
  /** Makes a call of the venue. */
  readonly call: <Answer>(call: RestCall<Answer>, signal: AbortSignal | undefined) => Promise<Answer>;
  /** What a refusal of one of several commands in a request means. */
  readonly judge: (refusal: VenueRefusal, request: RestRequest) => ConnError;
  readonly instrumentOf: (tradingPair: string) => Instrument;
}

/** Outcome of one of several commands. */
export interface CommandResult {
  /** The order as it is now. */
  readonly order: InFlightOrder;
  /** Why nothing was sent for it, if nothing was. */
  readonly error: ConnError | undefined;
}

/** A stream that works tells an acknowledged change within this time, in ms; then the venue is asked. */
const STREAM_GRACE_MS = 2_000;

/**
 * Sends commands and takes from each outcome only what it proves: the venue's word is believed, anything else makes the
 * command unknown until it is found out.
 */
export class OrderCommands {
  readonly #options: OrderCommandsOptions;
  /** Places that have not ended: a cancel waits for those of its order. */
  readonly #placing = new Map<string, Promise<unknown>>();
  readonly #canceling = new Map<string, Promise<InFlightOrder>>();
  readonly #sending = new Set<Promise<unknown>>();

  constructor(options: OrderCommandsOptions) {
    this.#options = options;
  }

  /**
   * Sends a new order. Resolves with how it stands then, whatever the venue said, or did not say.
   *
   * @throws {ConnError} with outcome `notSent`: it never left.
   */
  place(fields: NewOrder, options: CommandOptions): Promise<InFlightOrder> {
    const tracked = this.#options.tracker.create(fields);
    const placing = this.#place(tracked, options).finally(() => this.#placing.delete(fields.clientOrderId));
    this.#placing.set(fields.clientOrderId, placing);
    return placing;
  }

  async #place(tracked: TrackedOrder, options: CommandOptions): Promise<InFlightOrder> {
    const call = this.#options.definition.place(this.#inMarket(tracked));
    try {
      this.#placed(tracked, await this.#send([tracked], call, "place", options));
    } catch (error) {
      this.#placeFailed(tracked, error);
      if (wasNotSent(error)) throw error;
    }
    return tracked.order;
  }

  /** Sends several orders in as few requests as the venue takes. */
  async placeBatch(orders: readonly NewOrder[], options: CommandOptions): Promise<readonly CommandResult[]> {
    const { definition, tracker } = this.#options;
    const batch = definition.placeBatch;
    if (batch === undefined) throw new TypeError("the venue takes no batches");
    const tracked = orders.map((fields) => tracker.create(fields));
    const chunks = inChunks(tracked, batch.max);
    const results = await Promise.all(
      chunks.map((chunk) =>
        this.#sendBatch(chunk, batch.call(chunk.map((each) => this.#inMarket(each))), "place", options, {
          done: (each, update) => this.#placed(each, update),
          failed: (each, error) => this.#placeFailed(each, error),
        }),
      ),
    );
    return results.flat();
  }

  /**
   * Cancels an order; one that has ended stays as it is. Resolves with how it stands then.
   *
   * @throws {ConnError} with outcome `notSent`: the command never left.
   */
  cancel(tracked: TrackedOrder, options: CommandOptions): Promise<InFlightOrder> {
    const { clientOrderId } = tracked.order;
    const underWay = this.#canceling.get(clientOrderId);
    if (underWay !== undefined) return underWay;
    const canceling = this.#cancel(tracked, options).finally(() => this.#canceling.delete(clientOrderId));
    this.#canceling.set(clientOrderId, canceling);
    return canceling;
  }

  async #cancel(tracked: TrackedOrder, options: CommandOptions): Promise<InFlightOrder> {
    // Two requests on their way at once may change places: the venue would not know yet what it is to cancel.
    await this.#placing.get(tracked.order.clientOrderId)?.catch(() => undefined);
    if (isFinished(tracked.order)) return tracked.order;
    const { tracker, definition } = this.#options;
    tracker.commanding(tracked, "cancel");
    const call = definition.cancel(this.#inMarket(tracked));
    try {
      this.#canceled(tracked, await this.#send([tracked], call, "cancel", options));
    } catch (error) {
      await this.#cancelFailed(tracked, error);
      if (wasNotSent(error)) throw error;
    }
    return tracked.order;
  }

  /** Cancels several orders in as few requests as the venue takes. */
  async cancelBatch(
    orders: readonly TrackedOrder[],
    options: CommandOptions,
  ): Promise<readonly CommandResult[]> {
    const { definition, tracker } = this.#options;
    const batch = definition.cancelBatch;
    if (batch === undefined) {
      return Promise.all(
        orders.map(async (tracked): Promise<CommandResult> => {
          try {
            return { order: await this.cancel(tracked, options), error: undefined };
          } catch (error) {
            return { order: tracked.order, error: asConnError(error) };
          }
        }),
      );
    }
    await Promise.all(
      orders.map(({ order }) => this.#placing.get(order.clientOrderId)?.catch(() => undefined)),
    );
    const open = orders.filter(({ order }) => !isFinished(order));
    for (const tracked of open) tracker.commanding(tracked, "cancel");
    const groups = batch.perInstrument
      ? [...Map.groupBy(open, ({ order }) => order.tradingPair).values()]
      : [open];
    const sent = await Promise.all(
      groups
        .flatMap((group) => inChunks(group, batch.max))
        .map((chunk) =>
          this.#sendBatch(chunk, batch.call(chunk.map((each) => this.#inMarket(each))), "cancel", options, {
            done: (each, update) => this.#canceled(each, update),
            failed: (each, error) => this.#cancelFailed(each, error),
          }),
        ),
    );
    const errors = new Map(sent.flat().map(({ order, error }) => [order.clientOrderId, error]));
    return orders.map(({ order }) => ({ order, error: errors.get(order.clientOrderId) }));
  }

  /**
   * Changes price or amount of an order. Resolves with how it stands then.
   *
   * @throws {ConnError} with outcome `notSent`: the command never left.
   * @throws {OrderError} ORDER_BUSY if another command on it is under way.
   */
  async amend(
    tracked: TrackedOrder,
    wanted: Pick<AmendCommand, "price" | "amount">,
    options: CommandOptions,
  ): Promise<InFlightOrder> {
    const { tracker, definition, venue } = this.#options;
    const { clientOrderId, pendingCommand, status } = tracked.order;
    if (definition.amend === undefined) throw new TypeError("the venue amends no orders");
    if (isFinished(tracked.order)) return tracked.order;
    if (pendingCommand !== "none" || status === "pendingCreate") {
      throw new OrderError("ORDER_BUSY", "another command on the order has not ended", {
        venue,
        outcome: "notSent",
        details: { clientOrderId },
      });
    }
    tracker.commanding(tracked, "amend");
    const call = definition.amend({ ...this.#inMarket(tracked), ...wanted });
    try {
      const update = await this.#send([tracked], call, "amend", options);
      tracker.applyUpdate({ ...update, clientOrderId });
      if (update.status === undefined) this.#options.resolver.watch(tracked, STREAM_GRACE_MS);
      else tracker.amended(tracked);
    } catch (error) {
      this.#amendFailed(tracked, error);
      if (wasNotSent(error)) throw error;
    }
    return tracked.order;
  }

  /** Resolves when no command is under way any more. */
  async settled(): Promise<void> {
    // What waited for one of them may begin now, and ends by the same signal.
    while (this.#sending.size > 0) await Promise.allSettled(this.#sending);
  }

  #placed(tracked: TrackedOrder, update: OrderUpdate): void {
    const { tracker, resolver } = this.#options;
    tracker.applyUpdate({ ...update, clientOrderId: tracked.order.clientOrderId });
    resolver.watch(tracked, STREAM_GRACE_MS);
  }

  #placeFailed(tracked: TrackedOrder, error: unknown): void {
    const { tracker, resolver } = this.#options;
    const isRefused = refuses(error);
    if (wasNotSent(error)) {
      tracker.rejected(tracked, { kind: "notSent", message: messageOf(error) });
    } else if (isRefused && !(error instanceof VenueError && error.kind === "duplicateClientOrderId")) {
      tracker.rejected(tracked, reasonOf(error));
    } else {
      // An id of ours is used once: if the venue has it already, it has this order.
      tracker.unknown(tracked, "place");
      resolver.watch(tracked, 0);
    }
  }

  #canceled(tracked: TrackedOrder, update: OrderUpdate): void {
    const { tracker, resolver } = this.#options;
    tracker.applyUpdate({ ...update, clientOrderId: tracked.order.clientOrderId });
    resolver.watch(tracked, STREAM_GRACE_MS);
  }

  async #cancelFailed(tracked: TrackedOrder, error: unknown): Promise<void> {
    const { tracker, resolver } = this.#options;
    if (wasNotSent(error)) {
      tracker.commandRefused(tracked, "cancel", { kind: "notSent", message: messageOf(error) });
    } else if (
      error instanceof VenueError &&
      (error.kind === "notFound" || error.kind === "alreadyFinished")
    ) {
      // It is not in the book: how it ended, or whether it never got there, only a question can tell.
      tracker.unknown(tracked, "cancel");
      await resolver.ask(tracked);
      resolver.watch(tracked, 0);
    } else if (refuses(error)) {
      tracker.commandRefused(tracked, "cancel", reasonOf(error));
    } else {
      tracker.unknown(tracked, "cancel");
      resolver.watch(tracked, 0);
    }
  }

  #amendFailed(tracked: TrackedOrder, error: unknown): void {
    const { tracker, resolver } = this.#options;
    if (wasNotSent(error)) {
      tracker.commandRefused(tracked, "amend", { kind: "notSent", message: messageOf(error) });
    } else if (error instanceof VenueError && error.kind === "noChange") {
      tracker.amended(tracked);
    } else if (refuses(error)) {
      tracker.commandRefused(tracked, "amend", reasonOf(error));
      // It may be gone, or an amendment that fails may have ended it.
      if (error instanceof VenueError && (error.kind === "notFound" || error.kind === "alreadyFinished"))
        void resolver.ask(tracked);
    } else {
      tracker.unknown(tracked, "amend");
      resolver.watch(tracked, 0);
    }
  }

  async #sendBatch(
    chunk: readonly TrackedOrder[],
    call: RestCall<readonly (OrderUpdate | VenueRefusal)[]>,
    command: "place" | "cancel",
    options: CommandOptions,
    then: {
      done(tracked: TrackedOrder, update: OrderUpdate): void;
      failed(tracked: TrackedOrder, error: unknown): void | Promise<void>;
    },
  ): Promise<readonly CommandResult[]> {
    let answers: readonly (OrderUpdate | VenueRefusal)[] = [];
    let failure: unknown;
    try {
      answers = await this.#send(chunk, call, command, options);
    } catch (error) {
      failure = error;
    }
    await Promise.all(
      chunk.map(async (tracked, index) => {
        const answer = answers[index];
        // An answer that leaves an order out tells nothing of it.
        if (answer === undefined) await then.failed(tracked, failure);
        else if ("exchangeSymbol" in answer) then.done(tracked, answer);
        else await then.failed(tracked, this.#options.judge(answer, call));
      }),
    );
    const error = wasNotSent(failure) ? asConnError(failure) : undefined;
    return chunk.map(({ order }) => ({ order, error }));
  }

  #send<Answer>(
    tracked: readonly TrackedOrder[],
    call: RestCall<Answer>,
    command: "place" | "cancel" | "amend",
    { signal, maxQueueMs }: CommandOptions,
  ): Promise<Answer> {
    const onSigned = ({ validUntil }: SignedFacts): void => {
      for (const each of tracked) this.#options.tracker.signed(each, command, validUntil);
    };
    const lane = command === "cancel" ? "cancel" : "place";
    const tradingPair = tracked[0]?.order.tradingPair;
    const sending = this.#options.call(
      {
        ...call,
        lane,
        onSigned,
        ...(maxQueueMs !== undefined && { maxQueueMs }),
        ...(tradingPair !== undefined && { tradingPair }),
      },
      signal,
    );
    // One turn longer than the call itself: until then its outcome has been written down.
    const ended: Promise<unknown> = sending
      .then(noop, noop)
      .then(noop)
      .then(() => this.#sending.delete(ended));
    this.#sending.add(ended);
    return sending;
  }

  #inMarket({ order }: TrackedOrder): OrderInMarket {
    return { order, instrument: this.#options.instrumentOf(order.tradingPair) };
  }
}

function noop(): void {}

/** Whether an error proves that its request never left. */
function wasNotSent(error: unknown): boolean {
  return error instanceof AnyError && error.outcome === "notSent";
}

/** Whether an error is the venue's word that it has not done what was asked. */
function refuses(error: unknown): error is ConnError {
  return error instanceof AnyError && (error.outcome === "rejected" || error.outcome === "retryable");
}

function reasonOf(error: ConnError): OrderReason {
  const { venueCode } = error as { readonly venueCode?: string | undefined };
  return { kind: "venue", message: error.message, ...(venueCode !== undefined && { venueCode }) };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function asConnError(error: unknown): ConnError {
  // What is none is a defect of a connector, and nobody's order.
  if (error instanceof AnyError) return error;
  throw error;
}

function inChunks<Item>(items: readonly Item[], size: number): Item[][] {
  const chunks: Item[][] = [];
  for (let from = 0; from < items.length; from += size) chunks.push(items.slice(from, from + size));
  return chunks;
}
