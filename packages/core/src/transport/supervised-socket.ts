import { ConnError, NetworkError, RateLimitError } from "../errors/index.js";
import type { Ports, Timer, WebSocketClose, WebSocketConnection } from "../ports/index.js";
import { type BackoffPolicy, backoffDelay } from "./backoff.js";
import { FramePacer } from "./frame-pacer.js";

/** How a connection is kept up. All times in ms. */
export interface SocketPolicy {
  /** A dial that has not opened after this long is given up. */
  readonly connectTimeoutMs: number;
  readonly backoff: BackoffPolicy;
  /** A connection open for this long counts as good: the next failure starts the backoff anew. */
  readonly stableAfterMs: number;
  /** With nothing received for this long, the venue is asked for a sign of life (a ping). */
  readonly pingAfterIdleMs: number;
  /** No sign of life this long after the ping: the books of this connection are stale. */
  readonly silentAfterMs: number;
  /** No sign of life this long after the ping: the connection is dead and dialled anew. */
  readonly deadAfterMs: number;
  /** A closing handshake that takes longer is cut short. */
  readonly closeTimeoutMs: number;
  /** A connection that a younger one has replaced goes on beside it for this long. */
  readonly overlapMs: number;
}

/** What a venue allows on one connection. */
export interface SocketLimits {
  /** Most frames that we may send (pings and pongs included) within `framesPerMs`. */
  readonly maxFrames: number;
  readonly framesPerMs: number;
  /** Time in ms after the opening of a connection in which the venue wants no frames. @default 0 */
  readonly quietAfterOpenMs?: number;
  /** Longest message of the venue in bytes; a longer one ends the connection. */
  readonly maxMessageBytes: number;
}

/**
 * - `idle`: not started, or stopped.
 * - `waiting`: between two dials.
 * - `connecting`: a dial is under way.
 * - `open`: connected.
 * - `closing`: the closing handshake of a stop is under way.
 */
export type SocketState = "idle" | "waiting" | "connecting" | "open" | "closing";

/**
 * Why a connection is no longer there.
 * - `closed`: the venue ended it.
 * - `refused`: a dial was in vain.
 * - `connectTimeout`: a dial was not answered in time.
 * - `silent`: the venue gave no sign of life.
 * - `requested`: it was given up here, to begin anew.
 * - `renewed`: a younger connection has taken its place; it is not dialed again.
 */
export type SocketDownReason = "closed" | "refused" | "connectTimeout" | "silent" | "requested" | "renewed";

/** Payload of the pings by which a place in what the venue sends is found. */
const MARK = "mark";

/** Told in band what happens on the connection. */
export interface SocketOwner {
  /** A new connection is open: nothing is subscribed on it yet. */
  onOpen(): void;
  /** A message arrived. `data` is only valid during the call. */
  onMessage(data: Uint8Array): void;
  /** No sign of life after a ping. */
  onSilent(): void;
  /** A sign of life after `onSilent`. */
  onAlive(): void;
  /** An open connection is gone; everything subscribed on it is gone with it. */
  onDown(reason: SocketDownReason): void;
  /** A change of state; `error` and `delayMs` where a dial failed and the next one waits. */
  onState(
    state: SocketState,
    facts: { readonly reason?: SocketDownReason; readonly error?: Error; readonly delayMs?: number },
  ): void;
}

/** What a supervised socket works with. */
export interface SupervisedSocketOptions {
  /** Asked for before each dial where it is not always the same; that it cannot be had counts as a dial in vain. */
  readonly url: string | ((signal: AbortSignal) => Promise<string>);
  readonly proxy?: string | undefined;
  readonly policy: SocketPolicy;
  readonly limits: SocketLimits;
  readonly ports: Pick<Ports, "clock" | "timers" | "random" | "webSocket">;
  /** Waits until the venue's limits allow another dial. */
  readonly admitDial: (signal: AbortSignal) => Promise<void>;
}

/**
 * A WebSocket that stays up: dials, notices that the venue is gone or silent, and dials again with
 * growing, jittered delays, for as long as it is not stopped.
 */
export class SupervisedSocket {
  readonly #options: SupervisedSocketOptions;
  readonly #owner: SocketOwner;
  readonly #pacer: FramePacer;
  #state: SocketState = "idle";
  #connection: WebSocketConnection | undefined;
  /** Connections that have not told their end yet, given up ones included. */
  #unclosed = 0;
  /** Counts dials: what an earlier connection still says is not listened to. */
  #dial = 0;
  #failures = 0;
  #openedAt = 0;
  #lastHeardAt = 0;
  #silent = false;
  /** Of the dial, the redial, the watchdog or the closing: only one of them runs at a time. */
  #timer: Timer | undefined;
  #admission: AbortController | undefined;
  #onMark: (() => void) | undefined;
  #stopped: PromiseWithResolvers<void> | undefined;

