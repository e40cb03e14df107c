import {
  ConnError,
  NetworkError,
  ProtocolError,
  type SubscriptionError,
  VenueError,
} from "../errors/index.js";
import type { Instrument } from "../instrument/index.js";
import type { MarketDataChannel, Trade } from "../model/index.js";
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
import { AuditSchedule } from "./audit-schedule.js";
import { canBeAudited } from "./book-audit.js";
import type { BufferLimits } from "./diff-buffer.js";
import type { AnswerMessage, FundingMessage } from "./frame-sink.js";
import { FundingFollower } from "./funding-follower.js";
import { MarketDataFeed } from "./market-data-feed.js";
import type { MarketInfo, MarketInfoOwner } from "./market-info.js";
import type { OrderBookDataSource, StreamTopic } from "./order-book-data-source.js";

/** What the engine works with. */
export interface MarketDataEngineOptions {
  readonly venue: string;
  readonly source: OrderBookDataSource;
  /** What of a followed pair is streamed. */
  readonly channels: ReadonlySet<MarketDataChannel>;
  /** Asks the venue for the funding of these symbols, where channel `funding` is followed. */
  readonly fetchFunding: (
    exchangeSymbols: readonly string[],
    signal: AbortSignal,
  ) => Promise<readonly FundingMessage[]>;
  readonly streams: StreamPoolOptions;
  readonly rest: RestClient;
  readonly ports: Pick<Ports, "clock" | "timers" | "random">;
  readonly buffer: BufferLimits;
  /** Pace of further snapshots when one was in vain. */
  readonly snapshotBackoff: BackoffPolicy;
  /** How long a snapshot that comes on a connection may take, in ms. */
  readonly snapshotTimeoutMs: number;
  /** Time within which each book is audited once, where the venue allows it, in ms; 0: never. */
  readonly auditIntervalMs: number;
  /** Whether the venue lists a symbol, or has listed it: frames of pairs just removed are not a surprise. */
  readonly isListed: (exchangeSymbol: string) => boolean;
}

/** Told what market data arrives and how far it can be trusted. */
export interface MarketDataOwner extends MarketInfoOwner {
  onBookChanged(book: OrderBook, kind: "snapshot" | "diff", receivedTimestamp: number): void;
  onBookState(book: OrderBook, previous: BookState, fault: BookFault | undefined): void;
  onTrade(trade: Trade): void;
  /** The pairs of which the funding is known are others than before. */
  onFundingKnown(): void;
  onConnectionState(connection: StreamConnection, state: SocketState, facts: StreamStateFacts): void;
  onProblem(error: ConnError, tradingPair: string | undefined): void;
}

/** What a stream carries. */
type Carried = StreamTopic["carries"];

/** The channel that a stream belongs to. */
const CHANNELS: Readonly<Record<StreamTopic["carries"], MarketDataChannel>> = {
  depth: "orderBook",
  trades: "trades",
  ticker: "ticker",
  funding: "funding",
};
/** Long enough for a change in all but the quietest markets, which joins the snapshot of an audit to the stream. */
const AUDIT_TIMEOUT_MS = 30_000;

/** Something under way that can be given up. */
interface Work {
  readonly abort: AbortController;
  timer: Timer | undefined;
}

