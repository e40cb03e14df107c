import { Decimal } from "../decimal/decimal.js";
import { ConnError, ProtocolError, type SubscriptionError, VenueError } from "../errors/index.js";
import type { Instrument } from "../instrument/index.js";
import type { Trade } from "../model/index.js";
import type { BookFault, BookState } from "../order-book/book-integrity.js";
import type { OrderBook } from "../order-book/order-book.js";
import type { Ports, Timer } from "../ports/index.js";
import {
  type BackoffPolicy,
  backoffDelay,
  type RestClient,
  type SocketDownReason,
  type SocketState,
  type StreamConnection,
  StreamPool,
  type StreamPoolOptions,
  type StreamStateFacts,
} from "../transport/index.js";
import type { BufferLimits } from "./diff-buffer.js";
import { type FrameMessage, FrameSink } from "./frame-sink.js";
import type { OrderBookDataSource, ParseContext, StreamTopic } from "./order-book-data-source.js";
import { OrderBookTracker } from "./order-book-tracker.js";

/** What the engine works with. */
export interface MarketDataEngineOptions {
  readonly venue: string;
  readonly source: OrderBookDataSource;
  readonly streams: StreamPoolOptions;
  readonly rest: RestClient;
  readonly ports: Pick<Ports, "clock" | "timers" | "random">;
  readonly buffer: BufferLimits;
  /** Pace of further snapshots when one was in vain. */
  readonly snapshotBackoff: BackoffPolicy;
}

/** Told what market data arrives and how far it can be trusted. */
export interface MarketDataOwner {
  onBookChanged(book: OrderBook, kind: "snapshot" | "diff", receivedTimestamp: number): void;
  onBookState(book: OrderBook, previous: BookState, fault: BookFault | undefined): void;
  onTrade(trade: Trade): void;
  onConnectionState(connection: StreamConnection, state: SocketState, facts: StreamStateFacts): void;
  onProblem(error: ConnError, tradingPair: string | undefined): void;
}

/** A pair that is tracked: its streams, and its snapshot if one is on the way. */
interface Followed {
  readonly instrument: Instrument;
  readonly topics: readonly StreamTopic[];
  snapshot: { readonly abort: AbortController; readonly timer: Timer | undefined } | undefined;
}

/**
 * From bytes to books and trades in one synchronous chain: connection → parse → tracker → owner.
 * Runs the requests and restarts that the tracker orders.
 */
