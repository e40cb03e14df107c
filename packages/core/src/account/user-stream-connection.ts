import { AuthError, type ConnError, SubscriptionError, VenueError } from "../errors/index.js";
import type { Ports, Timer } from "../ports/index.js";
import {
  type RestCall,
  type SocketDownReason,
  type SocketPolicy,
  type SocketState,
  type StreamStateFacts,
  SupervisedSocket,
} from "../transport/index.js";
import type { VenueRefusal } from "./account-messages.js";
import { ListenKey } from "./listen-key.js";
import type { ListenKeyAccess, UserStreamDataSource, UserStreamMessage } from "./user-stream.js";

/** What a connection of a user stream works with. */
export interface UserStreamConnectionOptions {
  readonly venue: string;
  readonly source: UserStreamDataSource;
  /** URL of the route; the path of the source's access follows it. */
  readonly url: string;
  readonly policy: SocketPolicy;
  readonly ports: Pick<Ports, "clock" | "timers" | "random" | "webSocket">;
  readonly proxy?: string | undefined;
  /** Waits until the venue's limits allow another dial. */
  readonly admitDial: (signal: AbortSignal) => Promise<void>;
  /** An answer to a login or a subscription that takes longer, in ms, costs the connection. */
  readonly answerTimeoutMs: number;
  /** Makes the calls that a listen key needs. */
  readonly call: <Answer>(call: RestCall<Answer>, signal: AbortSignal | undefined) => Promise<Answer>;
  /**
   * Writes the frame that logs a connection in, for this moment. The venue's answer to it may carry this id or another.
   *
   * @throws {AuthError} SIGNING_FAILED.
   */
  readonly formatLogin: (requestId: number) => Promise<string>;
  /** Measures the venue's clock anew, as it has refused our time in a login. @throws if that fails. */
  readonly resync: () => Promise<void>;
  /** What the refusal of a frame means; `call` stands for the frame in the rules of the venue's errors. */
  readonly judge: (refusal: VenueRefusal, call: UserStreamCall) => ConnError;
}

/** Names of our frames on a user stream, where they are judged as calls are. */
export type UserStreamCall = "user stream login" | "user stream subscription";

/** What the account's stream tells of the account. */
export type AccountMessage = Extract<
  UserStreamMessage,
  { readonly type: "order" | "fill" | "balances" | "allBalances" }
>;

/** Told what happens on a connection of a user stream. */
export interface UserStreamConnectionOwner {
  /** From now on it tells everything. */
  onUp(connection: UserStreamConnection): void;
  /** An open connection is gone. */
  onDown(connection: UserStreamConnection): void;
  /** It owes a sign of life, or has given it after all. */
  onSilence(): void;
  onMessage(message: AccountMessage): void;
  /** A frame said something that is now lost. */
  onUnreadable(connection: UserStreamConnection, error: unknown): void;
  onUnknown(what: string): void;
  /** What gave it access is no longer valid; others that were given the same are not told, if they open just now. */
  onExpired(connection: UserStreamConnection): void;
  onState(connection: UserStreamConnection, state: SocketState, facts: StreamStateFacts): void;
  /** A listen key that must not be shown from now on. */
  onSecret(secret: string): void;
  onProblem(error: unknown): void;
}

/** How far a connection has come. */
type Step = "closed" | "login" | "resync" | "subscription" | "up";

/** One connection of a user stream, and what it takes until it tells everything. */
export class UserStreamConnection {
  /** Unique in its tracker, for people. */
  readonly id: string;
  readonly #options: UserStreamConnectionOptions;
  readonly #owner: UserStreamConnectionOwner;
  readonly #socket: SupervisedSocket;
  #step: Step = "closed";
  /** Counts what was begun: what belongs to something earlier is void. */
  #attempt = 0;
  #requestId = 0;
  /** Of the answer that is awaited. */
  #timer: Timer | undefined;
  /** Whether our time was refused on this connection before. */
  #wasResynced = false;
  #key: ListenKey | undefined;
  #memo: unknown;
  readonly #leaving = new Set<Promise<unknown>>();

