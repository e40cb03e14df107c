import {
  ConnError,
  NetworkError,
  ProtocolError,
  type SubscriptionError,
  VenueError,
} from "../errors/index.js";
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
import type { AnswerMessage } from "./frame-sink.js";
import { MarketDataFeed } from "./market-data-feed.js";
import type { OrderBookDataSource, StreamTopic } from "./order-book-data-source.js";

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
  /** How long a snapshot that comes on a connection may take, in ms. */
  readonly snapshotTimeoutMs: number;
  /** Whether the venue lists a symbol: frames of pairs just removed are not a surprise. */
  readonly isListed: (exchangeSymbol: string) => boolean;
}

/** Told what market data arrives and how far it can be trusted. */
export interface MarketDataOwner {
  onBookChanged(book: OrderBook, kind: "snapshot" | "diff", receivedTimestamp: number): void;
  onBookState(book: OrderBook, previous: BookState, fault: BookFault | undefined): void;
  onTrade(trade: Trade): void;
  onConnectionState(connection: StreamConnection, state: SocketState, facts: StreamStateFacts): void;
  onProblem(error: ConnError, tradingPair: string | undefined): void;
}

/** Something under way that can be given up. */
interface Work {
  readonly abort: AbortController;
  timer: Timer | undefined;
}

/** A pair that is followed: its streams, and what is under way to make its book right. */
interface Followed {
  readonly instrument: Instrument;
  readonly topics: readonly StreamTopic[];
  /** A snapshot, or the start of a stream, that is waited for. */
  pending: Work | undefined;
  /** A request for missed trades that is under way or planned. */
  missedTrades: Work | undefined;
}

/**
 * Connects a feed to the venue: keeps the streams up, and runs the requests and restarts that the
 * feed's tracker orders.
 */
export class MarketDataEngine {
  readonly #options: MarketDataEngineOptions;
  readonly #owner: MarketDataOwner;
  readonly #pool: StreamPool;
  readonly #feed: MarketDataFeed<StreamConnection>;
  readonly #followed = new Map<string, Followed>();
  /** Trading pair by route and topic, of the topics that carry depth. */
  readonly #pairByDepthTopic = new Map<string, string>();
  #lastSnapshotRequestId = 0;

  constructor(options: MarketDataEngineOptions, owner: MarketDataOwner) {
    this.#options = options;
    this.#owner = owner;
    const { venue, source, ports, buffer, isListed } = options;
    this.#feed = new MarketDataFeed<StreamConnection>(
      { venue, source, clock: ports.clock, buffer, isListed },
      {
        onBookChanged: (book, kind, receivedTimestamp) => owner.onBookChanged(book, kind, receivedTimestamp),
        onBookState: (book, previous, fault) => owner.onBookState(book, previous, fault),
        onTrade: (trade) => owner.onTrade(trade),
        requestTrades: (tradingPair, fromTradeId, failures) =>
          this.#requestTrades(tradingPair, fromTradeId, failures),
        onProblem: (error, tradingPair) => owner.onProblem(error, tradingPair),
        onAnswer: (connection, answer) => this.#onAnswer(connection, answer),
        onReply: (connection, reply) => connection.send(reply),
        onStreamSnapshot: (tradingPair) => cancel(this.#followed.get(tradingPair), "pending"),
        pairsOf: (connection) => this.#depthPairs(connection),
        requestSnapshot: (tradingPair, failures) => this.#requestSnapshot(tradingPair, failures),
        restartStream: (tradingPair, how, failures) => this.#restartStream(tradingPair, how, failures),
      },
    );
    this.#pool = new StreamPool(options.streams, {
      onOpen: (connection) => this.#feed.connected(connection),
      onMessage: (connection, data) => this.#feed.frame(connection, data, ports.clock.now()),
      onSubscribed: (connection, topic) => {
        const tradingPair = this.#pairByDepthTopic.get(`${connection.route} ${topic}`);
        if (tradingPair !== undefined) this.#feed.tracker.subscribed(tradingPair);
      },
      onRefused: (connection, topic, error) => this.#onRefused(connection, topic, error),
      onDown: (connection, reason) => this.#onDown(connection, reason),
      onSilent: (connection) => {
        for (const tradingPair of this.#depthPairs(connection)) this.#feed.tracker.silent(tradingPair);
      },
      onAlive: (connection) => {
        for (const tradingPair of this.#depthPairs(connection)) this.#feed.tracker.alive(tradingPair);
      },
      onState: (connection, state, facts) => owner.onConnectionState(connection, state, facts),
      onProblem: (_connection, error) => owner.onProblem(error, undefined),
    });
  }

