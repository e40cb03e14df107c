import { type Decimal, ZERO } from "../decimal/decimal.js";
import { type ConnError, OrderError } from "../errors/index.js";
import { type Fill, type InFlightOrder, isFinished, type OrderReason } from "../model/index.js";
import type { FillUpdate, OrderUpdate } from "./account-messages.js";
import { ORDER_TRANSITIONS } from "./order-transitions.js";
import {
  addFill,
  createFillSums,
  fillKey,
  isFilledUp,
  knownFill,
  type OrderCommand,
  type TrackedOrder,
  tellFees,
} from "./tracked-order.js";

/**
 * What happened to an order.
 * - `created`: the venue has it. It comes before every other change but `rejected`, `unknown`, `known` and
 *   `cancelRefused`: what may have arrived can be canceled.
 * - `triggered`: its condition was met, and it works.
 * - `amended`: its price or amount is another.
 * - `filled`, `canceled`, `expired`, `rejected`: it ended. `filled` comes after all of its fills.
 * - `unknown`: a command may or may not have been carried out; `known`: that has been found out.
 * - `revived`: it was taken for absent, on proof, or for refused, and the venue has it after all.
 * - `cancelRefused`, `amendRefused`: the order is as it was; its `reason` says why.
 * - `fees`: the venue has told fees of a fill that it had told without.
 */
export type OrderChange =
  | "created"
  | "triggered"
  | "amended"
  | "filled"
  | "canceled"
  | "expired"
  | "rejected"
  | "unknown"
  | "known"
  | "revived"
  | "cancelRefused"
  | "amendRefused"
  | "fees";

/** Told what the tracker finds. Each order is as it was right after that change. */
export interface ClientOrderTrackerOwner {
  /** Writes down an order that is about to leave. What this throws keeps it from leaving. */
  begin(tracked: TrackedOrder): void;
  /**
   * Writes down how an order stands, before anybody is told. `fills` are those that are new, or tell more. Must not
   * throw: what has happened at the venue is told even if it cannot be stored.
   */
  save(tracked: TrackedOrder, fills: readonly Fill[]): void;
  onOrder(order: InFlightOrder, change: OrderChange): void;
  onFill(order: InFlightOrder, fill: Fill): void;
  /** The venue contradicts itself or us. */
  onAlarm(error: ConnError, order: InFlightOrder): void;
}

/** What a tracker works with. */
export interface ClientOrderTrackerOptions {
  readonly venue: string;
  /** `cumulative`: the venue tells no single fills, and what its totals grow by counts as one. */
  readonly fills: "each" | "cumulative";
  /** How many finished orders are remembered. */
  readonly keepFinished: number;
  readonly now: () => number;
  /** What the venue's clock shows at least, in ms since 1970-01-01 UTC. */
  readonly venueTime: () => number;
}

/** Facts by which an order begins. */
export type NewOrder = Omit<
  InFlightOrder,
  | "exchangeOrderId"
  | "status"
  | "pendingCommand"
  | "certainty"
  | "filledAmount"
  | "filledQuoteAmount"
  | "averagePrice"
  | "fills"
  | "fees"
  | "reason"
  | "lastUpdateTimestamp"
>;

/** Most fills kept that came before their order's id was known. */
const MOST_EARLY_FILLS = 1_000;

type Telling =
  | { readonly change: OrderChange; readonly order: InFlightOrder }
  | { readonly fill: Fill; readonly order: InFlightOrder }
  | { readonly alarm: ConnError; readonly order: InFlightOrder };

/**
 * Knows every order of this program and how it stands. Takes the venue's words in whatever order they come and as
 * often as they come; what is late or said before changes nothing and is not told again.
 */
