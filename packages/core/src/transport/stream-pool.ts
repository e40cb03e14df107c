import type { ConnError, SubscriptionError } from "../errors/index.js";
import type { Ports } from "../ports/index.js";
import {
  type SocketDownReason,
  type SocketLimits,
  type SocketPolicy,
  type SocketState,
  SupervisedSocket,
} from "./supervised-socket.js";
import { type SubscriptionProtocol, TopicSubscriptions } from "./topic-subscriptions.js";

/** One kind of connection that a venue offers. */
export interface StreamRoute {
  readonly url: string;
  /** Most topics on one connection; more are spread over further connections. */
  readonly maxTopics: number;
  readonly limits: SocketLimits;
  readonly protocol: SubscriptionProtocol;
}

/** What a stream pool works with. */
export interface StreamPoolOptions {
  readonly routes: Readonly<Record<string, StreamRoute>>;
  readonly policy: SocketPolicy;
  /** An answer to a subscription that takes longer, in ms, costs the connection. */
  readonly answerTimeoutMs: number;
  readonly proxy?: string | undefined;
  readonly ports: Pick<Ports, "clock" | "timers" | "random" | "webSocket">;
  readonly admitDial: (signal: AbortSignal) => Promise<void>;
}

/** Facts of a change in a connection's state. */
export interface StreamStateFacts {
  readonly reason?: SocketDownReason;
  readonly error?: Error;
  /** Time until the next dial, in ms. */
  readonly delayMs?: number;
}

/** Told what happens on all connections of the pool. */
export interface StreamPoolOwner {
  /** A new connection is open. */
  onOpen(connection: StreamConnection): void;
  /** A message arrived. `data` is only valid during the call. */
  onMessage(connection: StreamConnection, data: Uint8Array): void;
  onSubscribed(connection: StreamConnection, topic: string): void;
  onRefused(connection: StreamConnection, topic: string, error: SubscriptionError): void;
  /** An open connection is gone, and all its streams with it, until `onSubscribed` comes again. */
  onDown(connection: StreamConnection, reason: SocketDownReason): void;
  onSilent(connection: StreamConnection): void;
  onAlive(connection: StreamConnection): void;
  onState(connection: StreamConnection, state: SocketState, facts: StreamStateFacts): void;
  onProblem(connection: StreamConnection, error: ConnError): void;
}

/** One connection of the pool and the topics it carries. */
export class StreamConnection {
  /** Unique in the pool, for people: `<route>-<number>`. */
  readonly id: string;
  readonly route: string;
  /** State that the venue forces on one connection, kept for the connector. */
  memo: unknown;
  readonly topics: ReadonlySet<string>;
  readonly #topics = new Set<string>();
  readonly #socket: SupervisedSocket;
  readonly #subscriptions: TopicSubscriptions;

  constructor(id: string, route: string, options: StreamPoolOptions, owner: StreamPoolOwner) {
    this.id = id;
    this.route = route;
    this.topics = this.#topics;
    const { url, limits, protocol } = options.routes[route] as StreamRoute;
    const { policy, ports, proxy, admitDial } = options;
    this.#socket = new SupervisedSocket(
      { url, limits, policy, ports, proxy, admitDial },
      {
        onOpen: () => {
          owner.onOpen(this);
          this.#subscriptions.opened();
        },
        onMessage: (data) => owner.onMessage(this, data),
        onSilent: () => owner.onSilent(this),
        onAlive: () => owner.onAlive(this),
        onDown: (reason) => {
          this.#subscriptions.closed();
          owner.onDown(this, reason);
        },
        onState: (state, facts) => owner.onState(this, state, facts),
      },
    );
    this.#subscriptions = new TopicSubscriptions(
      protocol,
      {
        send: (text) => this.#socket.send(text),
        onSubscribed: (topic) => owner.onSubscribed(this, topic),
        onRefused: (topic, error) => owner.onRefused(this, topic, error),
        onUnanswered: (error) => {
          owner.onProblem(this, error);
          this.#socket.reconnect();
        },
      },
      ports,
      options.answerTimeoutMs,
    );
  }

  get state(): SocketState {
    return this.#socket.state;
  }

  add(topics: readonly string[]): void {
    for (const topic of topics) this.#topics.add(topic);
    this.#subscriptions.add(topics);
    this.#socket.start();
  }

  remove(topics: readonly string[]): void {
    for (const topic of topics) this.#topics.delete(topic);
    this.#subscriptions.remove(topics);
  }

  renew(topics: readonly string[]): void {
    this.#subscriptions.renew(topics);
  }

  /** Sends a frame that the venue demands, such as the answer to its heartbeat. */
  send(text: string): void {
    this.#socket.send(text);
  }

  /** An id for a request of the caller's own: the venue's answers to it and to subscriptions are told apart by it. */
  nextRequestId(): number {
    return this.#subscriptions.nextRequestId();
  }

  acknowledged(requestId: number): void {
    this.#subscriptions.acknowledged(requestId);
  }

  refused(requestId: number, error: ConnError): void {
    this.#subscriptions.refused(requestId, error);
  }

  reconnect(): void {
    this.#socket.reconnect();
  }

  async stop(): Promise<void> {
    await this.#socket.stop();
    this.#subscriptions.closed();
  }
}

/** All stream connections of a connector: opens as many as the topics need, closes those that carry none. */
export class StreamPool {
  readonly #options: StreamPoolOptions;
  readonly #owner: StreamPoolOwner;
  readonly #connections: StreamConnection[] = [];
  /** Connections that are closing because nothing is left on them. */
  readonly #closing = new Set<Promise<void>>();
  #count = 0;

  constructor(options: StreamPoolOptions, owner: StreamPoolOwner) {
    this.#options = options;
    this.#owner = owner;
  }

  get connections(): readonly StreamConnection[] {
    return this.#connections;
  }

  /** Subscribes to topics of one route, on connections that have room for them. */
  add(route: string, topics: readonly string[]): void {
    const { maxTopics } = this.#options.routes[route] as StreamRoute;
    let left = topics.filter((topic) => this.connectionOf(route, topic) === undefined);
    while (left.length > 0) {
      const connection = this.#withRoom(route, maxTopics);
      const room = maxTopics - connection.topics.size;
      connection.add(left.slice(0, room));
      left = left.slice(room);
    }
  }

  /** Unsubscribes topics of one route. */
  remove(route: string, topics: readonly string[]): void {
    for (const connection of this.#connections.filter((candidate) => candidate.route === route)) {
      connection.remove(topics.filter((topic) => connection.topics.has(topic)));
      if (connection.topics.size > 0) continue;
      this.#connections.splice(this.#connections.indexOf(connection), 1);
      const closed = connection.stop().finally(() => this.#closing.delete(closed));
      this.#closing.add(closed);
    }
  }

  /** The connection that carries `topic`, if any does. */
  connectionOf(route: string, topic: string): StreamConnection | undefined {
    return this.#connections.find((connection) => connection.route === route && connection.topics.has(topic));
  }

  /** Closes everything; resolves when no connection is left. */
  async stop(): Promise<void> {
    const open = this.#connections.splice(0).map((connection) => connection.stop());
    await Promise.all([...open, ...this.#closing]);
  }

  #withRoom(route: string, maxTopics: number): StreamConnection {
    const found = this.#connections.find(
      (connection) => connection.route === route && connection.topics.size < maxTopics,
    );
    if (found !== undefined) return found;
    this.#count += 1;
    const connection = new StreamConnection(`${route}-${this.#count}`, route, this.#options, this.#owner);
    this.#connections.push(connection);
    return connection;
  }
}