  get books(): ReadonlyMap<string, OrderBook> {
    return this.#feed.tracker.books;
  }

  /** Begins to follow an instrument's book and trades. */
  follow(instrument: Instrument): OrderBook {
    const { tradingPair } = instrument;
    const book = this.#feed.follow(instrument);
    if (this.#followed.has(tradingPair)) return book;
    const topics = this.#options.source.topics(instrument);
    this.#followed.set(tradingPair, { instrument, topics, pending: undefined, missedTrades: undefined });
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
    cancel(followed, "pending");
    cancel(followed, "missedTrades");
    this.#followed.delete(tradingPair);
    for (const { route, topic } of followed.topics) this.#pairByDepthTopic.delete(`${route} ${topic}`);
    for (const [route, names] of byRoute(followed.topics)) this.#pool.remove(route, names);
    this.#feed.unfollow(followed.instrument);
  }

  /** Distrusts a book and builds it anew. */
  resync(tradingPair: string): void {
    this.#feed.tracker.distrust(tradingPair, "requested");
  }

  /** Ends all streams and requests; resolves when nothing is left open. */
  async stop(): Promise<void> {
    for (const followed of this.#followed.values()) {
      cancel(followed, "pending");
      cancel(followed, "missedTrades");
    }
    await this.#pool.stop();
    for (const tradingPair of this.#followed.keys())
      this.#feed.tracker.disconnected(tradingPair, "disconnected");
  }

  #onAnswer(connection: StreamConnection, answer: AnswerMessage): void {
    if (answer.type === "acknowledged") {
      connection.acknowledged(answer.requestId);
      return;
    }
    const error = new VenueError("VENUE_REFUSED", `${answer.venueCode} ${answer.message}`, {
      venue: this.#options.venue,
      venueCode: answer.venueCode,
    });
    if (answer.requestId === undefined) this.#owner.onProblem(error, undefined);
    else connection.refused(answer.requestId, error);
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
      cancel(this.#followed.get(tradingPair), "pending");
      this.#feed.tracker.disconnected(tradingPair, reason === "silent" ? "silent" : "disconnected");
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

  #restartStream(tradingPair: string, how: "resubscribe" | "reconnect", failures: number): void {
    this.#later(tradingPair, failures - 1, (followed) => {
      followed.pending = undefined;
      for (const { route, topic, carries } of followed.topics) {
        if (carries !== "depth") continue;
        const connection = this.#pool.connectionOf(route, topic);
        if (how === "resubscribe") connection?.renew([topic]);
        else connection?.reconnect();
      }
    });
  }

