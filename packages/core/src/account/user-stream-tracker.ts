import { inspect } from "node:util";
import { ConnError, NetworkError, ProtocolError, VenueError } from "../errors/index.js";
import type { Ports, Timer } from "../ports/index.js";
import { hideSecrets } from "../recording/hide-secrets.js";
import {
  backoffDelay,
  copyWithoutSecrets,
  RenewalTimer,
  type SocketState,
  type StreamStateFacts,
} from "../transport/index.js";
import {
  type AccountMessage,
  UserStreamConnection,
  type UserStreamConnectionOptions,
} from "./user-stream-connection.js";

/** What a user stream tracker works with. */
export interface UserStreamTrackerOptions extends UserStreamConnectionOptions {
  readonly ports: UserStreamConnectionOptions["ports"] & Pick<Ports, "declareSecrets">;
  /** Takes the account's secrets, and these, out of a text. */
  readonly redact: (text: string, secrets: readonly string[]) => string;
}

/** Told what a user stream says. Whoever is told may stop the tracker. */
export interface UserStreamTrackerOwner {
  /** What the stream tells of the account; the same thing may be told twice. Comes also while the stream is not up. */
  onMessage(message: AccountMessage): void;
  /** Everything that happens from now on will be told: what happened before must be asked for. */
  onUp(): void;
  /** That is no longer so. */
  onDown(): void;
  /**
   * A change of state of one connection; there are two while one takes the place of the other. Its id is unique in the
   * tracker, for people: `user-<number>`.
   */
  onState(connectionId: string, state: SocketState, facts: StreamStateFacts): void;
  onProblem(error: ConnError): void;
}

/** Listen keys that are still looked for in what is told. */
const KEYS_KEPT = 16;
/** Kinds of unknown messages that are remembered as told. */
const KINDS_KEPT = 1_000;

/**
 * Keeps a venue's private stream up, and tells from when on it tells everything: from the moment at which the venue has
 * given access and confirmed the subscription, until the connection ends, falls silent or says something that cannot be
 * read. Before the venue would end a connection for its age a second one is made, and only when that is up does it take
 * over; the old one goes on beside it for a short overlap.
 *
 * Listen keys are not shown in any error or event, and are declared to the ports as secrets. A key is closed only where the
 * source has `close`.
 */
export class UserStreamTracker {
  readonly #options: UserStreamTrackerOptions;
  readonly #owner: UserStreamTrackerOwner;
  readonly #renewal: RenewalTimer;
  #connections = 0;
  #current: UserStreamConnection | undefined;
  /** Is being made, to take the current one's place. */
  #successor: UserStreamConnection | undefined;
  /** Has been replaced by the current one and is not closed yet. */
  #predecessor: UserStreamConnection | undefined;
  /** Of the end of the overlap. */
  #overlap: Timer | undefined;
  /** Whether everything has arrived that the venue sent on the predecessor before the current one was up. */
  #isComplete = false;
  /** Of the pause after something was lost. */
  #pause: Timer | undefined;
  #gaps = 0;
  #lastGapAt = 0;
  #isUp = false;
  /** Listen keys, newest last. */
  readonly #keys: string[] = [];
  readonly #unknown = new Set<string>();
  readonly #closing = new Set<Promise<void>>();
  #isStopped = false;

