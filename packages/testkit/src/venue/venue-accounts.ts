import type { Credentials, ServerResponse } from "@conn/core";
import type { FrameFilter, RequestFilter } from "@conn/simulator";

/** An order as the venue keeps it, in its texts. Amounts are in the instrument's `amountUnit`. */
export interface VenueOrder {
  readonly exchangeOrderId: string;
  readonly clientOrderId: string | undefined;
  /** The venue's own spelling. */
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly status: "open" | "filled" | "canceled" | "expired" | "rejected";
  /** Absent for market orders. */
  readonly price: string | undefined;
  /** Absent for orders by quote amount. */
  readonly amount: string | undefined;
  readonly filledAmount: string;
}

/** A trade of an order as the venue keeps it, in its texts. */
export interface VenueFill {
  readonly exchangeOrderId: string;
  readonly tradeId: string;
  readonly side: "buy" | "sell";
  readonly price: string;
  readonly amount: string;
  /** Positive: paid; negative: earned. */
  readonly fee: string;
  readonly feeAsset: string;
  readonly liquidity: "maker" | "taker";
  /** Ms since 1970-01-01 UTC. */
  readonly exchangeTimestamp: number;
}

/** What an account has of an asset, in the venue's texts. */
export interface VenueBalance {
  readonly asset: string;
  readonly total: string;
  readonly available: string;
}

/** An order that another program of an account places: a limit order, or a market order without a price. */
export interface OthersOrder {
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly price?: string;
  readonly amount: string;
  /** The venue's choice without it. */
  readonly clientOrderId?: string;
}

/**
 * An account at a simulated venue: its truth, and what happens to it. Orders are named by client order id; an id that
 * was used again means its latest order. Symbols are the venue's own.
 */
export interface VenueAccount {
  /** A key that may trade. */
  readonly credentials: Credentials & { readonly apiKey: string; readonly secret: string };
  /** From now on its key is refused. */
  revokeKey(): void;
  /** A key that may also withdraw; needed where the connector asks what a key may do. */
  keyThatWithdraws?(): Credentials;
  /** Ends what gives access to the private stream, as after neglect: its listen key, or its session. */
  endStreamAccess(): void;
  /** Changes a balance by a decimal text, negative to withdraw. */
  deposit(asset: string, amount: string): void;
  /** Sets the account's fee rates as decimal texts, of one symbol or of all; a negative one is a rebate. */
  setFees(fees: { readonly maker: string; readonly taker: string }, symbol?: string): void;

  /** Another program of the account places an order, which the venue accepts. */
  placeOrder(order: OthersOrder): void;
  /** Another program of the account cancels an order. */
  cancelOrder(clientOrderId: string): void;
  /** Somebody fills `amount` of an order, or all of it, at its price, wherever it stands in the queue. */
  fillOrder(clientOrderId: string, amount?: string): void;
  /** The venue ends an open order by itself. */
  expireOrder(clientOrderId: string): void;

  /** All orders that the account has placed, oldest first. */
  orders(): readonly VenueOrder[];
  /** All fills of the account, oldest first. */
  fills(): readonly VenueFill[];
  /** All assets that it has, in any order. */
  balances(): readonly VenueBalance[];
  /** The answer to the question after balances as it would be if the account had never had the asset. */
  balancesAnswerWithout(asset: string): string;
}

/** The calls that a venue's requests carry. */
export type VenueCall =
  | "place"
  | "placeBatch"
  | "cancel"
  | "cancelBatch"
  | "amend"
  | "query"
  | "openOrders"
  | "fills"
  | "balances";

/** What a venue's private frames tell. */
export type VenueTelling = "created" | "filled" | "canceled" | "balances";

/** Orders and accounts of a simulated venue, as the cases of trading need them. */
export interface VenueAccounts {
  /** Route of the private streams, as faults know it. */
  readonly route: string;
  /** Which requests carry a call, as faults know them; a call that the venue lacks is absent. */
  readonly requests: Readonly<Partial<Record<VenueCall, RequestFilter>>>;
  /** All frames of the private stream that tell of a thing, as faults know them. */
  readonly frames: Readonly<Record<VenueTelling, readonly FrameFilter[]>>;
  /** An answer by which the venue documents that it has not done what was asked, as it is too busy or in maintenance. */
  readonly busyAnswer?: ServerResponse;
  /** An answer by which the venue documents that it does not know itself whether it has done what was asked. */
  readonly undeterminedAnswer?: ServerResponse;
  /** The venue's answer to a new order whose client id it has already; absent where it has no such refusal. */
  readonly duplicateAnswer?: ServerResponse;
  /** The venue's refusal of a request for its timestamp; absent where requests carry none that it refuses. */
  readonly timestampAnswer?: ServerResponse;
  /** The answer to the question after fills where there are none. */
  readonly noFillsAnswer: string;
  /** A frame that tells a fill, with an amount ten times as large as `amount`; other frames as they are. */
  enlargeFill(frame: string, amount: string): string;
  /** Requests other than GET that change nothing of an account, such as those that open its stream: method and path. */
  readonly harmless: readonly string[];
  /** A frame of the private stream that is cut off in the middle. */
  readonly malformedFrame: string;
  /** Asset that the venue deals in, beside the one that orders of the first symbol cost. */
  readonly otherAsset: string;
  /** Opens an account with funds enough for every case: quote, and base where that is what is sold. */
  open(name: string): VenueAccount;
  /** So long after it has accepted an order the venue may not find it yet when asked, in ms, as far as is known. */
  readonly queryLagMs: number;
  /** Somebody buys or sells at market up to `amount`, at `price` or better: all orders there fill by price and time. */
  tradeThrough(
    symbol: string,
    trade: { readonly side: "buy" | "sell"; readonly price: string; readonly amount: string },
  ): void;
  /** From now on questions find orders and fills only this many ms after they were made; 0 ends that. */
  lagQueries(lagMs: number): void;
}
