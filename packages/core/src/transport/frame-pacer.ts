import type { Clock, Timer, Timers } from "../ports/index.js";

/** Sends frames in order, never more than the venue takes within its window. */
export class FramePacer {
  readonly #maxFrames: number;
  readonly #windowMs: number;
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #write: (text: string) => void;
  /** Monotonic times of the frames within the window, oldest first. */
  #sentAt: number[] = [];
  #queue: string[] = [];
  #timer: Timer | undefined;

  constructor(
    limits: { readonly maxFrames: number; readonly framesPerMs: number },
    ports: { readonly clock: Clock; readonly timers: Timers },
    write: (text: string) => void,
  ) {
    this.#maxFrames = limits.maxFrames;
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

  /** Counts a frame that is sent by other means and cannot wait, such as a ping. */
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
      if (oldest !== undefined) {
        this.#timer = this.#timers.set(oldest + this.#windowMs - now, () => this.#flush());
        return;
      }
      this.#queue.shift();
      this.#sentAt.push(now);
      this.#write(text);
    }
  }
}