  constructor(id: string, options: UserStreamConnectionOptions, owner: UserStreamConnectionOwner) {
    this.id = id;
    this.#options = options;
    this.#owner = owner;
    const { source, url, policy, ports, proxy, admitDial } = options;
    const { access, limits } = source;
    this.#socket = new SupervisedSocket(
      {
        url:
          access.kind === "login"
            ? `${url}${access.path}`
            : async (signal) => `${url}${await this.#openKey(access, signal)}`,
        limits,
        policy,
        ports,
        proxy,
        admitDial,
      },
      {
        onOpen: () => this.#opened(),
        onMessage: (data) => this.#read(data),
        onSilent: () => owner.onSilence(),
        onAlive: () => owner.onSilence(),
        onDown: () => owner.onDown(this),
        onState: (state, facts) => {
          if (state === "waiting" || state === "closing") this.#ended();
          owner.onState(this, state, facts);
        },
      },
    );
  }

  /** Whether it tells everything that happens. */
  get isUp(): boolean {
    return this.#step === "up" && !this.#socket.isSilent;
  }

  /** Monotonic time in ms at which it opened last. */
  get openedAt(): number {
    return this.#socket.openedAt;
  }

  start(): void {
    this.#socket.start();
  }

  /** Calls `onMark` when everything has arrived that the venue has sent until now; never if the connection goes first. */
  mark(onMark: () => void): void {
    this.#socket.mark(onMark);
  }

  /** Its listen key is no longer valid: where it has one, it begins anew with another, at the latest when it opens. */
  loseKey(): void {
    if (this.#key === undefined) return;
    this.#leave();
    this.#socket.reconnect();
  }

  /** Closes for good; resolves when nothing is left of it. `reason` is told with the closing. */
  async stop(reason?: SocketDownReason): Promise<void> {
    await this.#socket.stop(reason);
    while (this.#leaving.size > 0) await Promise.all(this.#leaving);
  }

  /** Asks for a key; answers with the path that it gives. */
  #openKey(access: ListenKeyAccess, signal: AbortSignal): Promise<string> {
    const { call, venue, policy, ports } = this.#options;
    const askedAt = ports.clock.monotonic();
    const open = async (): Promise<string> => {
      let value: string;
      try {
        value = await call(access.open, signal);
      } catch (error) {
        if (!signal.aborted) this.#owner.onProblem(error);
        throw error;
      }
      this.#owner.onSecret(value);
      const options = { venue, access, call, ports, backoff: policy.backoff };
      const key = new ListenKey(value, askedAt, options, {
        onLost: () => {
          this.#leave();
          // The next dial asks for another. Does nothing while a dial is under way: that is looked at when it opens.
          this.#socket.reconnect();
        },
        onProblem: (error) => this.#owner.onProblem(error),
      });
      if (signal.aborted) this.#track(key.release());
      else this.#key = key;
      return access.path(value);
    };
    const opening = open();
    this.#track(opening);
    return opening;
  }

  #track(work: Promise<unknown>): void {
    const ended: Promise<unknown> = work.then(
      () => this.#leaving.delete(ended),
      () => this.#leaving.delete(ended),
    );
    this.#leaving.add(ended);
  }

  #opened(): void {
    this.#memo = undefined;
    this.#wasResynced = false;
    if (this.#options.source.access.kind === "login") this.#logIn();
    else if (this.#key === undefined) this.#socket.reconnect();
    else this.#up();
  }

  /** The socket is no longer open, or did not open. */
  #ended(): void {
    this.#step = "closed";
    this.#attempt += 1;
    this.#timer?.cancel();
    this.#leave();
  }

  /** Has no key any more. */
  #leave(): void {
    if (this.#key !== undefined) this.#track(this.#key.release());
    this.#key = undefined;
  }

  #logIn(): void {
    const { formatLogin } = this.#options;
    const attempt = this.#expect("login");
    formatLogin(this.#requestId).then(
      (frame) => {
        if (attempt === this.#attempt) this.#socket.send(frame);
      },
      (error: unknown) => {
        if (attempt === this.#attempt) this.#giveUp(error);
      },
    );
  }

  #subscribe(): void {
    const { source, ports } = this.#options;
    if (source.access.kind !== "login" || source.access.formatSubscribe === undefined) {
      this.#up();
      return;
    }
    this.#expect("subscription");
    this.#socket.send(source.access.formatSubscribe(this.#requestId, ports.clock.now()));
  }

  /** Begins a step that must not take too long. Returns the number of the attempt. */
  #expect(step: Exclude<Step, "closed" | "up">): number {
    const { answerTimeoutMs, ports, venue } = this.#options;
    this.#step = step;
    this.#attempt += 1;
    this.#requestId += 1;
    this.#timer?.cancel();
    this.#timer = ports.timers.set(answerTimeoutMs, () => {
      const message = `the ${step} of the user stream was not answered within ${answerTimeoutMs} ms`;
      const details = { step, timeoutMs: answerTimeoutMs };
      this.#giveUp(new SubscriptionError("SUBSCRIPTION_UNANSWERED", message, { venue, details }));
    });
    return this.#attempt;
  }

  #up(): void {
    this.#timer?.cancel();
    this.#attempt += 1;
    this.#step = "up";
    this.#owner.onUp(this);
  }

  /** This connection comes to nothing; another is tried, later each time. */
  #giveUp(error: unknown): void {
    this.#socket.reconnect("requested", error instanceof Error ? error : new Error(String(error)));
    this.#owner.onProblem(error);
  }

  #read(data: Uint8Array): void {
    const { source, ports } = this.#options;
    const context = { route: source.route, receivedTimestamp: ports.clock.now(), memo: this.#memo };
    let messages: readonly UserStreamMessage[];
    try {
      messages = source.parse(data, context);
    } catch (error) {
      this.#owner.onUnreadable(this, error);
      return;
    }
    this.#memo = context.memo;
    for (const message of messages) this.#take(message);
  }

  #take(message: UserStreamMessage): void {
    switch (message.type) {
      case "acknowledged":
        if (this.#step === "login") this.#subscribe();
        else if (this.#step === "subscription" && message.requestId === this.#requestId) this.#up();
        break;
      case "refused":
        this.#refused(message);
        break;
      case "expired":
        this.#owner.onExpired(this);
        this.#socket.reconnect();
        break;
      case "heartbeat":
        if (message.reply !== undefined) this.#socket.send(message.reply);
        break;
      case "ignored":
        break;
      case "unknown":
        this.#owner.onUnknown(message.what);
        break;
      default:
        this.#owner.onMessage(message);
    }
  }

  #refused(refusal: Extract<UserStreamMessage, { readonly type: "refused" }>): void {
    const { judge, venue } = this.#options;
    if (this.#step === "login") {
      const error = judge(refusal, "user stream login");
      if (error instanceof AuthError && error.code === "TIMESTAMP_REFUSED" && !this.#wasResynced)
        this.#logInAgain(error);
      else this.#giveUp(isExplained(error) ? error : keyRefused(error, venue));
      return;
    }
    const cause = judge(refusal, "user stream subscription");
    const isAnswer = refusal.requestId === undefined || refusal.requestId === this.#requestId;
    if (this.#step !== "subscription" || !isAnswer) {
      this.#owner.onProblem(cause);
      return;
    }
    const message = `the venue refused the subscription to the user stream: ${cause.message}`;
    this.#giveUp(new SubscriptionError("SUBSCRIPTION_REFUSED", message, { venue, cause }));
  }

  /** Once on a connection the venue's clock is measured anew. */
  #logInAgain(refusal: AuthError): void {
    this.#wasResynced = true;
    const attempt = this.#expect("resync");
    this.#options.resync().then(
      () => {
        if (attempt === this.#attempt) this.#logIn();
      },
      () => {
        if (attempt === this.#attempt) this.#giveUp(refusal);
      },
    );
  }
}

/** Whether it is known why the venue refuses a login, or that it would not take any now. */
function isExplained(error: ConnError): boolean {
  return !(error instanceof VenueError) || error.kind !== undefined;
}

/** A refusal of a login that the venue's documents do not explain is one of who logs in. */
function keyRefused(cause: ConnError, venue: string): AuthError {
  const { message, outcome } = cause;
  const venueCode = cause instanceof VenueError ? cause.venueCode : undefined;
  return new AuthError("KEY_REFUSED", message, {
    venue,
    cause,
    outcome,
    ...(venueCode !== undefined && { venueCode }),
  });
}
