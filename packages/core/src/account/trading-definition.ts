import type { Decimal } from "../decimal/decimal.js";
import type { Instrument } from "../instrument/index.js";
import type { FeeSchedule, InFlightOrder, TradingFees } from "../model/index.js";
import type { RestCall } from "../transport/index.js";
import type { BalanceListing, FillUpdate, OrderUpdate, VenueRefusal } from "./account-messages.js";
import type { UserStreamDataSource } from "./user-stream.js";

/** An order of ours, and what is traded. */
export interface OrderInMarket {
  readonly order: InFlightOrder;
  readonly instrument: Instrument;
}

/** An amendment as it is sent: what is not to change stands as it is. */
export interface AmendCommand extends OrderInMarket {
  readonly price: Decimal;
  readonly amount: Decimal;
}

/** What a venue lets a client order id be. */
export interface ClientOrderIdRule {
  /** Before every id; the venue may know programs by it. @default "" */
  readonly prefix?: string;
  readonly maxLength: number;
  /** Which letters an id may consist of: `lowercase` a-z and 0-9, `digits` 0-9. */
  readonly alphabet: "lowercase" | "digits";
}

/** What is known of the time in which a venue learns and forgets. */
export interface OrderTimes {
  /** A signed request is not accepted once the venue's clock is this far past its timestamp, in ms. */
  readonly receiveWindowMs: number;
  /** So long after it has accepted an order a query may still not know it, in ms. */
  readonly queryLagMs: number;
  /** A query finds a finished order at least for so long, in ms. */
  readonly retentionMs: number;
}

/** Which fills are asked for. */
export interface FillsQuery {
  /** Where the venue asks for one instrument at a time, it is there. */
  readonly instrument: Instrument | undefined;
  /** Only of this order, where the venue can tell them apart. */
  readonly exchangeOrderId: string | undefined;
  /** Not older, ms since 1970-01-01 UTC. */
  readonly fromTimestamp: number;
  /** Where the last answer said that there is more. */
  readonly cursor: string | undefined;
}

/** Fills, and where to go on. */
export interface FillsPage {
  readonly fills: readonly FillUpdate[];
  /** Undefined if that was all. */
  readonly cursor: string | undefined;
}

/** What an API key may do. */
export interface KeyPermissions {
  readonly canTrade: boolean | undefined;
  readonly canWithdraw: boolean | undefined;
  /** Whether it works from some addresses only. */
  readonly ipRestricted: boolean | undefined;
}

/**
 * A venue's private side: its calls for orders and accounts. What each call's failure proves is in the error table
 * of the connector's REST rules.
 */
export interface TradingDefinition {
  readonly clientOrderIds: ClientOrderIdRule;
  readonly times: OrderTimes;
  readonly fees: FeeSchedule;
  /** Sends an order. `ackMeans` of the capabilities says what the answer means. */
  place(order: OrderInMarket): RestCall<OrderUpdate>;
  /** Sends several at once; the answer has one entry for each, in order. */
  readonly placeBatch?: {
    readonly max: number;
    call(orders: readonly OrderInMarket[]): RestCall<readonly (OrderUpdate | VenueRefusal)[]>;
  };
  /** Cancels an order, by the venue's id if it is known, else by ours. */
  cancel(order: OrderInMarket): RestCall<OrderUpdate>;
  /** Cancels several at once, all in one instrument if `perInstrument`; one entry for each, in order. */
  readonly cancelBatch?: {
    readonly max: number;
    readonly perInstrument: boolean;
    call(orders: readonly OrderInMarket[]): RestCall<readonly (OrderUpdate | VenueRefusal)[]>;
  };
  /** Cancels every order of the account in the instrument, others' too. */
  cancelAll?(instrument: Instrument): RestCall<void>;
  amend?(command: AmendCommand): RestCall<OrderUpdate>;
  /** How an order stands. The error table says which refusal means that the venue does not know it. */
  query(order: OrderInMarket): RestCall<OrderUpdate>;
  /** All open orders of the account: of one instrument, or of all where undefined. */
  openOrders(instrument: Instrument | undefined): RestCall<readonly OrderUpdate[]>;
  readonly fills: {
    /** Whether the venue asks for one instrument at a time. */
    readonly perInstrument: boolean;
    /** Longest stretch of time that one question may span, in ms. */
    readonly maxSpanMs: number;
    call(query: FillsQuery): RestCall<FillsPage>;
  };
  readonly balances: RestCall<BalanceListing>;
  /** The account's own rates. */
  tradingFees?(instrument: Instrument): RestCall<Pick<TradingFees, "makerRate" | "takerRate">>;
  /** Derivatives: the leverage that the account has set for the instrument. */
  leverage?(instrument: Instrument): RestCall<Decimal>;
  readonly keyPermissions?: RestCall<KeyPermissions>;
  readonly userStream?: UserStreamDataSource;
}
