import type { Balance, Fill, LedgerEntry, Order } from "@conn/simulator";
import type { InstrumentMarket } from "../market/instrument-market.js";
import type { IssuedKey, KeyPermissions } from "./accounts.js";
import type { CommandKind } from "./commands.js";
import { readOrderForm } from "./order-form.js";
import type { PrivateSide } from "./private-side.js";
import { refusalOf } from "./refusal.js";
import type { VenueOrder } from "./venue-order.js";

/** How an account begins. Decimal texts. */
export interface AccountOptions {
  /** What it has, by asset. Default: nothing. */
  readonly funds?: Readonly<Record<string, string>>;
  /** Default: `DEFAULT_FEES`. */
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
export const DEFAULT_FUNDS: Readonly<Record<string, string>> = {
  USD: "100000",
  USDT: "100000",
  BTC: "2",
  ETH: "20",
  CRO: "500000",
};

/** The venue's rates for accounts that trade little: https://crypto.com/exchange/document/fees-limits */
export const DEFAULT_FEES: Fees = { maker: "0.0025", taker: "0.005" };

/**
 * What a test does to accounts, and reads of them as ground truth. Orders are known by the venue's id or, with the
 * account, by their client id; symbols are the venue's.
 *
 * Accounts, keys, scripts and what is read are there at once. What happens to orders and money is carried out in
 * order, with the venue's next input: in a venue that is served, at once.
 */
export interface AccountVerbs {
  /** Opens an account. @throws {TypeError} if there is one of that name, or a number is no decimal. */
  createAccount(account: string, options?: AccountOptions): void;
  /** Issues an API key. @throws {TypeError} if there is no such account. */
  createApiKey(account: string, permissions?: KeyPermissions): IssuedKey;
  /** From now on the key is refused, also where a socket has logged in with it. @throws {TypeError} if there is no such key. */
  revokeApiKey(apiKey: string): void;
  /** Changes a balance by a decimal text, negative to withdraw. @throws {TypeError} if there is not so much. */
  deposit(account: string, asset: string, amount: string): void;
  /** Sets fee rates, of one pair or of all. @throws {TypeError} if a number is no decimal. */
  setFees(account: string, fees: Fees, exchangeSymbol?: string): void;

  /**
   * Another program of the account places an order: parameters as for `private/create-order`. It goes to the engine at
   * once, and is told as any other.
   *
   * @throws {Error} when it is carried out, if its form is wrong.
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
  /** The venue ends an open order, which becomes EXPIRED; its `reason` is this code. Default: it tells none. */
  expireOrder(orderId: string, reason?: number): void;
  /** From now on queries find orders and fills only this many ms after they were made; 0 ends that. */
  lagQueries(lagMs: number): void;

  /** From now on commands of a kind are so much longer on their way from the acknowledgement to the engine; 0 ends that. */
  delayCommands(kind: CommandKind, delayMs: number): void;
  /** The next commands of a kind are acknowledged and then lost: nothing is told of them, and no query knows such an order. */
  loseCommands(kind: CommandKind, count?: number): void;
  /** The next orders are acknowledged, and then rejected with this code by an event. */
  rejectOrders(code: number, count?: number): void;
  /** From now on a status is told of every order as soon as it is acknowledged; by itself the venue tells none. */
  announceOrders(status: "NEW" | "PENDING" | undefined): void;
  /**
   * From now on the answer to `private/create-order` refuses what the venue knows to be wrong, as it does for the
   * orders of a list; by itself the venue acknowledges it, and an event rejects it.
   */
  answerRefusals(answers: boolean): void;

