import type { ServerRequest, ServerResponse } from "@conn/core";
import {
  type BookText,
  type ClientFrameFacts,
  checkPublishedRows,
  type PublishedRow,
  type Tape,
  type Trade,
  type VenueEffects,
  type VenueMachine,
} from "@conn/simulator";
import type { Contract, ContractStatus } from "./contracts/contract.js";
import { DEFAULT_CONTRACTS } from "./contracts/default-contracts.js";
import { type BinancePerpetualLimits, DEFAULT_LIMITS } from "./limits.js";
import { type ContractMarket, createContractMarket } from "./market/contract-market.js";
import { aggregateClosesAt } from "./market/trade-tape.js";
import {
  type AccountVerbs,
  createAccountVerbs,
  DEFAULT_ACCOUNT,
  DEFAULT_FUNDS,
} from "./private/account-verbs.js";
import { createPrivateSide } from "./private/private-side.js";
import { type FundingTexts, fundingTexts } from "./rest/funding.js";
import { createIpLimits } from "./rest/ip-limits.js";
import { refusals, toResponse } from "./rest/rest-answer.js";
import { answerRequest, describeRestRequest, limitAnswer } from "./rest/rest-api.js";
import { type DayTicker, dayTickerOf } from "./rest/tickers.js";
import type { VenueData } from "./rest/venue-data.js";
import { type Connection, createConnection, isOneTooMany } from "./streams/connection.js";
import { errorText, readControlFrame, resultText } from "./streams/control-frame.js";
import type { MarkPriceFields } from "./streams/mark-price-stream.js";
import { parseSocketPath, type SocketPath } from "./streams/socket-path.js";
import { createStreamHub } from "./streams/stream-hub.js";
import { parseStreamName } from "./streams/stream-name.js";

/** A fill, as ground truth. */
export interface SimulatedTrade {
  readonly tradeId: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly price: string;
  readonly amount: string;
  readonly takerSide: "buy" | "sell";
}

/**
 * Binance USDⓈ-M futures as a state machine: market data, accounts and their orders over REST and WebSocket. What it holds is the ground
 * truth for tests, as of its latest input.
 *
 * Changes ordered by its owner (a status, a frozen market, published rows) are carried out in order, with the
 * next input: in a venue that is served, at once.
 */
