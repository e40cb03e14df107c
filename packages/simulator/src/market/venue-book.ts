import { Decimal } from "@conn/core";
import { canonicalNumber } from "../text/canonical-number.js";
import { type ChangeHistory, createChangeHistory } from "./change-history.js";
import type { Market } from "./market.js";
import type { BookSide, PriceLadder } from "./price-ladder.js";

/** A price level in the venue's text. */
export type Level = readonly [price: string, amount: string];

/** A whole book in the venue's text, best price first. */
export interface BookText {
  /** Id of the last change in it. */
  readonly lastUpdateId: number;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

/** A row that a test has the venue publish. */
export interface PublishedRow {
  readonly side: BookSide;
  readonly price: string;
  readonly amount: string;
}

/**
 * Checks rows before they are published: prices and amounts must be non-negative decimal numbers; an exponent
 * is allowed.
 *
 * @throws {TypeError} if one is not.
 */
export function checkPublishedRows(rows: readonly PublishedRow[]): void {
  const isNumber = (text: string): boolean => /^\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text);
  for (const { price, amount } of rows) {
    if (!(isNumber(price) && isNumber(amount))) throw new TypeError(`no row: ${price}, ${amount}`);
  }
}

/**
 * The book as the venue shows it: the market's book, with rows over it that were published by hand and may be
 * anything: off the grid, beyond 15 digits, crossed. Keeps the history of both.
 */
export interface VenueBook {
  readonly history: ChangeHistory;
  /** Id of the latest change. */
  readonly lastUpdateId: number;
  /** Time of the latest change. */
  readonly lastChangeAt: number;
  /** The market changed a level, in the step under way. */
  change(ladder: PriceLadder, tick: number, lots: number, previousLots: number): void;
  /** Ends a step of the market; changes nothing if nothing changed. */
  commit(at: number): void;
  /**
   * One update with these rows, verbatim and in order. An amount of zero deletes; a price of zero is sent and
   * touches nothing. A row stays until the market changes the level of its price, or `retract`.
   */
  publish(rows: readonly PublishedRow[], at: number): void;
  /** One update that takes back what published rows have left in the book. */
  retract(at: number): void;
  best(side: BookSide): Level | undefined;
  /** Levels of a side, best first. */
  levels(side: BookSide): Iterable<Level>;
  /** Whether rows published by hand show in a side, so that it is not the market's own. */
  isPublished(side: BookSide): boolean;
  whole(): BookText;
  /** The book right after `updateId`, or `undefined` if that is not known any more or not yet. */
  asOf(updateId: number): BookText | undefined;
  /**
   * Rows of a side that changed from one entry of the history to another (excluded): each price once, in
   * ascending order; or, where published rows are among them, all rows in the order of events.
   */
  changes(side: BookSide, from: number, to: number): Level[];
  /** Whether there are published rows from one entry of the history to another (excluded). */
  hasPublished(from: number, to: number): boolean;
}

/** An entry of the history that ticks and lots cannot tell. */
interface Note {
  readonly side: BookSide;
  readonly canonicalPrice: string;
  readonly row: Level;
  /** The level of that price before, if there was one. */
  readonly before: Level | undefined;
}

/** How to make a book. */
export interface VenueBookOptions {
  readonly market: Market;
  readonly firstUpdateId: number;
  readonly startAt: number;
  readonly historySize: number;
  readonly priceText: (tick: number) => string;
  readonly amountText: (lots: number) => string;
  /** Draws how many ids lie between two updates, and how many an update consumes. */
  readonly drawIds: () => { readonly skipped: number; readonly consumed: number };
}

