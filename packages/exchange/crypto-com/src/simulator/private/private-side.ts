import type { ServerRequest, ServerResponse } from "@conn/core";
import {
  createExchangeCore,
  createSeededRandom,
  type ExchangeCore,
  type Fill,
  type Order,
  type VenueEffects,
} from "@conn/simulator";
import type { CryptoComLimits } from "../limits.js";
import type { InstrumentMarket, PublicTrade } from "../market/instrument-market.js";
import type { Connection } from "../streams/connection.js";
import { balanceFields } from "./account-methods.js";
import { type Accounts, type ApiKey, createAccounts, type VenueAccount } from "./accounts.js";
import { authorize, createSeenRequests } from "./authorize.js";
import { createCommands } from "./commands.js";
import { createEngine, type Engine } from "./engine.js";
import { createInstruments } from "./instruments.js";
import { isObject } from "./json-value.js";
import { createMethodLimits } from "./method-limits.js";
import { type PrivateMethod, privateMethods } from "./methods.js";
import { createOrderMethods, type MethodAnswer } from "./order-methods.js";
import { orderFields, type StatusWord, statusWord } from "./order-texts.js";
import type { PrivateContext } from "./private-context.js";
import { type Envelope, readEnvelope, requiredParams } from "./private-request.js";
import { fillNow } from "./query-methods.js";
import { type Refusal, Refused, refusals, refuse } from "./refusal.js";
import { sendUserEvent } from "./user-events.js";
import { createVenueOrders, type VenueOrder } from "./venue-order.js";

/** What the venue knows of its accounts: keys, orders, money, and who listens to them. */
export interface PrivateSide {
  readonly accounts: Accounts;
  readonly core: ExchangeCore;
  readonly context: PrivateContext;
  readonly engine: Engine;
  readonly methods: ReadonlyMap<string, PrivateMethod>;
  /** A status that is told of every order before the engine has it; by itself the venue tells none. */
  announcedStatus: "NEW" | "PENDING" | undefined;
  addInstrument(market: InstrumentMarket): void;
  /** Ends all open orders of a pair that is delisted. */
  cancelAllOf(market: InstrumentMarket, at: number): void;
  /** Answers a request to a private REST method. */
  answerRest(method: string, request: ServerRequest, at: number): ServerResponse;
  /** Checks a login. */
  logIn(envelope: Envelope, from: { readonly address: string; readonly at: number }): ApiKey;
  /** Carries out a method for an account; the result as JSON. @throws {Refused} */
  call(
    method: PrivateMethod,
    envelope: Envelope,
    from: { readonly key: ApiKey; readonly at: number; readonly connectionId: number | undefined },
  ): string;
  /** A socket is gone: its orders may have to go too. */
  disconnected(connection: Connection, at: number): void;
  /** When something is due, or `Infinity`. */
  dueAt(): number;
  /** Lets everything up to `at` happen to accounts, and tells them. */
  advance(at: number, effects: VenueEffects): void;
  /** Tells accounts what has happened to them. */
  flush(effects: VenueEffects): void;
}

/** How to make it. */
export interface PrivateSideOptions {
  readonly seed: number;
  readonly startAt: number;
  readonly limits: CryptoComLimits;
  readonly markets: ReadonlyMap<string, InstrumentMarket>;
  readonly connections: ReadonlyMap<number, Connection>;
}

const JSON_HEADERS = { "content-type": "application/json" };