/** A pair that is followed: its streams, and what is under way to make its book right. */
interface Followed {
  instrument: Instrument;
  /** None while the venue does not list the instrument. */
  topics: readonly StreamTopic[];
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
  readonly funding: FundingFollower;
  readonly #options: MarketDataEngineOptions;
  readonly #owner: MarketDataOwner;
  readonly #pool: StreamPool;
  readonly #feed: MarketDataFeed<StreamConnection>;
  readonly #audits: AuditSchedule | undefined;
  readonly #followed = new Map<string, Followed>();
  /** What each topic carries, by route and topic. */
  readonly #streams = new Map<string, { readonly tradingPair: string; readonly carries: Carried }>();

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
        onTicker: (ticker) => owner.onTicker(ticker),
        onFundingInfo: (fundingInfo) => owner.onFundingInfo(fundingInfo),
        requestTrades: (tradingPair, fromTradeId, failures) =>
          this.#requestTrades(tradingPair, fromTradeId, failures),
        onProblem: (error, tradingPair) => owner.onProblem(error, tradingPair),
        onAnswer: (connection, answer) => this.#onAnswer(connection, answer),
        onReply: (connection, reply) => connection.send(reply),
        onStreamSnapshot: (tradingPair) => cancel(this.#followed.get(tradingPair), "pending"),
        pairsOf: (connection) => this.#pairsOf(connection, "depth"),
        requestSnapshot: (tradingPair, failures) => this.#requestSnapshot(tradingPair, failures),
        restartStream: (tradingPair, how, failures) => this.#restartStream(tradingPair, how, failures),
      },
    );
    this.funding = new FundingFollower(
      { info: this.#feed.info, fetch: options.fetchFunding, ports, backoff: options.snapshotBackoff },
      owner,
    );
    if (options.auditIntervalMs > 0 && options.channels.has("orderBook") && canBeAudited(source.sequence)) {
      this.#audits = new AuditSchedule(
        {
          intervalMs: options.auditIntervalMs,
          timeoutMs: AUDIT_TIMEOUT_MS,
          source,
          rest: options.rest,
          ports,
          onProblem: (error, tradingPair) => owner.onProblem(error, tradingPair),
        },
        this.#feed,
      );
    }
    this.#pool = new StreamPool(options.streams, {
      onOpen: (connection) => this.#feed.connected(connection),
      onMessage: (connection, data) => this.#feed.frame(connection, data, ports.clock.now()),
      onSubscribed: (connection, topic) => {
        const name = `${connection.route} ${topic}`;
        const stream = this.#streams.get(name);
        if (stream?.carries === "depth") this.#beginBook(connection, topic, stream.tradingPair);
        this.funding.confirmed(name);
      },
      onRefused: (connection, topic, error) => this.#onRefused(connection, topic, error),
      onDown: (connection, reason) => this.#onDown(connection, reason),
      onSilent: (connection) => {
        for (const tradingPair of this.#pairsOf(connection, "depth")) this.#feed.tracker.silent(tradingPair);
      },
      onAlive: (connection) => {
        for (const tradingPair of this.#pairsOf(connection, "depth")) this.#feed.tracker.alive(tradingPair);
      },
      onSwitched: (connection) => this.#onSwitched(connection),
      onOverlapEnded: (connection, isComplete) => this.#onOverlapEnded(connection, isComplete),
      onState: (connection, state, facts) => owner.onConnectionState(connection, state, facts),
      onProblem: (_connection, error) => owner.onProblem(error, undefined),
    });
  }

  get books(): ReadonlyMap<string, OrderBook> {
    return this.#feed.tracker.books;
  }

  /** The latest tickers and funding. */
  get info(): MarketInfo {
    return this.#feed.info;
  }

  /** Begins to follow an instrument; returns its book, if books are followed. */
  follow(instrument: Instrument): OrderBook | undefined {
    const { tradingPair } = instrument;
    if (this.#followed.has(tradingPair)) return this.books.get(tradingPair);
    const followed: Followed = { instrument, topics: [], pending: undefined, missedTrades: undefined };
    this.#followed.set(tradingPair, followed);
    return this.#attach(followed, instrument);
  }

  /** Ceases to follow a pair. */
  unfollow(tradingPair: string): void {
    const followed = this.#followed.get(tradingPair);
    if (followed === undefined) return;
    this.#followed.delete(tradingPair);
    this.#detach(followed);
    this.#feed.unfollow(followed.instrument);
  }

  /**
   * Takes over what the venue lists now, by trading pair; undefined for what it no longer lists. Only books whose
   * streams have another name now, or none any more, lose trust; pairs that are not followed are passed over.
   */
  revise(listed: ReadonlyMap<string, Instrument | undefined>): void {
    const moved: (readonly [Followed, Instrument])[] = [];
    for (const [tradingPair, instrument] of listed) {
      const followed = this.#followed.get(tradingPair);
      if (followed === undefined) continue;
      if (instrument !== undefined && isServedAlike(followed, instrument, this.#topicsOf(instrument))) {
        followed.instrument = instrument;
        this.#followFeed(instrument);
        this.#audits?.add(instrument);
        continue;
      }
      const wasServed = followed.topics.length > 0;
      const hadTrades = followed.topics.some(({ carries }) => carries === "trades");
      this.#detach(followed);
      if (wasServed)
        this.#feed.suspend(followed.instrument, instrument === undefined ? "delisted" : "renamed", hadTrades);
      if (instrument !== undefined) moved.push([followed, instrument]);
    }
    // Only now: a new name may be one that another pair has just given up.
    for (const [followed, instrument] of moved) {
      if (this.#followed.get(instrument.tradingPair) === followed) this.#attach(followed, instrument);
    }
  }

  /** Distrusts a book and builds it anew. */
  resync(tradingPair: string): void {
    this.#feed.tracker.distrust(tradingPair, "requested");
  }

  /** Ends all streams and requests; resolves when nothing is left open. */
  async stop(): Promise<void> {
    this.funding.stop();
    this.#audits?.stop();
    for (const followed of this.#followed.values()) {
      cancel(followed, "pending");
      cancel(followed, "missedTrades");
    }
    await this.#pool.stop();
    for (const tradingPair of this.#followed.keys())
      this.#feed.tracker.disconnected(tradingPair, "disconnected");
  }

  /** Subscribes to the streams of an instrument. */
  #attach(followed: Followed, instrument: Instrument): OrderBook | undefined {
    const { tradingPair } = instrument;
    const topics = this.#topicsOf(instrument);
    followed.instrument = instrument;
    followed.topics = topics;
    const book = this.#followFeed(instrument);
    if (this.#options.channels.has("funding")) {
      const streams = topics.filter(({ carries }) => carries === "funding");
      this.funding.follow(
        instrument,
        streams.map(({ route, topic }) => `${route} ${topic}`),
      );
    }
    for (const { route, topic, carries } of topics)
      this.#streams.set(`${route} ${topic}`, { tradingPair, carries });
    for (const [route, names] of byRoute(topics)) this.#pool.add(route, names);
    for (const { route, topic, carries } of topics) {
      if (carries === "depth" && this.#pool.connectionOf(route, topic)?.role === "succeeding")
        this.#feed.handover.followedAnew(tradingPair, instrument.exchangeSymbol);
    }
    this.#audits?.add(instrument);
    return book;
  }

  /** The streams of an instrument that are wanted. */
  #topicsOf(instrument: Instrument): readonly StreamTopic[] {
    const { channels, source } = this.#options;
    return source.topics(instrument).filter(({ carries }) => channels.has(CHANNELS[carries]));
  }

  #followFeed(instrument: Instrument): OrderBook | undefined {
    if (this.#options.channels.has("orderBook")) return this.#feed.follow(instrument);
    this.#feed.followWithoutBook(instrument);
    return undefined;
  }

  /** Ends the streams of a pair, and what is under way for it. */
  #detach(followed: Followed): void {
    const { topics } = followed;
    cancel(followed, "pending");
    cancel(followed, "missedTrades");
    this.#audits?.remove(followed.instrument.tradingPair);
    this.funding.unfollow(followed.instrument.tradingPair);
    followed.topics = [];
    for (const { route, topic } of topics) this.#streams.delete(`${route} ${topic}`);
    for (const [route, names] of byRoute(topics)) this.#pool.remove(route, names);
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

  #pairsOf(connection: StreamConnection, carries: Carried): string[] {
    const pairs: string[] = [];
    for (const topic of connection.topics) {
      const stream = this.#streams.get(`${connection.route} ${topic}`);
      if (stream?.carries === carries) pairs.push(stream.tradingPair);
    }
    return pairs;
  }

  #onDown(connection: StreamConnection, reason: SocketDownReason): void {
    for (const topic of connection.topics) this.funding.interrupted(`${connection.route} ${topic}`);
    for (const tradingPair of this.#pairsOf(connection, "depth")) {
      cancel(this.#followed.get(tradingPair), "pending");
      this.#feed.tracker.disconnected(tradingPair, reason === "silent" ? "silent" : "disconnected");
    }
    this.#finishTradeHandover(connection);
  }

  /** Streams are on another connection now: books go over to it by their ids, or begin anew there. */
  #onSwitched(connection: StreamConnection): void {
    for (const topic of [...connection.topics]) {
      const name = `${connection.route} ${topic}`;
      const stream = this.#streams.get(name);
      if (stream === undefined || !connection.serves(topic)) continue;
      const { tradingPair } = stream;
      this.funding.confirmed(name);
      if (stream.carries === "trades" && connection.role !== undefined)
        this.#feed.handover.tradesSwitched(tradingPair);
      if (stream.carries !== "depth") continue;
      if (this.#feed.handover.switched(tradingPair)) continue;
      const isTrusted = !this.#feed.tracker.isAwaitingSnapshot(tradingPair);
      this.#beginAnew(connection, topic, tradingPair, isTrusted ? "renewed" : undefined);
    }
  }

  #onOverlapEnded(connection: StreamConnection, isComplete: boolean): void {
    for (const topic of [...connection.topics]) {
      const name = `${connection.route} ${topic}`;
      const stream = this.#streams.get(name);
      if (!isComplete) {
        this.funding.interrupted(name);
        if (connection.serves(topic)) this.funding.confirmed(name);
      }
      if (stream?.carries !== "depth") continue;
      const { tradingPair } = stream;
      if (!this.#feed.handover.finish(tradingPair, isComplete))
        this.#beginAnew(connection, topic, tradingPair, "disconnected");
      // The book is joined to the stream without the snapshot at its beginning.
      else this.#feed.takePassedSnapshot(connection, tradingPair);
    }
    this.#finishTradeHandover(connection);
  }

  /** Builds a book anew from a stream that is under way; `fault` says why, where the book was trusted. */
  #beginAnew(
    connection: StreamConnection,
    topic: string,
    tradingPair: string,
    fault: BookFault | undefined,
  ): void {
    const { tracker } = this.#feed;
    cancel(this.#followed.get(tradingPair), "pending");
    const { lastFault = "disconnected" } = tracker.books.get(tradingPair)?.integrity ?? {};
    tracker.disconnected(tradingPair, fault ?? lastFault);
    // Whoever was told of it may have ceased to follow the pair. A stream that is not confirmed yet will be.
    if (this.#followed.has(tradingPair) && connection.serves(topic))
      this.#beginBook(connection, topic, tradingPair);
  }

  /** The venue has confirmed the stream of a book. */
  #beginBook(connection: StreamConnection, topic: string, tradingPair: string): void {
    if (this.#feed.takePassedSnapshot(connection, tradingPair)) connection.renew([topic]);
    else this.#feed.tracker.subscribed(tradingPair);
  }

  #finishTradeHandover(connection: StreamConnection): void {
    for (const tradingPair of this.#pairsOf(connection, "trades"))
      this.#feed.finishTradeHandover(tradingPair);
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
          const depth = followed.topics.find(({ carries }) => carries === "depth");
          const connection = depth && this.#pool.connectionOf(depth.route, depth.topic);
          if (connection !== undefined) {
            const text = source.formatSnapshotRequest?.(followed.instrument, connection.nextRequestId());
            if (text !== undefined) connection.send(text);
          }
          this.#awaitStreamSnapshot(followed);
        });
        return;
      default: {
        const followed = this.#followed.get(tradingPair);
        if (followed !== undefined) this.#awaitStreamSnapshot(followed);
      }
    }
  }

  /** A book that has just been built may hang on a connection that has fallen silent meanwhile. */
  #markSilent({ topics, instrument }: Followed): void {
    const depth = topics.find(({ carries }) => carries === "depth");
    if (depth !== undefined && this.#pool.connectionOf(depth.route, depth.topic)?.isSilent)
      this.#feed.tracker.silent(instrument.tradingPair);
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
            this.#markSilent(followed);
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

/** Whether an instrument comes by the same streams under the same symbol as the one that is followed. */
function isServedAlike(followed: Followed, instrument: Instrument, topics: readonly StreamTopic[]): boolean {
  const namesOf = (streams: readonly StreamTopic[]): string =>
    streams.map(({ route, topic }) => `${route} ${topic}`).join();
  return (
    followed.instrument.exchangeSymbol === instrument.exchangeSymbol &&
    namesOf(followed.topics) === namesOf(topics)
  );
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