  /** All orders of an account that the engine took, oldest first. @throws {TypeError} if there is no such account, as do all below. */
  ordersOf(account: string, exchangeSymbol?: string): readonly Order[];
  openOrdersOf(account: string, exchangeSymbol?: string): readonly Order[];
  /** The latest order that has the client id, if the engine took it. */
  orderOf(account: string, clientOid: string): Order | undefined;
  fillsOf(account: string, exchangeSymbol?: string): readonly Fill[];
  balancesOf(account: string): readonly Balance[];
  /** Everything that changed the account's balances, oldest first. */
  ledgerOf(account: string): readonly LedgerEntry[];
}

/** What the verbs work on. */
export interface AccountVerbOptions {
  readonly privateSide: PrivateSide;
  /** @throws {TypeError} if there is no such instrument. */
  readonly marketOf: (exchangeSymbol: string) => InstrumentMarket;
  /** Has something done with the next input. */
  readonly order: (run: (at: number) => void) => void;
  /** The time of the latest input. */
  readonly now: () => number;
}

/** Makes the verbs. */
export function createAccountVerbs({ privateSide, marketOf, order, now }: AccountVerbOptions): AccountVerbs {
  const { accounts, context, core, engine } = privateSide;
  const { orders } = context;
  const nameOf = (exchangeSymbol: string): string => context.instruments.nameOf(marketOf(exchangeSymbol));
  const filter = (exchangeSymbol: string | undefined): { readonly symbol?: string } =>
    exchangeSymbol === undefined ? {} : { symbol: nameOf(exchangeSymbol) };
  /** The core knows orders by the venue's ids alone. */
  const withClientOid = (one: Order): Order => ({ ...one, clientOrderId: orders.get(one.id).clientOid });
  const coreOrder = (venueOrder: VenueOrder | undefined): Order | undefined => {
    if (venueOrder?.state !== "accepted") return undefined;
    const found = core.order(venueOrder.account.name, { id: venueOrder.id });
    return found && withClientOid(found);
  };

  return {
    createAccount(account, { funds = {}, fees = DEFAULT_FEES } = {}) {
      core.openAccount(account, { fees });
      accounts.open(account, now());
      for (const [asset, amount] of Object.entries(funds)) {
        core.credit(account, asset, amount, "deposit", now());
      }
    },
    createApiKey: (account, permissions = {}) => accounts.issueKey(account, permissions),
    revokeApiKey: (apiKey) => accounts.revokeKey(apiKey),
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
    placeOrder(name, parameters) {
      const account = accounts.get(name);
      order((at) => {
        const form = readOrderForm({ context, account, at }, parameters);
        const clientOid = form.clientOid ?? String(at);
        engine.create(orders.add(account, form, { clientOid, at, connectionId: undefined }), at);
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
    expireOrder(orderId, reason) {
      order((at) => {
        orders.get(orderId).reason = reason;
        core.expireByVenue(orderId, at);
      });
    },
    lagQueries(lagMs) {
      context.queryLagMs = lagMs;
    },
    delayCommands: (kind, delayMs) => context.commands.delay(kind, delayMs),
    loseCommands: (kind, count = 1) => context.commands.lose(kind, count),
    rejectOrders: (code, count = 1) => engine.rejectNext(refusalOf(code), count),
    announceOrders(status) {
      privateSide.announcedStatus = status;
    },
    answerRefusals(answers) {
      context.answersRefusals = answers;
    },
    ordersOf: (account, exchangeSymbol) =>
      core.orders(accounts.get(account).name, filter(exchangeSymbol)).map(withClientOid),
    openOrdersOf: (account, exchangeSymbol) =>
      core.openOrders(accounts.get(account).name, filter(exchangeSymbol).symbol).map(withClientOid),
    orderOf: (account, clientOid) => coreOrder(orders.byClientOid(accounts.get(account), clientOid)),
    fillsOf: (account, exchangeSymbol) =>
      core
        .fills(accounts.get(account).name, filter(exchangeSymbol))
        .map((fill) => ({ ...fill, clientOrderId: orders.get(fill.orderId).clientOid })),
    balancesOf: (account) => core.ledger.balances(accounts.get(account).name),
    ledgerOf: (account) => core.ledger.entries(accounts.get(account).name),
  };
}
