import { Decimal } from "@conn/core";
import type { ConformanceSimulator, ConformanceStart, ConformanceVenue } from "@conn/testkit";
import { BOOK_DEPTH } from "../src/constants.js";
import {
  type CryptoComLimits,
  type CryptoComSimulator,
  DEFAULT_INSTRUMENTS,
  DEFAULT_LIMITS,
  type Instrument,
  startSimulator,
} from "../src/simulator/index.js";
import { toVenueAccounts } from "./conformance-accounts.js";

/** The simulated venue as the conformance kit wants it. */
export const simulator: ConformanceSimulator = {
  hasAccounts: true,
  start: async (options) => (await startVenue(options)).venue,
};

/** The same, with the simulator behind it. */
export async function startVenue({ limits: lowered = {}, ...options }: ConformanceStart): Promise<{
  readonly running: CryptoComSimulator;
  readonly venue: ConformanceVenue;
}> {
  const limits: CryptoComLimits = {
    ...DEFAULT_LIMITS,
    channelsPerConnection: lowered.topicsPerConnection ?? DEFAULT_LIMITS.channelsPerConnection,
    messagesPerSecond: lowered.clientFrames ?? DEFAULT_LIMITS.messagesPerSecond,
  };
  const running = await startSimulator({ ...options, limits });
  return { running, venue: toConformanceVenue(running, limits) };
}

function toConformanceVenue(running: CryptoComSimulator, limits: CryptoComLimits): ConformanceVenue {
  const { machine, urls, faults, log } = running;
  const delisted = new Map<string, Instrument>();
  /** A book as far as its channel shows it. */
  const shown = <Book extends { readonly bids: readonly unknown[]; readonly asks: readonly unknown[] }>(
    book: Book,
  ): Book => ({
    ...book,
    bids: book.bids.slice(0, BOOK_DEPTH),
    asks: book.asks.slice(0, BOOK_DEPTH),
  });
  return {
    urls,
    faults,
    log,
    accounts: toVenueAccounts(running),
    now: () => running.now(),
    limits: {
      topicsPerConnection: limits.channelsPerConnection,
      // The control frames of WebSocket do not count.
      clientFrames: {
        limit: limits.messagesPerSecond,
        intervalMs: 1_000,
        window: "calendar",
        counts: [],
      },
    },
    snapshotFrameKind: "book",
    goOffline: () => running.goOffline(),
    goOnline: () => running.goOnline(),
    close: () => running.close(),
    // Derivatives are listed beside the spot pairs, and are another product.
    listings: () =>
      machine.listings().filter(({ symbol }) => machine.instrumentOf(symbol).instrumentType === "CCY_PAIR"),
    rulesOf(symbol) {
      const { priceTickSize, quantityTickSize } = machine.instrumentOf(symbol);
      return {
        priceIncrement: priceTickSize,
        amountIncrement: quantityTickSize,
        minAmount: quantityTickSize,
      };
    },
    lastPriceOf: (symbol) => machine.lastPriceOf(symbol) ?? "0",
    tradesOf: (symbol) =>
      machine.tradesOf(symbol).map(({ tradeId, at, takerSide, price, amount }) => ({
        tradeId,
        side: takerSide,
        price,
        amount,
        exchangeTimestamp: at,
      })),
    bookOf: (symbol) => shown(machine.bookOf(symbol)),
    bookAt(symbol, updateId) {
      const book = machine.bookAt(symbol, BigInt(updateId));
      return book && shown(book);
    },
    tickerOf(symbol, by) {
      const { last, bid, bidAmount, ask, askAmount, high, low, volume } = machine.tickerOf(symbol);
      if (last === null) return undefined;
      return {
        lastPrice: last,
        ...(bid !== null && { bestBid: bid }),
        ...(ask !== null && { bestAsk: ask }),
        // Amounts at the best prices are told by the stream alone.
        ...(by === "stream" && bidAmount !== null && { bestBidAmount: bidAmount }),
        ...(by === "stream" && askAmount !== null && { bestAskAmount: askAmount }),
        ...(high !== null && { highPrice: high }),
        ...(low !== null && { lowPrice: low }),
        baseVolume: volume,
      };
    },
    freeze: (symbol) => machine.freeze(symbol),
    unfreeze: (symbol) => machine.unfreeze(symbol),
    publish: (symbol, rows) => machine.publish(symbol, rows),
    listAnother() {
      const [model] = DEFAULT_INSTRUMENTS;
      machine.addInstrument({
        ...model!,
        exchangeSymbol: "NEW_USDT",
        displayName: "NEW/USDT",
        baseCurrency: "NEW",
      });
      return "NEW_USDT";
    },
    listMalformed: () => machine.addMalformedSymbol('{"symbol":"BAD_USDT","inst_type":"CCY_PAIR"}'),
    halt: (symbol) => machine.setTradable(symbol, false),
    resume: (symbol) => machine.setTradable(symbol, true),
    refineTick(symbol) {
      const { priceTickSize, quoteDecimals } = machine.instrumentOf(symbol);
      const finer = new Decimal(priceTickSize).div(10);
      machine.changeRules(symbol, {
        priceTickSize: finer.toFixed(),
        quoteDecimals: Math.max(quoteDecimals, finer.decimalPlaces()),
      });
      return finer.toFixed();
    },
    delist(symbol) {
      delisted.set(symbol, machine.instrumentOf(symbol));
      machine.removeInstrument(symbol);
    },
    relist(symbol) {
      machine.addInstrument(delisted.get(symbol)!);
    },
    rename(symbol) {
      machine.renameInstrument(symbol, `X${symbol}`);
      return `X${symbol}`;
    },
  };
}
