import { OverflowError } from "../errors/index.js";

/** What happens when events come faster than they are read. */
export type StreamPolicy<Event> =
  /** Keep all, up to `capacity`; one more and the reader gets an `OverflowError`. */
  | { readonly kind: "lossless"; readonly capacity: number }
  /** Keep only the newest event of each key, in the order in which the keys first waited. */
  | { readonly kind: "latest"; readonly keyOf: (event: Event) => string };

/** Options of a stream of events. */
export interface StreamOptions {
  /** Ends the stream. */
  readonly signal?: AbortSignal | undefined;
  /** Called once when the stream has ended, for whatever reason. */
  readonly onEnd?: (() => void) | undefined;
}

/**
 * A bounded queue between the engine, which never waits, and one reader, who may.
 * `return()` (leaving a `for await`) and the signal end it at once, also while a read is waiting.
 */
export class EventStream<Event> implements AsyncIterableIterator<Event> {
  readonly #policy: StreamPolicy<Event>;
  readonly #onEnd: (() => void) | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #queue: Event[] = [];
  /** The reader's place in #queue; the part before it has been read. */
  #head = 0;
  readonly #latest = new Map<string, Event>();
  readonly #readers: PromiseWithResolvers<IteratorResult<Event>>[] = [];
  #ended = false;
  #failure: OverflowError | undefined;

  constructor(policy: StreamPolicy<Event>, options: StreamOptions = {}) {
    this.#policy = policy;
    this.#onEnd = options.onEnd;
    this.#signal = options.signal;
    if (options.signal?.aborted) this.end();
    else options.signal?.addEventListener("abort", this.end, { once: true });
  }

  /** Gives an event to the reader. */
  push(event: Event): void {
    if (this.#ended) return;
    const reader = this.#readers.shift();
    if (reader !== undefined) {
      reader.resolve({ value: event, done: false });
      return;
    }
    if (this.#policy.kind === "latest") {
      this.#latest.set(this.#policy.keyOf(event), event);
      return;
    }
    if (this.#queue.length - this.#head >= this.#policy.capacity) {
      this.#failure = new OverflowError(
        "READER_TOO_SLOW",
        `the reader left ${this.#policy.capacity} events unread, and this stream may not lose any`,
        { details: { capacity: this.#policy.capacity } },
      );
      this.end();
      return;
    }
    this.#queue.push(event);
  }

  /** Ends the stream. What already waits can still be read. */
  readonly end = (): void => {
    if (this.#ended) return;
    this.#ended = true;
    this.#signal?.removeEventListener("abort", this.end);
    for (const reader of this.#readers.splice(0)) reader.resolve({ value: undefined, done: true });
    this.#onEnd?.();
  };

  next(): Promise<IteratorResult<Event>> {
    const waiting = this.#take();
    if (waiting !== undefined) return Promise.resolve({ value: waiting, done: false });
    if (this.#failure !== undefined) {
      const failure = this.#failure;
      // Once told, the stream is simply at its end.
      this.#failure = undefined;
      return Promise.reject(failure);
    }
    if (this.#ended) return Promise.resolve({ value: undefined, done: true });
    const reader = Promise.withResolvers<IteratorResult<Event>>();
    this.#readers.push(reader);
    return reader.promise;
  }

  return(): Promise<IteratorResult<Event>> {
    this.#queue.length = 0;
    this.#head = 0;
    this.#latest.clear();
    this.end();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #take(): Event | undefined {
    if (this.#policy.kind === "latest") {
      const first = this.#latest.entries().next();
      if (first.done) return undefined;
      this.#latest.delete(first.value[0]);
      return first.value[1];
    }
    const event = this.#queue[this.#head];
    if (event === undefined) return undefined;
    this.#head += 1;
    // Drops the read part now and then, so that a read costs no shifting of the whole queue.
    if (this.#head > 1024 && this.#head * 2 > this.#queue.length) {
      this.#queue.splice(0, this.#head);
      this.#head = 0;
    }
    return event;
  }
}