export interface BinancePerpetualMachine extends VenueMachine, AccountVerbs {
  /** Exchange symbols of all contracts listed, trading or not. */
  symbols(): readonly string[];
  /** @throws {TypeError} if there is no such contract. */
  contractOf(exchangeSymbol: string): Contract;
  /** The whole book, best price first. @throws {TypeError} if there is no such contract. */
  bookOf(exchangeSymbol: string): BookText;
  /**
   * The whole book right after `updateId`, e.g. after an event with that `u`; `undefined` if the id is in the
   * future, or so old that it is forgotten. `lastUpdateId` of the result is the last change up to it.
   *
   * @throws {TypeError} if there is no such contract.
   */
  bookAt(exchangeSymbol: string, updateId: number): BookText | undefined;
  /** All contracts listed, and which of them take orders. */
  listings(): readonly { readonly symbol: string; readonly trading: boolean }[];
  /** Price of the last fill, or of the best bid if there was none. @throws {TypeError} if there is no such contract. */
  lastPriceOf(exchangeSymbol: string): string;
  /** Statistics of 24 hours; `undefined` if there was no fill. @throws {TypeError} if there is no such contract. */
  dayTickerOf(exchangeSymbol: string): DayTicker | undefined;
  /** Mark price, index price and funding. @throws {TypeError} if there is no such contract. */
  fundingOf(exchangeSymbol: string): SimulatedFunding;
  /** The longs that are held, in the base asset. @throws {TypeError} if there is no such contract. */
  openInterestOf(exchangeSymbol: string): string;
  /** The trading rules behind `exchangeInfo`. @throws {TypeError} if there is no such contract. */
  rulesOf(exchangeSymbol: string): SimulatedRules;
  /** The latest fills (at least 50,000), oldest first. @throws {TypeError} if there is no such contract. */
  tradesOf(exchangeSymbol: string): readonly SimulatedTrade[];
  /**
   * The latest aggregate trades (at least 50,000) that can grow no more, oldest first: what `@aggTrade` carries.
   *
   * @throws {TypeError} if there is no such contract.
   */
  aggregateTradesOf(exchangeSymbol: string): readonly SimulatedTrade[];
  /** Lists a contract. @throws {TypeError} if it is listed already or its numbers contradict each other. */
  addContract(contract: Contract): void;
  /** Takes a contract off the list, as the venue does some time after it stopped trading. */
  removeContract(exchangeSymbol: string): void;
  /**
   * Lists a contract under another symbol: the same market goes on, and what was served under the old symbol ends.
   * The venue documents no such change; clients that keep symbols apart from contracts survive it.
   *
   * @throws {TypeError} if there is no such contract, or the new symbol is taken.
   */
  renameContract(exchangeSymbol: string, newSymbol: string): void;
  /**
   * Changes a contract's status: `TRADING_HALT` stops its market, `SETTLING` is the first step of a delisting,
   * `TRADING` starts or resumes it.
   *
   * @throws {TypeError} if there is no such contract.
   */
  setStatus(exchangeSymbol: string, status: ContractStatus): void;
  /**
   * Changes what `exchangeInfo` says of a contract's rules. The market keeps to its first tick, step and decimals,
   * so that new ones must divide them; published rows may use the new ones.
   *
   * @throws {TypeError} if there is no such contract.
   */
  changeRules(exchangeSymbol: string, rules: ContractRules): void;
  /**
   * Makes the contract's entry in `exchangeInfo` unreadable: its increments become nonsense.
   *
   * @throws {TypeError} if there is no such contract.
   */
  malformSymbol(exchangeSymbol: string): void;
  /** Adds an element to the symbols of `exchangeInfo`: any JSON text, whatever it may be. */
  addMalformedSymbol(json: string): void;
  /** Stops all market activity of a contract while it goes on trading: its streams fall quiet. */
  freeze(exchangeSymbol: string): void;
  /** Resumes market activity, and takes back what published rows have left in the book. */
  unfreeze(exchangeSymbol: string): void;
  /**
   * Changes the contract's book by hand, in one update: the next event of its diff streams has these rows
   * verbatim and in order, and the book holds them as they are. They may be off the grid, have any number of
   * digits or an exponent, cross the book or empty a side; an amount of zero deletes, whether the level is there
   * or not; a price of zero is sent and touches nothing.
   *
   * A row stays until the market changes the level of its price, or until `unfreeze`.
   *
   * @throws {TypeError} if there is no such contract.
   */
  publish(exchangeSymbol: string, rows: readonly PublishedRow[]): void;
  /**
   * Sends a mark price event that says only this, whatever is true, to all who follow the contract's mark price:
   * a field that is left out is missing in it, one that is `null` is null. Its time is that of the venue, or
   * `eventTime`.
   *
   * @throws {TypeError} if there is no such contract.
   */
  publishMarkPrice(exchangeSymbol: string, fields: MarkPriceFields, eventTime?: number): void;
}

/** Mark price, index price and funding of a contract. */
export interface SimulatedFunding extends FundingTexts {
  readonly fundingIntervalMs: number;
}

/** Trading rules of a contract, as the venue writes them; amounts in the base asset. */
export interface SimulatedRules {
  readonly priceIncrement: string;
  readonly amountIncrement: string;
  readonly minPrice: string;
  readonly maxPrice: string;
  readonly minAmount: string;
  readonly maxAmount: string;
  readonly marketMinAmount: string;
  readonly marketMaxAmount: string;
  readonly marketAmountIncrement: string;
  readonly minNotional: string;
}

/** What may change in a listed contract. */
export type ContractRules = Partial<
  Pick<
    Contract,
    | "pricePrecision"
    | "tickSize"
    | "stepSize"
    | "minPrice"
    | "maxPrice"
    | "minQuantity"
    | "maxQuantity"
    | "maxMarketQuantity"
    | "minNotional"
    | "multiplierUp"
    | "multiplierDown"
    | "deliveryDate"
  >
>;

