import { Decimal } from "../decimal/decimal.js";
import { JournalError } from "../errors/index.js";
import type { Fee, Fill, InFlightOrder, OrderAdjustment } from "../model/index.js";
import type { Journal, JournalEntry, Random } from "../ports/index.js";
import { addFill, createFillSums, fillKey, type OrderCommand, type TrackedOrder } from "./tracked-order.js";

/** Version of what the records say; a newer one is not understood. */
const VERSION = 1;
const META = "meta";
const ORDERS = "orders";
const FILLS = "fills";
const FILLS_KNOWN_UNTIL = "fillsKnownUntil";
/** Letters of the part of client order ids that tells one journal's from another's. */
const RUN_LENGTH = 10;

const ORDER_DECIMALS = ["price", "amount", "quoteAmount", "filledAmount"] as const;
/** Follows from the fills. */
const DERIVED = new Set(["filledQuoteAmount", "averagePrice", "fills", "fees"]);

/**
 * Orders as they are written down: each with its latest state, and its fills beside it. The first part of every
 * client order id, drawn once for a journal, and the number of the last one are written down too, so that no id is
 * ever used twice.
 */
export class OrderJournal {
  readonly #journal: Journal;
  readonly #run: string;
  #count: number;
  /** What could not be stored when it was to be: it is written with what comes next. By collection and key. */
  #owed = new Map<string, JournalEntry>();

  /**
   * @throws {JournalError} JOURNAL_VERSION if a newer version of this library wrote it, JOURNAL_CORRUPT if it cannot be
   *   understood.
   */
  constructor(journal: Journal, random: Random) {
    this.#journal = journal;
    const version = journal.get(META, "version");
    if (version !== undefined && version !== String(VERSION))
      throw new JournalError("JOURNAL_VERSION", `the orders are written down in version ${version}`);
    let run = journal.get(META, "run");
    if (run === undefined) {
      run = Array.from({ length: RUN_LENGTH }, () => Math.floor(random.next() * 10)).join("");
      journal.write([
        { collection: META, key: "version", value: String(VERSION) },
        { collection: META, key: "run", value: run },
      ]);
    }
    this.#run = run;
    this.#count = Number(journal.get(META, "count") ?? 0);
  }

  /** The part of every client order id by which this journal's orders can be told from others', digits only. */
  get run(): string {
    return this.#run;
  }

  /** Number for the next client order id. It counts as used when the order is written down. */
  nextNumber(): number {
    this.#count += 1;
    return this.#count;
  }

  /**
   * Writes down an order that is to be sent, before it is.
   *
   * @throws {JournalError} with outcome `notSent`: what cannot be remembered must not be sent.
   */
  begin(tracked: TrackedOrder): void {
    try {
      this.#journal.write([...this.#owed.values(), ...this.#entriesOf(tracked, [])]);
    } catch (error) {
      throw toNotSent(error);
    }
    this.#owed.clear();
  }

  /**
   * Writes down how an order stands, and fills of it.
   *
   * @throws {JournalError} if that cannot be stored now; it is stored with what is written next.
   */
  save(tracked: TrackedOrder, fills: readonly Fill[]): void {
    this.#write(this.#entriesOf(tracked, fills));
  }

  /** Forgets orders. @throws {JournalError} as `save`. */
  remove(forgotten: readonly TrackedOrder[]): void {
    const entries: JournalEntry[] = [];
    for (const { order } of forgotten) {
      entries.push({ collection: ORDERS, key: order.clientOrderId, value: undefined });
      for (const fill of order.fills)
        entries.push({ collection: FILLS, key: `${order.clientOrderId}/${fillKey(fill)}`, value: undefined });
    }
    if (entries.length > 0) this.#write(entries);
  }

  /** Until when by the venue's clock the fills of all orders are known, ms since 1970-01-01 UTC; undefined at first. */
  get fillsKnownUntil(): number | undefined {
    const kept = this.#journal.get(META, FILLS_KNOWN_UNTIL);
    return kept === undefined ? undefined : Number(kept);
  }

  /** @throws {JournalError} as `save`. */
  set fillsKnownUntil(timestamp: number) {
    this.#write([{ collection: META, key: FILLS_KNOWN_UNTIL, value: String(timestamp) }]);
  }

