import type { ConformanceSimulator, ConformanceVenue } from "@conn/testkit";
import { BOOK_DEPTH } from "../src/constants.js";
import { type CryptoComSimulator, DEFAULT_INSTRUMENTS, startSimulator } from "../src/simulator/index.js";

/** The simulated venue as the conformance kit wants it. */
export const simulator: ConformanceSimulator = {
  async start(options) {
    return toConformanceVenue(await startSimulator(options));
  },
};

function toConformanceVenue(running: CryptoComSimulator): ConformanceVenue {
  const { machine, urls, faults, log } = running;
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
    bookOf: (symbol) => shown(machine.bookOf(symbol)),
    bookAt(symbol, updateId) {
      const book = machine.bookAt(symbol, BigInt(updateId));
      return book && shown(book);
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
  };
}
