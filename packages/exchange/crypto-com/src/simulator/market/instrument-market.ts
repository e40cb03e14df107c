import {
  createSeededRandom,
  createTape,
  createVenueMarket,
  noise,
  type Tape,
  type VenueMarket,
} from "@conn/simulator";
import type { Instrument } from "../instruments/instrument.js";

/** A fill as the venue tells it. */
export interface PublicTrade {
  /** Venue time, milliseconds since 1970. */
  readonly at: number;
  /** Nanoseconds after `at`: fills of one millisecond differ in it. */
  readonly nanos: number;
  /** Number of the taker's order; its fills share it. */
  readonly match: number;
  readonly tick: number;
  readonly lots: number;
  readonly takerBuys: boolean;
}

/** A level as the venue writes it. */
export type BookRow = readonly [price: string, amount: string, orders: string];

/** One instrument with its market and all that the venue remembers of it. */
export interface InstrumentMarket extends VenueMarket {
  instrument: Instrument;
  /** Decimals in which the market writes its own prices, whatever becomes of the instrument's. */
  readonly priceDecimals: number;
  readonly trades: Tape<PublicTrade>;
  /** Updates are counted in small numbers inside; this is the venue's id of one. */
  venueId(updateId: number): bigint;
  /** The other way round; may be a number that no update has. */
  innerId(venueId: bigint): number;
  /** The best levels of a side, best first. */
  window(side: "bid" | "ask", depth: number): BookRow[];
  /** The number that the venue sends as `cs`. */
  checksum(updateId: number): number;
  setTradable(tradable: boolean, at: number): void;
}

const MOST_ROWS_KEPT = 2_000;

/** How to make the market of an instrument. */
export interface InstrumentMarketOptions {
  readonly instrument: Instrument;
  readonly seed: number;
  readonly startAt: number;
  readonly levels?: number;
  readonly eventsPerSecond?: number;
  /** Longest time in ms for which a market that nobody has looked at makes up. Default: all of it. */
  readonly catchUpMs?: number;
  /** How many level changes are remembered; a power of two. */
  readonly historySize: number;
}

/**
 * Update ids begin beyond 2^53 and are odd and even, so that a client which reads them into a double mistakes
 * one for another. The venue documents 64-bit integers; in September 2026 they were near 3.7e14.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/websocket/ws-channel-book-instrument-name-depth
 */
const FIRST_VENUE_ID = 2n ** 53n + 1n;

/** Makes the market of an instrument. @throws {TypeError} if the instrument's numbers contradict each other. */
export function createInstrumentMarket(options: InstrumentMarketOptions): InstrumentMarket {
  const { instrument, seed, startAt } = options;
  const symbol = instrument.exchangeSymbol;
  const random = createSeededRandom(seed, `ids ${symbol}`);
  const trades = createTape<PublicTrade>(50_000);
  let match = Math.floor(random.next() * 1e8);
  let matchedAtUpdate = -1;

  const base = createVenueMarket({
    seed,
    name: symbol,
    startAt,
    priceTick: instrument.priceTickSize,
    priceDecimals: instrument.quoteDecimals,
    amountStep: instrument.quantityTickSize,
    amountDecimals: instrument.quantityDecimals,
    referencePrice: instrument.referencePrice,
    typicalAmount: instrument.typicalAmount,
    ...(options.levels === undefined ? {} : { levels: options.levels }),
    ...(options.eventsPerSecond === undefined ? {} : { eventsPerSecond: options.eventsPerSecond }),
    ...(options.catchUpMs === undefined ? {} : { catchUpMs: options.catchUpMs }),
    historySize: options.historySize,
    frozen: !instrument.tradable,
    firstUpdateId: Math.floor(random.next() * 1e12),
    firstTradeId: 0,
    // Ids only grow: from one update to the next by 10^4 to 10^6 as measured, and by one in the venue's own
    // example. Here some follow closely, which doubles cannot tell apart.
    drawIds: () => ({ skipped: random.next() < 0.25 ? 0 : Math.floor(random.next() * 1e6), consumed: 1 }),
    onTrade({ at, tick, lots, buyerIsMaker }) {
      const last = trades.end > trades.oldest ? trades.get(trades.end - 1) : undefined;
      // The fills of one taker come before the update that they make.
      if (matchedAtUpdate !== base.book.lastUpdateId) {
        matchedAtUpdate = base.book.lastUpdateId;
        match += 1 + Math.floor(random.next() * 40);
      }
      trades.push({
        at,
        nanos: last?.at === at ? last.nanos + 1 : Math.floor(random.next() * 990_000),
        match,
        tick,
        lots,
        takerBuys: !buyerIsMaker,
      });
    },
  });

  /** Most rows of a window are those of the window before: their texts are made once. */
  const rowsByTick = new Map<number, { readonly lots: number; readonly row: BookRow }>();
  const rowOf = (tick: number, lots: number): BookRow => {
    const known = rowsByTick.get(tick);
    if (known?.lots === lots) return known.row;
    if (rowsByTick.size > MOST_ROWS_KEPT) rowsByTick.clear();
    const [price, amount] = [base.priceText(tick), base.amountText(lots)];
    const row: BookRow = [price, amount, ordersOf(price, amount)];
    rowsByTick.set(tick, { lots, row });
    return row;
  };

  const self: InstrumentMarket = {
    ...base,
    instrument,
    priceDecimals: instrument.quoteDecimals,
    trades,
    venueId: (updateId) => FIRST_VENUE_ID + BigInt(updateId),
    innerId: (venueId) => Number(venueId - FIRST_VENUE_ID),
    window(side, depth) {
      const rows: BookRow[] = [];
      if (base.book.isPublished(side)) {
        for (const [price, amount] of base.book.levels(side)) {
          if (rows.length === depth) break;
          rows.push([price, amount, ordersOf(price, amount)]);
        }
        return rows;
      }
      const ladder = side === "bid" ? base.market.bids : base.market.asks;
      const size = Math.min(depth, ladder.size);
      for (let rank = 0; rank < size; rank++) rows.push(rowOf(ladder.tickAt(rank), ladder.lotsAt(rank)));
      return rows;
    },
    checksum: (updateId) => Math.trunc(noise(seed, `checksum ${symbol}`, updateId) * 2_147_483_647),
    setTradable(tradable, at) {
      self.instrument = { ...self.instrument, tradable };
      if (tradable) base.market.unfreeze(at);
      else base.market.freeze();
    },
  };
  base.advance(startAt);
  return self;
}

/** How many orders make up a level: the market knows amounts only, so the level alone decides it. */
export function ordersOf(price: string, amount: string): string {
  const share = (noise(1, `${price} ${amount}`, 0) + 1) / 2;
  return String(share < 0.6 ? 1 : 1 + Math.floor(share * 9));
}

/** What `d` says of a trade: its time in nanoseconds, unique within an instrument. */
export function tradeIdOf({ at, nanos }: PublicTrade): string {
  return `${at}${String(nanos).padStart(6, "0")}`;
}

/** What `m` says of a trade: the number of the match, beyond 2^62 as on the venue. */
export function matchIdOf({ match }: PublicTrade): string {
  return String(2n ** 62n + BigInt(match));
}
