import { SubscriptionError, VenueError } from "../errors/index.js";
import type { Ports, Timer } from "../ports/index.js";
import { type BackoffPolicy, backoffDelay, type RestCall } from "../transport/index.js";
import type { ListenKeyAccess } from "./user-stream.js";

/** What a listen key is kept alive with. */
export interface ListenKeyOptions {
  readonly venue: string;
  readonly access: ListenKeyAccess;
  readonly call: <Answer>(call: RestCall<Answer>, signal: AbortSignal | undefined) => Promise<Answer>;
  readonly backoff: BackoffPolicy;
  readonly ports: Pick<Ports, "clock" | "timers" | "random">;
}

/** Told what becomes of a listen key. */
export interface ListenKeyOwner {
  /** It is dead, or must be taken to be: what it gives access to may tell nothing any more. Nothing follows. */
  onLost(): void;
  onProblem(error: unknown): void;
}

/** A listen key in use: it is kept alive until it is released, or lost. */
export class ListenKey {
  /** A secret. */
  readonly #value: string;
  readonly #options: ListenKeyOptions;
  readonly #owner: ListenKeyOwner;
  readonly #abort = new AbortController();
  #next: Timer | undefined;
  #end: Timer | undefined;
  #failures = 0;
  #asking: Promise<void> | undefined;

  /** @param askedAt Monotonic time in ms at which the venue was asked for it: it is not older. */
  constructor(value: string, askedAt: number, options: ListenKeyOptions, owner: ListenKeyOwner) {
    this.#value = value;
    this.#options = options;
    this.#owner = owner;
    this.#isAlive(askedAt);
  }

  /** Keeps it alive no longer; resolves when nothing is under way any more. */
  async release(): Promise<void> {
    const { access, call } = this.#options;
    const wasLost = this.#abort.signal.aborted;
    this.#quit();
    // A key that cannot be closed ends by itself.
    if (!wasLost && access.close !== undefined)
      await call(access.close(this.#value), undefined).catch(() => undefined);
    await this.#asking;
  }

  #isAlive(since: number): void {
    const { access, ports } = this.#options;
    this.#failures = 0;
    this.#end?.cancel();
    this.#end = ports.timers.set(since + access.validMs - ports.clock.monotonic(), () => {
      const { venue } = this.#options;
      const message = `the listen key could not be kept alive within ${access.validMs} ms`;
      this.#lose(new SubscriptionError("SUBSCRIPTION_UNANSWERED", message, { venue }));
    });
    this.#plan(access.keepAliveMs);
  }

  #plan(delayMs: number): void {
    this.#next = this.#options.ports.timers.set(delayMs, () => {
      this.#asking = this.#keepAlive();
    });
  }

  async #keepAlive(): Promise<void> {
    const { access, call, ports, backoff } = this.#options;
    const askedAt = ports.clock.monotonic();
    const { signal } = this.#abort;
    try {
      const alive = await call(access.keepAlive(this.#value), signal);
      if (signal.aborted) return;
      if (alive === undefined || alive === this.#value) this.#isAlive(askedAt);
      else this.#lose(undefined);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof VenueError && error.kind === "listenKey") {
        this.#lose(error);
        return;
      }
      this.#failures += 1;
      this.#plan(Math.min(backoffDelay(backoff, this.#failures, ports.random), access.keepAliveMs));
      this.#owner.onProblem(error);
    }
  }

  #lose(error: Error | undefined): void {
    this.#quit();
    if (error !== undefined) this.#owner.onProblem(error);
    this.#owner.onLost();
  }

  #quit(): void {
    this.#abort.abort();
    this.#next?.cancel();
    this.#end?.cancel();
  }
}