export class ClientOrderTracker {
  readonly #options: ClientOrderTrackerOptions;
  readonly #owner: ClientOrderTrackerOwner;
  readonly #active = new Map<string, TrackedOrder>();
  readonly #finished = new Map<string, TrackedOrder>();
  readonly #byExchangeId = new Map<string, TrackedOrder>();
  /** Under which key of `#byExchangeId` an order is, by client order id. */
  readonly #exchangeKeys = new Map<string, string>();
  /** How many orders that have not ended there are, by pair, and of how many the id at the venue is not known. */
  readonly #activeIn = new Map<string, number>();
  readonly #unnamed = new Set<string>();
  /** Fills of orders whose id at the venue is not known: perhaps ours, whose acknowledgement is on its way. */
  readonly #early = new Map<string, FillUpdate[]>();
  #earlyCount = 0;
  /** What is still to be told: a listener may give a command meanwhile, whose news come after. */
  readonly #telling: Telling[] = [];
  #isTelling = false;

  constructor(options: ClientOrderTrackerOptions, owner: ClientOrderTrackerOwner) {
    this.#options = options;
    this.#owner = owner;
  }

  /** Orders that have not ended, by client order id, oldest first. */
  *active(): IterableIterator<TrackedOrder> {
    yield* this.#active.values();
  }

  /** Orders that have ended not long ago, in the order in which they ended. */
  *finished(): IterableIterator<TrackedOrder> {
    yield* this.#finished.values();
  }

  /** How many orders in an instrument have not ended. */
  activeIn(tradingPair: string): number {
    return this.#activeIn.get(tradingPair) ?? 0;
  }

  get(clientOrderId: string): TrackedOrder | undefined {
    return this.#active.get(clientOrderId) ?? this.#finished.get(clientOrderId);
  }

  /** The order of ours that a message is about, if any. */
  find(message: {
    readonly clientOrderId: string | undefined;
    readonly exchangeOrderId: string | undefined;
    readonly exchangeSymbol: string;
  }): TrackedOrder | undefined {
    const { clientOrderId, exchangeOrderId, exchangeSymbol } = message;
    const byOurs = clientOrderId === undefined ? undefined : this.get(clientOrderId);
    if (byOurs !== undefined) {
      const known = byOurs.order.exchangeOrderId;
      // Where a venue lets an id be used again, another program may have done so.
      return known === undefined || exchangeOrderId === undefined || known === exchangeOrderId
        ? byOurs
        : undefined;
    }
    if (exchangeOrderId === undefined) return undefined;
    return this.#byExchangeId.get(`${exchangeSymbol}/${exchangeOrderId}`);
  }

  /**
   * Takes up an order before it is sent. When it returns, the order is written down.
   *
   * @throws what `begin` throws; then there is no such order.
   */
  create(fields: NewOrder): TrackedOrder {
    const tracked: TrackedOrder = {
      order: {
        ...fields,
        exchangeOrderId: undefined,
        status: "pendingCreate",
        pendingCommand: "none",
        certainty: "known",
        filledAmount: ZERO,
        filledQuoteAmount: ZERO,
        averagePrice: undefined,
        fills: [],
        fees: [],
        reason: undefined,
        lastUpdateTimestamp: fields.creationTimestamp,
      },
      unknown: new Set(),
      filledTold: false,
      lastSequence: undefined,
      lastExchangeTimestamp: 0,
      sent: false,
      validUntil: 0,
      placeableUntil: 0,
      venueTimestamp: this.#options.venueTime(),
      sums: createFillSums(),
    };
    this.#owner.begin(tracked);
    this.#activate(tracked);
    return tracked;
  }

  /** Takes up an order as it was written down. */
  restore(tracked: TrackedOrder, exchangeSymbol: string): void {
    const { order } = tracked;
    if (isFinished(order)) this.#finished.set(order.clientOrderId, tracked);
    else this.#activate(tracked);
    if (order.exchangeOrderId !== undefined)
      this.#nameByVenue(tracked, `${exchangeSymbol}/${order.exchangeOrderId}`);
  }

  /** A command is to be sent for it, as soon as the rate limit allows. */
  commanding(tracked: TrackedOrder, command: "cancel" | "amend"): void {
    tracked.order = { ...tracked.order, pendingCommand: command };
    this.#owner.save(tracked, []);
  }

