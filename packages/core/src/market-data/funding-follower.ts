import { ConnError, ProtocolError } from "../errors/index.js";
import type { Instrument } from "../instrument/index.js";
import type { Ports, Timer } from "../ports/index.js";
import { type BackoffPolicy, backoffDelay } from "../transport/index.js";
import type { FundingMessage } from "./frame-sink.js";
import type { MarketInfo } from "./market-info.js";

/** What the follower works with. */
export interface FundingFollowerOptions {
  readonly info: MarketInfo;
  /** Asks the venue for the funding of these symbols. */
  readonly fetch: (
    exchangeSymbols: readonly string[],
    signal: AbortSignal,
  ) => Promise<readonly FundingMessage[]>;
  readonly ports: Pick<Ports, "clock" | "timers" | "random">;
  /** Pace of further requests when one was in vain. */
  readonly backoff: BackoffPolicy;
}

/** Told how far the followed funding is known. */
export interface FundingFollowerOwner {
  /** The pairs of which it is known are others than before. */
  onFundingKnown(): void;
  onProblem(error: ConnError, tradingPair: string | undefined): void;
}

interface Followed {
  readonly exchangeSymbol: string;
  /** The streams that its funding needs. */
  readonly streams: readonly string[];
  /** Those of them that the venue has confirmed. */
  readonly confirmed: Set<string>;
  /** Stands for one wait for an answer, from the confirmation of the streams on; undefined while there is none. */
  wait: object | undefined;
  known: boolean;
}

/** The wait that each pair of a request had when it began. */
type Waits = ReadonlyMap<string, object>;

/**
 * Makes the funding of followed pairs known, and says of which it is: a stream may tell only a part, and only
 * what changes, so that as soon as it is confirmed an answer by REST must give the whole. A stream that was
 * interrupted has missed changes, and another answer is needed.
 */
export class FundingFollower {
  readonly #options: FundingFollowerOptions;
  readonly #owner: FundingFollowerOwner;
  readonly #followed = new Map<string, Followed>();
  readonly #pairByStream = new Map<string, string>();
  /** Waits of the pairs that the next request is for. */
  #due = new Map<string, object>();
  readonly #timers = new Set<Timer>();
  readonly #abort = new AbortController();

  constructor(options: FundingFollowerOptions, owner: FundingFollowerOwner) {
    this.#options = options;
    this.#owner = owner;
  }

