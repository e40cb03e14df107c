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

/** What a batch takes from the outcome of each of its commands. */
interface BatchOutcomes {
  done(tracked: TrackedOrder, update: OrderUpdate): void;
  failed(tracked: TrackedOrder, error: unknown): void | Promise<void>;
}

/** A stream that works tells an acknowledged change within this time, in ms; then the venue is asked. */
const STREAM_GRACE_MS = 2_000;

/**
 * Sends commands and takes from each outcome only what it proves: the venue's word is believed, anything else makes the
 * command unknown until it is found out.
 */
export class OrderCommands {
  readonly #options: OrderCommandsOptions;
  /** Places that have not ended: other commands wait for those of their order. */
  readonly #placing = new Map<string, Promise<unknown>>();
  readonly #canceling = new Map<string, Promise<InFlightOrder>>();
  /** How many commands of an order have not ended. */
  readonly #underWay = new Map<TrackedOrder, number>();
  readonly #running = new Set<Promise<unknown>>();

  constructor(options: OrderCommandsOptions) {
    this.#options = options;
  }

  /** Whether a command on the order has not ended. */
  isUnderWay(tracked: TrackedOrder): boolean {
    return this.#underWay.has(tracked);
  }

  /**
   * Sends a new order. Resolves with how it stands then, whatever the venue said, or did not say.
   *
   * @throws {ConnError} with outcome `notSent`: it never left.
   */
  place(fields: NewOrder, options: CommandOptions): Promise<InFlightOrder> {
    const tracked = this.#options.tracker.create(fields);
    return this.#placeOf([tracked], this.#run(this.#place(tracked, options)));
  }

