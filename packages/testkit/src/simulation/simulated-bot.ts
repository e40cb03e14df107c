import {
  type BookFault,
  ConnError,
  type Connector,
  type Instrument,
  type OrderBook,
  type Random,
} from "@conn/core";
import { bookDifference } from "../run/book-equality.js";
import { ConnectionWatch } from "./connection-watch.js";
import type { Counts } from "./coverage.js";
import { below, pick } from "./fault-kind.js";
import type { SimulatedListings } from "./simulated-listings.js";
import type { SimulatedWorld } from "./simulated-world.js";

/** What a bot works with. */
export interface SimulatedBotOptions {
  readonly name: string;
  readonly connector: Connector;
  readonly world: SimulatedWorld;
  readonly listings: SimulatedListings;
  readonly random: Random;
  readonly transitions: Counts;
  /** Whether ids of public trades rise by one. */
  readonly tradeIdsAreContiguous: boolean;
  readonly note: (what: string) => void;
  readonly violate: (what: string) => void;
}

/** Every so many changes of a live book it is held against the venue's; the first ones always. */
const COMPARE_EVERY = 8;
const COMPARE_FIRST = 3;
const START_AGAIN_AFTER_MS = 5_000;
const ADD_AGAIN_AFTER_MS = 3_000;
const FETCH_AGAIN_AFTER_MS = 10_000;

/**
 * A program that uses a connector as programs do, and that believes nothing it is told: every book that is
 * called live is held against the venue's own.
 */
export class SimulatedBot {
  readonly connector: Connector;
  readonly #options: SimulatedBotOptions;
  readonly #sinceLive = new Map<string, number>();
  readonly #lastTradeIds = new Map<string, bigint>();
  readonly #seenTrades = new Map<string, Set<string>>();
  /** Pairs whose missed trades were given up with a word. */
  readonly #tradesLost = new Set<string>();
  readonly #pending = new Set<string>();
  readonly #connections = new ConnectionWatch();
  readonly #lastFaults = new Map<string, BookFault | undefined>();
  #audits = 0;
  #calls = 0;
  #wanted = false;
  /** Whether the program does no more of its own, but for keeping the connector started. */
  #calm = false;

  constructor(options: SimulatedBotOptions) {
    this.#options = options;
    this.connector = options.connector;
    this.#listen();
  }

