import type { TradingDefinition } from "../account/index.js";
import type { Auth } from "../auth/index.js";
import type { Decimal } from "../decimal/decimal.js";
import type { ProtocolError } from "../errors/index.js";
import type { Instrument } from "../instrument/index.js";
import type { FundingMessage, OrderBookDataSource, TickerMessage } from "../market-data/index.js";
import type { OpenInterest } from "../model/index.js";
import type { RateLimitPool } from "../rate-limit/index.js";
import type {
  RestCall,
  RestRules,
  SocketLimits,
  SubscriptionProtocol,
  VenueClockSource,
} from "../transport/index.js";

/** URLs by name: `rest`, and one for each route of streams. */
export type VenueUrls = Readonly<Record<string, string>>;

/** One kind of stream connection of a venue. */
export interface RouteDefinition {
  /** Appended to the route's URL. */
  readonly path: string;
  /** Most streams on one connection. */
  readonly maxTopics: number;
  /**
   * Age in ms at which the venue ends a connection, where it documents one. A successor takes over the streams
   * between 80 % and 95 % of it, so that no book is without its stream.
   */
  readonly maxAgeMs?: number;
  readonly limits: SocketLimits;
}

/** All instruments a venue lists, and those of its entries that could not be understood. */
export interface InstrumentListing {
  readonly instruments: readonly Instrument[];
  /**
   * One error for each entry that was left out because it is malformed, with the venue's symbol, where that can be
   * read, as `details.exchangeSymbol`: an instrument known by it is then not taken for delisted.
   */
  readonly problems: readonly ProtocolError[];
  /**
   * Where the answer tells the venue's rate limits: how much each of the declared pools allows, by id, in weight. It
   * takes the place of what is declared, for all who share the pool, and a difference is told as a problem.
   */
  readonly rateLimits?: Readonly<Record<string, number>>;
}

/** What a venue answers to the question for its open interest. */
export type OpenInterestAnswer = Pick<OpenInterest, "openInterest" | "exchangeTimestamp">;

/** What a venue is, in the words of core: everything a connector of kind exchange says of its public side. */
export interface ExchangeDefinition {
  readonly urls: { readonly live: VenueUrls; readonly testnet?: VenueUrls };
  /**
   * Names of further REST addresses, for calls with such a `host`. They have no default: a signed request goes to no
   * address that the user has not named, but for those above.
   */
  readonly optionalUrls?: readonly string[];
  readonly rest: RestRules;
  /** How requests and logins are signed; absent where the connector is for public data alone. */
  readonly auth?: Auth;
  /**
   * What the venue counts, by address, key, account or pair; shared by all connectors in the host that it counts
   * together. Not what it counts by connection: that is `limits` of the routes.
   */
  readonly rateLimits: readonly RateLimitPool[];
  /** How often a stream connection may be opened, by IP address. */
  readonly dials: { readonly limit: number; readonly intervalMs: number };
  /** How the venue's time can be known. */
  readonly clock: VenueClockSource;
  readonly routes: Readonly<Record<string, RouteDefinition>>;
  readonly subscriptions: SubscriptionProtocol;
  /** A cheap call that shows whether the venue is there. */
  readonly networkCheck: RestCall<void>;
  readonly instruments: RestCall<InstrumentListing>;
  /** Last prices by the venue's symbol: of all instruments, or of one. */
  readonly lastTradedPrices: (exchangeSymbol: string | undefined) => RestCall<ReadonlyMap<string, Decimal>>;
  /**
   * Where tickers are supported: the calls that together tell those of these symbols, at the least weight. Their
   * answers may tell of other symbols too, which are then left out.
   */
  readonly tickers?: (exchangeSymbols: readonly string[]) => readonly RestCall<readonly TickerMessage[]>[];
  /** Where funding is supported: likewise. */
  readonly fundingInfo?: (
    exchangeSymbols: readonly string[],
  ) => readonly RestCall<readonly FundingMessage[]>[];
  /** Where open interest is supported. */
  readonly openInterest?: (exchangeSymbol: string) => RestCall<OpenInterestAnswer>;
  readonly orderBooks: OrderBookDataSource;
  /** Where trading is supported: the venue's private side. */
  readonly trading?: TradingDefinition;
}
