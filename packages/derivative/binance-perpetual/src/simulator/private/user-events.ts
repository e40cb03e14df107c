import { type Decimal, ZERO } from "@conn/core";
import type { BalanceEvent, Fill, LedgerReason, Order, OrderEvent, PositionEvent } from "@conn/simulator";
import { valuePosition } from "./account-value.js";
import { idNumber, type JsonValue, jsonText } from "./json-text.js";
import { flagsOf } from "./order-flags.js";
import { averagePriceText, statusWord } from "./order-texts.js";
import type { PrivateContext } from "./private-call.js";

/** An event of the user stream. */
export interface UserEvent {
  readonly kind: string;
  /** The venue's symbol, if the event is about a contract. */
  readonly symbol?: string;
  /** What happened to an order, in the venue's word. */
  readonly action?: string;
  readonly text: string;
}

/**
 * ORDER_TRADE_UPDATE, in the fields and the order in which the venue sends them.
 *
 * @param expiryReason Why the venue ended it, where that cannot be told from the order.
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/user-data-streams/Event-Order-Update
 * @see https://github.com/oliver-zehentleitner/unicorn-binance-websocket-api/pull/445 recorded in May 2026
 */
export function orderUpdate(
  context: PrivateContext,
  event: OrderEvent,
  expiryReason: string | undefined,
): UserEvent {
  const { order, at } = event;
  const fill = event.type === "traded" ? event.fill : undefined;
  const market = context.instruments.market(order.symbol);
  const { contract } = market;
  const flags = flagsOf(order);
  const word = statusWord(order);
  const action = executionType(event, word);
  const type = order.kind === "limit" ? "LIMIT" : "MARKET";
  const notionals = openNotionals(context, order);
  const text = jsonText({
    e: "ORDER_TRADE_UPDATE",
    T: at,
    E: at,
    o: {
      s: contract.exchangeSymbol,
      c: order.clientOrderId,
      S: order.side.toUpperCase(),
      o: type,
      f: flags.timeInForce,
      q: (order.amount ?? ZERO).toFixed(),
      p: (order.price ?? ZERO).toFixed(),
      ap: order.averagePrice === undefined ? "0" : averagePriceText(order, market),
      sp: "0",
      x: action,
      X: word,
      i: idNumber(order.id),
      l: (fill?.amount ?? ZERO).toFixed(),
      z: order.filledAmount.toFixed(),
      L: (fill?.price ?? ZERO).toFixed(),
      n: fill === undefined ? "0" : fill.fee.toFixed(),
      N: fill?.feeAsset ?? contract.marginAsset,
      T: at,
      t: fill?.tradeId ?? 0,
      b: notionals.buy.toFixed(),
      a: notionals.sell.toFixed(),
      m: fill?.maker ?? false,
      R: order.reduceOnly,
      wt: "CONTRACT_PRICE",
      ot: type,
      ps: "BOTH",
      cp: false,
      rp: (fill?.realizedPnl ?? ZERO).toFixed(),
      pP: false,
      si: 0,
      ss: 0,
      V: flags.selfTradePreventionMode,
      pm: flags.priceMatch,
      gtd: flags.goodTillDate,
      er: expiryReason ?? expiryReasonOf(order),
    },
  });
  return { kind: "ORDER_TRADE_UPDATE", symbol: contract.exchangeSymbol, action, text };
}

function executionType(event: OrderEvent, word: string): string {
  switch (event.type) {
    case "accepted":
    case "triggered":
    case "rejected":
      return "NEW";
    case "traded":
      return "TRADE";
    case "amended":
      return "AMENDMENT";
    default:
      return word === "CANCELED" ? "CANCELED" : "EXPIRED";
  }
}

/**
 * Why an order expired; "0" if it did not. 8 to 11 stand in the documents of COIN-M futures, which share the
 * matching engine since 2026-06-30.
 *
 * @see https://developers.binance.com/docs/derivatives/coin-margined-futures/user-data-streams/Event-Order-Update
 */
function expiryReasonOf(order: Order): string {
  switch (order.endCause) {
    case "selfTrade":
      return order.timeInForce === "ioc" ? "3" : "1";
    case "immediateOrCancel":
      return "2";
    case "reduceOnly":
      return "4";
    case "venue":
      return "7";
    case "noLiquidity":
      return "9";
    case "fillOrKill":
      return "10";
    case "postOnly":
      return "11";
    default:
      return "0";
  }
}

/** What the account's open orders of the contract are worth, by side. */
function openNotionals(context: PrivateContext, { account, symbol }: Order): { buy: Decimal; sell: Decimal } {
  const notionals = { buy: ZERO, sell: ZERO };
  for (const { side, price, remainingAmount } of context.core.openOrders(account, symbol)) {
    notionals[side] = notionals[side].plus((price ?? ZERO).times(remainingAmount ?? ZERO));
  }
  return notionals;
}

/**
 * TRADE_LITE: a fill, told sooner and without its fee.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/user-data-streams/Event-Trade-Lite
 */
