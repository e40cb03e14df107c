import type {
  Balance,
  ExchangeCore,
  Fill,
  LedgerEntry,
  Order,
  Position,
  VenueEffects,
} from "@conn/simulator";
import type { ContractMarket } from "../market/contract-market.js";
import type { IssuedKey, KeyPermissions } from "./accounts.js";
import { readOrderForm } from "./order-form.js";
import type { PrivateSide } from "./private-side.js";

/** How an account begins. Decimal texts. */
export interface AccountOptions {
  /** What it has, by asset. Default: nothing. */
  readonly funds?: Readonly<Record<string, string>>;
  /** Default: maker 0.0002, taker 0.0005. */
  readonly fees?: Fees;
}

/** Fee rates as decimal texts; negative ones are rebates. */
export interface Fees {
  readonly maker: string;
  readonly taker: string;
}

/** The account that every simulator begins with. */
export const DEFAULT_ACCOUNT = "default";

/** What it has. */
export const DEFAULT_FUNDS: Readonly<Record<string, string>> = { USDT: "100000" };

/** The venue's rates for accounts without a discount: https://www.binance.com/en/fee/futureFee */
export const DEFAULT_FEES: Fees = { maker: "0.0002", taker: "0.0005" };

/** Leverage of contracts for which none was set. */
const DEFAULT_LEVERAGE = 20;

/**
 * What a test does to accounts, and reads of them as ground truth. Orders are known by the venue's id or, with the
 * account, by their client id; symbols are the venue's.
 *
 * Accounts, keys and what is read are there at once. What happens to orders and money is carried out in order, with
 * the venue's next input: in a venue that is served, at once. What cannot be carried out, such as filling an order that
 * is not open, throws then.
 */
export interface AccountVerbs {
  /** Opens an account. @throws {TypeError} if there is one of that name, or a number is no decimal. */
  createAccount(account: string, options?: AccountOptions): void;
  /** Issues an API key with an HMAC secret. @throws {TypeError} if there is no such account. */
  createApiKey(account: string, permissions?: KeyPermissions): IssuedKey;
  /**
   * Issues an API key for a public key: RSA or Ed25519, in PEM (SPKI). Returns the API key.
   *
   * @throws {TypeError} if there is no such account, or the key is another.
   */
  registerPublicKey(account: string, publicKey: string, permissions?: KeyPermissions): string;
  /** From now on the key is refused. @throws {TypeError} if there is no such key. */
  revokeApiKey(apiKey: string): void;
  /** Ends the account's listen key as if it had not been kept alive; returns whether it had one. */
  expireListenKey(account: string): boolean;
  /** Changes a balance by a decimal text, negative to withdraw. @throws {TypeError} if there is no such account. */
  deposit(account: string, asset: string, amount: string): void;
  /** Sets fee rates, of one contract or of all. @throws {TypeError} if a number is no decimal. */
  setFees(account: string, fees: Fees, exchangeSymbol?: string): void;

  /**
   * Another program of the account places an order: parameters as for `POST /fapi/v1/order`. It is checked like any
   * other, and nothing is answered.
   */
  placeOrder(account: string, parameters: Readonly<Record<string, string>>): void;
  /** Another program of the account cancels an order. */
  cancelOrder(account: string, orderId: string): void;
  /** Somebody fills `amount` of an order, or all of it, at its price, wherever it stands in the queue. */
  fillOrder(orderId: string, amount?: string): void;
  /** Somebody buys or sells at market up to `amount`, at `price` or better: all orders there are filled by price and time. */
  tradeThrough(
    exchangeSymbol: string,
    trade: { readonly side: "buy" | "sell"; readonly price: string; readonly amount: string },
  ): void;
  /**
   * The venue ends an open order. `reason` is what its event tells: "4" knocked out by another reduce-only order, "5"
   * liquidation, "6" its condition is not met, "7" delisted. Default "0".
   */
  expireOrder(orderId: string, reason?: string): void;
  /** From now on queries find orders and fills only this many ms after they were made; 0 ends that. */
  lagQueries(lagMs: number): void;

  /** All orders of an account, oldest first. @throws {TypeError} if there is no such account, as do all below. */
  ordersOf(account: string, exchangeSymbol?: string): readonly Order[];
  openOrdersOf(account: string, exchangeSymbol?: string): readonly Order[];
  /** The latest order that has the client id. */
  orderOf(account: string, clientOrderId: string): Order | undefined;
  fillsOf(account: string, exchangeSymbol?: string): readonly Fill[];
  balancesOf(account: string): readonly Balance[];
  positionsOf(account: string, exchangeSymbol?: string): readonly Position[];
  /** Everything that changed the account's balances, oldest first. */
  ledgerOf(account: string): readonly LedgerEntry[];
}

