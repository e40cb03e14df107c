import { createSeededRandom } from "../random/seeded-random.js";
import { formatFixed, parseFixed } from "../text/fixed-point.js";
import { createDayStatistics, type DayStatistics } from "./day-statistics.js";
import { createMarket, type Market } from "./market.js";
import type { MarketListener } from "./market-listener.js";
import type { QueuedOrder } from "./order-queue.js";
import type { BookSide, PriceLadder } from "./price-ladder.js";
import type { BookFront } from "./shared-book.js";
import type { Trade } from "./trade-tape.js";
import { createVenueBook, type VenueBook } from "./venue-book.js";

/**
 * The accounts' door to a market's book, in ticks and lots. What goes through it is published with everything else;
 * each step through it ends with `settle`, unless it was made while hearing of a trade.
 */
export interface AccountDoor {
  /** What the next taker of a side would meet. */
  front(side: BookSide): BookFront | undefined;
  /** Orders of accounts at a tick, oldest first. */
  ordersAt(side: BookSide, tick: number): readonly QueuedOrder[];
  /** One trade with the front of a side; `taker` is the number of the account's order, or 0. */
  hit(side: BookSide, lots: number, taker: number, at: number): void;
  /** One trade of somebody else with this very order, wherever it stands. */
  hitOrder(side: BookSide, tick: number, order: number, lots: number, at: number): void;
  /** Puts an order, by its number (from 1 on), at the end of a tick's queue. @throws {TypeError} if it would cross. */
  rest(side: BookSide, tick: number, lots: number, order: number, at: number): void;
  /** Lowers an order to `lots`, 0 to remove it; it keeps its place. */
  shrink(side: BookSide, tick: number, order: number, lots: number, at: number): void;
  settle(at: number): void;
  /** Registers the one callback that is told of trades with orders of accounts: their numbers, or 0. */
  watchTrades(callback: (trade: Trade, maker: number, taker: number) => void): void;
}

/** A market in a venue's numbers and texts, with its book and its history. */
export interface VenueMarket {
  readonly market: Market;
  /** The book as the venue shows it. */
  readonly book: VenueBook;
  readonly day: DayStatistics;
  readonly accounts: AccountDoor;
  /** One tick, in units of the price's last decimal. */
  readonly tickUnits: number;
  /** One lot, in units of the amount's last decimal. */
  readonly lotUnits: number;
  /** The price around which the market wanders. */
  readonly anchorTicks: number;
  /** Lets everything up to and including `at` happen. */
  advance(at: number): void;
  priceText(tick: number): string;
  amountText(lots: number): string;
}

/** How to make a market for an instrument. Decimal numbers are texts. */
export interface VenueMarketOptions {
  readonly seed: number;
  /** Markets of different names are different and do not disturb each other. */
  readonly name: string;
  /** Venue time, milliseconds since 1970. */
  readonly startAt: number;
  readonly priceTick: string;
  /** Decimals in which prices are written; the tick may be coarser. */
  readonly priceDecimals: number;
  readonly amountStep: string;
  readonly amountDecimals: number;
  readonly referencePrice: string;
  /** A usual order. */
  readonly typicalAmount: string;
  /** Price levels a side on average. Default 400, or fewer where prices are a few ticks only. */
  readonly levels?: number;
  /** Market events a second on average. Default 20. */
  readonly eventsPerSecond?: number;
  /** Longest time in ms for which a market that nobody has looked at makes up. Default: all of it. */
  readonly catchUpMs?: number;
  /** How many level changes are remembered; a power of two. */
  readonly historySize: number;
  /** Whether nothing happens, from before the start on. */
  readonly frozen: boolean;
  readonly firstUpdateId: number;
  readonly firstTradeId: number;
  /** Draws how many ids lie between two updates, and how many an update consumes. */
  readonly drawIds: () => { readonly skipped: number; readonly consumed: number };
  /** Told of every fill, those of the time before the start included. */
  readonly onTrade: (trade: Trade) => void;
}

/** A market is this old when the venue starts, so that it has trades to show. */
const WARM_UP_MS = 30_000;

/** Makes a market for an instrument. @throws {TypeError} if its numbers contradict each other. */
export function createVenueMarket(options: VenueMarketOptions): VenueMarket {
  const { priceDecimals, amountDecimals, startAt, onTrade } = options;
  const tickUnits = parseFixed(options.priceTick, priceDecimals);
  const lotUnits = parseFixed(options.amountStep, amountDecimals);
  const anchorTicks = Math.round(parseFixed(options.referencePrice, priceDecimals) / tickUnits);
  const market = createMarket({
    random: createSeededRandom(options.seed, `market ${options.name}`),
    startAt: startAt - WARM_UP_MS,
    anchorTicks,
    typicalLots: Math.round(parseFixed(options.typicalAmount, amountDecimals) / lotUnits),
    // A book needs room above price zero.
    levels: Math.min(options.levels ?? 400, Math.floor(anchorTicks / 8)),
    ...(options.eventsPerSecond === undefined ? {} : { eventsPerSecond: options.eventsPerSecond }),
    ...(options.catchUpMs === undefined ? {} : { catchUpMs: options.catchUpMs }),
  });
  const priceText = (tick: number): string => formatFixed(tick * tickUnits, priceDecimals);
  const amountText = (lots: number): string => formatFixed(lots * lotUnits, amountDecimals);
  const day = createDayStatistics();
  const book = createVenueBook({
    market,
    firstUpdateId: options.firstUpdateId,
    startAt: startAt - WARM_UP_MS,
    historySize: options.historySize,
    priceText,
    amountText,
    drawIds: options.drawIds,
  });
  let nextTradeId = options.firstTradeId;
  let watcher: (trade: Trade, maker: number, taker: number) => void = () => {};
  const listener: MarketListener = {
    change(_at, ladder, tick, lots, previousLots) {
      book.change(ladder, tick, lots, previousLots);
    },
    trade(at, tick, lots, buyerIsMaker, maker, taker) {
      const trade = { id: nextTradeId++, at, tick, lots, buyerIsMaker };
      onTrade(trade);
      day.add(trade);
      if (maker !== 0 || taker !== 0) watcher(trade, maker, taker);
    },
    commit: book.commit,
  };
  if (options.frozen) market.freeze();
  const { shared } = market;
  const ladderOf = (side: BookSide): PriceLadder => (side === "bid" ? shared.bids : shared.asks);
  const accounts: AccountDoor = {
    front: (side) => shared.front(ladderOf(side)),
    ordersAt: (side, tick) => shared.ordersAt(ladderOf(side), tick),
    hit: (side, lots, taker, at) => shared.hit(ladderOf(side), lots, taker, at, listener),
    hitOrder: (side, tick, order, lots, at) =>
      shared.hitOrder(ladderOf(side), tick, order, lots, at, listener),
    rest: (side, tick, lots, order, at) => shared.rest(ladderOf(side), tick, lots, order, at, listener),
    shrink: (side, tick, order, lots, at) => shared.shrink(ladderOf(side), tick, order, lots, at, listener),
    settle: (at) => market.settle(at, listener),
    watchTrades(callback) {
      watcher = callback;
    },
  };
  return {
    market,
    book,
    day,
    accounts,
    tickUnits,
    lotUnits,
    anchorTicks,
    advance: (at) => market.advance(at, listener),
    priceText,
    amountText,
  };
}
