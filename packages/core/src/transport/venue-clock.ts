import { LifecycleError } from "../errors/index.js";
import type { Ports, Timer } from "../ports/index.js";
import { type BackoffPolicy, backoffDelay } from "./backoff.js";
import { ClockOffset, type ClockReading, type ClockSample, type VenueTime } from "./clock-offset.js";
import type { RestCall } from "./rest-call.js";
import type { RestClient } from "./rest-client.js";

/**
 * How a venue's time can be known.
 * - `serverTime`: it answers a call with its time, in ms since 1970-01-01 UTC.
 * - `none`: it tells no time, and bears with a clock that is wrong by some seconds.
 * - `nonce`: it wants numbers that rise, and no time.
 */
export type VenueClockSource =
  | { readonly mode: "serverTime"; readonly call: RestCall<number> }
  | { readonly mode: "none" }
  | { readonly mode: "nonce" };

/** What a venue's clock works with. */
export interface VenueClockOptions {
  readonly source: VenueClockSource;
  readonly rest: Pick<RestClient, "timed">;
  readonly ports: Pick<Ports, "clock" | "timers" | "random">;
  /** Time between two measurements, in ms. @default 600000 */
  readonly measureEveryMs?: number;
}

/** So many that one lie and one slow answer do not matter. */
const SAMPLES = 5;
const MEASURE_EVERY_MS = 600_000;
/** Share of the time between measurements that is random, so that many programs do not ask at once. */
const JITTER = 0.2;
/** How often the machine's own clocks are held against each other while nobody asks. */
const LOOK_EVERY_MS = 10_000;
const RETRY: BackoffPolicy = { initialMs: 1_000, factor: 2, maxMs: 60_000, jitter: 0.5 };
/** Readings of the two clocks that took longer than this are taken again: something came between. */
const READING_MS = 5;

/** Knows a venue's time: asks for it at the start, now and then, when the machine's clocks jump, and on demand. */
export class VenueClock {
  readonly #options: VenueClockOptions;
  readonly #offset: ClockOffset;
  #abort: AbortController | undefined;
  #timer: Timer | undefined;
  #measuring: Promise<void> | undefined;
  /** How often wall and monotonic time have parted. */
  #jumps = 0;
  #failures = 0;
  /** Monotonic ms of the next measurement. */
  #dueAt = 0;

  constructor(options: VenueClockOptions) {
    this.#options = options;
    this.#offset = new ClockOffset(this.#read());
  }

  /** Begins to measure, where the venue tells its time. */
  start(): void {
    if (this.#abort !== undefined || this.#options.source.mode !== "serverTime") return;
    this.#abort = new AbortController();
    this.#dueAt = 0;
    this.#tend();
  }

  /** Ends all that is under way. */
  stop(): void {
    this.#abort?.abort();
    this.#abort = undefined;
    this.#measuring = undefined;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** What the venue's clock shows now. */
  venueTime(): VenueTime {
    const jumps = this.#jumps;
    const reading = this.#look();
    if (jumps !== this.#jumps) this.#tend();
    return this.#offset.at(reading);
  }

  /**
   * Measures anew: the venue says that our time is wrong. Does nothing where it tells no time.
   *
   * @throws {LifecycleError} NOT_STARTED, or ABORTED by `stop`.
   * @throws {NetworkError | VenueError | RateLimitError | ProtocolError} if the venue does not tell.
   */
  async resync(): Promise<void> {
    if (this.#options.source.mode !== "serverTime") return;
    if (this.#abort === undefined)
      throw new LifecycleError("NOT_STARTED", "the venue's clock is not being measured");
    // A call waits for it: an order, or a cancel.
    await this.#measure({ ...this.#options.source.call, lane: "cancel" }, this.#abort.signal);
  }

  /** Measures if it is time to, and sets the timer. */
  #tend(): void {
    const { source, ports } = this.#options;
    const signal = this.#abort?.signal;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (source.mode !== "serverTime" || signal === undefined) return;
    const waitMs = this.#dueAt - ports.clock.monotonic();
    if (waitMs > 0) {
      this.#timer = ports.timers.set(Math.min(waitMs, LOOK_EVERY_MS), () => {
        this.#look();
        this.#tend();
      });
      return;
    }
    // A failure is in the uncertainty, which grows until it succeeds.
    this.#measure(source.call, signal).catch(() => undefined);
  }

  #measure(call: RestCall<number>, signal: AbortSignal): Promise<void> {
    if (this.#measuring !== undefined) return this.#measuring;
    const measuring = this.#sample(call, signal).finally(() => {
      // Stopped meanwhile, another may have begun.
      if (this.#measuring !== measuring) return;
      this.#measuring = undefined;
      this.#tend();
    });
    this.#measuring = measuring;
    return measuring;
  }

  async #sample(call: RestCall<number>, signal: AbortSignal): Promise<void> {
    const { rest, ports, measureEveryMs = MEASURE_EVERY_MS } = this.#options;
    try {
      for (;;) {
        this.#look();
        const jumps = this.#jumps;
        const samples: ClockSample[] = [];
        // An answer that was asked for before the machine slept tells a time that is long past.
        while (samples.length < SAMPLES && jumps === this.#jumps) {
          const { answer, ...times } = await rest.timed({ lane: "marketData", ...call }, signal);
          samples.push({ ...times, venueTime: answer });
          this.#look();
        }
        if (jumps !== this.#jumps) continue;
        this.#offset.measured(samples, this.#read());
        this.#failures = 0;
        this.#dueAt = ports.clock.monotonic() + measureEveryMs * (1 - JITTER * ports.random.next());
        return;
      }
    } catch (error) {
      this.#failures += 1;
      this.#dueAt = ports.clock.monotonic() + backoffDelay(RETRY, this.#failures, ports.random);
      throw error;
    }
  }

  #look(): ClockReading {
    const reading = this.#read();
    if (this.#offset.look(reading)) {
      this.#jumps += 1;
      this.#dueAt = 0;
    }
    return reading;
  }

  #read(): ClockReading {
    const { clock } = this.#options.ports;
    let reading: ClockReading;
    let tries = 0;
    let tookMs: number;
    do {
      const before = clock.monotonic();
      const wall = clock.now();
      const after = clock.monotonic();
      tookMs = after - before;
      tries += 1;
      reading = { wall, monotonic: (before + after) / 2 };
    } while (tookMs > READING_MS && tries < 3);
    return reading;
  }
}