  /** All orders that are written down, oldest first. @throws {JournalError} JOURNAL_CORRUPT. */
  load(): TrackedOrder[] {
    try {
      const orders = new Map<string, TrackedOrder>();
      for (const [key, value] of this.#journal.entries(ORDERS)) orders.set(key, parseOrder(value));
      for (const [key, value] of this.#journal.entries(FILLS)) {
        const tracked = orders.get(key.slice(0, key.indexOf("/")));
        if (tracked !== undefined) addFill(tracked, parseFill(value));
      }
      return [...orders.values()];
    } catch (cause) {
      if (cause instanceof JournalError) throw cause;
      throw new JournalError("JOURNAL_CORRUPT", "an order that is written down cannot be understood", {
        cause,
      });
    }
  }

  close(): void {
    this.#journal.close();
  }

  #entriesOf(tracked: TrackedOrder, fills: readonly Fill[]): JournalEntry[] {
    const { clientOrderId } = tracked.order;
    return [
      { collection: META, key: "count", value: String(this.#count) },
      { collection: ORDERS, key: clientOrderId, value: formatOrder(tracked) },
      ...fills.map((fill) => ({
        collection: FILLS,
        key: `${clientOrderId}/${fillKey(fill)}`,
        value: formatFill(fill),
      })),
    ];
  }

  #write(entries: readonly JournalEntry[]): void {
    const all = [...this.#owed.values(), ...entries];
    try {
      this.#journal.write(all);
      this.#owed.clear();
    } catch (error) {
      // The latest word for each key, as the oldest of it would have been written.
      this.#owed = new Map(all.map((entry) => [`${entry.collection}/${entry.key}`, entry]));
      throw error;
    }
  }
}

/** The same failure, of something that has not left yet. */
function toNotSent(error: unknown): unknown {
  if (!(error instanceof JournalError)) return error;
  const { code, message, venue } = error;
  return new JournalError(code, message, {
    cause: error,
    outcome: "notSent",
    ...(venue !== undefined && { venue }),
  });
}

/** An order as it is written down. Absent and undefined are the same there. */
function formatOrder({ order, sums: _, ...rest }: TrackedOrder): string {
  const kept = Object.fromEntries(Object.entries(order).filter(([name]) => !DERIVED.has(name)));
  return JSON.stringify({
    ...kept,
    $: {
      ...rest,
      unknown: [...rest.unknown],
      lastSequence: rest.lastSequence === undefined ? undefined : String(rest.lastSequence),
    },
  });
}

function parseOrder(text: string): TrackedOrder {
  const { $, ...kept } = JSON.parse(text);
  for (const name of ORDER_DECIMALS) if (kept[name] !== undefined) kept[name] = new Decimal(kept[name]);
  const order: InFlightOrder = {
    exchangeOrderId: undefined,
    price: undefined,
    amount: undefined,
    quoteAmount: undefined,
    expireTimestamp: undefined,
    averagePrice: undefined,
    reason: undefined,
    filledQuoteAmount: new Decimal(0),
    fills: [],
    fees: [],
    ...kept,
    adjustments: kept.adjustments.map(({ from, to, ...facts }: OrderAdjustment) => ({
      ...facts,
      from: new Decimal(from),
      to: new Decimal(to),
    })),
  };
  return {
    order,
    unknown: new Set<OrderCommand>($.unknown),
    filledTold: $.filledTold,
    lastSequence: $.lastSequence === undefined ? undefined : BigInt($.lastSequence),
    lastExchangeTimestamp: $.lastExchangeTimestamp,
    sent: $.sent,
    // JSON has no Infinity.
    validUntil: $.validUntil ?? Number.POSITIVE_INFINITY,
    placeableUntil: $.placeableUntil ?? Number.POSITIVE_INFINITY,
    venueTimestamp: $.venueTimestamp,
    sums: createFillSums(),
  };
}

function formatFill(fill: Fill): string {
  return JSON.stringify(fill);
}

function parseFill(text: string): Fill {
  const kept = JSON.parse(text);
  return {
    ...kept,
    price: new Decimal(kept.price),
    amount: new Decimal(kept.amount),
    liquidity: kept.liquidity,
    fees: kept.fees?.map(
      ({ asset, amount }: { asset: string; amount: string }): Fee => ({
        asset,
        amount: new Decimal(amount),
      }),
    ),
  };
}