  /**
   * A request for it has been signed and is about to leave. When it returns, that is written down.
   *
   * @throws what `begin` throws, for a request to place it, which must not leave then. Others may: a disk that is full
   *   must not keep anybody from canceling.
   */
  signed(tracked: TrackedOrder, command: OrderCommand, validUntil = Number.POSITIVE_INFINITY): void {
    const { sent, validUntil: before, placeableUntil } = tracked;
    tracked.sent = true;
    tracked.validUntil = Math.max(before, validUntil);
    if (command !== "place") {
      this.#owner.save(tracked, []);
      return;
    }
    tracked.placeableUntil = Math.max(placeableUntil, validUntil);
    try {
      this.#owner.begin(tracked);
    } catch (error) {
      tracked.sent = sent;
      tracked.validUntil = before;
      tracked.placeableUntil = placeableUntil;
      throw error;
    }
  }

  /** Nothing is known of what became of a command. */
  unknown(tracked: TrackedOrder, command: OrderCommand): void {
    // Its fate is known already: by the stream, which was faster than the failure.
    if (isFinished(tracked.order) || (command === "place" && tracked.order.status !== "pendingCreate"))
      return;
    this.#doubt(tracked, command);
  }

  /** The venue, which had accepted the order, says that it does not know it: nobody knows how it stands. */
  lost(tracked: TrackedOrder): void {
    if (!isFinished(tracked.order)) this.#doubt(tracked, "place");
  }