  /** Calls that have not settled. */
  get pending(): readonly string[] {
    return [...this.#pending];
  }

  /** Starts the connector, again and again until that succeeds. */
  start(): void {
    this.#wanted = true;
    this.#begin();
  }

  async stop(): Promise<void> {
    this.#wanted = false;
    // Trades that happen while it is stopped are nobody's business.
    this.#lastTradeIds.clear();
    this.#seenTrades.clear();
    await this.#call("stop", this.connector.stop());
  }

  /** From now on the program only keeps the connector started. */
  calmDown(): void {
    this.#calm = true;
    this.#wanted = true;
    this.#begin();
    this.#learn();
  }

  /** Whether it follows a symbol without knowing that the venue lists it no more. */
  believes(symbol: string): boolean {
    for (const [pair, book] of this.connector.orderBooks) {
      if (book.integrity.state === "delisted") continue;
      // It may know the symbol by an earlier name.
      const known = this.connector.instruments.get(pair)?.exchangeSymbol;
      if (known !== undefined && this.#options.listings.nameOf(known) === symbol) return true;
    }
    return false;
  }

  /** Does one of the things that programs do; returns what. */
  act(random: Random): string {
    if (this.#calm) return "nothing";
    const { connector } = this;
    const followed = [...connector.orderBooks.keys()];
    const free = this.#options.listings.symbols
      .map((symbol) => this.#instrumentOf(symbol)?.tradingPair)
      .filter((pair) => pair !== undefined && !followed.includes(pair));
    const action = below(random, 10);
    switch (action) {
      case 0:
      case 1: {
        const pair = free.length > 0 ? pick(free, random) : undefined;
        if (pair === undefined || !this.#isStarted()) return "adds nothing";
        connector.addTradingPair(pair);
        return `adds ${pair}`;
      }
      case 2:
      case 3: {
        if (followed.length < 2) return "removes nothing";
        const pair = pick(followed, random);
        this.#remove(pair);
        return `removes ${pair}`;
      }
      case 4: {
        if (followed.length === 0) return "resyncs nothing";
        const pair = pick(followed, random);
        connector.resyncOrderBook(pair);
        return `resyncs ${pair}`;
      }
      case 5:
        void this.#call("fetchInstruments", connector.fetchInstruments());
        return "fetches instruments";
      case 6: {
        const abort = new AbortController();
        this.#options.world.after(below(random, 3_000), () => abort.abort());
        void this.#call("checkNetwork", connector.checkNetwork({ signal: abort.signal }));
        return "checks the network, and soon gives up";
      }
      case 7:
        void this.#call("fetchLastTradedPrices", connector.fetchLastTradedPrices());
        return "fetches last prices";
      case 8: {
        const delayMs = below(random, 10_000);
        void this.stop();
        this.#options.world.after(delayMs, () => this.start());
        return `stops for ${delayMs} ms`;
      }
      default: {
        void this.stop();
        this.start();
        return "stops and starts at once";
      }
    }
  }

  /** Why the bot has not got what it wants: all its books live and equal to the venue's. */
  lacks(): string | undefined {
    const { orderBooks } = this.connector;
    if (orderBooks.size === 0) return "it follows no pair";
    for (const [pair, book] of orderBooks) {
      if (book.integrity.state !== "live") {
        return `the book of ${pair} is ${book.integrity.state}, last fault ${book.integrity.lastFault}`;
      }
    }
    return undefined;
  }

  /** A book that is called live while no connection is open, or although its instrument is known to be gone. */
  wronglyLive(): string | undefined {
    const { isAnyOpen } = this.#connections;
    const { orderBooks, instruments } = this.connector;
    for (const [pair, book] of orderBooks) {
      if (book.integrity.state !== "live") continue;
      if (!isAnyOpen) return `the book of ${pair} says live, and no connection is open`;
      if (!instruments.has(pair)) return `the book of ${pair} says live, and the venue no longer lists it`;
    }
    return undefined;
  }

  /** Counts what no event tells: faults of books that were not live, and audits. */
  observe(): void {
    const { transitions } = this.#options;
    let audits = 0;
    for (const [pair, { integrity }] of this.connector.orderBooks) {
      audits += integrity.audits;
      const { lastFault } = integrity;
      if (lastFault === this.#lastFaults.get(pair)) continue;
      this.#lastFaults.set(pair, lastFault);
      if (lastFault !== undefined) transitions.add(`fault ${lastFault}`);
    }
    if (audits > this.#audits) transitions.add("audit same", audits - this.#audits);
    this.#audits = audits;
  }

  /** Holds every live book against the venue's. */
  compareAll(): void {
    for (const book of this.connector.orderBooks.values()) {
      if (book.integrity.state === "live") this.#compare(book);
    }
  }

  #begin(): void {
    const { world, note } = this.#options;
    void this.#call(
      "start",
      this.connector.start().catch((error: unknown) => {
        if (error instanceof TypeError) return;
        if (this.#wanted) {
          note(`${this.#options.name} could not start: ${String(error)}`);
          world.after(START_AGAIN_AFTER_MS, () => {
            if (this.#wanted) this.#begin();
          });
        }
        throw error;
      }),
    );
  }

  /** Asks for the venue's list until it is known to be what it was. */
  #learn(): void {
    const { listings, world } = this.#options;
    const isKnown = listings.symbols.every((symbol) => this.#instrumentOf(symbol) !== undefined);
    if (listings.isWhole && isKnown && this.#isStarted()) return;
    if (this.#isStarted()) void this.#call("fetchInstruments", this.connector.fetchInstruments());
    world.after(FETCH_AGAIN_AFTER_MS, () => this.#learn());
  }

  #isStarted(): boolean {
    return this.connector.status.instruments;
  }

  #remove(pair: string): void {
    this.connector.removeTradingPair(pair);
    this.#lastTradeIds.delete(pair);
    this.#seenTrades.delete(pair);
  }

  /** Every call must end, well or with one of the library's errors. */
  async #call(what: string, promise: Promise<unknown>): Promise<void> {
    this.#calls += 1;
    const name = `${this.#options.name}.${what} #${this.#calls}`;
    this.#pending.add(name);
    try {
      await promise;
    } catch (error) {
      if (!(error instanceof ConnError)) this.#options.violate(`${name} threw ${describeError(error)}`);
    } finally {
      this.#pending.delete(name);
    }
  }

  #listen(): void {
    const { connector } = this;
    const { transitions, note, name, world, violate } = this.#options;
    connector.on("connection", (event) => {
      const { connectionId, route, state, reason } = event;
      const { previous, wrong } = this.#connections.note(event);
      if (wrong !== undefined) violate(`${name}: ${wrong}`);
      transitions.add(`connection ${previous} → ${state}${reason === undefined ? "" : ` (${reason})`}`);
      note(`${name} ${route} ${connectionId} ${previous} → ${state} ${reason ?? ""}`);
    });
    connector.on("orderBookState", ({ tradingPair, previous, state, fault, book }) => {
      transitions.add(`book ${previous} → ${state}${fault === undefined ? "" : ` (${fault})`}`);
      note(`${name} book ${tradingPair} ${previous} → ${state} ${fault ?? ""}`);
      this.#sinceLive.set(tradingPair, 0);
      if (state === "live") this.#compare(book);
    });
    connector.on("orderBook", ({ tradingPair, book }) => {
      const since = (this.#sinceLive.get(tradingPair) ?? 0) + 1;
      this.#sinceLive.set(tradingPair, since);
      if (since > COMPARE_FIRST && since % COMPARE_EVERY !== 0) return;
      if (book.integrity.state === "live") this.#compare(book);
    });
    connector.on("problem", ({ error, tradingPair }) => {
      note(`${name} problem ${error.code} ${tradingPair ?? ""}`);
      if (error.code === "TRADES_LOST" && tradingPair !== undefined) this.#tradesLost.add(tradingPair);
      if (error.code !== "SUBSCRIPTION_REFUSED" || tradingPair === undefined) return;
      // What the venue refused it may grant later, if somebody asks again.
      world.after(ADD_AGAIN_AFTER_MS, () => {
        const { orderBooks, instruments } = this.connector;
        if (!orderBooks.has(tradingPair) || !instruments.has(tradingPair)) return;
        this.#remove(tradingPair);
        this.connector.addTradingPair(tradingPair);
      });
    });
    connector.on("trade", ({ tradingPair, trade }) => {
      if (this.#options.tradeIdsAreContiguous) {
        const id = BigInt(trade.tradeId);
        const last = this.#lastTradeIds.get(tradingPair);
        this.#lastTradeIds.set(tradingPair, id);
        if (last === undefined || id === last + 1n || this.#tradesLost.delete(tradingPair)) return;
        violate(`${name}: trade ${id} of ${tradingPair} came after ${last}`);
        return;
      }
      const seen = this.#seenTrades.get(tradingPair) ?? new Set();
      this.#seenTrades.set(tradingPair, seen);
      if (seen.has(trade.tradeId)) violate(`${name}: trade ${trade.tradeId} of ${tradingPair} came twice`);
      seen.add(trade.tradeId);
    });
    connector.on("rateLimit", ({ reason }) => transitions.add(`limiter ${reason}`));
    connector.on("instrument", ({ change, tradingPair }) => {
      transitions.add(`instrument ${change}`);
      note(`${name} instrument ${tradingPair} ${change}`);
      if (change !== "delisted" && change !== "renamed") return;
      // What comes back counts its trades anew, and under another name they are not known to be the same ones.
      this.#lastTradeIds.delete(tradingPair);
      this.#seenTrades.delete(tradingPair);
    });
    connector.on("ready", ({ ready }) => note(`${name} ${ready ? "is ready" : "is not ready"}`));
  }

  #compare(book: OrderBook): void {
    const { lastUpdateId } = book.integrity;
    const symbol = this.connector.instruments.get(book.tradingPair)?.exchangeSymbol ?? "";
    const { listings } = this.#options;
    // It cannot know yet.
    if (listings.isDelisted(symbol)) return;
    const truth = lastUpdateId === undefined ? undefined : listings.bookAt(symbol, lastUpdateId);
    const difference = bookDifference(book, truth);
    if (difference === undefined) return;
    this.#options.violate(
      `${this.#options.name}: a book that says live is not the venue's at update ${lastUpdateId}: ${difference}`,
    );
  }

  #instrumentOf(symbol: string): Instrument | undefined {
    for (const instrument of this.connector.instruments.values()) {
      if (instrument.exchangeSymbol === symbol) return instrument;
    }
    return undefined;
  }
}

function describeError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