  /** @throws {TypeError} if the source's `maxAgeMs` is not a positive number. */
  constructor(options: UserStreamTrackerOptions, owner: UserStreamTrackerOwner) {
    this.#options = {
      ...options,
      judge: ({ venueCode, message }, call) =>
        options.judge({ venueCode, message: this.#redact(message) }, call),
    };
    this.#owner = owner;
    this.#renewal = new RenewalTimer(options.source.maxAgeMs, options.ports, () => this.#renew());
  }

  /** Whether everything that happens is told. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** Begins to connect. Does nothing if already started. @throws {TypeError} if it was stopped. */
  start(): void {
    if (this.#isStopped) throw new TypeError("a user stream tracker cannot be started again");
    if (this.#current !== undefined) return;
    this.#current = this.#create();
    this.#current.start();
  }

  /** Closes everything; resolves when no connection, timer or call is left. */
  async stop(): Promise<void> {
    if (!this.#isStopped) {
      this.#isStopped = true;
      for (const timer of [this.#renewal, this.#overlap, this.#pause]) timer?.cancel();
      for (const connection of [this.#current, this.#successor, this.#predecessor]) this.#close(connection);
      this.#setUp(false);
    }
    while (this.#closing.size > 0) await Promise.all(this.#closing);
  }

  #create(): UserStreamConnection {
    this.#connections += 1;
    return new UserStreamConnection(`user-${this.#connections}`, this.#options, {
      onUp: (up) => this.#onUp(up),
      onDown: (down) => this.#onDown(down),
      onSilence: () => this.#review(),
      onMessage: (message) => {
        if (!this.#isStopped) this.#owner.onMessage(message);
      },
      onUnreadable: (unreadable, error) => this.#onUnreadable(unreadable, error),
      onUnknown: (what) => this.#onUnknown(what),
      onExpired: (expired) => {
        // The venue gives one key at a time.
        for (const other of [this.#current, this.#successor, this.#predecessor])
          if (other !== expired) other?.loseKey();
      },
      onState: (changed, state, facts) => this.#onState(changed, state, facts),
      onSecret: (secret) => this.#keep(secret),
      onProblem: (error) => this.#problem(error),
    });
  }

  #onUp(connection: UserStreamConnection): void {
    if (connection === this.#successor) this.#switch(connection);
    if (connection === this.#current) this.#renewal.plan(connection.openedAt);
    this.#review();
  }

  #onDown(connection: UserStreamConnection): void {
    if (this.#isStopped) return;
    if (connection === this.#predecessor) this.#endOverlap();
    if (connection === this.#current) {
      this.#renewal.cancel();
      // What is left of the overlap is of no use: who is told that the stream is up asks for everything.
      this.#overlap?.cancel();
      this.#close(this.#predecessor);
      this.#predecessor = undefined;
      if (this.#successor !== undefined) {
        // It may be under way already; a new dial of the lost one could only come later.
        this.#current = this.#successor;
        this.#successor = undefined;
        this.#close(connection);
      }
    }
    this.#review();
  }

  #renew(): void {
    // Still there only if the venue's connections live hardly longer than the overlap.
    this.#endOverlap();
    if (this.#isStopped) return;
    this.#successor = this.#create();
    this.#successor.start();
  }

  #switch(successor: UserStreamConnection): void {
    const predecessor = this.#current;
    this.#current = successor;
    this.#successor = undefined;
    // What a stream that is down has not told will be asked for anyway.
    this.#isComplete = !this.#isUp;
    this.#predecessor = predecessor;
    const { ports, policy } = this.#options;
    this.#overlap = ports.timers.set(policy.overlapMs, () => this.#endOverlap());
    predecessor?.mark(() => {
      this.#isComplete ||= predecessor === this.#predecessor;
    });
  }

  #endOverlap(): void {
    const predecessor = this.#predecessor;
    if (predecessor === undefined || this.#isStopped) return;
    this.#predecessor = undefined;
    this.#overlap?.cancel();
    this.#close(predecessor);
    if (!this.#isComplete) this.#lost();
  }

  #close(connection: UserStreamConnection | undefined): void {
    if (connection === undefined) return;
    const reason = !this.#isStopped && connection !== this.#current ? "renewed" : undefined;
    const closed = connection.stop(reason).finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }

  #onUnreadable(connection: UserStreamConnection, error: unknown): void {
    if (this.#isStopped) return;
    // What a successor says is told by the current connection, too.
    const isLost = connection !== this.#successor;
    const why = error instanceof Error ? error.message : String(error);
    if (isLost) this.#lost();
    const message = "a frame of the user stream cannot be read";
    // Without its cause, which may quote what is secret.
    const details = { why: this.#redact(why) };
    this.#problem(new ProtocolError("MALFORMED_FRAME", message, { venue: this.#options.venue, details }));
  }

  /**
   * Something has been lost that the stream should have told. It counts as down for a while, which grows as long as that
   * goes on happening: the consumer must ask the venue for everything each time that it is up.
   */
  #lost(): void {
    // Everything will be asked for anyway.
    if (!this.#isUp) return;
    const { ports, policy } = this.#options;
    const now = ports.clock.monotonic();
    this.#gaps = this.#gaps > 0 && now - this.#lastGapAt < policy.stableAfterMs ? this.#gaps + 1 : 1;
    const delayMs = backoffDelay(policy.backoff, this.#gaps, ports.random);
    this.#pause = ports.timers.set(delayMs, () => {
      this.#pause = undefined;
      this.#lastGapAt = ports.clock.monotonic();
      this.#review();
    });
    this.#review();
  }

  /** Tells whether the stream is up, if that has changed. */
  #review(): void {
    if (this.#isStopped) return;
    this.#setUp(this.#pause === undefined && (this.#current?.isUp ?? false));
  }

  #setUp(isUp: boolean): void {
    if (isUp === this.#isUp) return;
    this.#isUp = isUp;
    if (isUp) this.#owner.onUp();
    else this.#owner.onDown();
  }

  #onUnknown(what: string): void {
    if (this.#unknown.has(what) || this.#unknown.size >= KINDS_KEPT) return;
    this.#unknown.add(what);
    const shown = this.#redact(what);
    const message = `the user stream sent something unknown: ${shown}`;
    const { venue } = this.#options;
    this.#problem(new ProtocolError("UNKNOWN_MESSAGE", message, { venue, details: { what: shown } }));
  }

  #onState(connection: UserStreamConnection, state: SocketState, facts: StreamStateFacts): void {
    const { error } = facts;
    const isShown = error === undefined || !this.#shows(error);
    this.#owner.onState(connection.id, state, isShown ? facts : { ...facts, error: this.#without(error) });
  }

  #problem(error: unknown): void {
    if (!this.#isStopped) this.#owner.onProblem(this.#shown(error));
  }

  #keep(key: string): void {
    if (this.#keys.includes(key)) return;
    this.#keys.push(key);
    if (this.#keys.length > KEYS_KEPT) this.#keys.shift();
    this.#options.ports.declareSecrets?.({}, [key]);
  }

  #redact(text: string): string {
    return this.#options.redact(text, this.#keys);
  }

  /** Whether anything of an error is a key. */
  #shows(error: unknown): boolean {
    const text = inspect(error, { depth: Number.POSITIVE_INFINITY });
    return hideSecrets(text, this.#keys) !== text;
  }

  #without(error: unknown): Error {
    return copyWithoutSecrets(error, (text) => this.#redact(text));
  }

  /** What may be shown of an error. */
  #shown(error: unknown): ConnError {
    if (error instanceof ConnError && !this.#shows(error)) return error;
    const cause = this.#without(error);
    if (cause instanceof NetworkError) return cause;
    const { venue } = this.#options;
    return new VenueError("VENUE_ERROR", `the user stream failed: ${cause.message}`, { venue, cause });
  }
}