  async #place(tracked: TrackedOrder, options: CommandOptions): Promise<InFlightOrder> {
    const { definition } = this.#options;
    const [call] = this.#callsToPlace([tracked], [[tracked]], ([order]) => definition.place(order));
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
    const tracked: TrackedOrder[] = [];
    try {
      for (const fields of orders) tracked.push(tracker.create(fields));
    } catch (error) {
      this.#keepBack(tracked, error);
      throw error;
    }
    return this.#placeOf(tracked, this.#run(this.#placeChunks(tracked, batch, options)));
  }

  async #placeChunks(
    tracked: readonly TrackedOrder[],
    batch: NonNullable<TradingDefinition["placeBatch"]>,
    options: CommandOptions,
  ): Promise<readonly CommandResult[]> {
    const chunks = inChunks(tracked, batch.max);
    const calls = this.#callsToPlace(tracked, chunks, (chunk) => batch.call(chunk));
    const results = await Promise.all(
      chunks.map((chunk, index) =>
        // as: there is a call for each chunk.
        this.#sendBatch(chunk, calls[index] as (typeof calls)[number], "place", options, {
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
    if (underWay !== undefined) {
      return underWay.catch((error: unknown) => {
        // That it was given up, or had waited for too long, was so for another caller.
        if (wasNotSent(error) && !options.signal?.aborted) return this.cancel(tracked, options);
        throw error;
      });
    }
    const canceling = this.#run(this.#cancel(tracked, options)).finally(() =>
      this.#canceling.delete(clientOrderId),
    );
    this.#canceling.set(clientOrderId, canceling);
    return canceling;
  }

  async #cancel(tracked: TrackedOrder, options: CommandOptions): Promise<InFlightOrder> {
    // Two requests on their way at once may change places: the venue would not know yet what it is to cancel.
    await this.#placing.get(tracked.order.clientOrderId)?.catch(noop);
    if (isFinished(tracked.order)) return tracked.order;
    const { tracker, definition } = this.#options;
    const call = definition.cancel(this.#inMarket(tracked));
    const wasUnknown = tracked.unknown.has("cancel");
    tracker.commanding(tracked, "cancel");
    try {
      this.#canceled(tracked, await this.#send([tracked], call, "cancel", options));
    } catch (error) {
      await this.#cancelFailed(tracked, error, wasUnknown);
      if (wasNotSent(error)) throw error;
    }
    return tracked.order;
  }

  /** Cancels several orders in as few requests as the venue takes. */
  async cancelBatch(
    orders: readonly TrackedOrder[],
    options: CommandOptions,
  ): Promise<readonly CommandResult[]> {
    const each = [...new Set(orders)];
    const batch = this.#options.definition.cancelBatch;
    const errors = new Map(
      batch === undefined
        ? await this.#cancelEach(each, options)
        : await this.#run(this.#cancelChunks(each, batch, options)),
    );
    return orders.map((tracked) => ({ order: tracked.order, error: errors.get(tracked) }));
  }

  #cancelEach(
    orders: readonly TrackedOrder[],
    options: CommandOptions,
  ): Promise<(readonly [TrackedOrder, ConnError | undefined])[]> {
    return Promise.all(
      orders.map(async (tracked) => {
        try {
          await this.cancel(tracked, options);
          return [tracked, undefined] as const;
        } catch (error) {
          return [tracked, asConnError(error)] as const;
        }
      }),
    );
  }

  async #cancelChunks(
    orders: readonly TrackedOrder[],
    batch: NonNullable<TradingDefinition["cancelBatch"]>,
    options: CommandOptions,
  ): Promise<(readonly [TrackedOrder, ConnError | undefined])[]> {
    const { tracker } = this.#options;
    await Promise.all(orders.map(({ order }) => this.#placing.get(order.clientOrderId)?.catch(noop)));
    const open = orders.filter(({ order }) => !isFinished(order));
    const groups = batch.perInstrument
      ? [...Map.groupBy(open, ({ order }) => order.tradingPair).values()]
      : [open];
    const requests = groups
      .flatMap((group) => inChunks(group, batch.max))
      .map((chunk) => ({ chunk, call: batch.call(chunk.map((each) => this.#inMarket(each))) }));
    const unknown = new Set(open.filter((tracked) => tracked.unknown.has("cancel")));
    for (const tracked of open) tracker.commanding(tracked, "cancel");
    const sent = await Promise.all(
      requests.map(async ({ chunk, call }) => {
        const results = await this.#sendBatch(chunk, call, "cancel", options, {
          done: (each, update) => this.#canceled(each, update),
          failed: (each, error) => this.#cancelFailed(each, error, unknown.has(each)),
        });
        return chunk.map((tracked, index) => [tracked, results[index]?.error] as const);
      }),
    );
    return sent.flat();
  }

  /**
   * Changes price or amount of an order. Resolves with how it stands then.
   *
   * @throws {ConnError} with outcome `notSent`: the command never left.
   * @throws {OrderError} ORDER_BUSY if another command on it is under way.
   */
  amend(
    tracked: TrackedOrder,
    wanted: Pick<AmendCommand, "price" | "amount">,
    options: CommandOptions,
  ): Promise<InFlightOrder> {
    return this.#run(this.#amend(tracked, wanted, options));
  }

  async #amend(
    tracked: TrackedOrder,
    wanted: Pick<AmendCommand, "price" | "amount">,
    options: CommandOptions,
  ): Promise<InFlightOrder> {
    const { tracker, definition, venue } = this.#options;
    const { clientOrderId } = tracked.order;
    if (definition.amend === undefined) throw new TypeError("the venue amends no orders");
    // Its answer may tell the first price, and come after the word of the second.
    await this.#placing.get(clientOrderId)?.catch(noop);
    if (isFinished(tracked.order)) return tracked.order;
    const { pendingCommand, status } = tracked.order;
    if (pendingCommand !== "none" || tracked.unknown.has("amend") || status === "pendingCreate") {
      throw new OrderError("ORDER_BUSY", "another command on the order has not ended", {
        venue,
        outcome: "notSent",
        details: { clientOrderId },
      });
    }
    const call = definition.amend({ ...this.#inMarket(tracked), ...wanted });
    tracker.commanding(tracked, "amend");
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

  /** Resolves when no command is under way any more, and what came of each is written down. */
  async settled(): Promise<void> {
    // What waited for one of them may begin now, and ends by the same signal.
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  /** The calls for new orders, all made before any is sent: one that cannot be made keeps all back. */
  #callsToPlace<Answer>(
    tracked: readonly TrackedOrder[],
    chunks: readonly (readonly TrackedOrder[])[],
    make: (orders: readonly [OrderInMarket, ...OrderInMarket[]]) => RestCall<Answer>,
  ): [RestCall<Answer>, ...RestCall<Answer>[]] {
    try {
      // as: no chunk is empty.
      return chunks.map((chunk) =>
        make(chunk.map((each) => this.#inMarket(each)) as [OrderInMarket, ...OrderInMarket[]]),
      ) as [RestCall<Answer>, ...RestCall<Answer>[]];
    } catch (error) {
      this.#keepBack(tracked, error);
      throw error;
    }
  }

  /** None of these orders is sent, for an error that concerns one of them. */
  #keepBack(tracked: readonly TrackedOrder[], error: unknown): void {
    const reason: OrderReason = { kind: "notSent", message: messageOf(error) };
    for (const each of tracked) this.#options.tracker.rejected(each, reason);
  }

  /** Lets other commands on the orders wait until they are placed. */
  #placeOf<Result>(tracked: readonly TrackedOrder[], placing: Promise<Result>): Promise<Result> {
    const ids = tracked.map(({ order }) => order.clientOrderId);
    const ended = placing.finally(() => {
      for (const id of ids) this.#placing.delete(id);
    });
    for (const id of ids) this.#placing.set(id, ended);
    return ended;
  }

  /** Notes a command until all that comes of it is written down. */
  #run<Result>(command: Promise<Result>): Promise<Result> {
    this.#running.add(command);
    const end = (): void => void this.#running.delete(command);
    command.then(end, end);
    return command;
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
      // The stream has told it as accepted.
      if (!isFinished(tracked.order)) void resolver.ask(tracked);
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

  async #cancelFailed(tracked: TrackedOrder, error: unknown, wasUnknown: boolean): Promise<void> {
    const { tracker, resolver } = this.#options;
    if (wasUnknown && (wasNotSent(error) || refuses(error)) && !isAbsent(error)) {
      // This one was not carried out; that says nothing of the one before.
      resolver.watch(tracked, 0);
    } else if (wasNotSent(error)) {
      tracker.commandRefused(tracked, "cancel", { kind: "notSent", message: messageOf(error) });
    } else if (isAbsent(error)) {
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
      if (isAbsent(error)) void resolver.ask(tracked);
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
    then: BatchOutcomes,
  ): Promise<readonly CommandResult[]> {
    let answers: readonly (OrderUpdate | VenueRefusal)[] = [];
    let failure: unknown;
    try {
      answers = await this.#send(chunk, call, command, options);
    } catch (error) {
      failure = error;
    }
    const ids = new Set(chunk.map(({ order }) => order.clientOrderId));
    await Promise.all(
      chunk.map(async (tracked, index) => {
        const answer = isOfOther(answers[index], tracked, ids) ? undefined : answers[index];
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
    for (const each of tracked) this.#underWay.set(each, (this.#underWay.get(each) ?? 0) + 1);
    const end = (): void => {
      for (const each of tracked) {
        const left = (this.#underWay.get(each) ?? 0) - 1;
        if (left > 0) this.#underWay.set(each, left);
        else this.#underWay.delete(each);
      }
    };
    const lane = command === "cancel" ? "cancel" : "place";
    const tradingPair = tracked[0]?.order.tradingPair;
    const request = {
      ...call,
      lane,
      onSigned,
      ...(maxQueueMs !== undefined && { maxQueueMs }),
      ...(tradingPair !== undefined && { tradingPair }),
    } as const;
    return this.#options.call(request, signal).finally(end);
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

/** Whether an error says that the order is not in the book. */
function isAbsent(error: unknown): boolean {
  return error instanceof VenueError && (error.kind === "notFound" || error.kind === "alreadyFinished");
}

/** Whether an answer is about another order of the same request than the one in whose place it stands. */
function isOfOther(
  answer: OrderUpdate | VenueRefusal | undefined,
  { order }: TrackedOrder,
  ids: ReadonlySet<string>,
): boolean {
  if (answer === undefined || !("exchangeSymbol" in answer)) return false;
  const { clientOrderId } = answer;
  return clientOrderId !== undefined && clientOrderId !== order.clientOrderId && ids.has(clientOrderId);
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