  constructor(options: SupervisedSocketOptions, owner: SocketOwner) {
    this.#options = options;
    this.#owner = owner;
    this.#pacer = new FramePacer(options.limits, options.ports, (data) => this.#connection?.send(data));
  }

  get state(): SocketState {
    return this.#state;
  }

  /** Monotonic time in ms at which the connection opened last; 0 before the first time. */
  get openedAt(): number {
    return this.#openedAt;
  }

  /** Whether it is open and the venue owes it a sign of life. */
  get isSilent(): boolean {
    return this.#state === "open" && this.#silent;
  }

  /** Begins to dial. Does nothing if already started. */
  start(): void {
    if (this.#state === "idle") this.#admit();
  }

  /** Sends a text as soon as the venue's frame limit allows; forgotten if the connection goes first. */
  send(text: string): void {
    if (this.#state === "open") this.#pacer.send(text);
  }

  /** Calls `onMark` when everything has arrived that the venue has sent until now; never if the connection goes first. */
  mark(onMark: () => void): void {
    if (this.#state !== "open") return;
    this.#onMark = onMark;
    this.#pacer.count();
    this.#connection?.ping(MARK);
  }

  /**
   * Drops the connection and dials anew, because it can no longer be trusted.
   *
   * @param error Why it was never of use, however long it was open: the delays grow as if the dial had been in vain.
   */
  reconnect(reason: SocketDownReason = "requested", error?: Error): void {
    if (this.#state === "open") this.#lose(reason, error);
  }

  /** Closes for good; resolves when nothing is left open. `reason` is told with the closing. */
  stop(reason?: SocketDownReason): Promise<void> {
    if (this.#state === "idle") return Promise.resolve();
    if (this.#stopped !== undefined) return this.#stopped.promise;
    const stopped = Promise.withResolvers<void>();
    this.#stopped = stopped;
    this.#timer?.cancel();
    this.#admission?.abort();
    this.#pacer.clear();
    const connection = this.#connection;
    const wasOpen = this.#state === "open";
    this.#setState("closing", { ...(reason && { reason }) });
    if (connection !== undefined && wasOpen) {
      // The timer first, for the connection may end during the call.
      this.#timer = this.#options.ports.timers.set(this.#options.policy.closeTimeoutMs, () =>
        connection.terminate(),
      );
      connection.close(1000);
    } else {
      connection?.terminate();
    }
    if (this.#unclosed === 0) this.#finish();
    return stopped.promise;
  }

  /** Returns whether it is still so when its owner has been told. */
  #setState(state: SocketState, facts: Parameters<SocketOwner["onState"]>[1]): boolean {
    this.#state = state;
    this.#owner.onState(state, facts);
    return this.#state === state;
  }

  #admit(): void {
    const admission = new AbortController();
    this.#admission = admission;
    this.#setState("connecting", {});
    this.#admitted(admission.signal).then(
      (url) => {
        if (!admission.signal.aborted) this.#connect(url);
      },
      (error: unknown) => {
        if (admission.signal.aborted) return;
        this.#failures += 1;
        this.#retryLater("refused", error instanceof Error ? error : new Error(String(error)));
      },
    );
  }

  async #admitted(signal: AbortSignal): Promise<string> {
    const { url, admitDial } = this.#options;
    // The URL first: what is admitted should be dialed at once.
    const target = typeof url === "string" ? url : await url(signal);
    if (!signal.aborted) await admitDial(signal);
    return target;
  }

  #connect(url: string): void {
    const { policy, ports, proxy, limits } = this.#options;
    this.#dial += 1;
    const dial = this.#dial;
    const current = (): boolean => dial === this.#dial;
    this.#timer = ports.timers.set(policy.connectTimeoutMs, () => this.#lose("connectTimeout"));
    this.#unclosed += 1;
    this.#connection = ports.webSocket.connect(
      { url, maxMessageBytes: limits.maxMessageBytes, ...(proxy !== undefined && { proxy }) },
      {
        onOpen: () => {
          if (current()) this.#opened();
        },
        onMessage: (data) => {
          if (!current() || this.#state !== "open") return;
          this.#heard();
          this.#owner.onMessage(data);
        },
        onPing: () => {
          if (!current()) return;
          // The port has answered it, and the venue counts that too.
          this.#pacer.count();
          this.#heard();
        },
        onPong: (payload) => {
          if (!current()) return;
          this.#heard();
          if (this.#onMark === undefined || new TextDecoder().decode(payload) !== MARK) return;
          const onMark = this.#onMark;
          this.#onMark = undefined;
          onMark();
        },
        onClose: (close) => {
          this.#unclosed -= 1;
          if (this.#stopped !== undefined) {
            if (this.#unclosed === 0) this.#finish();
          } else if (current()) {
            this.#down(this.#state === "open" ? "closed" : "refused", closeError(close));
          }
        },
      },
    );
  }

  #opened(): void {
    if (this.#state !== "connecting") return;
    this.#timer?.cancel();
    const now = this.#options.ports.clock.monotonic();
    this.#openedAt = now;
    this.#lastHeardAt = now;
    this.#silent = false;
    this.#watch(this.#options.policy.pingAfterIdleMs);
    this.#pacer.holdFor(this.#options.limits.quietAfterOpenMs ?? 0);
    if (this.#setState("open", {})) this.#owner.onOpen();
  }

  /** Something arrived: the venue lives. Only notes the time; the watchdog looks when its timer fires. */
  #heard(): void {
    this.#lastHeardAt = this.#options.ports.clock.monotonic();
    if (!this.#silent) return;
    this.#silent = false;
    this.#owner.onAlive();
  }

  #watch(delayMs: number): void {
    this.#timer = this.#options.ports.timers.set(delayMs, () => {
      const { policy, ports } = this.#options;
      const idle = ports.clock.monotonic() - this.#lastHeardAt;
      if (idle < policy.pingAfterIdleMs) {
        this.#watch(policy.pingAfterIdleMs - idle);
        return;
      }
      this.#pacer.count();
      this.#connection?.ping();
      this.#awaitSignOfLife(ports.clock.monotonic());
    });
  }

  /** Waits for an answer to the ping sent at `pingedAt`: first stale, then dead. */
  #awaitSignOfLife(pingedAt: number): void {
    const { policy, ports } = this.#options;
    const waited = ports.clock.monotonic() - pingedAt;
    const next = this.#silent ? policy.deadAfterMs : Math.min(policy.silentAfterMs, policy.deadAfterMs);
    this.#timer = ports.timers.set(Math.max(0, next - waited), () => {
      if (this.#lastHeardAt >= pingedAt) {
        this.#watch(Math.max(0, this.#lastHeardAt + policy.pingAfterIdleMs - ports.clock.monotonic()));
        return;
      }
      if (!this.#silent && policy.silentAfterMs < policy.deadAfterMs) {
        this.#silent = true;
        // First, as whoever is told may stop this socket.
        this.#awaitSignOfLife(pingedAt);
        this.#owner.onSilent();
        return;
      }
      this.#lose("silent");
    });
  }

  /** We give the connection up. */
  #lose(reason: SocketDownReason, error?: Error): void {
    const connection = this.#connection;
    // From here on nothing of the old connection is listened to, so its end may come whenever it likes.
    this.#dial += 1;
    connection?.terminate();
    this.#down(reason, error, error === undefined);
  }

  #down(reason: SocketDownReason, error: Error | undefined, wasOfUse = true): void {
    this.#timer?.cancel();
    this.#connection = undefined;
    this.#onMark = undefined;
    this.#pacer.clear();
    const wasOpen = this.#state === "open";
    const openFor = this.#options.ports.clock.monotonic() - this.#openedAt;
    // A venue that accepts and drops at once is as bad as one that refuses: the delays must grow.
    const wasGood = wasOpen && wasOfUse && openFor >= this.#options.policy.stableAfterMs;
    this.#failures = wasGood ? 1 : this.#failures + 1;
    this.#retryLater(reason, error);
    // Last, with the redial already planned: whoever is told may stop this socket at once.
    if (wasOpen) this.#owner.onDown(reason);
  }

  #retryLater(reason: SocketDownReason, error: Error | undefined): void {
    const { policy, ports } = this.#options;
    const demanded = error instanceof RateLimitError ? error.retryAfterMs : undefined;
    const told = demanded ?? (error instanceof ConnError ? error.details.retryAfterMs : undefined);
    const backoffMs = backoffDelay(policy.backoff, this.#failures, ports.random);
    const delayMs = typeof told === "number" ? Math.max(backoffMs, told) : backoffMs;
    // First, as whoever is told may stop this socket.
    this.#timer = ports.timers.set(delayMs, () => this.#admit());
    this.#setState("waiting", { reason, delayMs, ...(error && { error }) });
  }

  #finish(): void {
    if (this.#stopped === undefined) return;
    this.#timer?.cancel();
    this.#connection = undefined;
    this.#dial += 1;
    this.#failures = 0;
    const stopped = this.#stopped;
    this.#stopped = undefined;
    this.#setState("idle", {});
    stopped.resolve();
  }
}

function closeError(close: WebSocketClose): Error {
  if (close.error !== undefined) return close.error;
  return new NetworkError("NETWORK_CLOSED", `the venue closed the connection with code ${close.code}`, {
    details: { closeCode: close.code, reason: close.reason },
  });
}