export function tradeLite(context: PrivateContext, order: Order, fill: Fill): UserEvent {
  const symbol = context.instruments.exchangeSymbol(order.symbol);
  const text = jsonText({
    e: "TRADE_LITE",
    E: fill.at,
    T: fill.at,
    s: symbol,
    q: (order.amount ?? ZERO).toFixed(),
    p: (order.price ?? ZERO).toFixed(),
    m: fill.maker,
    c: order.clientOrderId,
    S: order.side.toUpperCase(),
    L: fill.price.toFixed(),
    l: fill.amount.toFixed(),
    t: fill.tradeId,
    i: idNumber(order.id),
  });
  return { kind: "TRADE_LITE", symbol, text };
}

/** Words of the venue for why a balance changed. */
const ACCOUNT_REASONS: Readonly<Record<LedgerReason, string>> = {
  deposit: "DEPOSIT",
  withdrawal: "WITHDRAW",
  transfer: "ASSET_TRANSFER",
  trade: "ORDER",
  fee: "ORDER",
  realizedPnl: "ORDER",
  funding: "FUNDING_FEE",
  liquidationFee: "INSURANCE_CLEAR",
  insurance: "INSURANCE_CLEAR",
};

/**
 * ACCOUNT_UPDATE: the balances and the position that one thing changed; `undefined` if it changed none of them,
 * such as an order that is placed or canceled.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/user-data-streams/Event-Balance-and-Position-Update
 */
export function accountUpdate(
  context: PrivateContext,
  at: number,
  balances: readonly BalanceEvent[],
  positions: readonly PositionEvent[],
): UserEvent | undefined {
  const entries = balances.flatMap((event) => event.entries);
  if (entries.length === 0 && positions.length === 0) return undefined;
  const changed = new Map<string, JsonValue>();
  for (const balance of balances.flatMap((event) => event.balances)) {
    const own = entries.filter(({ asset }) => asset === balance.asset);
    if (own.length === 0) continue;
    // The change is told without what trading has brought and cost.
    const change = own
      .filter(({ reason }) => ACCOUNT_REASONS[reason] !== "ORDER")
      .reduce((sum, { amount }) => sum.plus(amount), ZERO);
    changed.set(balance.asset, {
      a: balance.asset,
      wb: balance.total.toFixed(8),
      cw: balance.total.toFixed(8),
      bc: change.toFixed(),
    });
  }
  const reason = positions.length > 0 ? "ORDER" : ACCOUNT_REASONS[entries[0]!.reason];
  const text = jsonText({
    e: "ACCOUNT_UPDATE",
    T: at,
    E: at,
    a: {
      B: [...changed.values()],
      P: positions.map((event) => positionFields(context, event)),
      m: reason,
    },
  });
  const symbol = positions[0] && context.instruments.exchangeSymbol(positions[0].position.symbol);
  return { kind: "ACCOUNT_UPDATE", action: reason, text, ...(symbol === undefined ? {} : { symbol }) };
}

function positionFields(context: PrivateContext, { position, account, at }: PositionEvent): JsonValue {
  const { market, unrealizedProfit } = valuePosition(context, position, at);
  const breakEven = position.amount.isZero()
    ? ZERO
    : (context.breakEvenPrice(account, position.symbol) ?? ZERO);
  return {
    s: market.contract.exchangeSymbol,
    pa: position.amount.toFixed(),
    ep: (position.entryPrice ?? ZERO).toFixed(Math.max(5, market.contract.pricePrecision)),
    bep: breakEven.toDecimalPlaces(11).toFixed(),
    cr: position.realizedPnl.toFixed(8),
    up: unrealizedProfit.toFixed(8),
    mt: "cross",
    iw: "0",
    ps: "BOTH",
  };
}

/**
 * ACCOUNT_CONFIG_UPDATE: another leverage.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/user-data-streams/Event-Account-Configuration-Update-previous-Leverage-Update
 */
export function leverageUpdate(symbol: string, leverage: number, at: number): UserEvent {
  const text = jsonText({ e: "ACCOUNT_CONFIG_UPDATE", E: at, T: at, ac: { s: symbol, l: leverage } });
  return { kind: "ACCOUNT_CONFIG_UPDATE", symbol, text };
}

/**
 * `listenKeyExpired`: the last event under a listen key that was not kept alive; the socket stays open.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/user-data-streams/Event-User-Data-Stream-Expired
 */
export function listenKeyExpired(listenKey: string, at: number): UserEvent {
  return { kind: "listenKeyExpired", text: jsonText({ e: "listenKeyExpired", E: at, listenKey }) };
}

/**
 * For the fault `alter`: an ORDER_TRADE_UPDATE of a fill without its commission, which the venue leaves out at times;
 * other texts stay as they are.
 *
 * @example
 * ```ts
 * simulator.faults.alter({ kind: "ORDER_TRADE_UPDATE" }, withoutCommission);
 * ```
 */
export function withoutCommission(text: string): string {
  return text.includes('"x":"TRADE"') ? text.replace(/"n":"[^"]*","N":"[^"]*",/, "") : text;
}
