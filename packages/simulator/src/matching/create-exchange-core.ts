import { Decimal, ZERO } from "@conn/core";
import { createLedger } from "../ledger/create-ledger.js";
import type { BookSide } from "../market/price-ladder.js";
import { createTape, type Trade } from "../market/trade-tape.js";
import type { AccountEvent } from "./account-event.js";
import type {
  CommandResult,
  ExchangeCore,
  ExchangeCoreOptions,
  OrderAmendment,
  OrderReference,
} from "./exchange-core.js";
import { feeOf } from "./fill-fee.js";
import { LiveOrder } from "./live-order.js";
import { requiredMargin } from "./margin.js";
import type {
  EndCause,
  Fill,
  Order,
  OrderRequest,
  OrderStatus,
  RejectReason,
  SelfTradePrevention,
} from "./order.js";
import { affordableLots, reckonPath } from "./taker-path.js";
import { createTradedMarket, isPlainDecimal, type TradedMarket } from "./traded-market.js";
import { TradingAccount } from "./trading-account.js";
import type { TradedInstrument } from "./venue-rules.js";

/** Leaves the event's own words to the caller. */
type EventBody = AccountEvent extends infer Event
  ? Event extends AccountEvent
    ? Omit<Event, "sequence" | "at" | "account">
    : never
  : never;

/**
 * Makes the core of a venue over its markets.
 *
 * @throws {TypeError} if two instruments have one symbol, or a contract size is no decimal.
 */
