/** Both clocks of this machine, read at one moment. */
export interface ClockReading {
  /** Wall time, ms since 1970-01-01 UTC. */
  readonly wall: number;
  readonly monotonic: number;
}

/** One answer that told the venue's time. */
export interface ClockSample {
  /** When it was asked and when the answer was here, by the monotonic clock, in ms. */
  readonly sentAt: number;
  readonly receivedAt: number;
  /** The venue's time in whole ms since 1970-01-01 UTC. */
  readonly venueTime: number;
}

/** What a venue's clock shows. */
export interface VenueTime {
  /** Ms since 1970-01-01 UTC by the venue's clock; by this machine's where the venue's is not known. */
  readonly timestamp: number;
  /** How far the venue's clock is ahead of this machine's, in ms. */
  readonly offsetMs: number;
  /** How far `timestamp` may be wrong, in ms, as long as at most one answer in three lies; infinite if not measured. */
  readonly uncertaintyMs: number;
  /** Whether the venue has told its time. */
  readonly measured: boolean;
}

/** A venue tells whole milliseconds: what it cuts off is half of one on average, and at most one. */
const HALF_TICK_MS = 0.5;
/** How fast two clocks may drift apart, as a share of the time that passes: the fastest at which time servers put clocks right. */
const DRIFT = 0.0005;
/** Wall and monotonic time that part by more than this have been parted: by a hand, by a time server, by sleep. */
const JUMP_MS = 50;

/**
 * How far a venue's clock is ahead of the monotonic clock of this machine. Takes what is measured and what the
 * clocks show, and reads none itself.
 *
 * The venue read its clock somewhere between our question and its answer: so half the round trip is how far
 * the middle can be wrong. Of the samples of one measurement the half with the shortest round trips counts,
 * and of that half the median: so neither a slow answer nor one that lies is believed.
 *
 * A change of the wall clock does not touch the monotonic one. But monotonic time may stand still while a machine
 * sleeps, and then the wall clock seems to jump forward, as it does when it is set. Of the two, that one is
 * believed by which the wall clock is nearer to the venue's, since most wall clocks are right; that it may be the other
 * is in the uncertainty until the next measurement.
 */
export class ClockOffset {
  /** Venue's time minus monotonic time, as of the latest measurement. */
  #offset: number | undefined;
  #uncertaintyMs = 0;
  #measuredAt = 0;
  /** Wall minus monotonic time when it was last looked at. */
  #gap: number;

  constructor(reading: ClockReading) {
    this.#gap = reading.wall - reading.monotonic;
  }

  /** Takes over a measurement of one sample or more. */
  measured(samples: readonly ClockSample[], reading: ClockReading): void {
    const best = samples
      .map(({ sentAt, receivedAt, venueTime }) => ({
        offset: venueTime + HALF_TICK_MS - (sentAt + receivedAt) / 2,
        halfTripMs: (receivedAt - sentAt) / 2,
      }))
      .sort((a, b) => a.halfTripMs - b.halfTripMs)
      .slice(0, (samples.length >> 1) + 1);
    const offsets = best.map(({ offset }) => offset).sort((a, b) => a - b);
    const middle = offsets.length >> 1;
    const high = offsets[middle];
    const low = offsets[(offsets.length - 1) >> 1];
    const slowest = best.at(-1);
    if (high === undefined || low === undefined || slowest === undefined) return;
    this.#offset = (low + high) / 2;
    // The median lies between two that do not lie, and each of those is within its own half trip of the truth.
    this.#uncertaintyMs = slowest.halfTripMs + HALF_TICK_MS;
    this.#measuredAt = reading.monotonic;
    this.#gap = reading.wall - reading.monotonic;
  }

  /** Looks whether wall and monotonic time have parted, and allows for it. Returns whether they have. */
  look({ wall, monotonic }: ClockReading): boolean {
    const jump = wall - monotonic - this.#gap;
    if (Math.abs(jump) < JUMP_MS) return false;
    const ahead = this.#offset === undefined ? 0 : this.#offset - this.#gap;
    this.#gap += jump;
    if (this.#offset === undefined) return true;
    if (jump > 0) {
      // Had the machine slept, the wall clock would be off by as much as before; had it been set, by that less the jump.
      const slept = Math.abs(ahead) <= Math.abs(ahead - jump);
      if (slept) this.#offset += jump;
      this.#uncertaintyMs += jump;
    }
    return true;
  }

  /** The venue's time at a moment that was looked at. */
  at({ wall, monotonic }: ClockReading): VenueTime {
    if (this.#offset === undefined) {
      return { timestamp: wall, offsetMs: 0, uncertaintyMs: Number.POSITIVE_INFINITY, measured: false };
    }
    const timestamp = monotonic + this.#offset;
    const driftMs = (monotonic - this.#measuredAt) * DRIFT;
    return {
      timestamp,
      offsetMs: timestamp - wall,
      uncertaintyMs: this.#uncertaintyMs + driftMs,
      measured: true,
    };
  }
}
