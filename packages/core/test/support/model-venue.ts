import type {
  AmendCommand,
  BalanceListing,
  FillUpdate,
  OrderInMarket,
  OrderUpdate,
  TradingDefinition,
  VenueRefusal,
} from "../../src/account/index.js";
import { AuthError, Decimal, type RefusalKind, VenueError } from "../../src/index.js";
import type { RestCall } from "../../src/transport/index.js";

/** What a call does at the venue when it gets there. */
const acts = new WeakMap<object, () => unknown>();

/** An order as the venue has it. */
export interface VenueOrder {
  readonly clientOrderId: string;
  readonly exchangeOrderId: string;
  readonly side: "buy" | "sell";
  price: Decimal;
  amount: Decimal;
  filled: Decimal;
  status: "open" | "filled" | "canceled";
  updatedAt: number;
  /** Queries and lists know it from then on. */
  readonly visibleAt: number;
  readonly fills: FillUpdate[];
}

export const SYMBOL = "BTCUSDT";
export const FUNDS = new Decimal(1_000_000);
export const TIMES = { receiveWindowMs: 5_000, queryLagMs: 2_000, retentionMs: 86_400_000 };

/** A small venue: what it does is true, whoever hears of it. Each buy needs price × amount, filled or not. */
export class ModelVenue {
  readonly orders = new Map<string, VenueOrder>();
  readonly #now: () => number;
  readonly #emit: (words: { readonly fill?: FillUpdate; readonly update: OrderUpdate }) => void;
  /** Age at which queries come to know an order, in ms. */
  lagMs = 0;
  #count = 0;

  constructor(
    now: () => number,
    emit: (words: { readonly fill?: FillUpdate; readonly update: OrderUpdate }) => void,
  ) {
    this.#now = now;
    this.#emit = emit;
  }

  /** Carries out what a call asks for. */
  act<Answer>(call: RestCall<Answer>): Answer {
    // Spread by those who add facts to a call: it is known by its reader.
    return acts.get(call.parse)?.() as Answer;
  }

  byClientId(clientOrderId: string): VenueOrder | undefined {
    for (const order of this.orders.values()) if (order.clientOrderId === clientOrderId) return order;
    return undefined;
  }

  get open(): VenueOrder[] {
    return [...this.orders.values()].filter(({ status }) => status === "open");
  }

  get available(): Decimal {
    let left = FUNDS;
    for (const { status, price, amount, filled } of this.orders.values())
      left = left.minus(price.times(status === "open" ? amount : filled));
    return left;
  }

  place(clientOrderId: string, side: "buy" | "sell", price: Decimal, amount: Decimal): OrderUpdate {
    if (this.byClientId(clientOrderId) !== undefined) throw refusal("duplicateClientOrderId");
    this.#count += 1;
    const order: VenueOrder = {
      clientOrderId,
      exchangeOrderId: `e${this.#count}`,
      side,
      price,
      amount,
      filled: new Decimal(0),
      status: "open",
      updatedAt: this.#now(),
      visibleAt: this.#now() + this.lagMs,
      fills: [],
    };
    this.orders.set(order.exchangeOrderId, order);
    return this.#changed(order);
  }

  cancel(order: VenueOrder): OrderUpdate {
    if (order.status !== "open") throw refusal("notFound");
    order.status = "canceled";
    return this.#changed(order);
  }

  fill(order: VenueOrder, wanted: Decimal): void {
    if (order.status !== "open") return;
    const amount = Decimal.min(wanted, order.amount.minus(order.filled));
    order.filled = order.filled.plus(amount);
    if (order.filled.gte(order.amount)) order.status = "filled";
    const fill: FillUpdate = {
      exchangeSymbol: SYMBOL,
      exchangeOrderId: order.exchangeOrderId,
      clientOrderId: order.fills.length % 2 === 0 ? undefined : order.clientOrderId,
      tradeId: `t${order.fills.length}`,
      side: order.side,
      price: order.price,
      amount,
      fees: [{ asset: "USDT", amount: new Decimal("0.1") }],
      liquidity: "maker",
      exchangeTimestamp: this.#now(),
    };
    order.fills.push(fill);
    this.#changed(order, fill);
  }

  amend(order: VenueOrder, price: Decimal, amount: Decimal): OrderUpdate {
    if (order.status !== "open") throw refusal("notFound");
    order.price = price;
    order.amount = Decimal.max(amount, order.filled);
    // What has traded as much already is taken out of the book.
    if (order.amount.eq(order.filled)) order.status = order.filled.isZero() ? "canceled" : "filled";
    return this.#changed(order);
  }