/** Makes the book over a market. */
export function createVenueBook(options: VenueBookOptions): VenueBook {
  const { market, firstUpdateId, priceText, amountText } = options;
  const history = createChangeHistory(options.historySize);
  const notes = new Map<number, Note>();
  /** Published rows by canonical price; `undefined` hides a level of the market. */
  const overlays = { bid: new Map<string, Level | undefined>(), ask: new Map<string, Level | undefined>() };
  let lastUpdateId = firstUpdateId;
  let lastChangeAt = options.startAt;
  let changed = false;

  const ladderOf = (side: BookSide): PriceLadder => (side === "bid" ? market.bids : market.asks);

  const record = (signedTick: number, lots: number, previousLots: number, note?: Note): void => {
    const entry = history.push(signedTick, lots, previousLots);
    if (notes.size > 0) notes.delete(entry - options.historySize);
    if (note !== undefined) notes.set(entry, note);
    changed = true;
  };

  const commit = (at: number): void => {
    if (!changed) return;
    changed = false;
    const { skipped, consumed } = options.drawIds();
    const firstId = lastUpdateId + 1 + skipped;
    lastUpdateId = firstId + consumed - 1;
    lastChangeAt = at;
    history.commit(at, firstId, lastUpdateId);
  };

  /** The market's own level of a price, if there is one on its grid. */
  const marketLevel = (side: BookSide, canonicalPrice: string): Level | undefined => {
    const ladder = ladderOf(side);
    for (let rank = 0; rank < ladder.size; rank++) {
      const price = priceText(ladder.tickAt(rank));
      if (canonicalNumber(price) === canonicalPrice) return [price, amountText(ladder.lotsAt(rank))];
    }
    return undefined;
  };

  const visibleLevel = (side: BookSide, canonicalPrice: string): Level | undefined =>
    overlays[side].has(canonicalPrice)
      ? overlays[side].get(canonicalPrice)
      : marketLevel(side, canonicalPrice);

  function* marketLevels(side: BookSide): Generator<Level> {
    const ladder = ladderOf(side);
    for (let rank = 0; rank < ladder.size; rank++) {
      yield [priceText(ladder.tickAt(rank)), amountText(ladder.lotsAt(rank))];
    }
  }

  const sorted = (side: BookSide, levels: Iterable<Level>): Level[] =>
    Array.from(levels, (level) => ({ level, price: new Decimal(level[0]) }))
      .sort((a, b) => (side === "bid" ? b.price.cmp(a.price) : a.price.cmp(b.price)))
      .map(({ level }) => level);

  const keyed = (levels: Iterable<Level>): Map<string, Level> => {
    const map = new Map<string, Level>();
    for (const level of levels) map.set(canonicalNumber(level[0]), level);
    return map;
  };

  const visibleLevels = (side: BookSide): Iterable<Level> => {
    const overlay = overlays[side];
    if (overlay.size === 0) return marketLevels(side);
    const levels = keyed(marketLevels(side));
    for (const [price, level] of overlay) setOrDelete(levels, price, level);
    return sorted(side, levels.values());
  };

  const hasPublished = (from: number, to: number): boolean => {
    if (notes.size === 0) return false;
    for (let entry = from; entry < to; entry++) if (notes.has(entry)) return true;
    return false;
  };

  /** The levels as they were before `from`, where no row was published by hand since. */
  const rewound = (side: BookSide, from: number): Level[] => {
    const sign = side === "bid" ? 1 : -1;
    const before = new Map<number, number>();
    // Backward, so that of several changes of a level the first one has the last word.
    for (let entry = history.end - 1; entry >= from; entry--) {
      const tick = history.signedTickOf(entry) * sign;
      if (tick > 0) before.set(tick, history.previousLotsOf(entry));
    }
    const ladder = ladderOf(side);
    const levels: { tick: number; lots: number }[] = [];
    for (let rank = 0; rank < ladder.size; rank++) {
      const tick = ladder.tickAt(rank);
      const lots = before.get(tick) ?? ladder.lotsAt(rank);
      before.delete(tick);
      if (lots > 0) levels.push({ tick, lots });
    }
    const present = levels.length;
    for (const [tick, lots] of before) if (lots > 0) levels.push({ tick, lots });
    if (levels.length > present) levels.sort((a, b) => (b.tick - a.tick) * sign);
    return levels.map(({ tick, lots }) => [priceText(tick), amountText(lots)]);
  };

  const restored = (side: BookSide, from: number): Level[] => {
    if (overlays[side].size === 0 && !hasPublished(from, history.end)) return rewound(side, from);
    const levels = keyed(visibleLevels(side));
    for (let entry = history.end - 1; entry >= from; entry--) {
      const note = notes.get(entry);
      if (note !== undefined) {
        if (note.side === side) setOrDelete(levels, note.canonicalPrice, note.before);
        continue;
      }
      const signedTick = history.signedTickOf(entry);
      if (signedTick > 0 !== (side === "bid")) continue;
      const price = priceText(Math.abs(signedTick));
      const previous = history.previousLotsOf(entry);
      setOrDelete(levels, canonicalNumber(price), previous > 0 ? [price, amountText(previous)] : undefined);
    }
    return sorted(side, levels.values());
  };

  const lotsByTick = new Map<number, number>();

  return {
    history,
    get lastUpdateId() {
      return lastUpdateId;
    },
    get lastChangeAt() {
      return lastChangeAt;
    },
    change({ side }, tick, lots, previousLots) {
      const signedTick = side === "bid" ? tick : -tick;
      const overlay = overlays[side];
      if (overlay.size > 0) {
        const price = priceText(tick);
        const canonicalPrice = canonicalNumber(price);
        if (overlay.has(canonicalPrice)) {
          const before = overlay.get(canonicalPrice);
          overlay.delete(canonicalPrice);
          record(signedTick, lots, previousLots, {
            side,
            canonicalPrice,
            row: [price, amountText(lots)],
            before,
          });
          return;
        }
      }
      record(signedTick, lots, previousLots);
    },
    commit,
    publish(rows, at) {
      for (const { side, price, amount } of rows) {
        const canonicalPrice = canonicalNumber(price);
        const row: Level = [price, amount];
        const before = visibleLevel(side, canonicalPrice);
        record(Number.NaN, 0, 0, { side, canonicalPrice, row, before });
        if (canonicalPrice !== "0") {
          overlays[side].set(canonicalPrice, canonicalNumber(amount) === "0" ? undefined : row);
        }
      }
      commit(at);
    },
    retract(at) {
      for (const side of ["bid", "ask"] as const) {
        for (const [canonicalPrice, before] of overlays[side]) {
          const level = marketLevel(side, canonicalPrice);
          // What hides nothing and shows nothing has nothing to take back.
          if (level === undefined && before === undefined) continue;
          const row = level ?? [before![0], amountText(0)];
          record(Number.NaN, 0, 0, { side, canonicalPrice, row, before });
        }
        overlays[side].clear();
      }
      commit(at);
    },
    best(side) {
      for (const level of visibleLevels(side)) return level;
      return undefined;
    },
    levels: visibleLevels,
    isPublished: (side) => overlays[side].size > 0,
    whole: () => ({ lastUpdateId, bids: [...visibleLevels("bid")], asks: [...visibleLevels("ask")] }),
    asOf(updateId) {
      if (updateId > lastUpdateId) return undefined;
      let from = history.end;
      while (from > history.oldest && history.lastIdOf(from - 1) > updateId) from--;
      if (from === history.oldest && (from > 0 || updateId < firstUpdateId)) return undefined;
      return {
        lastUpdateId: from > history.oldest ? history.lastIdOf(from - 1) : firstUpdateId,
        bids: restored("bid", from),
        asks: restored("ask", from),
      };
    },
    changes(side, from, to) {
      const tickOf = (entry: number): number => history.signedTickOf(entry) * (side === "bid" ? 1 : -1);
      if (hasPublished(from, to)) {
        const rows: Level[] = [];
        for (let entry = from; entry < to; entry++) {
          const note = notes.get(entry);
          if (note?.side === side) rows.push(note.row);
          if (note === undefined && tickOf(entry) > 0) {
            rows.push([priceText(tickOf(entry)), amountText(history.lotsOf(entry))]);
          }
        }
        return rows;
      }
      lotsByTick.clear();
      for (let entry = from; entry < to; entry++) {
        if (tickOf(entry) > 0) lotsByTick.set(tickOf(entry), history.lotsOf(entry));
      }
      return Array.from(
        [...lotsByTick.keys()].sort((a, b) => a - b),
        (tick): Level => [priceText(tick), amountText(lotsByTick.get(tick)!)],
      );
    },
    hasPublished,
  };
}

function setOrDelete(levels: Map<string, Level>, price: string, level: Level | undefined): void {
  if (level === undefined) levels.delete(price);
  else levels.set(price, level);
}
