import { ConnError, NetworkError } from "../errors/index.js";
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

/** Why a connection is no longer there. */
export type SocketDownReason = "closed" | "refused" | "connectTimeout" | "silent" | "requested";

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
  readonly url: string;
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
  #stopped: PromiseWithResolvers<void> | undefined;

  constructor(options: SupervisedSocketOptions, owner: SocketOwner) {
    this.#options = options;
    this.#owner = owner;
    this.#pacer = new FramePacer(options.limits, options.ports, (data) => this.#connection?.send(data));
  }

  get state(): SocketState {
    return this.#state;
  }

  /** Begins to dial. Does nothing if already started. */
  start(): void {
    if (this.#state === "idle") this.#admit();
  }

  /** Sends a text as soon as the venue's frame limit allows; forgotten if the connection goes first. */
  send(text: string): void {
    if (this.#state === "open") this.#pacer.send(text);
  }

  /** Drops the connection and dials anew, because it can no longer be trusted. */
  reconnect(reason: SocketDownReason = "requested"): void {
    if (this.#state === "open") this.#lose(reason);
  }

  /** Closes for good; resolves when nothing is left open. */
  stop(): Promise<void> {
    if (this.#state === "idle") return Promise.resolve();
    if (this.#stopped !== undefined) return this.#stopped.promise;
    const stopped = Promise.withResolvers<void>();
    this.#stopped = stopped;
    this.#timer?.cancel();
    this.#admission?.abort();
    this.#pacer.clear();
    const connection = this.#connection;
    const wasOpen = this.#state === "open";
    this.#setState("closing", {});
    if (connection !== undefined && wasOpen) {
      connection.close(1000);
      this.#timer = this.#options.ports.timers.set(this.#options.policy.closeTimeoutMs, () =>
        connection.terminate(),
      );
    } else {
      connection?.terminate();
    }
    if (this.#unclosed === 0) this.#finish();
    return stopped.promise;
  }

  #setState(state: SocketState, facts: Parameters<SocketOwner["onState"]>[1]): void {
    this.#state = state;
    this.#owner.onState(state, facts);
  }

  #admit(): void {
    const admission = new AbortController();
    this.#admission = admission;
    this.#setState("connecting", {});
    this.#options.admitDial(admission.signal).then(
      () => {
        if (!admission.signal.aborted) this.#connect();
      },
      (error: unknown) => {
        if (admission.signal.aborted) return;
        this.#failures += 1;
        this.#retryLater("refused", error instanceof Error ? error : new Error(String(error)));
      },
    );
  }

  #connect(): void {
    const { policy, ports, url, proxy, limits } = this.#options;
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
        onPong: () => {
          if (current()) this.#heard();
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
    this.#setState("open", {});
    this.#watch(this.#options.policy.pingAfterIdleMs);
    this.#pacer.holdFor(this.#options.limits.quietAfterOpenMs ?? 0);
    this.#owner.onOpen();
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
        this.#owner.onSilent();
        this.#awaitSignOfLife(pingedAt);
        return;
      }
      this.#lose("silent");
    });
  }

  /** We give the connection up. */
  #lose(reason: SocketDownReason): void {
    const connection = this.#connection;
    // From here on nothing of the old connection is listened to, so its end may come whenever it likes.
    this.#dial += 1;
    connection?.terminate();
    this.#down(reason, undefined);
  }

  #down(reason: SocketDownReason, error: Error | undefined): void {
    this.#timer?.cancel();
    this.#connection = undefined;
    this.#pacer.clear();
    const wasOpen = this.#state === "open";
    const openFor = this.#options.ports.clock.monotonic() - this.#openedAt;
    // A venue that accepts and drops at once is as bad as one that refuses: the delays must grow.
    this.#failures = wasOpen && openFor >= this.#options.policy.stableAfterMs ? 1 : this.#failures + 1;
    this.#retryLater(reason, error);
    // Last, with the redial already planned: whoever is told may stop this socket at once.
    if (wasOpen) this.#owner.onDown(reason);
  }

  #retryLater(reason: SocketDownReason, error: Error | undefined): void {
    const { policy, ports } = this.#options;
    const told = error instanceof ConnError ? error.details.retryAfterMs : undefined;
    const backoffMs = backoffDelay(policy.backoff, this.#failures, ports.random);
    const delayMs = typeof told === "number" ? Math.max(backoffMs, told) : backoffMs;
    this.#setState("waiting", { reason, delayMs, ...(error && { error }) });
    this.#timer = ports.timers.set(delayMs, () => this.#admit());
  }

  #finish(): void {
    this.#timer?.cancel();
    this.#connection = undefined;
    this.#dial += 1;
    this.#failures = 0;
    const stopped = this.#stopped;
    this.#stopped = undefined;
    this.#setState("idle", {});
    stopped?.resolve();
  }
}

function closeError(close: WebSocketClose): Error {
  if (close.error !== undefined) return close.error;
  return new NetworkError("NETWORK_CLOSED", `the venue closed the connection with code ${close.code}`, {
    details: { closeCode: close.code, reason: close.reason },
  });
}
