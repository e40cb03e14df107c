import type { Ports, UpdateId } from "@conn/core";
import type { Faults, VenueLog } from "@conn/simulator";
import type { MarketInfoTruth } from "./market-info-truth.js";
import type { VenueAccounts } from "./venue-accounts.js";
import type { LoweredLimits, VenueLimits } from "./venue-limits.js";

/** A whole book in the venue's texts, best price first. */
export interface VenueBook {
  readonly lastUpdateId: UpdateId;
  readonly bids: readonly (readonly [price: string, amount: string])[];
  readonly asks: readonly (readonly [price: string, amount: string])[];
}

/** A row of a depth message. */
export interface VenueRow {
  readonly side: "bid" | "ask";
  readonly price: string;
  /** Zero deletes the level. */
  readonly amount: string;
}

/** A public trade as the venue publishes it, in its texts. */
export interface VenueTrade {
  readonly tradeId: string;
  /** Side of the taker. */
  readonly side: "buy" | "sell";
  readonly price: string;
  readonly amount: string;
  /** When it was made, ms since 1970-01-01 UTC. */
  readonly exchangeTimestamp: number;
}

/** Trading rules as the venue publishes them, in its texts; a field is absent where the venue has no such rule. */
export interface VenueRules {
  readonly priceIncrement: string;
  readonly amountIncrement: string;
  readonly minPrice?: string;
  readonly maxPrice?: string;
  readonly minAmount?: string;
  readonly maxAmount?: string;
  readonly marketMinAmount?: string;
  readonly marketMaxAmount?: string;
  readonly marketAmountIncrement?: string;
  readonly minNotional?: string;
  readonly maxNotional?: string;
}

/** What the venue lists. */
export interface VenueListing {
  /** The venue's own spelling. */
  readonly symbol: string;
  /** Whether it takes orders at present. */
  readonly trading: boolean;
}

/**
 * A simulated venue as the conformance kit sees it: the truth behind its protocol, and the verbs that
 * bring it into the situations of the cases. Symbols are the venue's own.
 *
 * Books are as deep as one snapshot of the venue shows, and no deeper: where a stream keeps to the best
 * levels, these are all that is told here.
 */
export interface ConformanceVenue extends MarketInfoTruth {
  /** Where it listens, by the names of the connector's URLs. */
  readonly urls: Readonly<Record<string, string>>;
  readonly faults: Faults;
  readonly log: VenueLog;
  /** The venue's clock, ms since 1970-01-01 UTC. */
  now(): number;
  /** What it allows on one connection, by its own documents, and enforces. */
  readonly limits: VenueLimits;
  /** Where snapshots come on a connection: the kind of those frames, as faults know it. */
  readonly snapshotFrameKind?: string;
  /**
   * Where a frame of the client asks for a snapshot: the kind of those frames, as the log knows it. They name the
   * stream of the book.
   */
  readonly snapshotRequestKind?: string;
  /** That nothing in the venue's frames shows that one of them was lost. */
  readonly lossIsUnseen?: boolean;
  /** That the venue documents snapshots in the stream whose id is below that of the book: they begin a new count. */
  readonly snapshotsMayStepBack?: boolean;
  /** Orders and accounts; there where `ConformanceSimulator.hasAccounts` says so. */
  readonly accounts?: VenueAccounts;
  /** Stops listening and cuts every connection: dials are refused by the system. The market goes on. */
  goOffline(): Promise<void>;
  /** Listens again, at the same port. */
  goOnline(): Promise<void>;
  close(): Promise<void>;

  /** Everything of the connector's product that is listed, in a fixed order: from the start at least three that trade and one that does not. */
  listings(): readonly VenueListing[];
  rulesOf(symbol: string): VenueRules;
  /** Price of the latest trade. */
  lastPriceOf(symbol: string): string;
  /**
   * The latest trades that the venue has published, oldest first, or groups of them where it publishes only those.
   * Needed where the connector supports public trades.
   */
  tradesOf?(symbol: string): readonly VenueTrade[];
  /** The book at this moment. */
  bookOf(symbol: string): VenueBook;
  /** The book right after `updateId`; undefined if that is in the future or forgotten. */
  bookAt(symbol: string, updateId: UpdateId): VenueBook | undefined;
  /**
   * Where frames carry no update ids: the book as the latest frame that was sent has left it. No two frames of a book
   * may leave in one moment.
   */
  bookSent?(symbol: string): VenueBook;

  /** Stops the market of a symbol: no change, no trade, no diff of itself, while it goes on trading. */
  freeze(symbol: string): void;
  /** Resumes the market; what was published may be forgotten. */
  unfreeze(symbol: string): void;
  /**
   * Sends these rows, as they are written and in their order, in the next diff of a frozen symbol, and
   * applies them to the venue's own book as exact decimals. A row may delete a level that is absent,
   * a price of zero changes nothing, and the book may become crossed or lose a side.
   */
  publish(symbol: string, rows: readonly VenueRow[]): void;

  /** Lists one more symbol, trading, and returns it. */
  listAnother(): string;
  /** Adds an entry that cannot be understood to the venue's list of instruments. */
  listMalformed(): void;
  /** Ceases to take orders for a symbol that stays listed. */
  halt(symbol: string): void;
  /** Takes orders for a halted symbol again. */
  resume(symbol: string): void;
  /** Makes the price increment of a symbol ten times finer, and returns it. The market may keep to coarser prices. */
  refineTick(symbol: string): string;
  /** Takes a symbol off the list: its streams end, and requests for it are refused. */
  delist(symbol: string): void;
  /** Lists a delisted symbol again; its market begins anew, and so may its ids. */
  relist(symbol: string): void;
  /** Lists the same instrument under another symbol, which it returns; what was served under the old one ends. */
  rename(symbol: string): string;
}

/** How the kit wants a venue. */
export interface ConformanceStart {
  readonly ports: Ports;
  readonly seed: number;
  /** Price levels a side on average, few enough to be compared often; the venue's choice without it. */
  readonly levels?: number;
  /** Market events a second of each symbol; the venue's choice without it. */
  readonly eventsPerSecond?: number;
  /** Longest time in ms for which a market that nobody has looked at makes up. Default: all of it. */
  readonly catchUpMs?: number;
  /** Smaller numbers for limits that the venue has. */
  readonly limits?: LoweredLimits;
  /** How far the venue's clock is ahead of the machine's, in ms. @default 0 */
  readonly clockSkewMs?: number;
}

/** Starts simulated venues for the conformance kit. */
export interface ConformanceSimulator {
  /** Age in ms at which the venue ends every stream connection, where it does, as its documents say. */
  readonly connectionLifetimeMs?: number;
  /** Whether its venues have `accounts`: without them, cases of trading are skipped, and say so. @default false */
  readonly hasAccounts?: boolean;
  /** Starts a venue on loopback, at a free port. The same seed gives the same market. */
  start(options: ConformanceStart): Promise<ConformanceVenue>;
}
