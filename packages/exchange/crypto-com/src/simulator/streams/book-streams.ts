import { Decimal } from "@conn/core";
import { boundaryFrom, canonicalNumber } from "@conn/simulator";
import { type BookRow, type InstrumentMarket, ordersOf } from "../market/instrument-market.js";
import { rowsText } from "../rest/book.js";
import { dataText } from "./client-frame.js";
import type { LiveStream } from "./live-stream.js";

/** How to make a stream of a book. Times are the venue's, in milliseconds since 1970. */
export interface BookStreamOptions {
  readonly market: InstrumentMarket;
  readonly depth: number;
  readonly intervalMs: number;
  /** Offset of the deltas from whole intervals: books do not publish in step. */
  readonly phaseMs: number;
  /** A stream that has sent nothing for this long sends an empty delta. */
  readonly quietMs: number;
  /** Time from a subscription to its snapshot. */
  readonly snapshotDelayMs: number;
}

/** Sends snapshots, `book` frames, of one stream. */
function snapshotText(
  { market, depth }: BookStreamOptions,
  at: number,
  bids: readonly BookRow[],
  asks: readonly BookRow[],
): string {
  const { book } = market;
  return frameText(
    market,
    depth,
    "book",
    `{"asks":[${rowsText(asks)}],"bids":[${rowsText(bids)}],"t":${at},"tt":${book.lastChangeAt}` +
      `,"u":${market.venueId(book.lastUpdateId)},"cs":${market.checksum(book.lastUpdateId)}}`,
  );
}

function frameText(market: InstrumentMarket, depth: number, channel: string, element: string): string {
  const symbol = market.instrument.exchangeSymbol;
  const subscription = `book.${symbol}.${depth}`;
  return dataText({ id: "-1", symbol, subscription, channel, depth, elements: element });
}

/**
 * The whole book down to a depth, every 500 ms, changed or not.
 *
 * @see https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html#book-instrument_name-depth
 */
export function createSnapshotStream(options: BookStreamOptions): LiveStream {
  const { market, depth } = options;
  let nextAt = Number.POSITIVE_INFINITY;
  return {
    market,
    subscribe(_requestId, at) {
      nextAt = Math.min(nextAt, at + options.snapshotDelayMs);
      return undefined;
    },
    dueAt: () => nextAt,
    run(at, send) {
      nextAt = at + options.intervalMs;
      send(snapshotText(options, at, market.window("bid", depth), market.window("ask", depth)), "book");
    },
  };
}

/**
 * A snapshot, then what changes in the best levels. Rules of the venue:
 *
 * - A delta's `pu` is the `u` of the frame before it on this stream; ids only grow, and are the instrument's own,
 *   the same on all streams of it. `t` is the time of sending, `tt` of the book's latest change.
 * - A delta is sent at the interval if the book changed within the depth. Where it changed beyond, nothing is
 *   sent, and the next delta's `u` has jumped.
 * - After 5 s without a frame an empty delta is sent. Its `u` is its `pu`, or more if the book changed beyond the
 *   depth.
 * - To begin anew one subscribes again; there is no need to unsubscribe. That the deltas of the running stream
 *   go on until the new snapshot is this simulator's choice: the page does not say.
 *   All this: https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html#book-instrument_name-depth
 * - The page does not say what becomes of levels that leave the depth or come into it. Measured: a book kept from
 *   snapshot and deltas never had more levels than the depth, so that a level that is pushed out comes as a
 *   deletion, and one that moves in comes as a row with its amount.
 * - Rows come best first, a deletion has amount "0" of "0" orders, and `cs` is a number that nobody can make sense of.
 *   Both: https://github.com/nemanull/arbitrage-observatory/blob/2cbe70629c3c429da9b231ab71a7b861b3fc8096/docs/profiles/cryptocom/websocket.md
 *
 * Rows that were published by hand come verbatim and in order, whether they are within the depth or not, and after
 * them those that bring a client's book back to the venue's best levels.
 */
