import type { SubscriptionError } from "../errors/index.js";
import type { Timer } from "../ports/index.js";
import { backoffDelay } from "./backoff.js";
import { RenewalTimer } from "./renewal-timer.js";
import type {
  StreamConnection,
  StreamConnectionOwner,
  StreamPoolOptions,
  StreamRoute,
} from "./stream-connection.js";
import type { SocketDownReason } from "./supervised-socket.js";

/** Told what happens on the connections of a lane, as far as it concerns the lane's topics. */
export interface StreamLaneOwner extends StreamConnectionOwner {
  /**
   * `connection` carries the lane's topics from now on, in the place of another: one that still goes on for
   * a while (its role is `succeeding`), or one that was lost before (it has no role). Of what the venue has
   * confirmed on it by now, `onSubscribed` tells nothing any more.
   */
  onSwitched(connection: StreamConnection): void;
  /**
   * The connection that `connection` has replaced is gone. `isComplete` if everything had arrived by then that
   * the venue sent on it before the switch.
   */
  onOverlapEnded(connection: StreamConnection, isComplete: boolean): void;
}

/**
 * A set of topics and the connection that carries them. Before the venue would end that for its age, a
 * successor is made, and only when it serves every topic does it take over; the old connection goes on beside
 * it for a short overlap. Until then whatever befalls the successor changes nothing.
 */
export class StreamLane {
  readonly route: string;
  readonly topics: ReadonlySet<string>;
  readonly #topics = new Set<string>();
  readonly #options: StreamPoolOptions;
  readonly #owner: StreamLaneOwner;
  readonly #create: () => StreamConnection;
  #current: StreamConnection;
  /** Is being made, to take the current one's place. */
  #successor: StreamConnection | undefined;
  /** Has been replaced by the current one and is not closed yet. */
  #predecessor: StreamConnection | undefined;
  readonly #renewal: RenewalTimer;
  /** Of the end of the overlap. */
  #overlap: Timer | undefined;
  /** Whether everything has arrived that the venue sent on the predecessor before the switch. */
  #isComplete = false;
  /** Of the next time that the successor asks for what the venue has refused it. */
  #asking: Timer | undefined;
  /** Topics that the venue has refused to the successor, though it serves them on the current connection. */
  readonly #refused = new Set<string>();
  #refusals = 0;
  #stopped = false;
  readonly #closing = new Set<Promise<void>>();