  listing(): BalanceListing {
    const usdt = { asset: "USDT", total: FUNDS, available: this.available, exchangeTimestamp: undefined };
    return { balances: [usdt], exchangeTimestamp: undefined };
  }

  /** Its private side, for whoever sends calls to `act`. */
  define(overrides: Partial<TradingDefinition> = {}): TradingDefinition {
    const legs = <Item>(items: readonly Item[], act: (item: Item) => OrderUpdate) =>
      items.map((item): OrderUpdate | VenueRefusal => {
        try {
          return act(item);
        } catch (error) {
          if (error instanceof VenueError) return { venueCode: error.kind ?? "", message: "" };
          throw error;
        }
      });
    const place = ({ order }: OrderInMarket): OrderUpdate => {
      const { filledAmount: _, ...acknowledgement } = this.place(
        order.clientOrderId,
        order.side,
        order.price as Decimal,
        order.amount as Decimal,
      );
      return acknowledgement;
    };
    const cancel = (command: OrderInMarket): OrderUpdate => this.cancel(this.#find(command));
    return {
      clientOrderIds: { prefix: "c", maxLength: 36, alphabet: "lowercase" },
      times: TIMES,
      fees: { makerRate: new Decimal(0), takerRate: new Decimal(0), charged: "addedToCost" },
      place: (command) => callTo("place", () => place(command)),
      placeBatch: { max: 2, call: (commands) => callTo("placeBatch", () => legs(commands, place)) },
      cancel: (command) => callTo("cancel", () => cancel(command)),
      cancelBatch: {
        max: 2,
        perInstrument: true,
        call: (commands) => callTo("cancelBatch", () => legs(commands, cancel)),
      },
      amend: (command: AmendCommand) =>
        callTo("amend", () => this.amend(this.#find(command), command.price, command.amount)),
      query: (command) => callTo("query", () => this.#update(this.#find(command, true))),
      openOrders: () =>
        callTo("openOrders", () =>
          this.open.filter(({ visibleAt }) => visibleAt <= this.#now()).map((order) => this.#update(order)),
        ),
      fills: {
        perInstrument: true,
        maxSpanMs: 3_600_000,
        call: ({ exchangeOrderId, cursor, fromTimestamp }) =>
          callTo("fills", () => {
            const all = [...this.orders.values()]
              .flatMap(({ fills }) => fills)
              .filter((fill) => exchangeOrderId === undefined || fill.exchangeOrderId === exchangeOrderId)
              .filter((fill) => fill.exchangeTimestamp >= fromTimestamp);
            const from = Number(cursor ?? 0);
            const next = from + 3;
            return {
              fills: all.slice(from, next),
              cursor: next < all.length ? String(next) : undefined,
            };
          }),
      },
      balances: callTo("balances", () => this.listing()),
      ...overrides,
    };
  }

  #find({ order }: OrderInMarket, isQuery = false): VenueOrder {
    const found =
      order.exchangeOrderId === undefined
        ? this.byClientId(order.clientOrderId)
        : this.orders.get(order.exchangeOrderId);
    if (found === undefined || (isQuery && found.visibleAt > this.#now())) throw refusal("notFound");
    return found;
  }

  #changed(order: VenueOrder, fill?: FillUpdate): OrderUpdate {
    // Times of the venue tell the order of its words.
    order.updatedAt = Math.max(order.updatedAt + 1, this.#now());
    const update = this.#update(order);
    this.#emit({ update, ...(fill && { fill }) });
    return update;
  }

  #update(order: VenueOrder): OrderUpdate {
    return {
      exchangeSymbol: SYMBOL,
      clientOrderId: order.clientOrderId,
      exchangeOrderId: order.exchangeOrderId,
      status: order.status,
      filledAmount: order.filled,
      price: order.price,
      amount: order.amount,
      exchangeTimestamp: order.updatedAt,
    };
  }
}

/** A refusal that the venue documents. */
export function refusal(kind: RefusalKind): VenueError {
  return new VenueError("VENUE_REFUSED", kind, { kind, outcome: "rejected", venueCode: kind });
}

/** A refusal because the request came too late. */
export function tooLate(): AuthError {
  return new AuthError("TIMESTAMP_REFUSED", "too late", { kind: "timestamp", outcome: "rejected" });
}

function callTo<Answer>(name: string, act: () => Answer): RestCall<Answer> {
  const parse = (): Answer => {
    throw new TypeError("the model answers by itself");
  };
  acts.set(parse, act);
  return { method: "POST", path: `/${name}`, cost: {}, access: "signed", parse };
}