  /** Followed pairs whose funding is not known. */
  get missing(): readonly string[] {
    return [...this.#followed].filter(([, { known }]) => !known).map(([tradingPair]) => tradingPair);
  }

  /** Begins to follow a pair; `streams` are names that `confirmed` and `interrupted` will tell. */
  follow({ tradingPair, exchangeSymbol }: Instrument, streams: readonly string[]): void {
    this.#followed.set(tradingPair, {
      exchangeSymbol,
      streams,
      confirmed: new Set(),
      wait: undefined,
      known: false,
    });
    for (const stream of streams) this.#pairByStream.set(stream, tradingPair);
  }

  /** Ceases to follow a pair. */
  unfollow(tradingPair: string): void {
    for (const stream of this.#followed.get(tradingPair)?.streams ?? []) this.#pairByStream.delete(stream);
    this.#followed.delete(tradingPair);
  }

  /** The venue confirmed a stream: every later change will arrive. */
  confirmed(stream: string): void {
    const tradingPair = this.#pairByStream.get(stream);
    const followed = tradingPair === undefined ? undefined : this.#followed.get(tradingPair);
    if (tradingPair === undefined || followed === undefined) return;
    followed.confirmed.add(stream);
    const isWhole = followed.confirmed.size === followed.streams.length;
    if (!isWhole || followed.known || followed.wait !== undefined) return;
    const isFirst = this.#due.size === 0;
    followed.wait = {};
    this.#due.set(tradingPair, followed.wait);
    if (!isFirst) return;
    // Not at once: many streams are confirmed together, and one request serves them all.
    this.#after(0, () => {
      const due = this.#due;
      this.#due = new Map();
      return this.#ask(due, 0);
    });
  }

  /** A stream has ended: changes are missed until it is confirmed again. */
  interrupted(stream: string): void {
    const followed = this.#followed.get(this.#pairByStream.get(stream) ?? "");
    if (followed === undefined) return;
    followed.confirmed.delete(stream);
    followed.wait = undefined;
    if (!followed.known) return;
    followed.known = false;
    this.#owner.onFundingKnown();
  }

  /** Ends all requests. */
  stop(): void {
    this.#abort.abort();
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  /** Asks for the pairs that still wait, until none does. `failures` counts the attempts that were in vain. */
  async #ask(waits: Waits, failures: number): Promise<void> {
    const { fetch, ports, backoff } = this.#options;
    const { signal } = this.#abort;
    const pairBySymbol = this.#waiting(waits);
    if (pairBySymbol.size === 0) return;
    try {
      const messages = await fetch([...pairBySymbol.keys()], signal);
      if (signal.aborted) return;
      this.#take(messages, waits);
    } catch (error) {
      if (signal.aborted) return;
      this.#owner.onProblem(toConnError(error), only(pairBySymbol.values()));
    }
    if (signal.aborted || this.#waiting(waits).size === 0) return;
    this.#after(backoffDelay(backoff, failures + 1, ports.random), () => this.#ask(waits, failures + 1));
  }

  /** The pairs whose waits have not ended, by symbol. */
  #waiting(waits: Waits): Map<string, string> {
    const pairBySymbol = new Map<string, string>();
    for (const tradingPair of waits.keys()) {
      const followed = this.#waitingFor(tradingPair, waits);
      if (followed !== undefined) pairBySymbol.set(followed.exchangeSymbol, tradingPair);
    }
    return pairBySymbol;
  }

  /** A pair whose wait has not ended: it may have been removed, or its stream interrupted, at any time. */
  #waitingFor(tradingPair: string, waits: Waits): Followed | undefined {
    const followed = this.#followed.get(tradingPair);
    return followed?.wait === waits.get(tradingPair) ? followed : undefined;
  }

  #take(messages: readonly FundingMessage[], waits: Waits): void {
    const { info, ports } = this.#options;
    const receivedTimestamp = ports.clock.now();
    const pairBySymbol = this.#waiting(waits);
    const told = new Set<string>();
    for (const message of messages) {
      const tradingPair = pairBySymbol.get(message.exchangeSymbol);
      // Whoever listens to the message before may have removed the pair.
      if (tradingPair === undefined || this.#waitingFor(tradingPair, waits) === undefined) continue;
      try {
        info.merge(tradingPair, message, receivedTimestamp);
        told.add(tradingPair);
      } catch (error) {
        this.#owner.onProblem(toConnError(error), tradingPair);
      }
    }
    let isNews = false;
    for (const tradingPair of pairBySymbol.values()) {
      const followed = this.#waitingFor(tradingPair, waits);
      if (followed === undefined) continue;
      if (!told.has(tradingPair) || info.fundingInfo(tradingPair) === undefined) {
        const error = new ProtocolError(
          "MALFORMED_ANSWER",
          `the venue's answer does not tell all of the funding of ${tradingPair}`,
        );
        this.#owner.onProblem(error, tradingPair);
        continue;
      }
      followed.wait = undefined;
      followed.known = true;
      isNews = true;
    }
    if (isNews) this.#owner.onFundingKnown();
  }

  #after(delayMs: number, work: () => Promise<void>): void {
    const timer = this.#options.ports.timers.set(delayMs, () => {
      this.#timers.delete(timer);
      void work();
    });
    this.#timers.add(timer);
  }
}

function toConnError(error: unknown): ConnError {
  return error instanceof ConnError
    ? error
    : new ProtocolError("MALFORMED_ANSWER", "the venue's answer cannot be used", { cause: error });
}

/** The one element there is; undefined if there are more. */
function only(pairs: Iterable<string>): string | undefined {
  const [first, second] = pairs;
  return second === undefined ? first : undefined;
}
