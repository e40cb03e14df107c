import type { Clock, Timer, Timers } from "../ports/index.js";

/** Frames of the limit that are kept free for what cannot wait: the answer to a ping, and a ping of our own. */
const RESERVED_FRAMES = 2;

/**
 * Sends the frames of one connection in order, never more than the venue takes within its window.
 *
 * This is the limit of scope `connection` for everything that core sends on a connection, and it is no pool of the
 * host's: such a limit is shared with nobody and ends with its connection; pings and their answers count and cannot
 * wait, which a pool has no place for; and a frame leaves in the call that sends it, so that none is written to a
 * connection that went while it waited.
 */
export class FramePacer {
  readonly #maxFrames: number;
  readonly #windowMs: number;
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #write: (text: string) => void;
  /** Monotonic times of the frames within the window, oldest first. */
  #sentAt: number[] = [];
  #queue: string[] = [];
  #heldUntil = 0;
  #timer: Timer | undefined;

  constructor(
    limits: { readonly maxFrames: number; readonly framesPerMs: number },
    ports: { readonly clock: Clock; readonly timers: Timers },
    write: (text: string) => void,
  ) {
    this.#maxFrames = Math.max(1, limits.maxFrames - RESERVED_FRAMES);
    // The venue counts when frames arrive, not when they leave: a tenth more keeps late and early ones apart.
    this.#windowMs = limits.framesPerMs * 1.1;
    this.#clock = ports.clock;
    this.#timers = ports.timers;
    this.#write = write;
  }

  send(text: string): void {
    this.#queue.push(text);
    if (this.#queue.length === 1) this.#flush();
  }

  /** Sends nothing for `ms`; what is to be sent waits. */
  holdFor(ms: number): void {
    this.#heldUntil = this.#clock.monotonic() + ms;
  }

  /** Counts a frame that is sent by other means and cannot wait, such as a ping or the answer to one. */
  count(): void {
    this.#sentAt.push(this.#clock.monotonic());
  }

  /** Forgets what waits and what was counted: the connection is gone. */
  clear(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#queue = [];
    this.#sentAt = [];
  }

  #flush(): void {
    this.#timer = undefined;
    for (;;) {
      const text = this.#queue[0];
      if (text === undefined) return;
      const now = this.#clock.monotonic();
      this.#sentAt = this.#sentAt.filter((at) => at + this.#windowMs > now);
      const oldest = this.#sentAt[this.#sentAt.length - this.#maxFrames];
      const allowedAt = Math.max(this.#heldUntil, oldest === undefined ? 0 : oldest + this.#windowMs);
      if (allowedAt > now) {
        this.#timer = this.#timers.set(allowedAt - now, () => this.#flush());
        return;
      }
      this.#queue.shift();
      this.#sentAt.push(now);
      this.#write(text);
    }
  }
}