  /** The venue has refused the order, or it never left, or is proven absent. */
  rejected(tracked: TrackedOrder, reason: OrderReason): void {
    const { status } = tracked.order;
    if (status !== "pendingCreate") {
      if (isFinished(tracked.order)) return;
      this.#tell(tracked, { ...tracked }, [
        {
          alarm: this.#alarm(
            "ORDER_CONTRADICTED",
            "the venue refuses an order that it has accepted",
            tracked,
          ),
          order: tracked.order,
        },
      ]);
      return;
    }
    const before = { ...tracked };
    const told: Telling[] = [];
    this.#end(tracked, "rejected", reason, told);
    this.#tell(tracked, before, told);
  }

  /** The venue has refused to cancel or amend it, or it is proven that it never got that command. */
  commandRefused(tracked: TrackedOrder, command: "cancel" | "amend", reason: OrderReason): void {
    if (isFinished(tracked.order)) return;
    const before = { ...tracked };
    const told: Telling[] = [];
    if (tracked.order.pendingCommand === command) {
      tracked.order = { ...tracked.order, pendingCommand: "none", reason };
      told.push(this.#change(tracked, command === "cancel" ? "cancelRefused" : "amendRefused"));
    }
    this.#settle(tracked, command, told);
    if (command === "amend") this.#weigh(tracked, told);
    else this.#complete(tracked, told);
    this.#tell(tracked, before, told);
  }

  /** An amendment has been carried out, as the venue says without telling price and amount. */
  amended(tracked: TrackedOrder): void {
    if (isFinished(tracked.order)) return;
    const before = { ...tracked };
    const told: Telling[] = [];
    if (tracked.order.pendingCommand === "amend")
      tracked.order = { ...tracked.order, pendingCommand: "none" };
    this.#settle(tracked, "amend", told);
    this.#weigh(tracked, told);
    this.#tell(tracked, before, told);
  }

  /** Its missing fills will not come; the order ends without them. */
  endWithoutFills(tracked: TrackedOrder): void {
    if (!tracked.filledTold || isFinished(tracked.order)) return;
    const before = { ...tracked };
    const told: Telling[] = [
      {
        alarm: this.#alarm("FILLS_MISSING", "the venue says filled, and does not tell all fills", tracked),
        order: tracked.order,
      },
    ];
    this.#end(tracked, "filled", undefined, told);
    this.#tell(tracked, before, told);
  }

  /** The venue speaks of an order; false if it is none of ours. */
  applyUpdate(update: OrderUpdate): boolean {
    const tracked = this.find(update);
    if (tracked === undefined) return false;
    const before = { ...tracked };
    const told: Telling[] = [];
    const fills: Fill[] = [];
    const wasRefused = isRefusal(tracked);
    this.#learnExchangeId(tracked, update, told, fills);
    const isOld = this.#isOld(tracked, update);
    if (update.status !== undefined) {
      const isThere = wasRefused && (update.status === "open" || update.status === "untriggered");
      if (isThere || update.status === "filled") this.#contradict(tracked, told);
      this.#exists(tracked, update.status, update, told);
    }
    this.#takeTotal(tracked, update, told, fills);
    if (!isOld) this.#revise(tracked, update, told);
    if (update.status !== undefined) this.#advance(tracked, update.status, update, told);
    this.#complete(tracked, told);
    this.#tell(tracked, before, told, fills);
    return true;
  }

  /** The venue tells a trade; false if it is of none of our orders, as far as known. */
  applyFill(update: FillUpdate): boolean {
    const tracked = this.find(update);
    if (tracked === undefined) {
      this.#keepEarly(update);
      return false;
    }
    const before = { ...tracked };
    const told: Telling[] = [];
    const fills: Fill[] = [];
    this.#learnExchangeId(tracked, update, told, fills);
    this.#take(tracked, update, told, fills);
    this.#complete(tracked, told);
    this.#tell(tracked, before, told, fills);
    return true;
  }

  /**
   * Forgets finished orders beyond the number that is kept, as far as nothing has happened to them since a time, in ms
   * since 1970-01-01 UTC. Returns those that are forgotten.
   */
  prune(unchangedSince: number): TrackedOrder[] {
    const forgotten: TrackedOrder[] = [];
    for (const [id, tracked] of this.#finished) {
      if (this.#finished.size <= this.#options.keepFinished) break;
      if (tracked.order.lastUpdateTimestamp >= unchangedSince) break;
      this.#finished.delete(id);
      forgotten.push(tracked);
    }
    for (const { order } of forgotten) {
      const key = this.#exchangeKeys.get(order.clientOrderId);
      if (key === undefined) continue;
      this.#exchangeKeys.delete(order.clientOrderId);
      this.#byExchangeId.delete(key);
    }
    return forgotten;
  }

  #activate(tracked: TrackedOrder): void {
    const { clientOrderId, tradingPair, exchangeOrderId } = tracked.order;
    this.#finished.delete(clientOrderId);
    this.#active.set(clientOrderId, tracked);
    this.#activeIn.set(tradingPair, this.activeIn(tradingPair) + 1);
    if (exchangeOrderId === undefined) this.#unnamed.add(clientOrderId);
  }

  #nameByVenue(tracked: TrackedOrder, key: string): void {
    const { clientOrderId } = tracked.order;
    this.#byExchangeId.set(key, tracked);
    this.#exchangeKeys.set(clientOrderId, key);
    this.#unnamed.delete(clientOrderId);
  }

  #doubt(tracked: TrackedOrder, command: OrderCommand): void {
    const before = { ...tracked };
    const told: Telling[] = [];
    tracked.unknown.add(command);
    if (tracked.order.certainty === "known") {
      tracked.order = { ...tracked.order, certainty: "unknown" };
      told.push(this.#change(tracked, "unknown"));
    }
    this.#tell(tracked, before, told);
  }

  /** Takes what the venue says is filled in all. */
  #takeTotal(tracked: TrackedOrder, update: OrderUpdate, told: Telling[], fills: Fill[]): void {
    const { order } = tracked;
    // Where it is filled without a word of how much, it is all of it.
    const total =
      update.filledAmount ?? (update.status === "filled" ? (update.amount ?? order.amount) : undefined);
    if (total === undefined) return;
    if (total.gt(0)) this.#contradict(tracked, told);
    if (this.#options.fills === "cumulative" && total.gt(tracked.sums.amount)) {
      const grown = growth(tracked, { ...update, filledAmount: total }, this.#options.now());
      if (grown !== undefined) {
        this.#addFill(tracked, grown, told, fills);
        return;
      }
    }
    if (total.lte(tracked.order.filledAmount)) return;
    const before = tracked.order.filledAmount;
    tracked.order = { ...tracked.order, filledAmount: total };
    this.#watchForOverfill(tracked, before, told);
  }

  /** The venue has what it has refused, as we understood it, or what we had not sent, as we thought. */
  #contradict(tracked: TrackedOrder, told: Telling[]): void {
    const { order } = tracked;
    if (order.status !== "rejected" || order.reason?.kind === "notFound") return;
    const message = "the venue has an order that it had refused";
    told.push({ alarm: this.#alarm("ORDER_CONTRADICTED", message, tracked), order });
    this.#revive(tracked, "open", told);
  }

  #revive(tracked: TrackedOrder, status: "open" | "untriggered", told: Telling[]): void {
    this.#activate(tracked);
    tracked.order = { ...tracked.order, status, reason: undefined };
    told.push(this.#change(tracked, "revived"));
  }

  #learnExchangeId(
    tracked: TrackedOrder,
    { exchangeOrderId, exchangeSymbol }: { exchangeOrderId: string | undefined; exchangeSymbol: string },
    told: Telling[],
    fills: Fill[],
  ): void {
    if (exchangeOrderId === undefined || tracked.order.exchangeOrderId !== undefined) return;
    tracked.order = { ...tracked.order, exchangeOrderId };
    const key = `${exchangeSymbol}/${exchangeOrderId}`;
    this.#nameByVenue(tracked, key);
    const early = this.#early.get(key);
    if (early === undefined) return;
    this.#early.delete(key);
    this.#earlyCount -= early.length;
    for (const fill of early) this.#take(tracked, fill, told, fills);
  }

  #take(tracked: TrackedOrder, update: FillUpdate, told: Telling[], fills: Fill[]): void {
    const { clientOrderId: _, exchangeSymbol: __, ...facts } = update;
    const { tradingPair } = tracked.order;
    this.#addFill(tracked, { ...facts, tradingPair, receivedTimestamp: this.#options.now() }, told, fills);
  }

  #addFill(tracked: TrackedOrder, fill: Fill, told: Telling[], fills: Fill[]): void {
    const key = fillKey(fill);
    const known = knownFill(tracked, key);
    if (known !== undefined) {
      if (known.fees !== undefined || fill.fees === undefined) return;
      const fuller = { ...known, fees: fill.fees, liquidity: known.liquidity ?? fill.liquidity };
      tellFees(tracked, fuller);
      fills.push(fuller);
      told.push(this.#change(tracked, "fees"));
      return;
    }
    // A trade proves that the venue has the order.
    this.#contradict(tracked, told);
    this.#exists(tracked, "open", {}, told);
    if (tracked.order.status === "untriggered") this.#advance(tracked, "open", {}, told);
    const before = tracked.order.filledAmount;
    addFill(tracked, fill);
    tracked.order = { ...tracked.order, lastUpdateTimestamp: this.#options.now() };
    fills.push(fill);
    told.push({ fill, order: tracked.order });
    this.#watchForOverfill(tracked, before, told);
  }

  /** The venue knows the order. */
  #exists(
    tracked: TrackedOrder,
    status: NonNullable<OrderUpdate["status"]>,
    words: Pick<OrderUpdate, "venueCode" | "message">,
    told: Telling[],
  ): void {
    const { order } = tracked;
    if (status === "rejected") return;
    if (order.status === "rejected" && order.reason?.kind === "notFound") {
      this.#revive(tracked, status === "untriggered" ? status : "open", told);
    } else if (order.status === "pendingCreate") {
      this.#advance(tracked, status === "untriggered" ? status : "open", words, told);
    }
    this.#settle(tracked, "place", told);
  }

  /** Goes to a status if the table lets it. */
  #advance(
    tracked: TrackedOrder,
    status: NonNullable<OrderUpdate["status"]>,
    { venueCode, message }: Pick<OrderUpdate, "venueCode" | "message">,
    told: Telling[],
  ): void {
    const from = tracked.order.status;
    const ground = ORDER_TRANSITIONS[from][status];
    if (ground !== "told") return;
    if (status === "open" || status === "untriggered") {
      tracked.order = { ...tracked.order, status };
      told.push(this.#change(tracked, from === "untriggered" ? "triggered" : "created"));
      return;
    }
    if (status === "filled") {
      tracked.filledTold = true;
      return;
    }
    const words: OrderReason = {
      kind: "venue",
      ...(venueCode !== undefined && { venueCode }),
      ...(message !== undefined && { message }),
    };
    const wasRequested = status === "canceled" && tracked.order.pendingCommand === "cancel";
    this.#end(tracked, status, wasRequested ? { ...words, kind: "requested" } : words, told);
  }

  /** Its amount is known again: what has traded may be all of it, or too much. */
  #weigh(tracked: TrackedOrder, told: Telling[]): void {
    this.#watchForOverfill(tracked, ZERO, told);
    this.#complete(tracked, told);
  }

  /** Ends what is filled, once all of its fills are known. */
  #complete(tracked: TrackedOrder, told: Telling[]): void {
    const { order } = tracked;
    if (tracked.sums.amount.lt(order.filledAmount)) return;
    const ground = ORDER_TRANSITIONS[order.status].filled;
    const isUp = isFilledUp(order);
    // An amendment that may be carried out already may have made room for more. By quote amount, only the venue knows
    // when it is done.
    const isAll = isUp && !isAmending(tracked);
    if (ground === "told" && (isAll || (tracked.filledTold && order.filledAmount.gt(0))))
      this.#end(tracked, "filled", undefined, told);
    else if (ground === "filledUp" && isUp) this.#end(tracked, "filled", undefined, told);
  }

  #end(
    tracked: TrackedOrder,
    status: "filled" | "canceled" | "expired" | "rejected",
    reason: OrderReason | undefined,
    told: Telling[],
  ): void {
    const { clientOrderId, tradingPair } = tracked.order;
    tracked.unknown.clear();
    tracked.filledTold = false;
    tracked.order = { ...tracked.order, status, pendingCommand: "none", certainty: "known", reason };
    if (this.#active.delete(clientOrderId)) {
      this.#activeIn.set(tradingPair, this.activeIn(tradingPair) - 1);
      this.#unnamed.delete(clientOrderId);
    }
    // The newest last, so that the oldest are forgotten first.
    this.#finished.delete(clientOrderId);
    this.#finished.set(clientOrderId, tracked);
    told.push(this.#change(tracked, status));
  }

  /** Takes over price and amount as they are now. */
  #revise(tracked: TrackedOrder, update: OrderUpdate, told: Telling[]): void {
    const { order } = tracked;
    if (isFinished(order) || order.status === "pendingCreate") return;
    const price = order.price === undefined ? undefined : (update.price ?? order.price);
    const amount = order.amount === undefined ? undefined : (update.amount ?? order.amount);
    const samePrice = price === undefined || order.price === undefined || price.eq(order.price);
    const sameAmount = amount === undefined || order.amount === undefined || amount.eq(order.amount);
    if (samePrice && sameAmount) return;
    const wasAsked = order.pendingCommand === "amend";
    tracked.order = { ...order, price, amount, pendingCommand: wasAsked ? "none" : order.pendingCommand };
    told.push(this.#change(tracked, "amended"));
    this.#settle(tracked, "amend", told);
    if (wasAsked) this.#watchForOverfill(tracked, ZERO, told);
  }

  /** What became of a command is known. */
  #settle(tracked: TrackedOrder, command: OrderCommand, told: Telling[]): void {
    if (!tracked.unknown.delete(command) || tracked.unknown.size > 0) return;
    tracked.order = { ...tracked.order, certainty: "known" };
    told.push(this.#change(tracked, "known"));
  }

  /** Whether a message tells an older state than another that has come already. */
  #isOld(tracked: TrackedOrder, { sequence, exchangeTimestamp }: OrderUpdate): boolean {
    if (sequence !== undefined) {
      if (tracked.lastSequence !== undefined && sequence < tracked.lastSequence) return true;
      tracked.lastSequence = sequence;
    }
    if (exchangeTimestamp !== undefined) {
      if (exchangeTimestamp < tracked.lastExchangeTimestamp) return true;
      tracked.lastExchangeTimestamp = exchangeTimestamp;
    }
    return false;
  }

  /** Raises the alarm for what has come on top since, not for each message that tells of it. */
  #watchForOverfill(tracked: TrackedOrder, before: Decimal, told: Telling[]): void {
    const { amount, filledAmount } = tracked.order;
    if (amount === undefined || filledAmount.lte(amount) || filledAmount.lte(before)) return;
    if (isAmending(tracked)) return;
    told.push({
      alarm: this.#alarm("OVERFILLED", `filled ${filledAmount} of ${amount}`, tracked),
      order: tracked.order,
    });
  }

  #keepEarly(update: FillUpdate): void {
    // With every id known, it can only be of somebody else's order.
    if (this.#unnamed.size === 0) return;
    const key = `${update.exchangeSymbol}/${update.exchangeOrderId}`;
    const kept = this.#early.get(key) ?? [];
    const isTold = ({ tradeId, fees }: FillUpdate): boolean =>
      tradeId === update.tradeId && (fees !== undefined || update.fees === undefined);
    if (kept.some(isTold)) return;
    this.#early.set(key, [...kept, update]);
    this.#earlyCount += 1;
    for (const [oldest, fills] of this.#early) {
      if (this.#earlyCount <= MOST_EARLY_FILLS) break;
      this.#early.delete(oldest);
      this.#earlyCount -= fills.length;
    }
  }

  #change(tracked: TrackedOrder, change: OrderChange): Telling {
    tracked.order = { ...tracked.order, lastUpdateTimestamp: this.#options.now() };
    return { change, order: tracked.order };
  }

  #alarm(code: OrderError["code"], message: string, { order }: TrackedOrder): OrderError {
    const { clientOrderId, tradingPair } = order;
    return new OrderError(code, message, {
      venue: this.#options.venue,
      details: { clientOrderId, tradingPair },
    });
  }

  /** Writes down, then tells: what was told is never forgotten. */
  #tell(
    tracked: TrackedOrder,
    before: TrackedOrder,
    told: readonly Telling[],
    fills: readonly Fill[] = [],
  ): void {
    const { order, filledTold } = tracked;
    if (order !== before.order || filledTold !== before.filledTold || fills.length > 0)
      this.#owner.save(tracked, fills);
    this.#telling.push(...told);
    if (this.#isTelling) return;
    this.#isTelling = true;
    try {
      for (let each = this.#telling.shift(); each !== undefined; each = this.#telling.shift()) {
        if ("change" in each) this.#owner.onOrder(each.order, each.change);
        else if ("fill" in each) this.#owner.onFill(each.order, each.fill);
        else this.#owner.onAlarm(each.alarm, each.order);
      }
    } finally {
      this.#isTelling = false;
    }
  }
}

