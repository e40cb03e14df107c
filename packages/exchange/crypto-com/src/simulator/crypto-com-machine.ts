import type { ServerRequest, ServerResponse } from "@conn/core";
import {
  type ClientFrameFacts,
  checkPublishedRows,
  type Level,
  noise,
  type PublishedRow,
  type VenueEffects,
  type VenueMachine,
} from "@conn/simulator";
import { DEFAULT_INSTRUMENTS } from "./instruments/default-instruments.js";
import type { Instrument } from "./instruments/instrument.js";
import { type CryptoComLimits, DEFAULT_LIMITS } from "./limits.js";
import {
  createInstrumentMarket,
  type InstrumentMarket,
  matchIdOf,
  tradeIdOf,
} from "./market/instrument-market.js";
import {
  type AccountVerbs,
  createAccountVerbs,
  DEFAULT_ACCOUNT,
  DEFAULT_FUNDS,
} from "./private/account-verbs.js";
import { createPrivateSide, symbolIn } from "./private/private-side.js";
import { createUserSockets } from "./private/user-socket.js";
import { createRequestLimits } from "./rest/request-limits.js";
import { notFound } from "./rest/rest-answer.js";
import { answerRequest, describeRestRequest, tooManyRequests } from "./rest/rest-api.js";
import { type Ticker, tickerOf } from "./rest/tickers.js";
import type { VenueData } from "./rest/venue-data.js";
import { parseChannelName } from "./streams/channel-name.js";
import {
  ackText,
  type ClientFrame,
  errorText,
  type FrameError,
  frameErrors,
  readClientFrame,
} from "./streams/client-frame.js";
import { type Connection, createConnection, isOneTooMany } from "./streams/connection.js";
import { createStreamHub } from "./streams/stream-hub.js";

/** A fill, as ground truth. */
export interface SimulatedTrade {
  /** What the venue sends as `d`. */
  readonly tradeId: string;
  /** What it sends as `m`: the fills of one taker share it. */
  readonly matchId: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly price: string;
  readonly amount: string;
  readonly takerSide: "buy" | "sell";
}