  /**
   * @param create Makes a connection of the route.
   * @throws {TypeError} if the route's `maxAgeMs` is not a positive number.
   */
  constructor(
    route: string,
    options: StreamPoolOptions,
    owner: StreamLaneOwner,
    create: (owner: StreamConnectionOwner) => StreamConnection,
  ) {
    this.route = route;
    this.topics = this.#topics;
    this.#options = options;
    const { maxAgeMs } = options.routes[route] as StreamRoute;
    this.#renewal = new RenewalTimer(maxAgeMs, options.ports, () => this.#renew());
    this.#owner = owner;
    this.#create = () =>
      create({
        onOpen: (connection) => this.#onOpen(connection),
        onMessage: (connection, data) => owner.onMessage(connection, data),
        onSubscribed: (connection, topic) => this.#onSubscribed(connection, topic),
        onRefused: (connection, topic, error) => this.#onRefused(connection, topic, error),
        onDown: (connection, reason) => this.#onDown(connection, reason),
        onSilent: (connection) => this.#onSilent(connection),
        onAlive: (connection) => {
          if (connection === this.#current) owner.onAlive(connection);
        },
        onState: (connection, state, facts) => owner.onState(connection, state, facts),
        onProblem: (connection, error) => owner.onProblem(connection, error),
      });
    this.#current = this.#create();
  }

  /** The connection that carries the topics at present. */
  get current(): StreamConnection {
    return this.#current;
  }

  add(topics: readonly string[]): void {
    for (const topic of topics) this.#topics.add(topic);
    this.#current.add(topics);
    this.#successor?.add(topics);
  }

  remove(topics: readonly string[]): void {
    for (const topic of topics) this.#topics.delete(topic);
    this.#current.remove(topics);
    this.#predecessor?.remove(topics);
    this.#successor?.remove(topics);
    // What is removed may be all that the successor still lacked.
    if (this.#topics.size > 0) this.#review();
  }

  /** Closes everything; resolves when no connection is left. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of [this.#renewal, this.#overlap, this.#asking]) timer?.cancel();
    const open = [this.#current, this.#successor, this.#predecessor].map((connection) => connection?.stop());
    await Promise.all([...open, ...this.#closing]);
  }

  #onOpen(connection: StreamConnection): void {
    if (connection === this.#current) this.#renewal.plan(connection.openedAt);
    this.#owner.onOpen(connection);
  }

  #onSubscribed(connection: StreamConnection, topic: string): void {
    if (connection === this.#current) this.#owner.onSubscribed(connection, topic);
    this.#review();
  }

  #onRefused(connection: StreamConnection, topic: string, error: SubscriptionError): void {
    if (connection === this.#current) {
      this.#owner.onRefused(connection, topic, error);
    } else if (connection === this.#successor && this.#current.serves(topic) && !this.#refused.has(topic)) {
      this.#refused.add(topic);
      this.#owner.onRefused(connection, topic, error);
    }
    this.#review();
  }

  #onSilent(connection: StreamConnection): void {
    if (connection === this.#current) this.#owner.onSilent(connection);
    // What it does not deliver any more, nobody should wait for.
    else if (connection === this.#predecessor) this.#endOverlap();
  }

  #onDown(connection: StreamConnection, reason: SocketDownReason): void {
    if (this.#stopped) return;
    if (connection === this.#predecessor) this.#endOverlap();
    if (connection !== this.#current) return;
    this.#renewal.cancel();
    this.#overlap?.cancel();
    // The owner first: it looks at the roles. Whoever it tells may stop this lane.
    this.#owner.onDown(connection, reason);
    if (this.#stopped) return;
    this.#close(this.#predecessor);
    this.#predecessor = undefined;
    connection.role = undefined;
    const successor = this.#successor;
    if (successor === undefined) return;
    // It may be under way already; a new dial of the lost one could only come later.
    this.#close(connection);
    this.#take(successor);
    successor.role = undefined;
    this.#owner.onSwitched(successor);
  }

  #renew(): void {
    // Still there only if the venue's connections live hardly longer than the overlap.
    this.#endOverlap();
    const successor = this.#create();
    this.#successor = successor;
    this.#current.role = "serving";
    successor.role = "standby";
    successor.add([...this.#topics]);
  }

  /** Looks whether the successor serves everything that the current connection does, and lets it take over then. */
  #review(): void {
    const successor = this.#successor;
    if (successor === undefined) return;
    let isReady = true;
    for (const topic of this.#topics) {
      if (successor.serves(topic)) continue;
      const isRefused = successor.refuses(topic);
      // What the venue serves on neither connection is not lost by the switch.
      if (isRefused && this.#current.refuses(topic)) continue;
      isReady = false;
      if (isRefused && this.#current.serves(topic)) this.#askAgain(successor);
    }
    if (isReady) this.#switch(successor);
  }

  #askAgain(successor: StreamConnection): void {
    if (this.#asking !== undefined) return;
    const { policy, ports } = this.#options;
    this.#refusals += 1;
    this.#asking = ports.timers.set(backoffDelay(policy.backoff, this.#refusals, ports.random), () => {
      this.#asking = undefined;
      successor.add([...this.#topics].filter((topic) => successor.refuses(topic)));
    });
  }

  #switch(successor: StreamConnection): void {
    const predecessor = this.#current;
    this.#take(successor);
    this.#predecessor = predecessor;
    predecessor.role = "leaving";
    successor.role = "succeeding";
    const { policy, ports } = this.#options;
    this.#overlap = ports.timers.set(policy.overlapMs, () => this.#endOverlap());
    this.#isComplete = false;
    predecessor.mark(() => {
      this.#isComplete ||= predecessor === this.#predecessor;
    });
    this.#owner.onSwitched(successor);
    if (!predecessor.isSilent || this.#stopped) return;
    // The topics are no longer on a silent connection.
    this.#endOverlap();
    this.#owner.onAlive(successor);
  }

  /** Makes the successor the current connection. */
  #take(successor: StreamConnection): void {
    this.#current = successor;
    this.#successor = undefined;
    this.#asking?.cancel();
    this.#asking = undefined;
    this.#refused.clear();
    this.#refusals = 0;
    if (successor.state === "open") this.#renewal.plan(successor.openedAt);
  }

  #endOverlap(): void {
    const predecessor = this.#predecessor;
    if (predecessor === undefined || this.#stopped) return;
    this.#predecessor = undefined;
    this.#overlap?.cancel();
    this.#close(predecessor);
    this.#current.role = undefined;
    this.#owner.onOverlapEnded(this.#current, this.#isComplete);
  }

  #close(connection: StreamConnection | undefined): void {
    if (connection === undefined) return;
    const closed = connection.stop("renewed").finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }
}