/** Makes the private side, without accounts and instruments. */
export function createPrivateSide(options: PrivateSideOptions): PrivateSide {
  const { limits, markets, connections, seed, startAt } = options;
  const accounts = createAccounts(createSeededRandom(seed, "accounts"));
  const instruments = createInstruments();
  const orders = createVenueOrders();
  const commands = createCommands(limits, createSeededRandom(seed, "commands"));
  const methodLimits = createMethodLimits(limits);
  const seenRequests = createSeenRequests(limits.nonceToleranceMs * 2);
  let nextOrderId = "";
  const core = createExchangeCore({
    instruments: [],
    startAt,
    rules: {
      orderId: () => nextOrderId,
      postOnlyCrossing: "reject",
      fillOrKillUnfilled: "cancel",
      // An amendment keeps its place only if it lowers the quantity:
      // https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html#private-amend-order
      shrinkingKeepsPlace: true,
      amendBelowFilled: "cancel",
    },
  });
  const publicTrades = new Map<number, PublicTrade>();
  /** What is told with the next flush besides the core's events. */
  let told: { readonly order: VenueOrder; readonly status: StatusWord }[] = [];
  let nextEvent = core.events.end;

  const context: PrivateContext = {
    limits,
    core,
    accounts,
    instruments,
    orders,
    commands,
    markets,
    publicTradeOf: (fill) => publicTrades.get(fill.index)!,
    queryLagMs: 0,
    answersRefusals: false,
  };
  const engine = createEngine({
    context,
    nameNextOrder(id) {
      nextOrderId = id;
    },
    rejected: (order) => told.push({ order, status: "REJECTED" }),
  });
  const methods = privateMethods(createOrderMethods(engine));

  const tellOrder = (
    order: VenueOrder,
    state: Order | undefined,
    status: StatusWord,
    effects: VenueEffects,
  ): void => {
    const data = [orderFields(context, order, state, status, "text")];
    const symbol = order.form.market.instrument.exchangeSymbol;
    sendUserEvent(
      connections.values(),
      order.account,
      { channel: "user.order", symbol, action: status, data },
      effects,
    );
  };

  const tellFill = (fill: Fill, effects: VenueEffects): void => {
    const { account, form } = orders.get(fill.orderId);
    // Trades are numbered from 0 on, as they stand on the market's tape.
    publicTrades.set(fill.index, form.market.trades.get(fill.tradeId));
    const symbol = form.market.instrument.exchangeSymbol;
    const action = fill.maker ? "MAKER" : "TAKER";
    sendUserEvent(
      connections.values(),
      account,
      { channel: "user.trade", symbol, action, data: [fillNow(context, fill)] },
      effects,
    );
  };

  const flush = (effects: VenueEffects): void => {
    const changed = new Set<VenueAccount>();
    for (; nextEvent < core.events.end; nextEvent++) {
      const event = core.events.get(nextEvent);
      switch (event.type) {
        case "balances":
          changed.add(accounts.get(event.account));
          break;
        case "rejected":
        case "position":
          // Rejections are told by the engine's front, in the venue's words.
          break;
        default: {
          const { order } = event;
          const venueOrder = orders.get(order.id);
          tellOrder(venueOrder, order, statusWord(venueOrder, order), effects);
          if (event.type === "traded") tellFill(event.fill, effects);
        }
      }
    }
    const rest = told;
    told = [];
    for (const { order, status } of rest) tellOrder(order, undefined, status, effects);
    for (const account of changed) {
      const data = [balanceFields(context, account)];
      sendUserEvent(connections.values(), account, { channel: "user.balance", data }, effects);
    }
  };

  const call: PrivateSide["call"] = (method, envelope, { key, at, connectionId }) => {
    if (method.trades && !key.trade) refuse(refusals.unauthorized);
    const params = requiredParams(envelope);
    const { account } = key;
    const { id, nonce = "" } = envelope;
    const known = context.orders.of(account).length;
    const answer = method.answer({ context, account, params, id, nonce, at, connectionId });
    if (self.announcedStatus !== undefined) {
      for (const order of context.orders.of(account).slice(known)) {
        told.push({ order, status: self.announcedStatus });
      }
    }
    return answerText(envelope, answer);
  };

  const self: PrivateSide = {
    accounts,
    core,
    context,
    engine,
    methods,
    announcedStatus: undefined,
    addInstrument(market) {
      const { instrumentType, baseCurrency, quoteCurrency } = market.instrument;
      if (instrumentType !== "CCY_PAIR") return;
      const symbol = instruments.add(market);
      core.addInstrument({ symbol, market, base: baseCurrency, quote: quoteCurrency, kind: "spot" });
    },
    cancelAllOf(market, at) {
      if (market.instrument.instrumentType === "CCY_PAIR") {
        core.cancelByVenue({ symbol: instruments.nameOf(market) }, at);
      }
    },
    answerRest(path, request, at) {
      const envelope = readEnvelope(new TextDecoder().decode(request.body));
      if (envelope === undefined) {
        return toResponse(refusals.badRequest.status, refusalText(undefined, refusals.badRequest));
      }
      try {
        if (envelope.method === "ERROR" || envelope.id === "-1") refuse(refusals.invalidRequest);
        const method = methods.get(path);
        if (method === undefined) return refuse(refusals.methodNotFound);
        if (envelope.method !== path) refuse(refusals.invalidRequest);
        const key = authorize(envelope, accounts, {
          address: request.remoteAddress,
          at,
          nonceToleranceMs: limits.nonceToleranceMs,
        });
        if (!methodLimits.admit(key.apiKey, path, at)) refuse(refusals.tooManyRequests);
        if (seenRequests.hasSeen(envelope.signature!, at)) refuse(refusals.duplicateRequest);
        return toResponse(200, call(method, envelope, { key, at, connectionId: undefined }));
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        return toResponse(error.refusal.status, refusalText(envelope, error.refusal));
      }
    },
    logIn: (envelope, { address, at }) =>
      authorize(envelope, accounts, { address, at, nonceToleranceMs: limits.nonceToleranceMs }),
    call,
    disconnected(connection, at) {
      const { user } = connection;
      if (user?.key === undefined || user.cancelScope === undefined) return;
      const { account } = user.key;
      for (const order of orders.of(account)) {
        if (user.cancelScope === "CONNECTION" && order.connectionId !== connection.id) continue;
        if (order.state !== "sent" && order.state !== "accepted") continue;
        commands.send(account, { kind: "cancel", run: (dueAt) => engine.cancel(order, dueAt) }, at);
      }
    },
    dueAt: () => Math.min(core.nextEventAt() ?? Number.POSITIVE_INFINITY, commands.dueAt()),
    advance(at, effects) {
      for (let command = commands.take(at); command !== undefined; command = commands.take(at)) {
        core.advance(command.dueAt);
        flush(effects);
        command.run(command.dueAt);
        flush(effects);
      }
      core.advance(at);
      flush(effects);
    },
    flush,
  };
  return self;
}

function answerText({ id, method }: Envelope, { result, message }: MethodAnswer): string {
  const words = message === undefined ? "" : `,"message":${JSON.stringify(message)}`;
  const data = result === undefined ? "" : `,"result":${JSON.stringify(result)}`;
  return `{"id":${id},"method":${JSON.stringify(method)},"code":0${words}${data}}`;
}

/** The answer to what was refused. */
export function refusalText(envelope: Envelope | undefined, { code, message }: Refusal): string {
  const { id, method } = envelope ?? { id: "-1", method: "ERROR" };
  return `{"id":${id},"method":${JSON.stringify(method)},"code":${code},"message":${JSON.stringify(message)}}`;
}

function toResponse(status: number, body: string): ServerResponse {
  return { status, headers: JSON_HEADERS, body };
}

/** The pair that a request to a private method is about, if it says so. */
export function symbolIn(text: string): string | undefined {
  const params = readEnvelope(text)?.params;
  const name = isObject(params) ? params.instrument_name : undefined;
  return typeof name === "string" ? name : undefined;
}