  #requestSnapshot(tradingPair: string, failures: number): void {
    const { source } = this.#options;
    switch (source.sequence.snapshot) {
      case "rest":
        this.#later(tradingPair, failures, (followed, abort) => void this.#fetchSnapshot(followed, abort));
        return;
      case "request":
        this.#later(tradingPair, failures, (followed) => {
          this.#lastSnapshotRequestId += 1;
          const text = source.formatSnapshotRequest?.(followed.instrument, this.#lastSnapshotRequestId);
          const depth = followed.topics.find(({ carries }) => carries === "depth");
          if (text !== undefined && depth !== undefined)
            this.#pool.connectionOf(depth.route, depth.topic)?.send(text);
          this.#awaitStreamSnapshot(followed);
        });
        return;
      default: {
        const followed = this.#followed.get(tradingPair);
        if (followed !== undefined) this.#awaitStreamSnapshot(followed);
      }
    }
  }

  /** Runs `work` for a pair: at once, or after a delay that grows with the attempts that were in vain. */
  #later(
    tradingPair: string,
    failures: number,
    work: (followed: Followed, abort: AbortController) => void,
  ): void {
    const followed = this.#followed.get(tradingPair);
    if (followed === undefined) return;
    cancel(followed, "pending");
    const abort = new AbortController();
    const pending: Work = { abort, timer: undefined };
    followed.pending = pending;
    if (failures <= 0) {
      work(followed, abort);
      return;
    }
    const { ports, snapshotBackoff } = this.#options;
    pending.timer = ports.timers.set(backoffDelay(snapshotBackoff, failures, ports.random), () =>
      work(followed, abort),
    );
  }

  #awaitStreamSnapshot(followed: Followed): void {
    cancel(followed, "pending");
    const { ports, snapshotTimeoutMs, venue } = this.#options;
    const { tradingPair } = followed.instrument;
    const timer = ports.timers.set(snapshotTimeoutMs, () => {
      followed.pending = undefined;
      const error = new NetworkError(
        "NETWORK_TIMEOUT",
        `no snapshot of ${tradingPair} within ${snapshotTimeoutMs} ms`,
        {
          venue,
          details: { tradingPair, timeoutMs: snapshotTimeoutMs },
        },
      );
      this.#owner.onProblem(error, tradingPair);
      this.#feed.tracker.snapshotFailed(tradingPair);
    });
    followed.pending = { abort: new AbortController(), timer };
  }

  async #fetchSnapshot(followed: Followed, abort: AbortController): Promise<void> {
    const { source, rest, ports } = this.#options;
    const { instrument } = followed;
    try {
      if (source.snapshotRequest === undefined)
        throw new TypeError("a source of REST snapshots must have snapshotRequest");
      await rest.call(
        {
          ...source.snapshotRequest(instrument),
          lane: "marketData",
          // Applied inside the reading of the answer: nothing can come between.
          parse: (body) => {
            if (abort.signal.aborted) return;
            followed.pending = undefined;
            this.#feed.snapshot(instrument, body, ports.clock.now());
          },
        },
        abort.signal,
      );
    } catch (error) {
      if (abort.signal.aborted) return;
      this.#owner.onProblem(
        error instanceof ConnError
          ? error
          : new ProtocolError("MALFORMED_ANSWER", "a snapshot cannot be used", { cause: error }),
        instrument.tradingPair,
      );
      this.#feed.tracker.snapshotFailed(instrument.tradingPair);
    }
  }

  #requestTrades(tradingPair: string, fromTradeId: string, failures: number): void {
    const followed = this.#followed.get(tradingPair);
    if (followed === undefined) return;
    const { ports, snapshotBackoff } = this.#options;
    cancel(followed, "missedTrades");
    const abort = new AbortController();
    const fetch = (): void => void this.#fetchTrades(followed, fromTradeId, abort);
    // Never at once: the tracker is in the middle of a frame, and must not be answered before its end.
    const delayMs = failures === 0 ? 0 : backoffDelay(snapshotBackoff, failures, ports.random);
    followed.missedTrades = { abort, timer: ports.timers.set(delayMs, fetch) };
  }

  async #fetchTrades(followed: Followed, fromTradeId: string, abort: AbortController): Promise<void> {
    const { source, rest, ports } = this.#options;
    const { instrument } = followed;
    if (source.tradesRequest === undefined) {
      this.#feed.missedTradesFailed(instrument.tradingPair);
      return;
    }
    try {
      await rest.call(
        {
          ...source.tradesRequest(instrument, fromTradeId),
          lane: "marketData",
          parse: (body) => {
            if (!abort.signal.aborted) this.#feed.missedTrades(instrument, body, ports.clock.now());
          },
        },
        abort.signal,
      );
    } catch (error) {
      if (abort.signal.aborted) return;
      this.#owner.onProblem(
        error instanceof ConnError
          ? error
          : new ProtocolError("MALFORMED_ANSWER", "missed trades cannot be used", { cause: error }),
        instrument.tradingPair,
      );
      this.#feed.missedTradesFailed(instrument.tradingPair);
    }
  }
}

function byRoute(topics: readonly StreamTopic[]): Map<string, string[]> {
  const routes = new Map<string, string[]>();
  for (const { route, topic } of topics) routes.set(route, [...(routes.get(route) ?? []), topic]);
  return routes;
}

/** Gives up what is under way for a pair; its end is then not listened to. */
function cancel(followed: Followed | undefined, what: "pending" | "missedTrades"): void {
  const work = followed?.[what];
  if (followed === undefined || work === undefined) return;
  followed[what] = undefined;
  work.timer?.cancel();
  work.abort.abort();
}