/** A whole book in the venue's text, best price first. */
export interface CryptoComBook {
  /** Id of the last change in it, as the venue sends it in `u`; beyond 2^53. */
  readonly lastUpdateId: bigint;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

/**
 * Crypto.com Exchange API v1 as a state machine: market data, accounts and their orders over REST and WebSocket.
 * What it holds is the ground truth for tests, as of its latest input. A market runs only as far as streams, requests
 * and orders of accounts have asked it to.
 */
export interface CryptoComMachine extends VenueMachine, AccountVerbs {
  /** Exchange symbols of all instruments listed, tradable or not, of all products. */
  symbols(): readonly string[];
  /** Everything that is listed, and whether it takes orders at present. */
  listings(): readonly { readonly symbol: string; readonly trading: boolean }[];
  /** @throws {TypeError} if there is no such instrument. */
  instrumentOf(exchangeSymbol: string): Instrument;
  /** Trading rules as the venue publishes them. @throws {TypeError} if there is no such instrument. */
  rulesOf(exchangeSymbol: string): SimulatedRules;
  /** The whole book, best price first. @throws {TypeError} if there is no such instrument. */
  bookOf(exchangeSymbol: string): CryptoComBook;
  /**
   * The whole book right after `updateId`, e.g. after a frame with that `u`; `undefined` if the id is in the
   * future, or so old that it is forgotten. `lastUpdateId` of the result is the last change up to it.
   *
   * @throws {TypeError} if there is no such instrument.
   */
  bookAt(exchangeSymbol: string, updateId: bigint): CryptoComBook | undefined;
  /** The latest fills (at least 50,000), oldest first. @throws {TypeError} if there is no such instrument. */
  tradesOf(exchangeSymbol: string): readonly SimulatedTrade[];
  /** Price of the latest trade; `undefined` if there was none. @throws {TypeError} if there is no such instrument. */
  lastPriceOf(exchangeSymbol: string): string | undefined;
  /** What a ticker says of the instrument. @throws {TypeError} if there is no such instrument. */
  tickerOf(exchangeSymbol: string): Ticker;
  /** Lists an instrument. @throws {TypeError} if it is listed already or its numbers contradict each other. */
  addInstrument(instrument: Instrument): void;
  /** Takes an instrument off the list. @throws {TypeError} if there is no such instrument. */
  removeInstrument(exchangeSymbol: string): void;
  /**
   * Lists an instrument under another symbol: the same market goes on, and what was served under the old symbol
   * ends. The venue documents no such change; clients that keep symbols apart from instruments survive it.
   *
   * @throws {TypeError} if there is no such instrument, or the new symbol is taken.
   */
  renameInstrument(exchangeSymbol: string, newSymbol: string): void;
  /**
   * Changes whether an instrument is tradable, the only status that the venue tells; its market stops or resumes.
   *
   * @throws {TypeError} if there is no such instrument.
   */
  setTradable(exchangeSymbol: string, tradable: boolean): void;
  /**
   * Changes what the list of instruments says of an instrument's rules. The market keeps to its first ticks and
   * decimals, so that new ones must divide them; published rows may use the new ones.
   *
   * @throws {TypeError} if there is no such instrument.
   */
  changeRules(exchangeSymbol: string, rules: InstrumentRules): void;
  /**
   * Makes the instrument's entry in the list unreadable: its increments become nonsense.
   *
   * @throws {TypeError} if there is no such instrument.
   */
  malformSymbol(exchangeSymbol: string): void;
  /** Adds an element to the list of instruments: any JSON text, whatever it may be. */
  addMalformedSymbol(json: string): void;
  /**
   * Stops all market activity of an instrument that stays tradable: its streams fall quiet but for empty deltas
   * and repeated snapshots.
   *
   * @throws {TypeError} if there is no such instrument.
   */
  freeze(exchangeSymbol: string): void;
  /**
   * Resumes market activity, and takes back what published rows have left in the book.
   *
   * @throws {TypeError} if there is no such instrument.
   */
  unfreeze(exchangeSymbol: string): void;
  /**
   * Changes the instrument's book by hand, in one update: the next delta of each of its streams has these rows
   * verbatim and in order, and the book holds them as they are. They may be off the grid, have any number of
   * digits or an exponent, cross the book or empty a side; an amount of zero deletes, whether the level is there
   * or not; a price of zero is sent and touches nothing. After them, in the same delta, come the rows that keep
   * a client's best levels equal to the venue's, as with any change.
   *
   * A row stays until the market changes the level of its price, or until `unfreeze`.
   *
   * @throws {TypeError} if there is no such instrument, or a row is not made of non-negative numbers.
   */
  publish(exchangeSymbol: string, rows: readonly PublishedRow[]): void;
}

/** Trading rules of an instrument, as the venue writes them. */
export interface SimulatedRules {
  readonly priceIncrement: string;
  readonly amountIncrement: string;
  /**
   * The least amount; the venue publishes one number for it and the increment.
   *
   * @see https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html#public-get-instruments
   */
  readonly minAmount: string;
}

/** What may change in a listed instrument. */
export type InstrumentRules = Partial<
  Pick<
    Instrument,
    "quoteDecimals" | "priceTickSize" | "quantityTickSize" | "maxLeverage" | "expiryTimestampMs"
  >
>;

/** How to make the machine. */
export interface CryptoComMachineOptions {
  /** The venue's time at its start, milliseconds since 1970. */
  readonly startAt: number;
  /** Decides everything that happens. Default 1. */
  readonly seed?: number;
  /** Default: `DEFAULT_INSTRUMENTS`. */
  readonly instruments?: readonly Instrument[];
  /** Replaces the interval of deltas, milliseconds, whatever clients ask for. */
  readonly deltaIntervalMs?: number;
  /** Market events a second of each instrument, on average. Default 20. */
  readonly eventsPerSecond?: number;
  /** Longest time in ms for which a market that nobody has looked at makes up. Default: all of it. */
  readonly catchUpMs?: number;
  /** Price levels a side of each book, on average. Default 400. */
  readonly levels?: number;
  /** How many level changes of each book are remembered for `bookAt`; a power of two. Default 32768. */
  readonly historySize?: number;
  readonly limits?: Partial<CryptoComLimits>;
}

/**
 * The routes of sockets: market data, and what concerns an account.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/websocket-common-api-reference
 */
const SOCKET_ROUTES: ReadonlyMap<string, "market" | "user"> = new Map([
  ["/exchange/v1/market", "market"],
  ["/exchange/v1/user", "user"],
]);

/**
 * The frame of an error that concerns a whole request comes eight times at once, as measured with an unknown
 * method and with too many subscriptions.
 *
 * @see https://github.com/nemanull/arbitrage-observatory/blob/2cbe70629c3c429da9b231ab71a7b861b3fc8096/docs/profiles/cryptocom/websocket.md
 */
const COPIES_OF_AN_ERROR = 8;

/** Makes the machine. @throws {TypeError} if an instrument's numbers contradict each other. */
export function createCryptoComMachine(options: CryptoComMachineOptions): CryptoComMachine {
  const seed = options.seed ?? 1;
  const limits: CryptoComLimits = { ...DEFAULT_LIMITS, ...options.limits };
  const markets = new Map<string, InstrumentMarket>();
  const malformed = new Set<string>();
  const malformedEntries: string[] = [];
  const venue: VenueData = { markets, malformed, malformedEntries };
  const requestLimits = createRequestLimits(limits.requestsPerSecond);
  const hub = createStreamHub({
    seed,
    limits,
    findMarket: (exchangeSymbol) => markets.get(exchangeSymbol),
    ...(options.deltaIntervalMs === undefined ? {} : { deltaIntervalMs: options.deltaIntervalMs }),
  });
  const connections = new Map<number, Connection>();
  /** Addresses of clients whose user sockets are about to open. */
  const dialing = new Map<number, string>();
  const privateSide = createPrivateSide({ seed, startAt: options.startAt, limits, markets, connections });
  const userSockets = createUserSockets(privateSide, limits, markets);
  /** Orders of the machine's owner that need the time; carried out with the next input. */
  let orders: ((at: number) => void)[] = [];
  let onChange: () => void = () => {};
  let now = options.startAt;

  const list = (instrument: Instrument, at: number): void => {
    const market = createInstrumentMarket({
      instrument,
      seed,
      startAt: at,
      historySize: options.historySize ?? 32_768,
      ...(options.levels === undefined ? {} : { levels: options.levels }),
      ...(options.eventsPerSecond === undefined ? {} : { eventsPerSecond: options.eventsPerSecond }),
      ...(options.catchUpMs === undefined ? {} : { catchUpMs: options.catchUpMs }),
    });
    markets.set(instrument.exchangeSymbol, market);
    privateSide.addInstrument(market);
  };

  const marketOf = (exchangeSymbol: string): InstrumentMarket => {
    const market = markets.get(exchangeSymbol);
    if (market === undefined) throw new TypeError(`no instrument ${exchangeSymbol}`);
    return market;
  };

  const order = (run: (at: number) => void): void => {
    orders.push(run);
    onChange();
  };

  const forget = (connection: Connection): void => {
    connections.delete(connection.id);
    hub.remove(connection);
    privateSide.disconnected(connection, now);
  };

  const answerDueAt = ({ unanswered }: Connection): number =>
    unanswered === undefined ? Number.POSITIVE_INFINITY : unanswered.sentAt + limits.heartbeatTimeoutMs;

  const connectionDueAt = (connection: Connection): number =>
    Math.min(connection.nextPingAt, connection.nextHeartbeatAt, answerDueAt(connection));

  /** Pings, heartbeats and disconnects that are due. */
  const tendConnections = (effects: VenueEffects): void => {
    for (const connection of connections.values()) {
      while (connections.has(connection.id) && connectionDueAt(connection) <= now) {
        if (answerDueAt(connection) <= now) {
          // Who does not handle heartbeats is disconnected with 1000:
          // https://exchange-developer.crypto.com/exchange/v1/docs/api/websocket-common-api-reference
          forget(connection);
          effects.close(connection.id, 1000, "");
        } else if (connection.nextHeartbeatAt <= now) {
          // A heartbeat's id is the venue's time, as measured.
          const sentAt = connection.nextHeartbeatAt;
          connection.unanswered ??= { id: String(sentAt), sentAt };
          connection.nextHeartbeatAt += limits.heartbeatIntervalMs;
          effects.send(connection.id, `{"id":${sentAt},"method":"public/heartbeat","code":0}`, {
            kind: "heartbeat",
          });
        } else {
          effects.ping(connection.id, "");
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
    for (const run of due) run(now);
    if (due.length > 0) {
      privateSide.flush(effects);
      hub.invalidate();
    }
  };

  /** Refuses a whole request. */
  const refuse = (
    connection: Connection,
    frame: ClientFrame,
    error: FrameError,
    copies: number,
    effects: VenueEffects,
  ): void => {
    const text = errorText(frame, error);
    for (let copy = 0; copy < copies; copy++) effects.send(connection.id, text, { kind: "error" });
  };

  const answerFrame = (connection: Connection, frame: ClientFrame, effects: VenueEffects): void => {
    const { request } = frame;
    if ("error" in request) {
      const copies = request.error === frameErrors.unknownMethod ? COPIES_OF_AN_ERROR : 1;
      refuse(connection, frame, request.error, copies, effects);
      return;
    }
    switch (request.method) {
      case "public/respond-heartbeat":
        // There is no reply. An answer with another id is none.
        if (connection.unanswered?.id === frame.id) connection.unanswered = undefined;
        return;
      case "subscribe": {
        const { channels, book } = request;
        const hasRoom = hub.subscribe(connection, frame, channels, book, now, effects);
        if (!hasRoom) {
          refuse(connection, frame, frameErrors.tooManySubscriptions, COPIES_OF_AN_ERROR, effects);
        }
        return;
      }
      case "unsubscribe":
        // One answer for all, also for what was not subscribed.
        for (const channel of request.channels) hub.unsubscribe(connection, channel);
        effects.send(connection.id, ackText(frame), { kind: "ack" });
        return;
    }
  };

  const textOf = (
    market: InstrumentMarket,
    book: { readonly lastUpdateId: number; readonly bids: readonly Level[]; readonly asks: readonly Level[] },
  ): CryptoComBook => ({ ...book, lastUpdateId: market.venueId(book.lastUpdateId) });

  for (const instrument of options.instruments ?? DEFAULT_INSTRUMENTS) list(instrument, options.startAt);

  const accountVerbs = createAccountVerbs({ privateSide, marketOf, order, now: () => now });
  accountVerbs.createAccount(DEFAULT_ACCOUNT, { funds: DEFAULT_FUNDS });

  return {
    request(requestId, request, at, effects) {
      proceed(at, effects);
      effects.respond(requestId, answerRequest(venue, requestLimits, privateSide, request, now));
      privateSide.flush(effects);
      hub.invalidate();
    },
    upgrade(connectionId, request): "accept" | ServerResponse {
      const route = SOCKET_ROUTES.get(pathOf(request));
      if (route === undefined) return notFound(pathOf(request));
      if (route === "user") dialing.set(connectionId, request.remoteAddress);
      return "accept";
    },
    opened(connectionId, at, effects) {
      proceed(at, effects);
      // The first heartbeat was measured between 5 and 27 seconds after the start.
      const share = (1 + (noise(seed, "heartbeat", connectionId) + 1) * 2) / 6;
      const firstHeartbeatMs = Math.floor(limits.heartbeatIntervalMs * share);
      const address = dialing.get(connectionId);
      dialing.delete(connectionId);
      const messagesPerSecond =
        address === undefined ? limits.messagesPerSecond : limits.userMessagesPerSecond;
      const budget = { ...limits, messagesPerSecond };
      connections.set(connectionId, createConnection(connectionId, now, budget, firstHeartbeatMs, address));
    },
    frame(connectionId, data, at, effects) {
      proceed(at, effects);
      const connection = connections.get(connectionId);
      if (connection === undefined) return;
      if (connection.user !== undefined) {
        if (isOneTooMany(connection, now, limits.userMessagesPerSecond)) {
          userSockets.refuseTooMany(connection, data, effects);
          return;
        }
        userSockets.answer(connection, data, now, effects);
        privateSide.flush(effects);
        hub.invalidate();
        return;
      }
      const oneTooMany = isOneTooMany(connection, now, limits.messagesPerSecond);
      const frame = readClientFrame(data);
      if (frame === undefined) return;
      if (oneTooMany) refuse(connection, frame, frameErrors.tooManyRequests, 1, effects);
      else answerFrame(connection, frame, effects);
    },
    ping(connectionId, payload, at, effects) {
      proceed(at, effects);
      if (connections.has(connectionId)) effects.pong(connectionId, payload);
    },
    // The venue keeps connections that do not answer its pings, as measured.
    pong: (_connectionId, _payload, at, effects) => proceed(at, effects),
    closed(connectionId, at, effects) {
      proceed(at, effects);
      dialing.delete(connectionId);
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
    routeOf: (request) => SOCKET_ROUTES.get(pathOf(request)) ?? "unknown",
    describeFrame(data): ClientFrameFacts {
      const frame = readClientFrame(data);
      if (frame === undefined) return { kind: "unknown", streams: [], symbols: [] };
      const streams = "channels" in frame.request ? frame.request.channels : [];
      const symbols = streams.flatMap((channel) => {
        const name = parseChannelName(channel);
        return name === undefined || !markets.has(name.symbol) ? [] : [name.symbol];
      });
      const ordered = symbolIn(frame.text);
      return {
        kind: frame.method,
        streams,
        symbols: ordered === undefined ? symbols : [...symbols, ordered],
      };
    },
    refuseFrame(data, error) {
      const frame = readClientFrame(data);
      if (frame === undefined) throw new TypeError("a frame that cannot be read is not answered");
      const { request } = frame;
      const channels = "channels" in request ? request.channels : [];
      // An error of one channel names it; with several, it is the request that is refused.
      return errorText(frame, error, channels.length === 1 ? channels[0] : undefined);
    },
    rateLimitAnswer: (_limit, request) => tooManyRequests(request),
    weightUsed: (remoteAddress, at) => requestLimits.used(remoteAddress, at),

    ...accountVerbs,

    symbols: () => [...markets.keys()],
    listings: () =>
      Array.from(markets.values(), ({ instrument: { exchangeSymbol, tradable } }) => ({
        symbol: exchangeSymbol,
        trading: tradable,
      })),
    instrumentOf: (exchangeSymbol) => marketOf(exchangeSymbol).instrument,
    rulesOf(exchangeSymbol) {
      const { priceTickSize, quantityTickSize } = marketOf(exchangeSymbol).instrument;
      return {
        priceIncrement: priceTickSize,
        amountIncrement: quantityTickSize,
        minAmount: quantityTickSize,
      };
    },
    bookOf(exchangeSymbol) {
      const market = marketOf(exchangeSymbol);
      return textOf(market, market.book.whole());
    },
    bookAt(exchangeSymbol, updateId) {
      const market = marketOf(exchangeSymbol);
      const book = market.book.asOf(market.innerId(updateId));
      return book && textOf(market, book);
    },
    tradesOf(exchangeSymbol) {
      const market = marketOf(exchangeSymbol);
      const { trades } = market;
      return Array.from({ length: trades.end - trades.oldest }, (_, index) => {
        const trade = trades.get(trades.oldest + index);
        return {
          tradeId: tradeIdOf(trade),
          matchId: matchIdOf(trade),
          at: trade.at,
          price: market.priceText(trade.tick),
          amount: market.amountText(trade.lots),
          takerSide: trade.takerBuys ? "buy" : "sell",
        };
      });
    },
    lastPriceOf(exchangeSymbol) {
      const market = marketOf(exchangeSymbol);
      const last = market.day.summary(now)?.last;
      return last === undefined ? undefined : market.priceText(last);
    },
    tickerOf: (exchangeSymbol) => tickerOf(marketOf(exchangeSymbol), now),
    addInstrument(instrument) {
      const { exchangeSymbol } = instrument;
      if (markets.has(exchangeSymbol)) throw new TypeError(`${exchangeSymbol} is listed`);
      list(instrument, now);
      order((at) => hub.relist(connections.values(), at));
    },
    removeInstrument(exchangeSymbol) {
      const market = marketOf(exchangeSymbol);
      markets.delete(exchangeSymbol);
      order((at) => {
        privateSide.cancelAllOf(market, at);
        hub.relist(connections.values(), at);
      });
    },
    renameInstrument(exchangeSymbol, newSymbol) {
      const market = marketOf(exchangeSymbol);
      if (markets.has(newSymbol)) throw new TypeError(`${newSymbol} is listed`);
      order((at) => {
        markets.delete(exchangeSymbol);
        market.instrument = { ...market.instrument, exchangeSymbol: newSymbol };
        markets.set(newSymbol, market);
        hub.relist(connections.values(), at);
      });
    },
    setTradable(exchangeSymbol, tradable) {
      const market = marketOf(exchangeSymbol);
      order((at) => {
        market.advance(at);
        market.setTradable(tradable, at);
      });
    },
    changeRules(exchangeSymbol, rules) {
      const market = marketOf(exchangeSymbol);
      market.instrument = { ...market.instrument, ...rules };
    },
    malformSymbol(exchangeSymbol) {
      marketOf(exchangeSymbol);
      malformed.add(exchangeSymbol);
    },
    addMalformedSymbol(json) {
      malformedEntries.push(json);
    },
    freeze(exchangeSymbol) {
      const market = marketOf(exchangeSymbol);
      order((at) => {
        market.advance(at);
        market.market.freeze();
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
      const market = marketOf(exchangeSymbol);
      // Now, so that a number that is none is the caller's error and not the venue's end.
      checkPublishedRows(rows);
      order((at) => {
        market.advance(at);
        market.book.publish(rows, at);
      });
    },
  };
}

function pathOf(request: ServerRequest): string {
  const query = request.path.indexOf("?");
  return query < 0 ? request.path : request.path.slice(0, query);
}
