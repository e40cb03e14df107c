import {
  type Connector,
  type FillEvent,
  type InFlightOrder,
  isFinished,
  type OrderChange,
  type OrderEvent,
} from "@conn/core";
import type { Order } from "@conn/simulator";
import type { Counts } from "../coverage.js";
import type { SimulatedAccount } from "./simulated-account.js";

/** What a watch works with. */
export interface OrderWatchOptions {
  readonly account: SimulatedAccount;
  /** How the client order ids of the program begin. */
  readonly prefix: string;
  readonly transitions: Counts;
  readonly note: (what: string) => void;
  readonly violate: (what: string) => void;
  /** Whether the venue has lately broken its word about how long its queries may not know of an order. */
  readonly hasLied: () => boolean;
}

/** An order as the program was told of it. */
interface Watched {
  order: InFlightOrder;
  isCreated: boolean;
  readonly fills: Set<string>;
}

const ENDS: ReadonlySet<OrderChange> = new Set(["filled", "canceled", "expired", "rejected"]);

/**
 * What a program was told of its orders, over all its runs, and whether that could be true: each event in its place,
 * and never against what the venue knows.
 */
export class OrderWatch {
  readonly #options: OrderWatchOptions;
  readonly #watched = new Map<string, Watched>();
  /** Orders that were said to be absent at the venue. */
  readonly #dead = new Map<string, { readonly mayRise: boolean }>();
  /** Venue's ids of orders that have been looked at. */
  readonly #checked = new Set<string>();
  /** Venue's ids of our orders. */
  readonly #atVenue = new Map<string, string>();
  readonly #fillsAtVenue = new Map<string, string>();
  #fillsChecked = 0;

  constructor(options: OrderWatchOptions) {
    this.#options = options;
  }

  isOurs(clientOrderId: string | undefined): clientOrderId is string {
    return clientOrderId?.startsWith(this.#options.prefix) ?? false;
  }

  /** Orders as they were told last. */
  get told(): ReadonlyMap<string, Pick<Watched, "order" | "fills">> {
    return this.#watched;
  }

  onOrder({ order, change }: OrderEvent): void {
    const { note, transitions } = this.#options;
    const { clientOrderId, status, certainty } = order;
    note(
      `order ${clientOrderId} ${change}: ${status} ${order.filledAmount}/${order.amount ?? order.quoteAmount} ${certainty} ${order.pendingCommand} ${order.reason?.kind ?? ""} ${order.reason?.venueCode ?? ""}`,
    );
    if (!this.isOurs(clientOrderId)) {
      this.#violate(`an order of others was told: ${clientOrderId}`);
      return;
    }
    const watched = this.#watched.get(clientOrderId);
    const from = watched?.order.status ?? "pendingCreate";
    if (from !== status) transitions.add(`order ${from} → ${status}`);
    transitions.add(`order change ${change}`);
    this.#checkPlace(order, change, watched);
    if (change === "rejected") this.#checkAbsent(order);
    else if (ENDS.has(change)) this.#checkEnded(order, change);
    this.#note(order, watched, change === "created" || change === "revived");
  }

  onFill({ order, fill }: FillEvent): void {
    const { clientOrderId } = order;
    this.#options.note(
      `fill ${clientOrderId} ${fill.exchangeOrderId}/${fill.tradeId} ${fill.amount} at ${fill.price}`,
    );
    const watched = this.#watched.get(clientOrderId);
    if (watched === undefined || !watched.isCreated) {
      this.#violate(`a fill of ${clientOrderId} came before the order was created`);
      return;
    }
    const key = `${fill.exchangeOrderId}/${fill.tradeId}`;
    if (watched.fills.has(key)) {
      this.#violate(`the fill ${key} was told twice`);
      return;
    }
    watched.fills.add(key);
    this.#learnFills();
    const owner = this.#fillsAtVenue.get(key);
    if (owner !== clientOrderId)
      this.#violate(`the fill ${key} was told of ${clientOrderId}, and is of ${owner ?? "no order"}`);
    if (!order.fills.some((each) => each.tradeId === fill.tradeId))
      this.#violate(`the fill ${key} was told, and its order is without it`);
    this.#note(order, watched, false);
  }