/** How to make the machine. */
export interface BinancePerpetualMachineOptions {
  /** The venue's time at its start, milliseconds since 1970. */
  readonly startAt: number;
  /** Decides everything that happens. Default 1. */
  readonly seed?: number;
  /** Default: `DEFAULT_CONTRACTS`. */
  readonly contracts?: readonly Contract[];
  /** Replaces the interval of all depth streams, milliseconds. Default: as their names say. */
  readonly depthIntervalMs?: number;
  /** Market events a second of each contract, on average. Default 20. */
  readonly eventsPerSecond?: number;
  /** Longest time in ms for which a market that nobody has looked at makes up. Default: all of it. */
  readonly catchUpMs?: number;
  /** Price levels a side of each book, on average. Default 400. */
  readonly levels?: number;
  /** How many level changes of each book are remembered for `bookAt`; a power of two. Default 32768. */
  readonly historySize?: number;
  readonly limits?: Partial<BinancePerpetualLimits>;
}

/** Makes the machine. @throws {TypeError} if a contract's numbers contradict each other. */
export function createBinancePerpetualMachine(
  options: BinancePerpetualMachineOptions,
): BinancePerpetualMachine {
  const seed = options.seed ?? 1;
  const limits: BinancePerpetualLimits = { ...DEFAULT_LIMITS, ...options.limits };
  const contracts = new Map<string, ContractMarket>();
  const marketsByStreamSymbol = new Map<string, ContractMarket>();
  const malformedSymbols: string[] = [];
  const malformed = new Set<string>();
  const venue: VenueData = { limits, contracts, malformed, malformedSymbols };
  const ipLimits = createIpLimits(limits);
  const hub = createStreamHub({
    seed,
    findMarket: (streamSymbol) => marketsByStreamSymbol.get(streamSymbol),
    ...(options.depthIntervalMs === undefined ? {} : { depthIntervalMs: options.depthIntervalMs }),
  });
  const accepted = new Map<number, SocketPath>();
  const connections = new Map<number, Connection>();
  /** Orders of the machine's owner that need the time; carried out with the next input. */
  let orders: ((at: number, effects: VenueEffects) => void)[] = [];
  let onChange: () => void = () => {};
  let now = options.startAt;

  const privateSide = createPrivateSide({
    seed,
    startAt: options.startAt,
    limits,
    contracts,
    connections,
    disconnect: (connection, effects) => disconnect(connection, 1000, "", effects),
  });

  const list = (contract: Contract, at: number): void => {
    const market = createContractMarket({
      contract,
      seed,
      startAt: at,
      historySize: options.historySize ?? 32_768,
      ...(options.levels === undefined ? {} : { levels: options.levels }),
      ...(options.eventsPerSecond === undefined ? {} : { eventsPerSecond: options.eventsPerSecond }),
      ...(options.catchUpMs === undefined ? {} : { catchUpMs: options.catchUpMs }),
    });
    contracts.set(contract.exchangeSymbol, market);
    marketsByStreamSymbol.set(market.streamSymbol, market);
    privateSide.addContract(market);
  };

  const marketOf = (exchangeSymbol: string): ContractMarket => {
    const market = contracts.get(exchangeSymbol);
    if (market === undefined) throw new TypeError(`no contract ${exchangeSymbol}`);
    return market;
  };

  const order = (run: (at: number, effects: VenueEffects) => void): void => {
    orders.push(run);
    onChange();
  };

  const disconnect = (connection: Connection, code: number, reason: string, effects: VenueEffects): void => {
    forget(connection);
    effects.close(connection.id, code, reason);
  };

  const forget = (connection: Connection): void => {
    connections.delete(connection.id);
    hub.remove(connection);
  };

  const connectionDueAt = (connection: Connection): number =>
    Math.min(connection.nextPingAt, connection.lastPongAt + limits.pongTimeoutMs, connection.endsAt);

  /** Pings and disconnects that are due. */
  const tendConnections = (effects: VenueEffects): void => {
    for (const connection of connections.values()) {
      while (connections.has(connection.id) && connectionDueAt(connection) <= now) {
        // The server pings every 3 minutes, disconnects after 10 minutes without a pong, and after 24 hours:
        // https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams
        if (connection.endsAt <= now) {
          disconnect(connection, 1001, "", effects);
        } else if (connection.lastPongAt + limits.pongTimeoutMs <= now) {
          disconnect(connection, 1008, "Pong timeout", effects);
        } else {
          effects.ping(connection.id, String(connection.nextPingAt));
          connection.nextPingAt += limits.pingIntervalMs;
        }
      }
    }
  };

  const nextDueAt = (): number => Math.min(hub.dueAt(), privateSide.dueAt());

  /** Brings the venue to `at`; every input begins so. */
  const proceed = (at: number, effects: VenueEffects): void => {
    now = Math.max(now, at);
    // In the order of time, so that what happens to accounts does not depend on how often the machine is called.
    for (let due = nextDueAt(); due <= now; due = nextDueAt()) {
      if (privateSide.dueAt() <= due) {
        privateSide.advance(due, effects);
        hub.invalidate();
      }
      hub.runUntil(due, effects);
    }
    tendConnections(effects);
    const due = orders;
    orders = [];
    if (due.length === 0) return;
    try {
      for (const run of due) run(now, effects);
    } finally {
      privateSide.flush(now, effects);
      hub.invalidate();
    }
  };

  /** Counts a message of the client; returns its connection if it may go on. */
  const admitMessage = (connectionId: number, effects: VenueEffects): Connection | undefined => {
    const connection = connections.get(connectionId);
    if (connection === undefined) return undefined;
    // JSON, pings and pongs count alike; measured close: 1008 "Too many requests".
    // https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#general-wss-information
    // https://github.com/dilettante-trading/polyoxide/blob/main/polyoxide-binance/src/usdm/ws/error.rs
    if (!isOneTooMany(connection, now, limits.messagesPerSecond)) return connection;
    disconnect(connection, 1008, "Too many requests", effects);
    return undefined;
  };

  const answerControlFrame = (
    connection: Connection,
    data: string | Uint8Array,
    effects: VenueEffects,
  ): void => {
    const { id, request } = readControlFrame(data);
    const reply = (result: string): void =>
      effects.send(connection.id, resultText(id, result), { kind: "ack" });
    if ("error" in request) {
      effects.send(connection.id, errorText(id, request.error), { kind: "error" });
      return;
    }
    switch (request.method) {
      case "SUBSCRIBE": {
        const total = new Set([...connection.streams, ...request.streams]).size;
        if (total > limits.streamsPerConnection) {
          // Measured: an error, then the end of the connection.
          // https://github.com/dilettante-trading/polyoxide/blob/main/polyoxide-binance/src/usdm/ws/error.rs
          const error = { code: 2, msg: "Invalid request: too many subscriptions" };
          effects.send(connection.id, errorText(id, error), { kind: "error" });
          disconnect(connection, 1008, "Invalid request", effects);
          return;
        }
        for (const name of request.streams) hub.subscribe(connection, name, now);
        reply("null");
        return;
      }
      case "UNSUBSCRIBE":
        for (const name of request.streams) hub.unsubscribe(connection, name);
        reply("null");
        return;
      case "LIST_SUBSCRIPTIONS":
        reply(JSON.stringify([...connection.streams]));
        return;
      case "GET_PROPERTY":
        reply(String(connection.combined));
        return;
      case "SET_PROPERTY":
        connection.combined = request.combined;
        reply("null");
        return;
    }
  };

  for (const contract of options.contracts ?? DEFAULT_CONTRACTS) list(contract, options.startAt);

  const accountVerbs = createAccountVerbs({ privateSide, marketOf, order, now: () => now });
  accountVerbs.createAccount(DEFAULT_ACCOUNT, { funds: DEFAULT_FUNDS });

  return {
    request(requestId, request, at, effects) {
      proceed(at, effects);
      effects.respond(requestId, answerRequest(venue, ipLimits, privateSide, request, now));
      privateSide.flush(now, effects);
      hub.invalidate();
    },
    upgrade(connectionId, request, at): "accept" | ServerResponse {
      const path = parseSocketPath(request.path);
      if (path === undefined) return toResponse(refusals.unknownPath(request.path, request.method));
      // 300 connections in five minutes: https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams
      if (!ipLimits.admitConnection(request.remoteAddress, at)) {
        return limitAnswer({ banned: false, retryAfterMs: 300_000 }, request, at, limits.weightPerMinute);
      }
      accepted.set(connectionId, path);
      return "accept";
    },
    opened(connectionId, at, effects) {
      proceed(at, effects);
      const path = accepted.get(connectionId);
      accepted.delete(connectionId);
      if (path === undefined) return;
      const connection = createConnection(connectionId, path, now, limits);
      connections.set(connectionId, connection);
      if (path.streams.length > limits.streamsPerConnection) {
        disconnect(connection, 1008, "Invalid request", effects);
        return;
      }
      for (const name of path.streams) hub.subscribe(connection, name, now);
    },
    frame(connectionId, data, at, effects) {
      proceed(at, effects);
      const connection = admitMessage(connectionId, effects);
      if (connection !== undefined) answerControlFrame(connection, data, effects);
    },
    ping(connectionId, payload, at, effects) {
      proceed(at, effects);
      if (admitMessage(connectionId, effects) !== undefined) effects.pong(connectionId, payload);
    },
    pong(connectionId, _payload, at, effects) {
      proceed(at, effects);
      const connection = admitMessage(connectionId, effects);
      if (connection !== undefined) connection.lastPongAt = now;
    },
    closed(connectionId, at, effects) {
      proceed(at, effects);
      accepted.delete(connectionId);
      const connection = connections.get(connectionId);
      if (connection !== undefined) forget(connection);
    },
    wake: proceed,
    nextWakeAt() {
      let next = orders.length > 0 ? now : nextDueAt();
      for (const connection of connections.values()) next = Math.min(next, connectionDueAt(connection));
      return next === Number.POSITIVE_INFINITY ? undefined : next;
    },
    watch(callback) {
      onChange = callback;
    },
    describeRequest: describeRestRequest,
    routeOf: (request: ServerRequest) => parseSocketPath(request.path)?.route ?? "unknown",
    describeFrame(data): ClientFrameFacts {
      const { request } = readControlFrame(data);
      if ("error" in request) return { kind: "unknown", streams: [], symbols: [] };
      const streams = "streams" in request ? request.streams : [];
      const symbols = streams.flatMap((name) => {
        const market = marketsByStreamSymbol.get(parseStreamName(name)?.symbol ?? "");
        return market === undefined ? [] : [market.contract.exchangeSymbol];
      });
      return { kind: request.method.toLowerCase(), streams, symbols };
    },
    refuseFrame: (data, { code, message }) => errorText(readControlFrame(data).id, { code, msg: message }),
    rateLimitAnswer: (limit, request, at) => limitAnswer(limit, request, at, limits.weightPerMinute),
    weightUsed: (remoteAddress, at) => ipLimits.usedWeight(remoteAddress, at),

    ...accountVerbs,

    symbols: () => [...contracts.keys()],
    contractOf: (exchangeSymbol) => marketOf(exchangeSymbol).contract,
    bookOf: (exchangeSymbol) => marketOf(exchangeSymbol).book.whole(),
    bookAt: (exchangeSymbol, updateId) => marketOf(exchangeSymbol).book.asOf(updateId),
    listings: () =>
      Array.from(contracts.values(), ({ contract: { exchangeSymbol, status } }) => ({
        symbol: exchangeSymbol,
        trading: status === "TRADING",
      })),
    lastPriceOf(exchangeSymbol) {
      const market = marketOf(exchangeSymbol);
      const last = market.day.summary(now)?.last;
      return market.priceText(last ?? market.market.bids.tickAt(0));
    },
    dayTickerOf: (exchangeSymbol) => dayTickerOf(marketOf(exchangeSymbol), now),
    fundingOf(exchangeSymbol) {
      const market = marketOf(exchangeSymbol);
      return { ...fundingTexts(market, now), fundingIntervalMs: market.fundingIntervalMs };
    },
    openInterestOf(exchangeSymbol) {
      const market = marketOf(exchangeSymbol);
      return market.amountText(market.openInterest());
    },
    rulesOf(exchangeSymbol) {
      const { contract } = marketOf(exchangeSymbol);
      return {
        priceIncrement: contract.tickSize,
        amountIncrement: contract.stepSize,
        minPrice: contract.minPrice,
        maxPrice: contract.maxPrice,
        minAmount: contract.minQuantity,
        maxAmount: contract.maxQuantity,
        marketMinAmount: contract.minQuantity,
        marketMaxAmount: contract.maxMarketQuantity,
        marketAmountIncrement: contract.stepSize,
        minNotional: contract.minNotional,
      };
    },
    tradesOf(exchangeSymbol) {
      const market = marketOf(exchangeSymbol);
      return tradesIn(market, market.tape.trades);
    },
    aggregateTradesOf(exchangeSymbol) {
      const market = marketOf(exchangeSymbol);
      return tradesIn(market, market.tape.aggregates).filter(({ at }) => aggregateClosesAt(at) <= now);
    },
    addContract(contract) {
      if (contracts.has(contract.exchangeSymbol)) throw new TypeError(`${contract.exchangeSymbol} is listed`);
      list(contract, now);
      order((at) => hub.relist(at));
    },
    removeContract(exchangeSymbol) {
      const market = marketOf(exchangeSymbol);
      contracts.delete(exchangeSymbol);
      marketsByStreamSymbol.delete(market.streamSymbol);
      order((at) => {
        privateSide.cancelAllOf(market, at);
        hub.relist(at);
      });
    },
    renameContract(exchangeSymbol, newSymbol) {
      const market = marketOf(exchangeSymbol);
      if (contracts.has(newSymbol)) throw new TypeError(`${newSymbol} is listed`);
      order((at) => {
        contracts.delete(exchangeSymbol);
        marketsByStreamSymbol.delete(market.streamSymbol);
        market.contract = { ...market.contract, exchangeSymbol: newSymbol };
        contracts.set(newSymbol, market);
        marketsByStreamSymbol.set(market.streamSymbol, market);
        hub.relist(at);
      });
    },
    setStatus(exchangeSymbol, status) {
      const market = marketOf(exchangeSymbol);
      order((at) => {
        market.advance(at);
        market.setStatus(status, at);
        if (isOver(status)) privateSide.cancelAllOf(market, at);
      });
    },
    changeRules(exchangeSymbol, rules) {
      const market = marketOf(exchangeSymbol);
      market.contract = { ...market.contract, ...rules };
    },
    malformSymbol(exchangeSymbol) {
      marketOf(exchangeSymbol);
      malformed.add(exchangeSymbol);
    },
    addMalformedSymbol(json) {
      malformedSymbols.push(json);
    },
    freeze(exchangeSymbol) {
      const contract = marketOf(exchangeSymbol);
      order((at) => {
        contract.advance(at);
        contract.market.freeze();
      });
    },
    unfreeze(exchangeSymbol) {
      const { market, book } = marketOf(exchangeSymbol);
      order((at) => {
        book.retract(at);
        market.unfreeze(at);
      });
    },
    publish(exchangeSymbol, rows) {
      const { book } = marketOf(exchangeSymbol);
      // Now, so that a number that is none is the caller's error and not the venue's end.
      checkPublishedRows(rows);
      order((at) => book.publish(rows, at));
    },
    publishMarkPrice(exchangeSymbol, fields, eventTime) {
      const market = marketOf(exchangeSymbol);
      order((at, effects) => hub.publishMarkPrice(market, eventTime ?? at, fields, effects));
    },
  };
}

/** Whether a contract is beyond trading for good: then its open orders end. */
function isOver(status: ContractStatus): boolean {
  return ["PRE_SETTLE", "SETTLING", "CLOSE", "DELIVERING", "DELIVERED"].includes(status);
}

/** Fills, single or aggregated, as ground truth. */
function tradesIn(
  market: ContractMarket,
  tape: Tape<Pick<Trade, "id" | "at" | "tick" | "lots" | "buyerIsMaker">>,
): SimulatedTrade[] {
  return Array.from({ length: tape.end - tape.oldest }, (_, index) => {
    const { id, at, tick, lots, buyerIsMaker } = tape.get(tape.oldest + index);
    return {
      tradeId: id,
      at,
      price: market.priceText(tick),
      amount: market.amountText(lots),
      takerSide: buyerIsMaker ? "sell" : "buy",
    };
  });
}