export function createDeltaStream(options: BookStreamOptions): LiveStream {
  const { market, depth, intervalMs, phaseMs, quietMs } = options;
  const { book } = market;
  const { history } = book;
  let snapshotAt = Number.POSITIVE_INFINITY;
  /** The best levels as the client knows them; `undefined` before the first snapshot. */
  let known: { bid: BookRow[]; ask: BookRow[] } | undefined;
  let lastSentAt = 0;
  let lastSentId = 0;
  /** Number of the first change that was not looked at yet, and the id of the last that was. */
  let cursor = 0;
  let seenId = 0;

  const nextBoundary = (): number => {
    const changedAt = cursor < history.end ? history.atOf(cursor) : market.market.nextEventAt();
    return changedAt === undefined ? Number.POSITIVE_INFINITY : boundaryFrom(changedAt, intervalMs, phaseMs);
  };

  const snapshot = (at: number): string => {
    snapshotAt = Number.POSITIVE_INFINITY;
    known = { bid: market.window("bid", depth), ask: market.window("ask", depth) };
    lastSentAt = at;
    cursor = history.end;
    seenId = book.lastUpdateId;
    lastSentId = seenId;
    return snapshotText(options, at, known.bid, known.ask);
  };

  const delta = (at: number, bids: readonly BookRow[], asks: readonly BookRow[]): string => {
    const previousId = lastSentId;
    lastSentId = seenId;
    lastSentAt = at;
    return frameText(
      market,
      depth,
      "book.update",
      `{"update":{"asks":[${rowsText(asks)}],"bids":[${rowsText(bids)}]},"t":${at},"tt":${book.lastChangeAt}` +
        `,"u":${market.venueId(seenId)},"pu":${market.venueId(previousId)},"cs":${market.checksum(seenId)}}`,
    );
  };

  /** Rows that make the client's levels of a side the venue's, for the changes from one entry to another. */
  const rowsSince = (
    side: "bid" | "ask",
    before: readonly BookRow[],
    now: readonly BookRow[],
    from: number,
    to: number,
  ): BookRow[] => {
    const rows: BookRow[] = [];
    const published = book.hasPublished(from, to);
    // Mostly few rows in the middle have changed.
    const same = published ? { first: 0, last: 0 } : sameEnds(before, now);
    const levels = new Map(
      before.slice(same.first, before.length - same.last).map((row) => [canonicalNumber(row[0]), row]),
    );
    if (published) {
      for (const [price, amount] of book.changes(side, from, to)) {
        const key = canonicalNumber(price);
        const isDeletion = canonicalNumber(amount) === "0";
        const row: BookRow = [price, amount, isDeletion ? "0" : ordersOf(price, amount)];
        rows.push(row);
        if (isDeletion) levels.delete(key);
        else if (key !== "0") levels.set(key, row);
      }
    }
    const rest: BookRow[] = [];
    for (const row of now.slice(same.first, now.length - same.last)) {
      const key = canonicalNumber(row[0]);
      if (levels.get(key)?.[1] !== row[1]) rest.push(row);
      levels.delete(key);
    }
    for (const [price] of levels.values()) rest.push([price, "0", "0"]);
    const sign = side === "bid" ? -1 : 1;
    rest.sort(([a], [b]) => sign * new Decimal(a).cmp(b));
    return [...rows, ...rest];
  };

  const flush = (at: number): string | undefined => {
    const [from, to] = [cursor, history.end];
    const now = { bid: market.window("bid", depth), ask: market.window("ask", depth) };
    const bids = rowsSince("bid", known!.bid, now.bid, from, to);
    const asks = rowsSince("ask", known!.ask, now.ask, from, to);
    known = now;
    cursor = to;
    seenId = book.lastUpdateId;
    return bids.length + asks.length === 0 ? undefined : delta(at, bids, asks);
  };

  return {
    market,
    subscribe(_requestId, at) {
      snapshotAt = Math.min(snapshotAt, at + options.snapshotDelayMs);
      return undefined;
    },
    dueAt: () =>
      known === undefined ? snapshotAt : Math.min(snapshotAt, nextBoundary(), lastSentAt + quietMs),
    run(at, send) {
      if (snapshotAt <= at) {
        send(snapshot(at), "book");
        return;
      }
      const text = cursor < history.end && nextBoundary() <= at ? flush(at) : undefined;
      if (text !== undefined) send(text, "book.update");
      else if (lastSentAt + quietMs <= at) send(delta(at, [], []), "book.update");
    },
  };
}

/** How many rows at the beginning and at the end of two lists are the same. */
function sameEnds(a: readonly BookRow[], b: readonly BookRow[]): { first: number; last: number } {
  const isSame = (one: BookRow | undefined, other: BookRow | undefined): boolean =>
    one?.[0] === other?.[0] && one?.[1] === other?.[1];
  const length = Math.min(a.length, b.length);
  let first = 0;
  while (first < length && isSame(a[first], b[first])) first += 1;
  let last = 0;
  while (last < length - first && isSame(a.at(-1 - last), b.at(-1 - last))) last += 1;
  return { first, last };
}