  /** Looks at what the venue has taken since the last time. `isJournaled`: whether an order is written down here. */
  checkVenue(isJournaled: (clientOrderId: string) => boolean): void {
    const { account } = this.#options;
    for (const { clientOrderId, id, status } of account.orders()) {
      if (this.#checked.has(id)) continue;
      this.#checked.add(id);
      if (!this.isOurs(clientOrderId) || status === "rejected") continue;
      if (!isJournaled(clientOrderId))
        this.#violate(`the venue has ${clientOrderId}, which is not written down`);
      const dead = this.#dead.get(clientOrderId);
      if (dead !== undefined && !(dead.mayRise || this.#options.hasLied()))
        this.#violate(`the venue has ${clientOrderId}, which was said to be rejected`);
      const other = this.#atVenue.get(clientOrderId);
      if (other !== undefined) this.#violate(`the venue has ${clientOrderId} twice: ${other} and ${id}`);
      this.#atVenue.set(clientOrderId, id);
    }
  }

  /** Holds what a program that has begun anew remembers against what was told before. */
  checkMemory(connector: Pick<Connector, "order">): void {
    for (const [clientOrderId, { order }] of this.#watched) {
      const known = connector.order(clientOrderId);
      if (known === undefined) {
        this.#violate(`${clientOrderId} was told, and is forgotten`);
        return;
      }
      if (known.filledAmount.lt(order.filledAmount)) {
        this.#violate(`of ${clientOrderId} ${order.filledAmount} were filled, and are ${known.filledAmount}`);
        return;
      }
      if (isFinished(order) && !isFinished(known)) {
        this.#violate(`${clientOrderId} was ${order.status}, and is ${known.status}`);
        return;
      }
    }
  }

  #note(order: InFlightOrder, watched: Watched | undefined, isCreated: boolean): void {
    const { clientOrderId } = order;
    if (watched === undefined) this.#watched.set(clientOrderId, { order, isCreated, fills: new Set() });
    else {
      if (order.filledAmount.lt(watched.order.filledAmount))
        this.#violate(`the filled amount of ${clientOrderId} fell from ${watched.order.filledAmount}`);
      watched.order = order;
      watched.isCreated ||= isCreated;
    }
  }

  #checkPlace(order: InFlightOrder, change: OrderChange, watched: Watched | undefined): void {
    const { clientOrderId, status } = order;
    const before = watched?.order;
    const wrong = (why: string): void => this.#violate(`${clientOrderId} was told to be ${change}${why}`);
    if (change === "created" && watched?.isCreated) {
      wrong(" twice");
      return;
    }
    if (!watched?.isCreated && !BEFORE_CREATED.has(change)) {
      wrong(" before it was created");
      return;
    }
    if (ENDS.has(change) && status !== change) {
      wrong(`, and is ${status}`);
      return;
    }
    if (change === "unknown" && before?.certainty === "unknown") {
      wrong(" twice");
      return;
    }
    if (change === "known" && (before === undefined || before.certainty === "known")) {
      wrong(" without having been unknown");
      return;
    }
    if (before === undefined || !isFinished(before) || change === "fees") return;
    const isLate = change === "filled" && (before.status === "canceled" || before.status === "expired");
    const isRevived =
      change === "revived" && before.status === "rejected" && before.reason?.kind === "notFound";
    if (!isLate && !isRevived) wrong(` after it was ${before.status}`);
    if (isRevived && !this.#options.hasLied() && !this.#dead.get(clientOrderId)?.mayRise)
      wrong(", having been declared dead without proof");
  }

  #checkAbsent({ clientOrderId, reason }: InFlightOrder): void {
    const { hasLied } = this.#options;
    const mayRise = reason?.kind === "notFound" && hasLied();
    this.#dead.set(clientOrderId, { mayRise });
    const atVenue = this.#orderAtVenue(clientOrderId);
    if (atVenue === undefined || atVenue.status === "rejected" || mayRise) return;
    this.#violate(
      `${clientOrderId} was told to be rejected (${reason?.kind}), and the venue has it as ${atVenue.status}`,
    );
  }

  #checkEnded({ clientOrderId }: InFlightOrder, change: OrderChange): void {
    const atVenue = this.#orderAtVenue(clientOrderId);
    if (atVenue === undefined) {
      // What the venue has forgotten has ended long ago.
      if (!this.#atVenue.has(clientOrderId))
        this.#violate(`${clientOrderId} was told to be ${change}, and the venue has it not`);
      return;
    }
    if (atVenue.status === "open")
      this.#violate(`${clientOrderId} was told to be ${change}, and is open at the venue`);
  }

  #orderAtVenue(clientOrderId: string): Order | undefined {
    return this.#options.account.orders().findLast((order) => order.clientOrderId === clientOrderId);
  }

  #learnFills(): void {
    const { account } = this.#options;
    const fills = account.fills();
    for (const fill of fills.slice(this.#fillsChecked)) {
      this.#fillsAtVenue.set(`${fill.orderId}/${account.tradeIdOf(fill)}`, fill.clientOrderId ?? "");
    }
    this.#fillsChecked = fills.length;
  }

  #violate(what: string): void {
    this.#options.violate(what);
  }
}

/** What may be told of an order that the venue has not been said to have. */
const BEFORE_CREATED: ReadonlySet<OrderChange> = new Set([
  "created",
  "rejected",
  "unknown",
  "known",
  "cancelRefused",
  // It was refused, as was thought, and the venue has it after all.
  "revived",
]);
