import type {
  CommandOptions,
  CommandResult,
  KeyPermissions,
  OrderAmendment,
  OrderRequest,
  PreparedOrder,
  ReconcileReport,
} from "../account/index.js";
import type { Balance, InFlightOrder, TradingFees } from "../model/index.js";
import type { ListedOrder } from "./account-link.js";
import type { Capabilities } from "./capabilities.js";
import type { TradingCapabilities } from "./trading-capabilities.js";

/** Capabilities without trading. A type of optional properties alone would be fitted by nothing that has none of them. */
type WithoutTrading = Pick<Capabilities, "orderBooks"> & { readonly trading?: undefined };

/** Type of a call that connectors for public data alone lack. */
export type OfferedToTraders<Supports extends Capabilities, Call> = Supports extends WithoutTrading
  ? never
  : Call;

/** Type of a call that is there where a capability of trading is. */
export type OfferedWith<
  Supports extends Capabilities,
  Name extends keyof TradingCapabilities,
  Call,
> = Supports extends { readonly trading: Readonly<Record<Name, false>> }
  ? never
  : OfferedToTraders<Supports, Call>;

/** Options of calls that only ask. */
export interface AskOptions {
  readonly signal?: AbortSignal;
}

/** Sends an order. */
export type PlaceOrder<Request = OrderRequest> = (
  request: Request,
  options?: CommandOptions,
) => Promise<InFlightOrder>;

/**
 * What a connector does for an account. It needs `credentials`, or a simulated venue that issues them.
 *
 * **Commands resolve with the order as it stands then**, whatever the venue has said: accepted, rejected
 * (`status: "rejected"`), or nothing that proves anything (`certainty: "unknown"`), in which case what became of it is
 * found out and told by an `order` event. They throw only when nothing was sent; such an error has the `outcome`
 * `"notSent"`.
 */
export interface TradingCalls<Supports extends Capabilities = Capabilities> {
  /** Id of the account; undefined without one. */
  readonly account: string | undefined;
  /** Orders of this program that have not ended, by client order id, oldest first. */
  readonly orders: ReadonlyMap<string, InFlightOrder>;
  /** An order of this program: one that has not ended, or is among the last thousand that have. */
  order(clientOrderId: string): InFlightOrder | undefined;
  /** What the account has, by asset; empty until the venue has told. */
  readonly balances: ReadonlyMap<string, Balance>;

  /**
   * Places an order. It is checked against the instrument's rules, the guards of the options and the account's
   * balance, written down, and sent.
   *
   * @throws {OrderError} ORDER_INVALID, ORDER_UNAFFORDABLE or ORDER_GUARDED: nothing was sent.
   * @throws {ConnError} with outcome `notSent`: RATE_QUEUE_TIMEOUT, for instance.
   * @throws {InstrumentError} UNKNOWN_TRADING_PAIR.
   * @throws {NotSupportedError} if the connector does not trade.
   * @throws {AuthError} CREDENTIALS_MISSING.
   * @throws {TypeError} if the request makes no sense.
   */
  readonly placeOrder: OfferedToTraders<Supports, PlaceOrder>;
  /** `placeOrder` with side `buy`. */
  readonly buy: OfferedToTraders<Supports, PlaceOrder<Omit<OrderRequest, "side">>>;
  /** `placeOrder` with side `sell`. */
  readonly sell: OfferedToTraders<Supports, PlaceOrder<Omit<OrderRequest, "side">>>;
  /**
   * Places several orders in as few requests as the venue takes; one result for each, in order. If one breaks a
   * rule, nothing is sent.
   *
   * @throws as `placeOrder`; {NotSupportedError} without `supports.trading.placeBatch`.
   */
  readonly placeOrders: OfferedWith<
    Supports,
    "placeBatch",
    (requests: readonly OrderRequest[], options?: CommandOptions) => Promise<readonly CommandResult[]>
  >;
  /**
   * What `placeOrder` would send for a request: quantized if it says so, with what that changes in `adjustments`.
   *
   * @throws as `placeOrder`, but for guards and balance.
   */
  readonly prepareOrder: OfferedToTraders<Supports, (request: OrderRequest) => PreparedOrder>;
  /**
   * Cancels an order of this program. One that has ended stays as it is, and nothing is sent.
   *
   * @throws {OrderError} ORDER_UNKNOWN.
   * @throws {ConnError} with outcome `notSent`.
   */
  readonly cancelOrder: OfferedToTraders<
    Supports,
    (clientOrderId: string, options?: CommandOptions) => Promise<InFlightOrder>
  >;
  /** Cancels several orders of this program, in one request where the venue takes it. @throws {OrderError} ORDER_UNKNOWN. */
  readonly cancelOrders: OfferedToTraders<
    Supports,
    (clientOrderIds: readonly string[], options?: CommandOptions) => Promise<readonly CommandResult[]>
  >;
  /**
   * Cancels all open orders of this program, in one instrument or in all. Orders of others are not touched. With
   * `includeForeign`, which needs a pair, every order of the account in it is canceled, whoever placed it.
   *
   * @throws {NotSupportedError} for `includeForeign` without `supports.trading.cancelForeign`.
   */
  readonly cancelAllOrders: OfferedToTraders<
    Supports,
    (options?: CancelAllOptions) => Promise<readonly CommandResult[]>
  >;
  /**
   * Changes price or amount of an open order.
   *
   * @throws as `cancelOrder`; {OrderError} ORDER_INVALID, or ORDER_BUSY if another command on it has not ended.
   * @throws {NotSupportedError} without `supports.trading.amend`.
   */
  readonly amendOrder: OfferedWith<
    Supports,
    "amend",
    (clientOrderId: string, amendment: OrderAmendment, options?: CommandOptions) => Promise<InFlightOrder>
  >;
  /** Open orders of the account as the venue lists them, others' too, of one instrument or of all. */
  readonly fetchOpenOrders: OfferedToTraders<
    Supports,
    (tradingPair?: string, options?: AskOptions) => Promise<readonly ListedOrder[]>
  >;
  /** What the account pays for trades in an instrument. */
  readonly fetchTradingFees: OfferedToTraders<
    Supports,
    (tradingPair: string, options?: AskOptions) => Promise<TradingFees>
  >;
  /**
   * What the key may do. A key for trading should not be able to withdraw.
   *
   * @throws {NotSupportedError} without `supports.trading.keyPermissions`.
   * @throws {ConfigurationError} INVALID_OPTIONS if the venue tells it at an address that `urls` must name first: see the
   *   connector's README. Nothing is sent.
   */
  readonly fetchKeyPermissions: OfferedWith<
    Supports,
    "keyPermissions",
    (options?: AskOptions) => Promise<KeyPermissions>
  >;
  /** Holds orders, fills and balances against the venue's records, now, and tells what the stream had not told. */
  readonly reconcile: OfferedToTraders<Supports, () => Promise<ReconcileReport>>;
  /** Lets no orders be placed any more until it is switched off; cancels go on. Cancels nothing by itself. */
  killSwitch: boolean;
}

/** Which orders `cancelAllOrders` cancels. */
export interface CancelAllOptions extends CommandOptions {
  /** @default all */
  readonly tradingPair?: string;
  /** Also orders of the account that this program did not place. @default false */
  readonly includeForeign?: boolean;
}