export class MarketDataEngine {
  readonly #options: MarketDataEngineOptions;
  readonly #owner: MarketDataOwner;
  readonly #pool: StreamPool;
  readonly #tracker: OrderBookTracker;
  readonly #sink = new FrameSink();
  readonly #snapshotSink = new FrameSink();
  readonly #context: ParseContext & { route: string; receivedTimestamp: number } = {
    route: "",
    receivedTimestamp: 0,
    memo: undefined,
  };
  readonly #followed = new Map<string, Followed>();
  readonly #pairBySymbol = new Map<string, string>();
  /** Trading pair by route and topic, of the topics that carry depth. */
  readonly #pairByDepthTopic = new Map<string, string>();
  /** Whether the venue lists a symbol: frames of pairs just removed are not a surprise. */
  readonly #isListed: (exchangeSymbol: string) => boolean;
  #receivedTimestamp = 0;

  constructor(
    options: MarketDataEngineOptions,
    isListed: (exchangeSymbol: string) => boolean,
    owner: MarketDataOwner,
  ) {
    this.#options = options;
    this.#owner = owner;
    this.#isListed = isListed;
    this.#tracker = new OrderBookTracker(options.source.sequence, options.buffer, options.ports.clock, {
      onBookChanged: (book, kind) => owner.onBookChanged(book, kind, this.#receivedTimestamp),
      onBookState: (book, previous, fault) => owner.onBookState(book, previous, fault),
      requestSnapshot: (tradingPair, failures) => this.#requestSnapshot(tradingPair, failures),
      restartStream: (tradingPair, how) => this.#restartStream(tradingPair, how),
    });
    this.#pool = new StreamPool(options.streams, {
      onMessage: (connection, data) => this.#onMessage(connection, data),
      onSubscribed: (connection, topic) => {
        const tradingPair = this.#pairByDepthTopic.get(`${connection.route} ${topic}`);
        if (tradingPair !== undefined) this.#tracker.subscribed(tradingPair);
      },
      onRefused: (connection, topic, error) => this.#onRefused(connection, topic, error),
      onDown: (connection, reason) => this.#onDown(connection, reason),
      onSilent: (connection) => {
        for (const tradingPair of this.#depthPairs(connection)) this.#tracker.silent(tradingPair);
      },
      onAlive: (connection) => {
        for (const tradingPair of this.#depthPairs(connection)) this.#tracker.alive(tradingPair);
      },
      onState: (connection, state, facts) => owner.onConnectionState(connection, state, facts),
      onProblem: (_connection, error) => owner.onProblem(error, undefined),
    });
  }

  get books(): ReadonlyMap<string, OrderBook> {
    return this.#tracker.books;
  }

  /** Begins to follow an instrument's book and trades. */
  follow(instrument: Instrument): OrderBook {
    const { tradingPair, exchangeSymbol } = instrument;
    const book = this.#tracker.track(instrument);
    if (this.#followed.has(tradingPair)) return book;
    const topics = this.#options.source.topics(instrument);
    this.#followed.set(tradingPair, { instrument, topics, snapshot: undefined });
    this.#pairBySymbol.set(exchangeSymbol, tradingPair);
    for (const { route, topic, carries } of topics) {
      if (carries === "depth") this.#pairByDepthTopic.set(`${route} ${topic}`, tradingPair);
    }
    for (const [route, names] of byRoute(topics)) this.#pool.add(route, names);
    return book;
  }

  /** Ceases to follow a pair. */
  unfollow(tradingPair: string): void {
    const followed = this.#followed.get(tradingPair);
    if (followed === undefined) return;
    this.#cancelSnapshot(followed);
    this.#followed.delete(tradingPair);
    this.#pairBySymbol.delete(followed.instrument.exchangeSymbol);
    for (const { route, topic } of followed.topics) this.#pairByDepthTopic.delete(`${route} ${topic}`);
    for (const [route, names] of byRoute(followed.topics)) this.#pool.remove(route, names);
    this.#tracker.untrack(tradingPair);
  }

  /** Distrusts a book and builds it anew. */
  resync(tradingPair: string): void {
    this.#tracker.distrust(tradingPair, "requested");
  }

  /** Ends all streams and requests; resolves when nothing is left open. */
  async stop(): Promise<void> {
    for (const followed of this.#followed.values()) this.#cancelSnapshot(followed);
    await this.#pool.stop();
    for (const tradingPair of this.#followed.keys()) this.#tracker.disconnected(tradingPair, "disconnected");
  }

  #onMessage(connection: StreamConnection, data: Uint8Array): void {
    const sink = this.#sink;
    const context = this.#context;
    const receivedTimestamp = this.#options.ports.clock.now();
    this.#receivedTimestamp = receivedTimestamp;
    context.route = connection.route;
    context.receivedTimestamp = receivedTimestamp;
    context.memo = connection.memo;
    sink.reset();
    try {
      this.#options.source.parse(data, sink, context);
    } catch (cause) {
      this.#owner.onProblem(this.#frameError(cause, connection, data), undefined);
      return;
    } finally {
      connection.memo = context.memo;
    }
    for (const message of sink.messages) {
      try {
        this.#dispatch(connection, message, receivedTimestamp);
      } catch (cause) {
        const tradingPair =
          "exchangeSymbol" in message ? this.#pairBySymbol.get(message.exchangeSymbol) : undefined;
        this.#owner.onProblem(this.#frameError(cause, connection, data), tradingPair);
        if (tradingPair !== undefined && message.type === "depth")
          this.#tracker.distrust(tradingPair, "malformedFrame");
      }
    }
  }

  #dispatch(connection: StreamConnection, message: FrameMessage, receivedTimestamp: number): void {
    switch (message.type) {
      case "depth": {
        const tradingPair = this.#pairOf(message.exchangeSymbol);
        if (tradingPair === undefined) return;
        if (message.kind === "diff")
          this.#tracker.diff(tradingPair, message, this.#sink.levels, receivedTimestamp);
        else this.#tracker.snapshot(tradingPair, message, this.#sink.levels, receivedTimestamp);
        return;
      }
      case "trade": {
        const tradingPair = this.#pairOf(message.exchangeSymbol);
        if (tradingPair === undefined) return;
        this.#owner.onTrade({
          tradingPair,
          tradeId: message.tradeId,
          side: message.side,
          price: new Decimal(message.price),
          amount: new Decimal(message.amount),
          exchangeTimestamp: message.exchangeTimestamp,
          receivedTimestamp,
        });
        return;
      }
      case "acknowledged":
        connection.acknowledged(message.requestId);
        return;
      case "refused": {
        const error = new VenueError("VENUE_REFUSED", `${message.venueCode} ${message.message}`, {
          venue: this.#options.venue,
          venueCode: message.venueCode,
        });
        if (message.requestId === undefined) this.#owner.onProblem(error, undefined);
        else connection.refused(message.requestId, error);
        return;
      }
      case "heartbeat":
        if (message.reply !== undefined) connection.send(message.reply);
        return;
      case "unknown":
        this.#owner.onProblem(this.#unknown(message.what), undefined);
        return;
      default:
        message satisfies never;
    }
  }

  /** The pair of a symbol; undefined, and reported unless it was just removed, if it is not followed. */
  #pairOf(exchangeSymbol: string): string | undefined {
    const tradingPair = this.#pairBySymbol.get(exchangeSymbol);
    if (tradingPair === undefined && !this.#isListed(exchangeSymbol)) {
      this.#owner.onProblem(this.#unknown(`symbol ${exchangeSymbol}`), undefined);
    }
    return tradingPair;
  }

  #unknown(what: string): ProtocolError {
    return new ProtocolError("UNKNOWN_MESSAGE", `the venue sent something unknown: ${what}`, {
      venue: this.#options.venue,
      details: { what },
    });
  }

  #frameError(cause: unknown, connection: StreamConnection, data: Uint8Array): ConnError {
    return new ProtocolError("MALFORMED_FRAME", `a frame on ${connection.id} cannot be used`, {
      cause,
      venue: this.#options.venue,
      details: {
        ...(cause instanceof ConnError && cause.details),
        connection: connection.id,
        bytes: data.length,
        // Enough to recognise the frame, not enough to fill a log with 10 MB of it.
        beginning: new TextDecoder().decode(data.subarray(0, 200)),
      },
    });
  }

  #depthPairs(connection: StreamConnection): string[] {
    const pairs: string[] = [];
    for (const topic of connection.topics) {
      const tradingPair = this.#pairByDepthTopic.get(`${connection.route} ${topic}`);
      if (tradingPair !== undefined) pairs.push(tradingPair);
    }
    return pairs;
  }

  #onDown(connection: StreamConnection, reason: SocketDownReason): void {
    for (const tradingPair of this.#depthPairs(connection)) {
      const followed = this.#followed.get(tradingPair);
      if (followed !== undefined) this.#cancelSnapshot(followed);
      this.#tracker.disconnected(tradingPair, reason === "silent" ? "silent" : "disconnected");
    }
  }

  #onRefused(connection: StreamConnection, topic: string, error: SubscriptionError): void {
    for (const [tradingPair, { topics }] of this.#followed) {
      if (topics.some((own) => own.route === connection.route && own.topic === topic)) {
        this.#owner.onProblem(error, tradingPair);
        return;
      }
    }
  }

  #restartStream(tradingPair: string, how: "resubscribe" | "reconnect"): void {
    const followed = this.#followed.get(tradingPair);
    for (const { route, topic, carries } of followed?.topics ?? []) {
      if (carries !== "depth") continue;
      const connection = this.#pool.connectionOf(route, topic);
      if (how === "resubscribe") connection?.renew([topic]);
      else connection?.reconnect();
    }
  }

  #requestSnapshot(tradingPair: string, failures: number): void {
    const followed = this.#followed.get(tradingPair);
    if (followed === undefined) return;
    this.#cancelSnapshot(followed);
    const abort = new AbortController();
    const fetch = (): void => void this.#fetchSnapshot(followed, abort);
    if (failures === 0) {
      followed.snapshot = { abort, timer: undefined };
      fetch();
      return;
    }
    const delayMs = backoffDelay(this.#options.snapshotBackoff, failures, this.#options.ports.random);
    followed.snapshot = { abort, timer: this.#options.ports.timers.set(delayMs, fetch) };
  }

  async #fetchSnapshot(followed: Followed, abort: AbortController): Promise<void> {
    const { source, rest, ports } = this.#options;
    const { instrument } = followed;
    try {
      await rest.call(
        {
          ...source.snapshotRequest(instrument),
          // Applied inside the reading of the answer: nothing can come between.
          parse: (body) => {
            if (abort.signal.aborted) return;
            const sink = this.#snapshotSink;
            sink.reset();
            source.parseSnapshot(body, instrument, sink);
            const message = sink.messages[0];
            if (sink.messages.length !== 1 || message?.type !== "depth" || message.kind !== "snapshot") {
              throw new TypeError("parseSnapshot must write exactly one snapshot");
            }
            followed.snapshot = undefined;
            this.#receivedTimestamp = ports.clock.now();
            this.#tracker.snapshot(instrument.tradingPair, message, sink.levels, this.#receivedTimestamp);
          },
        },
        abort.signal,
      );
    } catch (error) {
      if (abort.signal.aborted) return;
      followed.snapshot = undefined;
      this.#owner.onProblem(
        error instanceof ConnError
          ? error
          : new ProtocolError("MALFORMED_ANSWER", "a snapshot cannot be used", { cause: error }),
        instrument.tradingPair,
      );
      this.#tracker.snapshotFailed(instrument.tradingPair);
    }
  }

  #cancelSnapshot(followed: Followed): void {
    followed.snapshot?.timer?.cancel();
    followed.snapshot?.abort.abort();
    followed.snapshot = undefined;
  }
}

function byRoute(topics: readonly StreamTopic[]): Map<string, string[]> {
  const routes = new Map<string, string[]>();
  for (const { route, topic } of topics) routes.set(route, [...(routes.get(route) ?? []), topic]);
  return routes;
}
