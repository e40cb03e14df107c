import type { ServerRequest } from "@conn/core";
import {
  type BalanceEvent,
  createExchangeCore,
  createSeededRandom,
  type ExchangeCore,
  type Fill,
  type OrderEvent,
  type PositionEvent,
  type VenueEffects,
} from "@conn/simulator";
import type { BinancePerpetualLimits } from "../limits.js";
import type { ContractMarket } from "../market/contract-market.js";
import type { RestAnswer } from "../rest/rest-answer.js";
import type { Connection } from "../streams/connection.js";
import { type Accounts, createAccounts } from "./accounts.js";
import { createBreakEvenPrices } from "./break-even.js";
import type { PrivateEndpoint } from "./endpoints.js";
import { createInstruments } from "./instruments.js";
import { createListenKeys } from "./listen-keys.js";
import { markPriceOf } from "./order-form.js";
import { createOrderLimits } from "./order-limits.js";
import type { PrivateContext } from "./private-call.js";
import { privateRefusals } from "./private-refusals.js";
import { Refused } from "./refused.js";
import { authorize } from "./signed-request.js";
import {
  accountUpdate,
  leverageUpdate,
  listenKeyExpired,
  orderUpdate,
  tradeLite,
  type UserEvent,
} from "./user-events.js";
import { listeners, sendUserEvent } from "./user-streams.js";

/** The answer of a private endpoint. */
export interface PrivateAnswer {
  readonly answer: RestAnswer;
  readonly headers: Readonly<Record<string, string>>;
}

/** What the venue knows of its accounts: keys, orders, money and their streams. */
export interface PrivateSide {
  readonly accounts: Accounts;
  readonly core: ExchangeCore;
  readonly context: PrivateContext;
  addContract(market: ContractMarket): void;
  /** Ends all open orders of a contract that is delisted. */
  cancelAllOf(market: ContractMarket, at: number): void;
  /** Answers a request to a private endpoint; its events follow with `flush`. */
  answer(endpoint: PrivateEndpoint, request: ServerRequest, at: number): PrivateAnswer;
  /** When something is due, or `Infinity`. */
  dueAt(): number;
  /** Lets everything up to `at` happen to accounts, and tells them. */
  advance(at: number, effects: VenueEffects): void;
  /** Tells accounts what has happened to them. */
  flush(at: number, effects: VenueEffects): void;
  /** Has the next event that ends this order tell `reason` as its expiry reason. */
  noteExpiryReason(orderId: string, reason: string): void;
}

/** How to make it. */
export interface PrivateSideOptions {
  readonly seed: number;
  readonly startAt: number;
  readonly limits: BinancePerpetualLimits;
  readonly contracts: ReadonlyMap<string, ContractMarket>;
  readonly connections: ReadonlyMap<number, Connection>;
  /** Ends a socket. */
  readonly disconnect: (connection: Connection, effects: VenueEffects) => void;
}

/** Ids of orders have up to nineteen digits at the venue: no number holds them. */
const FIRST_ORDER_ID = 8_389_765_500_000_000_017n;
/** Orders of others lie between two orders of ours. */
const ORDER_ID_STEP = 13n;
/** Countdowns are checked about every ten milliseconds. */
const COUNTDOWN_STEP_MS = 10;

/** What belongs to one fill of an account, until it is told. */
interface PendingFill {
  readonly event: OrderEvent & { readonly type: "traded"; readonly fill: Fill };
  readonly balances: BalanceEvent[];
  readonly positions: PositionEvent[];
}

