import { crc32 } from "node:zlib";
import { Decimal, type Random } from "@conn/core";
import type { VenueBook, VenueRow } from "../../src/index.js";

const LEVELS = 30;
const REMEMBERED = 3_000;
const CHECKED_LEVELS = 10;

/** One market of the example venue: its levels as the venue writes them, and its books after each id of late. */
export class ExampleMarket {
  symbol: string;
  /** What is traded, whatever the symbol. */
  readonly asset: string;
  tick = "0.01";
  trading: boolean;
  frozen: boolean;
  /** Rows that the next diff has, by order of whoever holds the venue. */
  pending: VenueRow[] = [];
  lastId: number;
  /** By plain price. */
  readonly #bids = new Map<string, readonly [string, string]>();
  readonly #asks = new Map<string, readonly [string, string]>();
  readonly #past = new Map<number, VenueBook>();
  readonly #random: Random;

  constructor(symbol: string, trading: boolean, random: Random) {
    this.symbol = symbol;
    this.asset = symbol;
    this.trading = trading;
    this.frozen = !trading;
    this.#random = random;
    this.lastId = 1_000 + Math.floor(random.next() * 1_000);
    for (let step = 1; step <= LEVELS; step += 1) {
      const amount = ((1 + Math.floor(random.next() * 9_000)) / 1_000).toFixed(3);
      this.#apply({ side: "bid", price: (100 - step / 100).toFixed(2), amount });
      this.#apply({ side: "ask", price: (100 + step / 100).toFixed(2), amount });
    }
    this.#remember();
  }

  book(): VenueBook {
    const sorted = (levels: ReadonlyMap<string, readonly [string, string]>, sign: 1 | -1) =>
      [...levels].sort(([a], [b]) => compare(a, b) * sign).map(([, level]) => level);
    return { lastUpdateId: this.lastId, bids: sorted(this.#bids, -1), asks: sorted(this.#asks, 1) };
  }

  bookAt(id: number): VenueBook | undefined {
    return this.#past.get(id);
  }

  /** CRC-32 over the best levels, `bidPrice:bidAmount:askPrice:askAmount:…`, in as few digits as they need. */
  checksum(): number {
    const { bids, asks } = this.book();
    const plain = (text: string): string => new Decimal(text).toFixed();
    const parts: string[] = [];
    for (let rank = 0; rank < CHECKED_LEVELS; rank += 1) {
      parts.push(...[...(bids[rank] ?? []), ...(asks[rank] ?? [])].map(plain));
    }
    return crc32(parts.join(":"));
  }

  /** Lets a tenth of a second of the market pass; its changes, each with an id of its own, in order. */
  change(): readonly VenueRow[] {
    const rows = this.frozen ? this.pending : this.#drawRows();
    this.pending = [];
    if (rows.length === 0) return rows;
    for (const row of rows) this.#apply(row);
    this.lastId += rows.length;
    this.#remember();
    return rows;
  }

  #drawRows(): VenueRow[] {
    const random = this.#random;
    return Array.from({ length: 1 + Math.floor(random.next() * 3) }, (): VenueRow => {
      const side = random.next() < 0.5 ? "bid" : "ask";
      const step = 1 + Math.floor(random.next() * LEVELS);
      const price = (side === "bid" ? 100 - step / 100 : 100 + step / 100).toFixed(2);
      const present = (side === "bid" ? this.#bids : this.#asks).has(new Decimal(price).toFixed());
      const gone = present && random.next() < 0.4;
      return { side, price, amount: gone ? "0.000" : (0.001 + random.next() * 9).toFixed(3) };
    });
  }

  #apply({ side, price, amount }: VenueRow): void {
    const key = new Decimal(price).toFixed();
    const levels = side === "bid" ? this.#bids : this.#asks;
    if (key === "0") return;
    if (new Decimal(amount).isZero()) levels.delete(key);
    else levels.set(key, [price, amount]);
  }

  #remember(): void {
    this.#past.set(this.lastId, this.book());
    if (this.#past.size > REMEMBERED) this.#past.delete(this.#past.keys().next().value ?? 0);
  }
}

/** Doubles tell most prices apart, and cheaply. */
function compare(a: string, b: string): number {
  return Number(a) - Number(b) || new Decimal(a).cmp(b);
}