/** Whether its amount may be another at the venue: then no sum of fills shows that it is filled, or too much of it. */
function isAmending({ order, unknown }: TrackedOrder): boolean {
  return order.pendingCommand === "amend" || unknown.has("amend");
}

/** Whether the order counts as refused although the venue has never named it: by an answer, which may be read wrongly. */
function isRefusal({ order: { status, exchangeOrderId } }: TrackedOrder): boolean {
  return status === "rejected" && exchangeOrderId === undefined;
}

/** What an order's total has grown by, as one fill, for venues that tell totals only; undefined without a price. */
function growth({ order, sums }: TrackedOrder, update: OrderUpdate, now: number): Fill | undefined {
  const { filledAmount, averagePrice, exchangeTimestamp = now } = update;
  const { tradingPair, side, exchangeOrderId } = order;
  if (filledAmount === undefined || averagePrice === undefined || exchangeOrderId === undefined)
    return undefined;
  const amount = filledAmount.minus(sums.amount);
  const price = averagePrice.times(filledAmount).minus(order.filledQuoteAmount).div(amount);
  return {
    tradingPair,
    exchangeOrderId,
    tradeId: `total-${filledAmount}`,
    side,
    // An average that the venue has rounded may leave nothing for a small part.
    price: price.gt(0) ? price : averagePrice,
    amount,
    fees: undefined,
    liquidity: undefined,
    exchangeTimestamp,
    receivedTimestamp: now,
  };
}
