import type { Clock, Timer, Timers } from "@conn/core";

/** A timer that is set and has not run. */
export interface PendingTimer {
  readonly owner: string;
  /** Virtual ms until it runs. */
  readonly dueInMs: number;
  /** The line of code that set it. */
  readonly setBy: string;
}

/** How the clocks of one owner differ from the world's. */
interface OwnClocks {
  wallJumpMs: number;
  /** What the monotonic clock has missed. */
  sleptMs: number;
}

interface Entry {
  readonly owner: string;
  dueAt: number;
  readonly callback: () => void;
  /** Formats its stack only when it is read, which is hardly ever. */
  readonly origin: { readonly stack?: string };
}

/** A clock and timers that stand still until they are told to go on. */
export class VirtualTime {
  readonly clock: Clock;
  readonly #startAt: number;
  /** Soonest first; of equal times in the order they were set. */
  readonly #timers: Entry[] = [];
  readonly #own = new Map<string, OwnClocks>();
  #elapsedMs = 0;

  /** @param startAt Wall time of the beginning, ms since 1970-01-01 UTC. */
  constructor(startAt: number) {
    this.#startAt = startAt;
    this.clock = { now: () => this.#startAt + this.#elapsedMs, monotonic: () => this.#elapsedMs };
  }

  /** Virtual ms since the beginning. */
  get elapsedMs(): number {
    return this.#elapsedMs;
  }

  /** When the next timer is due, in virtual ms since the beginning. */
  get nextDueAt(): number | undefined {
    return this.#timers[0]?.dueAt;
  }

  /** The clocks of one owner's machine. */
  clockOf(owner: string): Clock {
    const own = this.#clocksOf(owner);
    return {
      now: () => this.clock.now() + own.wallJumpMs,
      monotonic: () => this.#elapsedMs - own.sleptMs,
    };
  }

  /** Sets an owner's wall clock, and nothing else, forward or back. */
  jumpWall(owner: string, ms: number): void {
    this.#clocksOf(owner).wallJumpMs += ms;
  }

  /** An owner's machine sleeps, from now on and for `ms`: its monotonic clock misses that, and its timers wait. */
  sleep(owner: string, ms: number): void {
    this.#clocksOf(owner).sleptMs += ms;
    for (const entry of this.#timers) if (entry.owner === owner) entry.dueAt += ms;
    this.#timers.sort((a, b) => a.dueAt - b.dueAt);
  }

  #clocksOf(owner: string): OwnClocks {
    let own = this.#own.get(owner);
    if (own === undefined) {
      own = { wallJumpMs: 0, sleptMs: 0 };
      this.#own.set(owner, own);
    }
    return own;
  }

  /** Timers whose pending ones are counted under `owner`. */
  timersOf(owner: string): Timers {
    return {
      set: (delayMs, callback) => this.#set(owner, delayMs, callback),
    };
  }

  /** Pending timers, of one owner or of all, soonest first. */
  pending(owner?: string): readonly PendingTimer[] {
    return this.#timers
      .filter((entry) => owner === undefined || entry.owner === owner)
      .map((entry) => ({
        owner: entry.owner,
        dueInMs: entry.dueAt - this.#elapsedMs,
        setBy: callerIn(entry.origin.stack ?? ""),
      }));
  }

  /** Lets time pass up to the next timer and runs it. Does nothing if there is none. */
  runNext(): void {
    const entry = this.#timers.shift();
    if (entry === undefined) return;
    this.#elapsedMs = entry.dueAt;
    entry.callback();
  }

  /** Lets time pass without running anything. @throws {TypeError} if a timer is due before. */
  passTo(elapsedMs: number): void {
    const next = this.nextDueAt;
    if (next !== undefined && next < elapsedMs) throw new TypeError("a timer is due before that");
    this.#elapsedMs = Math.max(this.#elapsedMs, elapsedMs);
  }

  #set(owner: string, delayMs: number, callback: () => void): Timer {
    if (!(delayMs >= 0)) throw new TypeError(`a delay must be a non-negative number, not ${delayMs}`);
    const origin: { stack?: string } = {};
    Error.captureStackTrace(origin, this.#set);
    // Whole milliseconds and at least one, as the machine's timers do.
    const dueAt = this.#elapsedMs + Math.max(1, Math.ceil(delayMs));
    const entry: Entry = { owner, dueAt, callback, origin };
    let index = this.#timers.length;
    while (index > 0 && this.#timers[index - 1]!.dueAt > dueAt) index -= 1;
    this.#timers.splice(index, 0, entry);
    return {
      cancel: () => {
        const at = this.#timers.indexOf(entry);
        if (at >= 0) this.#timers.splice(at, 1);
      },
    };
  }
}

/** The place in a stack that called `Timers.set`, leaving out the wrapper of it here. */
function callerIn(stack: string): string {
  const frames = stack.split("\n").filter((line) => line.trimStart().startsWith("at "));
  return (frames[1] ?? frames[0] ?? "unknown").trim();
}