export function createExchangeCore(options: ExchangeCoreOptions): ExchangeCore {
  const rules = options.rules ?? {};
  const defaultPrevention = rules.selfTradePrevention ?? "none";
  const decimalsOf = (asset: string): number => rules.assetDecimals?.(asset) ?? 8;
  const orderId = rules.orderId ?? ((index: number) => String(index + 1));
  const ledger = createLedger();
  const events = createTape<AccountEvent>(options.eventsKept ?? 10_000);
  const instruments = new Map<string, TradedMarket>();
  const accounts = new Map<string, TradingAccount>();
  /** All open orders by number. */
  const open = new Map<number, LiveOrder>();
  /** Open orders in the books of each symbol. */
  const restingCount = new Map<TradedMarket, number>();
  const expiring = new Set<LiveOrder>();
  let nextExpiry: number | undefined;
  let orderCount = 0;
  let fillCount = 0;
  let now = options.startAt;

  const accountOf = (name: string): TradingAccount => {
    const account = accounts.get(name);
    if (account === undefined) throw new TypeError(`no account ${name}`);
    return account;
  };
  const instrumentOf = (symbol: string): TradedMarket => {
    const instrument = instruments.get(symbol);
    if (instrument === undefined) throw new TypeError(`no instrument ${symbol}`);
    return instrument;
  };
  const ownerOf = (number: number): string => open.get(number)?.request.account ?? "";
  const viewOf = (order: LiveOrder): Order => order.view(defaultPrevention);
  const preventionOf = (order: LiveOrder): SelfTradePrevention =>
    order.request.selfTradePrevention ?? defaultPrevention;
  const sideOf = (order: LiveOrder): BookSide => (order.isBuy ? "bid" : "ask");
  const positionSideOf = (order: LiveOrder) => order.request.positionSide ?? "both";

  const tell = (account: string, at: number, body: EventBody): void => {
    // The body was checked as one kind of event less what is added here.
    events.push({ ...body, sequence: events.end, at, account } as AccountEvent);
  };
  const tellBalances = (account: string, at: number): void => {
    const changes = ledger.takeChanges(account);
    if (changes !== undefined) tell(account, at, { type: "balances", ...changes });
  };

  // ── What is kept back ─────────────────────────────────────────────────────

  /** Spot: what an order must keep back. */
  const heldAsset = (order: LiveOrder): string =>
    order.isBuy ? order.instrument.quote : order.instrument.base;
  const withFee = (order: LiveOrder, quote: Decimal): Decimal => {
    if (!order.instrument.feeInQuote) return quote;
    const account = accountOf(order.request.account);
    const { symbol } = order.instrument;
    const rate = Decimal.max(account.feeRate(symbol, "maker"), account.feeRate(symbol, "taker"), ZERO);
    return quote.plus(
      quote.times(rate).toDecimalPlaces(decimalsOf(order.instrument.quote), Decimal.ROUND_UP),
    );
  };
  const neededFor = (order: LiveOrder): Decimal => {
    if (!order.isOpen) return ZERO;
    if (order.tick === 0) {
      const spent = order.isBuy ? order.filledQuote : order.instrument.amountOf(order.filledLots);
      const left = Decimal.max(order.reserve.minus(spent), ZERO);
      return order.isBuy ? withFee(order, left) : left;
    }
    return order.isBuy
      ? withFee(order, order.instrument.quoteOf(order.tick, order.remainingLots))
      : order.instrument.amountOf(order.remainingLots);
  };

  /** Brings what is kept back in line with an order's state. */
  const hold = (order: LiveOrder): void => {
    const { instrument } = order;
    const account = accountOf(order.request.account);
    if (instrument.isLinear) {
      holdMargin(account, instrument);
      return;
    }
    const needed = neededFor(order);
    ledger.hold(account.name, heldAsset(order), needed.minus(order.held));
    order.held = needed;
  };
  const marginOf = (account: TradingAccount, instrument: TradedMarket): Decimal =>
    requiredMargin(account, instrument, account.leverage(instrument.symbol), decimalsOf(instrument.settle));
  const holdMargin = (account: TradingAccount, instrument: TradedMarket): void => {
    const margin = marginOf(account, instrument);
    const before = account.marginHeld.get(instrument.symbol) ?? ZERO;
    ledger.hold(account.name, instrument.settle, margin.minus(before));
    account.marginHeld.set(instrument.symbol, margin);
  };

  /** Zero, or what the positions settled in an asset would lose together if closed at their mark prices. */
  const unrealizedLoss = (account: TradingAccount, settle: string): Decimal => {
    let sum: Decimal = ZERO;
    for (const instrument of instruments.values()) {
      const mark = instrument.settle === settle ? instrument.markPrice?.() : undefined;
      if (mark === undefined) continue;
      for (const { amount, cost } of account.positionsOf(instrument.symbol)) {
        const value = amount.times(mark).times(instrument.contractSize);
        sum = sum.plus(amount.isNegative() ? value.plus(cost) : value.minus(cost));
      }
    }
    return Decimal.min(sum, ZERO);
  };

  /** Whether the account can pay for an order, as it is now, with what is kept back for it already. */
  const canPay = (order: LiveOrder): RejectReason | undefined => {
    const { instrument } = order;
    const account = accountOf(order.request.account);
    const path = reckonPath(order, preventionOf(order), ownerOf);
    if (!instrument.isLinear) {
      if (order.tick === 0) {
        order.reserve = order.isBuy ? path.quote : instrument.amountOf(path.lots);
      }
      const { total, held } = ledger.balance(account.name, heldAsset(order));
      const free = total.minus(held).plus(order.held);
      const atLeast =
        order.tick === 0 && order.isBuy && order.quoteBudget !== undefined
          ? withFee(order, order.quoteBudget)
          : neededFor(order);
      return free.lt(atLeast) ? "insufficientBalance" : undefined;
    }
    if (order.closesOnly) return undefined;
    const rest = order.tick === 0 ? 0 : order.remainingLots - path.lots;
    const quote = order.tick === 0 ? path.quote : path.quote.plus(instrument.quoteOf(order.tick, rest));
    const limit = order.tick === 0 ? ZERO : instrument.quoteOf(order.tick, path.lots + rest);
    const leverage = account.leverage(instrument.symbol);
    const margin = requiredMargin(account, instrument, leverage, decimalsOf(instrument.settle), {
      order,
      lots: path.lots + rest,
      quote: Decimal.max(quote, limit),
    });
    const before = account.marginHeld.get(instrument.symbol) ?? ZERO;
    if (margin.lte(before)) return undefined;
    const fee = Decimal.max(path.quote.times(account.feeRate(instrument.symbol, "taker")), ZERO);
    const { total, held } = ledger.balance(account.name, instrument.settle);
    const free = total.minus(held).plus(before).plus(unrealizedLoss(account, instrument.settle));
    return free.lt(margin.plus(fee)) ? "insufficientMargin" : undefined;
  };

  // ── Life of an order ──────────────────────────────────────────────────────

  const isForgotten = (order: LiveOrder): boolean => {
    if (order.isOpen) return false;
    const keptMs =
      order.filledLots === 0 ? (rules.unfilledKeptMs ?? rules.finishedKeptMs) : rules.finishedKeptMs;
    return keptMs !== undefined && now - order.updatedAt > keptMs;
  };
  const prune = (account: TradingAccount): void => {
    const atMost = rules.finishedKeptCount ?? Number.POSITIVE_INFINITY;
    for (const order of account.finished.values()) {
      if (account.finished.size <= atMost && !isForgotten(order)) return;
      account.forget(order);
    }
  };

  const remember = (account: TradingAccount, order: LiveOrder): void => {
    account.orders.set(order.number, order);
    account.byId.set(order.id, order);
    const { clientOrderId } = order.request;
    if (clientOrderId === undefined) return;
    // A refused order does not take the client id from the one that has it.
    if (order.status === "rejected" && account.byClientId.has(clientOrderId)) return;
    account.byClientId.set(clientOrderId, order);
  };

  const leaveBook = (order: LiveOrder, at: number): void => {
    if (!order.resting) return;
    order.resting = false;
    restingCount.set(order.instrument, restingCount.get(order.instrument)! - 1);
    if (order.remainingLots > 0) {
      order.instrument.market.accounts.shrink(sideOf(order), order.tick, order.number, 0, at);
    }
  };

  /** Takes an order off the lists of open ones, without a word. */
  const close = (order: LiveOrder, status: OrderStatus, cause: EndCause | undefined, at: number): void => {
    leaveBook(order, at);
    order.status = status;
    order.endCause = cause;
    order.updatedAt = at;
    const account = accountOf(order.request.account);
    open.delete(order.number);
    account.open.delete(order.number);
    account.finished.set(order.number, order);
    if (expiring.delete(order)) nextExpiry = undefined;
    hold(order);
  };

  const end = (
    order: LiveOrder,
    cause: EndCause,
    at: number,
    type: "canceled" | "expired" = cause === "time" ? "expired" : "canceled",
  ): void => {
    close(order, type, cause, at);
    tell(order.request.account, at, { type, order: viewOf(order) });
    tellBalances(order.request.account, at);
    prune(accountOf(order.request.account));
  };

  const pay = (
    order: LiveOrder,
    trade: Trade,
    maker: boolean,
  ): Pick<Fill, "fee" | "feeAsset" | "realizedPnl"> => {
    const { instrument, isBuy, request } = order;
    const { at, tick, lots } = trade;
    const account = accountOf(request.account);
    const reference = { symbol: instrument.symbol, orderId: order.id, tradeId: trade.id };
    const amount = instrument.amountOf(lots);
    const quote = instrument.quoteOf(tick, lots);
    const post = (asset: string, change: Decimal, reason: "trade" | "fee" | "realizedPnl"): void => {
      const left = ledger.balance(account.name, asset).total.plus(change);
      // A loss that an account cannot pay is the venue's.
      if (instrument.isLinear && left.isNegative()) {
        ledger.post(account.name, asset, left.negated(), "insurance", at, reference);
      }
      ledger.post(account.name, asset, change, reason, at, reference);
    };
    let realizedPnl: Decimal = ZERO;
    if (instrument.isLinear) {
      const position = account.openPosition(instrument, positionSideOf(order), decimalsOf(instrument.settle));
      realizedPnl = position.fill(isBuy ? amount : amount.negated(), instrument.priceOf(tick), at);
      post(instrument.settle, realizedPnl, "realizedPnl");
    } else {
      post(isBuy ? instrument.quote : instrument.base, (isBuy ? quote : amount).negated(), "trade");
      post(isBuy ? instrument.base : instrument.quote, isBuy ? amount : quote, "trade");
    }
    // What is kept back for the lots just filled is free before the fee is paid.
    hold(order);
    const due = feeOf(account, instrument, { isBuy, maker, amount, quote }, rules, (asset) =>
      ledger.balance(account.name, asset),
    );
    const { asset: feeAsset } = due;
    // Fees of many fills, each rounded, may be more than what was kept back for the order.
    const fee = instrument.isLinear
      ? due.amount
      : Decimal.min(due.amount, ledger.balance(account.name, feeAsset).available);
    post(feeAsset, fee.negated(), "fee");
    order.fees.set(feeAsset, (order.fees.get(feeAsset) ?? ZERO).plus(fee));
    return { fee, feeAsset, realizedPnl };
  };

  const applyFill = (order: LiveOrder, trade: Trade, maker: boolean): void => {
    const { instrument, request } = order;
    const { at, tick, lots } = trade;
    const account = accountOf(request.account);
    const quoteAmount = instrument.quoteOf(tick, lots);
    order.filledLots += lots;
    order.filledQuote = order.filledQuote.plus(quoteAmount);
    order.fillCount++;
    order.updatedAt = at;
    const paid = pay(order, trade, maker);
    if (order.remainingLots === 0) close(order, "filled", undefined, at);
    const fill: Fill = {
      index: fillCount++,
      tradeId: trade.id,
      orderId: order.id,
      clientOrderId: request.clientOrderId,
      account: account.name,
      symbol: instrument.symbol,
      side: request.side,
      positionSide: positionSideOf(order),
      maker,
      price: instrument.priceOf(tick),
      amount: instrument.amountOf(lots),
      quoteAmount,
      ...paid,
      at,
    };
    account.fills.push(fill);
    tell(account.name, at, { type: "traded", order: viewOf(order), fill });
    tellBalances(account.name, at);
    if (instrument.isLinear) {
      const position = account.position(instrument.symbol, positionSideOf(order))!;
      tell(account.name, at, {
        type: "position",
        position: position.view(account.leverage(instrument.symbol)),
      });
      fitClosing(account, instrument, at);
    }
    if (!order.isOpen) prune(account);
  };

  // ── Orders that may only close ────────────────────────────────────────────

  /** How many lots of a position an order may close. */
  const closableLots = (order: LiveOrder): number => {
    const account = accountOf(order.request.account);
    const amount = account.position(order.instrument.symbol, positionSideOf(order))?.amount ?? ZERO;
    if (amount.isZero() || amount.isNegative() !== order.isBuy) return 0;
    // A position is a sum of whole lots.
    return amount.abs().div(order.instrument.amountOf(1)).toNumber();
  };

  /** Resting orders that may only close never add up to more than there is to close: the best prices stay. */
  const fitClosing = (account: TradingAccount, instrument: TradedMarket, at: number): void => {
    const closing = account
      .openOrdersOf(instrument.symbol)
      .filter((order) => order.closesOnly && order.resting)
      .sort((a, b) => (a.tick - b.tick) * (a.isBuy ? -1 : 1) || a.number - b.number);
    const used = new Map<string, number>();
    for (const order of closing) {
      if (!order.isOpen) continue;
      const key = `${positionSideOf(order)} ${order.isBuy}`;
      const allowed = Math.max(0, closableLots(order) - (used.get(key) ?? 0));
      if (allowed === 0) {
        end(order, "reduceOnly", at);
        continue;
      }
      if (order.remainingLots > allowed) {
        const previous = viewOf(order);
        order.lots = order.filledLots + allowed;
        order.updatedAt = at;
        instrument.market.accounts.shrink(sideOf(order), order.tick, order.number, allowed, at);
        tell(account.name, at, { type: "amended", order: viewOf(order), previous });
      }
      used.set(key, (used.get(key) ?? 0) + order.remainingLots);
    }
  };

  // ── Matching ──────────────────────────────────────────────────────────────

  const isMarketable = (order: LiveOrder): boolean => {
    const front = order.instrument.market.accounts.front(order.isBuy ? "ask" : "bid");
    if (front === undefined) return false;
    return order.tick === 0 || (order.isBuy ? front.tick <= order.tick : front.tick >= order.tick);
  };

  /** Lets an order take what it can; returns why it must end now, if it must. */
  const take = (order: LiveOrder, at: number): EndCause | undefined => {
    const { accounts: door } = order.instrument.market;
    const side = order.isBuy ? "ask" : "bid";
    while (order.isOpen && isMarketable(order)) {
      const front = door.front(side)!;
      const affordable = affordableLots(order, order.filledQuote, front.tick);
      if (affordable === 0) return "noLiquidity";
      const closable = order.closesOnly ? closableLots(order) : Number.POSITIVE_INFINITY;
      if (closable === 0) return "reduceOnly";
      const maker = open.get(front.order);
      if (maker?.request.account === order.request.account) {
        const prevention = preventionOf(order);
        if (prevention === "cancelMaker" || prevention === "cancelBoth") end(maker, "selfTrade", at);
        if (prevention === "cancelTaker" || prevention === "cancelBoth") return "selfTrade";
        if (prevention === "cancelMaker") continue;
      }
      const lots = Math.min(order.remainingLots, affordable, closable, front.lots);
      door.hit(side, lots, order.number, at);
    }
    return undefined;
  };

  /** Matches an accepted order and rests, or ends, what is left of it. */
  const enter = (order: LiveOrder, at: number): void => {
    const { timeInForce = "gtc", kind } = order.request;
    let cause = take(order, at);
    if (order.isOpen && cause === undefined) {
      if (order.closesOnly && closableLots(order) === 0) cause = "reduceOnly";
      else if (kind === "market") cause = "noLiquidity";
      else if (timeInForce === "ioc" || timeInForce === "fok") cause = "immediateOrCancel";
    }
    if (!order.isOpen) return;
    if (cause !== undefined) {
      end(order, cause, at);
      return;
    }
    order.instrument.market.accounts.rest(sideOf(order), order.tick, order.remainingLots, order.number, at);
    order.resting = true;
    restingCount.set(order.instrument, (restingCount.get(order.instrument) ?? 0) + 1);
    if (order.closesOnly) fitClosing(accountOf(order.request.account), order.instrument, at);
  };

  const isFillableWhole = (order: LiveOrder): boolean => {
    if (order.closesOnly && closableLots(order) < order.remainingLots) return false;
    const path = reckonPath(order, preventionOf(order), ownerOf);
    return path.lots === order.remainingLots;
  };

  const addInstrument = (listed: TradedInstrument): void => {
    if (instruments.has(listed.symbol)) throw new TypeError(`two instruments are called ${listed.symbol}`);
    const instrument = createTradedMarket(listed);
    instruments.set(listed.symbol, instrument);
    listed.market.accounts.watchTrades((trade, maker, taker) => {
      const makerOrder = open.get(maker);
      const takerOrder = open.get(taker);
      if (makerOrder !== undefined) {
        if (makerOrder.remainingLots === trade.lots) {
          // Its last lots have left the book with the trade.
          makerOrder.resting = false;
          restingCount.set(instrument, restingCount.get(instrument)! - 1);
        }
        applyFill(makerOrder, trade, true);
      }
      if (takerOrder !== undefined) applyFill(takerOrder, trade, false);
    });
  };
  for (const listed of options.instruments) addInstrument(listed);

  // ── Time ──────────────────────────────────────────────────────────────────

  const expiryDue = (): number | undefined => {
    if (nextExpiry === undefined && expiring.size > 0) {
      nextExpiry = Math.min(...Array.from(expiring, (order) => order.request.expiresAt!));
    }
    return nextExpiry;
  };
  const occupied = (): TradedMarket[] =>
    [...restingCount].filter(([, count]) => count > 0).map(([instrument]) => instrument);

  /** Markets with orders of accounts take turns, so that accounts hear of fills in the order of time. */
  const advanceMarkets = (until: number): void => {
    for (;;) {
      const busy = occupied();
      if (busy.length < 2) break;
      const times = busy.map(({ market }) => market.market.nextEventAt() ?? Number.POSITIVE_INFINITY);
      const first = Math.min(...times);
      if (first > until) break;
      busy[times.indexOf(first)]!.market.advance(first);
    }
    for (const { market } of instruments.values()) market.advance(until);
  };

  const advance = (until: number): void => {
    if (!(until >= now)) throw new TypeError(`${until} is before ${now}`);
    for (;;) {
      const due = expiryDue();
      const stop = due === undefined ? until : Math.min(due, until);
      advanceMarkets(stop);
      now = Math.max(now, stop);
      if (due === undefined || due > until) return;
      // A fill on the way may have ended it.
      for (const order of [...expiring]) {
        if (order.request.expiresAt! > stop) continue;
        end(order, "time", stop);
        order.instrument.market.accounts.settle(stop);
      }
    }
  };

  // ── Commands ──────────────────────────────────────────────────────────────

  const isClientIdTaken = (account: TradingAccount, id: string, at: number): boolean => {
    const rule = rules.clientOrderIdUnique ?? "open";
    if (rule === "open") return account.byClientId.get(id)?.isOpen === true;
    const usedAt = account.clientIdUsedAt.get(id);
    return usedAt !== undefined && (rule === "ever" || at - usedAt < rule.withinMs);
  };

  /** Reads a request. A number that cannot be read leaves the order without it. */
  const readRequest = (request: OrderRequest, instrument: TradedMarket) => {
    const tick = request.price === undefined ? undefined : instrument.parsePrice(request.price);
    const lots = request.amount === undefined ? undefined : instrument.parseAmount(request.amount);
    const isLimit = request.kind === "limit";
    const budget = request.quoteAmount;
    let reason: RejectReason | undefined;
    const hasOneSize = (request.amount === undefined) !== (budget === undefined);
    const isPossible = isLimit
      ? request.price !== undefined &&
        budget === undefined &&
        !(request.postOnly === true && (request.timeInForce === "ioc" || request.timeInForce === "fok")) &&
        (request.timeInForce === "gtd") === (request.expiresAt !== undefined)
      : request.price === undefined &&
        request.postOnly !== true &&
        request.timeInForce !== "gtc" &&
        request.timeInForce !== "gtd" &&
        !(budget !== undefined && (instrument.isLinear || request.timeInForce === "fok"));
    const isPosition = instrument.isLinear || !(request.reduceOnly === true || request.positionSide);
    if (!hasOneSize || !isPossible || !isPosition) reason = "invalidOrder";
    else if (budget !== undefined && !(isPlainDecimal(budget) && new Decimal(budget).gt(0)))
      reason = "invalidOrder";
    else if (isLimit && tick === undefined) reason = "priceOffTick";
    else if (request.amount !== undefined && lots === undefined) reason = "amountOffStep";
    else if (tick !== undefined && instrument.isOutOfBand(request.side === "buy", tick)) {
      reason = "priceOutOfBand";
    }
    return { tick: tick ?? 0, lots, reason };
  };

  /** What speaks against an order before it is accepted. */
  const objection = (account: TradingAccount, order: LiveOrder, at: number): RejectReason | undefined => {
    const { request } = order;
    const { clientOrderId } = request;
    if (clientOrderId !== undefined && isClientIdTaken(account, clientOrderId, at)) {
      return "duplicateClientOrderId";
    }
    if (request.expiresAt !== undefined && request.expiresAt <= at) return "expiresInPast";
    if (order.closesOnly && closableLots(order) === 0) return "reduceOnlyNotReducing";
    if (request.postOnly === true && rules.postOnlyCrossing !== "cancel" && isMarketable(order)) {
      return "postOnlyWouldTake";
    }
    const isFillOrKill = request.timeInForce === "fok";
    if (isFillOrKill && rules.fillOrKillUnfilled === "reject" && !isFillableWhole(order)) {
      return "fillOrKillUnfilled";
    }
    return canPay(order);
  };

  const found = (account: TradingAccount, reference: OrderReference): LiveOrder | undefined => {
    prune(account);
    const order =
      "id" in reference ? account.byId.get(reference.id) : account.byClientId.get(reference.clientOrderId);
    return order === undefined || isForgotten(order) ? undefined : order;
  };
  const findOpen = (
    account: TradingAccount,
    reference: OrderReference,
  ): LiveOrder | Exclude<CommandResult, { ok: true }> => {
    const order = found(account, reference);
    if (order === undefined) return { ok: false, reason: "unknownOrder" };
    return order.isOpen ? order : { ok: false, reason: "orderFinished", order: viewOf(order) };
  };

  const openById = (id: string): LiveOrder => {
    for (const order of open.values()) if (order.id === id) return order;
    throw new TypeError(`no open order ${id}`);
  };

  const endAll = (orders: readonly LiveOrder[], cause: EndCause, at: number): Order[] => {
    const touched = new Set<TradedMarket>();
    const ended: Order[] = [];
    for (const order of orders) {
      if (!order.isOpen) continue;
      end(order, cause, at);
      touched.add(order.instrument);
      ended.push(viewOf(order));
    }
    for (const { market } of touched) market.accounts.settle(at);
    return ended;
  };

  const submit = (request: OrderRequest, at: number): CommandResult => {
    advance(at);
    const account = accountOf(request.account);
    const instrument = instrumentOf(request.symbol);
    const { tick, lots, reason: unreadable } = readRequest(request, instrument);
    const number = ++orderCount;
    const readable =
      unreadable === "invalidOrder" && request.quoteAmount !== undefined ? omitQuoteAmount(request) : request;
    const order = new LiveOrder(number, orderId(number - 1), readable, instrument, { tick, lots }, at);
    const reason = unreadable ?? objection(account, order, at);
    if (reason !== undefined) {
      order.status = "rejected";
      order.rejectReason = reason;
      if (rules.keepsRejected === true) {
        remember(account, order);
        account.finished.set(number, order);
      }
      const view = viewOf(order);
      tell(account.name, at, { type: "rejected", order: view });
      prune(account);
      return { ok: false, reason, order: view };
    }
    remember(account, order);
    if (request.clientOrderId !== undefined) account.clientIdUsedAt.set(request.clientOrderId, at);
    open.set(number, order);
    account.open.set(number, order);
    if (request.expiresAt !== undefined) {
      expiring.add(order);
      nextExpiry = undefined;
    }
    hold(order);
    tell(account.name, at, { type: "accepted", order: viewOf(order) });
    tellBalances(account.name, at);
    if (request.postOnly === true && isMarketable(order)) end(order, "postOnly", at);
    else if (request.timeInForce === "fok" && !isFillableWhole(order)) end(order, "fillOrKill", at);
    else enter(order, at);
    instrument.market.accounts.settle(at);
    return { ok: true, order: viewOf(order) };
  };

  const amend = (
    name: string,
    reference: OrderReference,
    change: OrderAmendment,
    at: number,
  ): CommandResult => {
    advance(at);
    const account = accountOf(name);
    const order = findOpen(account, reference);
    if (!(order instanceof LiveOrder)) return order;
    const { instrument } = order;
    const previous = viewOf(order);
    const refuse = (reason: RejectReason): CommandResult => ({ ok: false, reason, order: previous });
    const tick = change.price === undefined ? order.tick : instrument.parsePrice(change.price);
    const lots = change.amount === undefined ? order.lots! : instrument.parseAmount(change.amount);
    if (tick === undefined) return refuse("priceOffTick");
    if (lots === undefined) return refuse("amountOffStep");
    if (instrument.isOutOfBand(order.isBuy, tick)) return refuse("priceOutOfBand");
    if (lots <= order.filledLots) {
      if (rules.amendBelowFilled === "reject") return refuse("orderFinished");
      endAll([order], "amended", at);
      return { ok: true, order: viewOf(order) };
    }
    const before = { tick: order.tick, lots: order.lots! };
    const keepsPlace =
      tick === before.tick &&
      (lots === before.lots || (lots < before.lots && rules.shrinkingKeepsPlace !== false));
    order.tick = tick;
    order.lots = lots;
    const wouldTake = order.request.postOnly === true && isMarketable(order);
    const reason = wouldTake && rules.postOnlyCrossing !== "cancel" ? "postOnlyWouldTake" : canPay(order);
    order.tick = before.tick;
    order.lots = before.lots;
    if (reason !== undefined) return refuse(reason);
    if (wouldTake) {
      endAll([order], "postOnly", at);
      return { ok: true, order: viewOf(order) };
    }
    if (!keepsPlace) leaveBook(order, at);
    else if (lots < before.lots) {
      instrument.market.accounts.shrink(sideOf(order), tick, order.number, lots - order.filledLots, at);
    }
    order.tick = tick;
    order.lots = lots;
    order.updatedAt = at;
    hold(order);
    tell(name, at, { type: "amended", order: viewOf(order), previous });
    tellBalances(name, at);
    if (!keepsPlace) enter(order, at);
    else if (order.closesOnly) fitClosing(account, instrument, at);
    instrument.market.accounts.settle(at);
    return { ok: true, order: viewOf(order) };
  };

  return {
    events,
    ledger,
    advance,
    addInstrument,
    nextEventAt() {
      const times = occupied().map(({ market }) => market.market.nextEventAt());
      const known = [...times, expiryDue()].filter((time) => time !== undefined);
      return known.length === 0 ? undefined : Math.min(...known);
    },
    openAccount(name, settings) {
      if (accounts.has(name)) throw new TypeError(`there is an account ${name}`);
      accounts.set(name, new TradingAccount(name, settings));
    },
    changeAccount(name, settings) {
      const account = accountOf(name);
      account.settings = { ...account.settings, ...settings };
    },
    settingsOf: (name) => accountOf(name).settings,
    credit(name, asset, amount, reason, at) {
      advance(at);
      accountOf(name);
      const change = new Decimal(amount);
      if (!change.isFinite() || change.isZero()) throw new TypeError(`no amount: ${amount}`);
      if (ledger.balance(name, asset).available.plus(change).isNegative()) {
        throw new TypeError(`${name} has too little ${asset}`);
      }
      const entry = ledger.post(name, asset, change, reason, at);
      tellBalances(name, at);
      return entry!;
    },
    submit,
    cancel(name, reference, at) {
      advance(at);
      const order = findOpen(accountOf(name), reference);
      if (!(order instanceof LiveOrder)) return order;
      endAll([order], "user", at);
      return { ok: true, order: viewOf(order) };
    },
    cancelAll(name, { symbol, side }, at) {
      advance(at);
      const chosen = [...accountOf(name).open.values()].filter(
        ({ request }) =>
          (symbol === undefined || request.symbol === symbol) &&
          (side === undefined || request.side === side),
      );
      return endAll(chosen, "user", at);
    },
    amend,
    cancelByVenue(which, at) {
      advance(at);
      const chosen = [...open.values()].filter((order) =>
        "id" in which ? order.id === which.id : order.request.symbol === which.symbol,
      );
      return endAll(chosen, "venue", at);
    },
    expireByVenue(id, at) {
      advance(at);
      const order = openById(id);
      end(order, "venue", at, "expired");
      order.instrument.market.accounts.settle(at);
      return viewOf(order);
    },
    trade(symbol, { side, price, amount }, at) {
      advance(at);
      const instrument = instrumentOf(symbol);
      const { accounts: door } = instrument.market;
      const limit = instrument.parsePrice(price);
      let lots = instrument.parseAmount(amount);
      if (limit === undefined || lots === undefined) throw new TypeError(`no trade: ${price}, ${amount}`);
      const opposite = side === "buy" ? "ask" : "bid";
      while (lots > 0) {
        const front = door.front(opposite);
        if (front === undefined || (side === "buy" ? front.tick > limit : front.tick < limit)) break;
        const taken = Math.min(lots, front.lots);
        door.hit(opposite, taken, 0, at);
        lots -= taken;
      }
      door.settle(at);
    },
    fillOrder(id, amount, at) {
      advance(at);
      const order = openById(id);
      const { instrument } = order;
      const lots = amount === undefined ? order.remainingLots : instrument.parseAmount(amount);
      if (lots === undefined || lots > order.remainingLots) throw new TypeError(`no amount: ${amount}`);
      instrument.market.accounts.hitOrder(sideOf(order), order.tick, order.number, lots, at);
      instrument.market.accounts.settle(at);
      return accountOf(order.request.account).fills.findLast((fill) => fill.orderId === id)!;
    },
    order(name, reference) {
      const order = found(accountOf(name), reference);
      return order === undefined ? undefined : viewOf(order);
    },
    openOrders: (name, symbol) =>
      [...accountOf(name).open.values()]
        .filter(({ request }) => symbol === undefined || request.symbol === symbol)
        .map(viewOf),
    orders(name, filter = {}) {
      const account = accountOf(name);
      prune(account);
      return [...account.orders.values()]
        .filter(
          (order) =>
            !isForgotten(order) &&
            (filter.symbol === undefined || order.request.symbol === filter.symbol) &&
            order.createdAt >= (filter.from ?? Number.NEGATIVE_INFINITY) &&
            order.createdAt <= (filter.to ?? Number.POSITIVE_INFINITY),
        )
        .map(viewOf);
    },
    fills(name, filter = {}) {
      const chosen = accountOf(name).fills.filter(
        (fill) =>
          (filter.symbol === undefined || fill.symbol === filter.symbol) &&
          (filter.orderId === undefined || fill.orderId === filter.orderId) &&
          fill.tradeId >= (filter.fromTradeId ?? Number.NEGATIVE_INFINITY) &&
          fill.at >= (filter.from ?? Number.NEGATIVE_INFINITY) &&
          fill.at <= (filter.to ?? Number.POSITIVE_INFINITY),
      );
      if (filter.limit === undefined) return chosen;
      return filter.latest === true
        ? chosen.slice(Math.max(0, chosen.length - filter.limit))
        : chosen.slice(0, filter.limit);
    },
    positions: (name, symbol) => accountOf(name).positionViews(symbol),
    setLeverage(name, symbol, leverage, at) {
      advance(at);
      const account = accountOf(name);
      const instrument = instrumentOf(symbol);
      const before = account.leverage(symbol);
      account.setLeverage(symbol, leverage);
      const needed = marginOf(account, instrument);
      const held = account.marginHeld.get(symbol) ?? ZERO;
      if (needed.gt(ledger.balance(name, instrument.settle).available.plus(held))) {
        account.setLeverage(symbol, before);
        return "insufficientMargin";
      }
      holdMargin(account, instrument);
      tellBalances(name, at);
      return undefined;
    },
    leverage: (name, symbol) => accountOf(name).leverage(symbol),
  };
}

function omitQuoteAmount(request: OrderRequest): OrderRequest {
  const { quoteAmount: _, ...rest } = request;
  return rest;
}
