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
  /** Age in ms at which the venue ends a connection, where it does: each is renewed before. */
  readonly maxAgeMs?: number | undefined;
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

/**
 * What a connection is while two carry the same topics, because one takes the place of the other.
 * - `serving`: it carries them, and its successor is being made.
 * - `standby`: it is that successor, and does not serve all of the topics yet.
 * - `succeeding`: it has taken over.
 * - `leaving`: it has been replaced, and goes on for a short overlap.
 */
export type OverlapRole = "serving" | "standby" | "succeeding" | "leaving";

/** Told what happens on a connection. */
export interface StreamConnectionOwner {
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

/** One connection and the topics it carries. */
export class StreamConnection {
  /** Unique in the pool, for people: `<route>-<number>`. */
  readonly id: string;
  readonly route: string;
  /** State that the venue forces on one connection, kept for the connector. */
  memo: unknown;
  /** Undefined while no other connection carries the same topics. */
  role: OverlapRole | undefined;
  readonly topics: ReadonlySet<string>;
  readonly #topics = new Set<string>();
  readonly #socket: SupervisedSocket;
  readonly #subscriptions: TopicSubscriptions;

  constructor(id: string, route: string, options: StreamPoolOptions, owner: StreamConnectionOwner) {
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

  /** Monotonic time in ms at which it opened last. */
  get openedAt(): number {
    return this.#socket.openedAt;
  }

  /** Whether it is open and the venue owes it a sign of life. */
  get isSilent(): boolean {
    return this.#socket.isSilent;
  }

  /** Whether the venue has confirmed the topic. */
  serves(topic: string): boolean {
    return this.#subscriptions.serves(topic);
  }

  /** Whether the venue has refused the topic. */
  refuses(topic: string): boolean {
    return this.#subscriptions.refuses(topic);
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

  /** Calls `onMark` when everything has arrived that the venue has sent until now; never if the connection goes first. */
  mark(onMark: () => void): void {
    this.#socket.mark(onMark);
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

  async stop(reason?: SocketDownReason): Promise<void> {
    const closed = this.#socket.stop(reason);
    // No answer is awaited any more.
    this.#subscriptions.closed();
    await closed;
  }
}