/** Makes the private side, without accounts and contracts. */
export function createPrivateSide(options: PrivateSideOptions): PrivateSide {
  const { limits, contracts, connections } = options;
  const random = createSeededRandom(options.seed, "accounts");
  const accounts = createAccounts(random);
  const listenKeys = createListenKeys(random, limits.listenKeyLifetimeMs);
  const instruments = createInstruments();
  const orderLimits = createOrderLimits(limits.ordersPerTenSeconds, limits.ordersPerMinute);
  const breakEven = createBreakEvenPrices();
  const core = createExchangeCore({
    instruments: [],
    startAt: options.startAt,
    rules: {
      orderId: (index) => String(FIRST_ORDER_ID + BigInt(index) * ORDER_ID_STEP),
      // Unique among open orders: https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api
      clientOrderIdUnique: "open",
      postOnlyCrossing: "reject",
      fillOrKillUnfilled: "reject",
      // Modified orders are reordered in the match queue:
      // https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Modify-Order
      shrinkingKeepsPlace: false,
      amendBelowFilled: "cancel",
      selfTradePrevention: "cancelMaker",
    },
  });
  const expiryReasons = new Map<string, string>();
  /** What is told with the next flush besides the core's events. */
  let told: { readonly account: string; readonly event: UserEvent }[] = [];
  let closedKeys: string[] = [];
  let nextEvent = core.events.end;

  const context: PrivateContext = {
    core,
    accounts,
    listenKeys,
    orderLimits,
    instruments,
    contracts,
    random,
    queryLagMs: 0,
    leverageChanged: (account, symbol, leverage, at) =>
      told.push({ account, event: leverageUpdate(symbol, leverage, at) }),
    breakEvenPrice: (account, symbol) => breakEven.price(account, symbol),
    listenKeyClosed: (listenKey) => closedKeys.push(listenKey),
  };

  const tell = (account: string, event: UserEvent, effects: VenueEffects): void => {
    const key = listenKeys.ofAccount(account);
    if (key !== undefined) sendUserEvent(connections.values(), key.listenKey, event, effects);
  };

  /** The order in which the venue tells of a fill, as recorded: https://github.com/JKorf/Binance.Net/issues/546 */
  const tellFill = ({ event, balances, positions }: PendingFill, effects: VenueEffects): void => {
    const { account, order, fill, at } = event;
    tell(account, tradeLite(context, order, fill), effects);
    const update = accountUpdate(context, at, balances, positions);
    if (update !== undefined) tell(account, update, effects);
    tell(account, orderUpdate(context, event, undefined), effects);
  };

  const flush = (at: number, effects: VenueEffects): void => {
    const pending = new Map<string, PendingFill>();
    const settle = (account: string): void => {
      const fill = pending.get(account);
      pending.delete(account);
      if (fill !== undefined) tellFill(fill, effects);
    };
    for (; nextEvent < core.events.end; nextEvent++) {
      const event = core.events.get(nextEvent);
      const { account } = event;
      switch (event.type) {
        case "balances": {
          const fill = pending.get(account);
          if (fill !== undefined) {
            fill.balances.push(event);
            break;
          }
          const update = accountUpdate(context, event.at, [event], []);
          if (update !== undefined) tell(account, update, effects);
          break;
        }
        case "position":
          pending.get(account)?.positions.push(event);
          break;
        case "traded":
          settle(account);
          breakEven.add(event.fill);
          pending.set(account, { event, balances: [], positions: [] });
          break;
        case "rejected":
          // What is refused is told by the answer alone.
          settle(account);
          break;
        default: {
          settle(account);
          const reason = expiryReasons.get(event.order.id);
          if (event.type === "expired" || event.type === "canceled") expiryReasons.delete(event.order.id);
          tell(account, orderUpdate(context, event, reason), effects);
        }
      }
    }
    for (const account of [...pending.keys()]) settle(account);
    const events = told;
    told = [];
    for (const { account, event } of events) tell(account, event, effects);
    const keys = closedKeys;
    closedKeys = [];
    for (const key of keys) {
      for (const connection of listeners(connections.values(), key)) options.disconnect(connection, effects);
    }
    for (const key of listenKeys.expire(at)) {
      sendUserEvent(connections.values(), key.listenKey, listenKeyExpired(key.listenKey, at), effects);
    }
  };

  const countdownDueAt = (): number => {
    let due = Number.POSITIVE_INFINITY;
    for (const { countdowns } of accounts.all.values()) {
      for (const at of countdowns.values()) due = Math.min(due, at);
    }
    return Math.ceil(due / COUNTDOWN_STEP_MS) * COUNTDOWN_STEP_MS;
  };

  const runCountdowns = (at: number): void => {
    for (const account of accounts.all.values()) {
      for (const [symbol, dueAt] of account.countdowns) {
        if (Math.ceil(dueAt / COUNTDOWN_STEP_MS) * COUNTDOWN_STEP_MS > at) continue;
        account.countdowns.delete(symbol);
        core.cancelAll(account.name, { symbol }, at);
      }
    }
  };

  return {
    accounts,
    core,
    context,
    addContract(market) {
      core.addInstrument({
        symbol: instruments.add(market),
        market,
        base: market.contract.baseAsset,
        quote: market.contract.quoteAsset,
        settle: market.contract.marginAsset,
        kind: "linear",
        markPrice: () => markPriceOf(market),
      });
    },
    cancelAllOf(market, at) {
      core.cancelByVenue({ symbol: instruments.nameOf(market) }, at);
    },
    answer(endpoint, request, at) {
      const authorized = authorize(request, endpoint.access, accounts, at);
      if ("code" in authorized) return { answer: authorized, headers: {} };
      const { key, parameters } = authorized;
      const { account } = key;
      if (endpoint.orders !== undefined) {
        const over = orderLimits.charge(account.name, endpoint.orders, at);
        if (over !== undefined) {
          const retryAfterMs = over.intervalMs - (at % over.intervalMs);
          const words = over.interval === "SECOND" ? "TEN_SECONDS" : "MINUTE";
          return {
            answer: privateRefusals.tooManyOrders(over.limit, words),
            headers: {
              "retry-after": String(Math.ceil(retryAfterMs / 1000)),
              ...orderLimits.headers(account.name, at),
            },
          };
        }
      }
      const headers = endpoint.orders === undefined ? {} : orderLimits.headers(account.name, at);
      try {
        return { answer: endpoint.answer({ context, account, key, parameters, at }), headers };
      } catch (error) {
        if (error instanceof Refused) return { answer: error.refusal, headers };
        throw error;
      }
    },
    dueAt: () =>
      Math.min(core.nextEventAt() ?? Number.POSITIVE_INFINITY, countdownDueAt(), listenKeys.dueAt()),
    advance(at, effects) {
      core.advance(at);
      runCountdowns(at);
      flush(at, effects);
    },
    flush,
    noteExpiryReason: (orderId, reason) => expiryReasons.set(orderId, reason),
  };
}
