import type {
  CommandOptions,
  CommandResult,
  KeyPermissions,
  OrderAmendment,
  OrderRequest,
  PreparedOrder,
  ReconcileReport,
} from "../account/index.js";
import { AuthError, LifecycleError, NotSupportedError } from "../errors/index.js";
import type { Balance, InFlightOrder, TradingFees } from "../model/index.js";
import type { AccountLink, ListedOrder } from "./account-link.js";
import type { AskOptions, CancelAllOptions } from "./trading-calls.js";
import type { TradingCapabilities } from "./trading-capabilities.js";

/** What the calls of an account work with. */
export interface AccountCallsOptions {
  readonly venue: string;
  readonly supports: TradingCapabilities | undefined;
  /** The running session's account; `none` if it has no credentials, undefined if nothing runs. */
  readonly link: () => AccountLink | "none" | undefined;
}

/** The public calls of an account: refuse what cannot be done, and hand the rest on. */
export class AccountCalls {
  readonly #options: AccountCallsOptions;

  constructor(options: AccountCallsOptions) {
    this.#options = options;
  }

  get orders(): ReadonlyMap<string, InFlightOrder> {
    return this.#present?.orders ?? new Map();
  }

  order(clientOrderId: string): InFlightOrder | undefined {
    return this.#present?.order(clientOrderId);
  }

  get balances(): ReadonlyMap<string, Balance> {
    return this.#present?.balances ?? new Map();
  }

  async placeOrder(request: OrderRequest, options: CommandOptions = {}): Promise<InFlightOrder> {
    return this.#link().place(request, options);
  }

  async placeOrders(
    requests: readonly OrderRequest[],
    options: CommandOptions = {},
  ): Promise<readonly CommandResult[]> {
    this.#need("placeBatch", "several orders in one request");
    return this.#link().placeBatch(requests, options);
  }

  prepareOrder(request: OrderRequest): PreparedOrder {
    return this.#link().prepare(request);
  }

  async cancelOrder(clientOrderId: string, options: CommandOptions = {}): Promise<InFlightOrder> {
    return this.#link().cancel(clientOrderId, options);
  }

  async cancelOrders(
    clientOrderIds: readonly string[],
    options: CommandOptions = {},
  ): Promise<readonly CommandResult[]> {
    return this.#link().cancelBatch(clientOrderIds, options);
  }

  async cancelAllOrders(options: CancelAllOptions = {}): Promise<readonly CommandResult[]> {
    const { tradingPair, includeForeign = false } = options;
    if (!includeForeign) return this.#link().cancelAll(tradingPair, options);
    if (tradingPair === undefined) throw new TypeError("includeForeign needs a tradingPair");
    this.#need("cancelForeign", "one command that cancels all orders");
    return this.#link().cancelForeign(tradingPair, options);
  }

  async amendOrder(
    clientOrderId: string,
    amendment: OrderAmendment,
    options: CommandOptions = {},
  ): Promise<InFlightOrder> {
    this.#need("amend", "amendments");
    return this.#link().amend(clientOrderId, amendment, options);
  }

  async fetchOpenOrders(tradingPair?: string, options: AskOptions = {}): Promise<readonly ListedOrder[]> {
    return this.#link().fetchOpenOrders(tradingPair, options.signal);
  }

  async fetchTradingFees(tradingPair: string, options: AskOptions = {}): Promise<TradingFees> {
    return this.#link().tradingFees(tradingPair, options.signal);
  }

  async fetchKeyPermissions(options: AskOptions = {}): Promise<KeyPermissions> {
    this.#need("keyPermissions", "a way to ask what a key may do");
    return this.#link().keyPermissions(options.signal);
  }

  async reconcile(): Promise<ReconcileReport> {
    return this.#link().reconcile();
  }

  get #present(): AccountLink | undefined {
    const link = this.#options.link();
    return link === "none" ? undefined : link;
  }

  #need(capability: keyof TradingCapabilities, what: string): void {
    const { supports, venue } = this.#options;
    if (!supports?.[capability]) throw new NotSupportedError(`${venue} has not ${what}`, { venue });
  }

  #link(): AccountLink {
    const { venue, supports, link } = this.#options;
    if (supports === undefined) throw new NotSupportedError(`${venue} is for public data alone`, { venue });
    const present = link();
    if (present === undefined)
      throw new LifecycleError("NOT_STARTED", `${venue} is not started`, { venue, outcome: "notSent" });
    if (present === "none") {
      throw new AuthError("CREDENTIALS_MISSING", `${venue} was given no credentials`, {
        venue,
        outcome: "notSent",
      });
    }
    return present;
  }
}