/** What the verbs work on. */
export interface AccountVerbOptions {
  readonly privateSide: PrivateSide;
  /** @throws {TypeError} if there is no such contract. */
  readonly marketOf: (exchangeSymbol: string) => ContractMarket;
  /** Has something done with the next input. */
  readonly order: (run: (at: number, effects: VenueEffects) => void) => void;
  /** The time of the latest input. */
  readonly now: () => number;
}

/** Makes the verbs. */
export function createAccountVerbs({ privateSide, marketOf, order, now }: AccountVerbOptions): AccountVerbs {
  const { accounts, context } = privateSide;
  const core: ExchangeCore = privateSide.core;
  const nameOf = (exchangeSymbol: string): string => context.instruments.nameOf(marketOf(exchangeSymbol));
  const filter = (exchangeSymbol: string | undefined): { readonly symbol?: string } =>
    exchangeSymbol === undefined ? {} : { symbol: nameOf(exchangeSymbol) };

  return {
    createAccount(account, { funds = {}, fees = DEFAULT_FEES } = {}) {
      accounts.open(account);
      core.openAccount(account, { fees, leverage: DEFAULT_LEVERAGE });
      for (const [asset, amount] of Object.entries(funds)) {
        core.credit(account, asset, amount, "deposit", now());
      }
    },
    createApiKey: (account, permissions = {}) => accounts.issueKey(account, permissions, now()),
    registerPublicKey: (account, publicKey, permissions = {}) =>
      accounts.registerKey(account, publicKey, permissions, now()),
    revokeApiKey: (apiKey) => accounts.revokeKey(apiKey),
    expireListenKey(account) {
      const key = context.listenKeys.ofAccount(accounts.get(account).name);
      if (key === undefined) return false;
      key.expiresAt = now();
      order(() => {});
      return true;
    },
    deposit(account, asset, amount) {
      accounts.get(account);
      order((at) =>
        core.credit(account, asset, amount, amount.startsWith("-") ? "withdrawal" : "deposit", at),
      );
    },
    setFees(account, fees, exchangeSymbol) {
      if (exchangeSymbol === undefined) core.changeAccount(account, { fees });
      else {
        const { feesOf } = core.settingsOf(account);
        core.changeAccount(account, { feesOf: { ...feesOf, [nameOf(exchangeSymbol)]: fees } });
      }
    },
    placeOrder(account, parameters) {
      const owner = accounts.get(account);
      order((at) => {
        const { request } = readOrderForm({
          context,
          account: owner,
          parameters: new Map(Object.entries(parameters)),
          at,
        });
        const result = core.submit(request, at);
        if (!result.ok) throw new Error(`the order is refused: ${result.reason}`);
      });
    },
    cancelOrder(account, orderId) {
      accounts.get(account);
      order((at) => core.cancel(account, { id: orderId }, at));
    },
    fillOrder: (orderId, amount) => order((at) => core.fillOrder(orderId, amount, at)),
    tradeThrough(exchangeSymbol, trade) {
      const name = nameOf(exchangeSymbol);
      order((at) => core.trade(name, trade, at));
    },
    expireOrder(orderId, reason = "0") {
      order((at) => {
        privateSide.noteExpiryReason(orderId, reason);
        core.expireByVenue(orderId, at);
      });
    },
    lagQueries(lagMs) {
      context.queryLagMs = lagMs;
    },
    ordersOf: (account, exchangeSymbol) => core.orders(accounts.get(account).name, filter(exchangeSymbol)),
    openOrdersOf: (account, exchangeSymbol) =>
      core.openOrders(accounts.get(account).name, filter(exchangeSymbol).symbol),
    orderOf: (account, clientOrderId) => core.order(accounts.get(account).name, { clientOrderId }),
    fillsOf: (account, exchangeSymbol) => core.fills(accounts.get(account).name, filter(exchangeSymbol)),
    balancesOf: (account) => core.ledger.balances(accounts.get(account).name),
    positionsOf: (account, exchangeSymbol) =>
      core.positions(accounts.get(account).name, filter(exchangeSymbol).symbol),
    ledgerOf: (account) => core.ledger.entries(accounts.get(account).name),
  };
}
