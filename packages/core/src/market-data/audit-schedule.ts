import { ConnError, ProtocolError } from "../errors/index.js";
import type { Instrument } from "../instrument/index.js";
import type { Ports, Timer } from "../ports/index.js";
import type { RestClient } from "../transport/index.js";
import type { OrderBookDataSource } from "./order-book-data-source.js";

/** What audits are made on. */
interface AuditedFeed {
  readonly auditor: {
    begin(instrument: Instrument, onEnd: () => void): boolean;
    cancel(tradingPair: string): void;
  };
  auditSnapshot(instrument: Instrument, body: Uint8Array, receivedTimestamp: number): void;
}

/** What a schedule of audits works with. */
export interface AuditScheduleOptions {
  /** Time within which each book is audited once, in ms. */
  readonly intervalMs: number;
  /** An audit that takes longer than this from its request on is given up, in ms. */
  readonly timeoutMs: number;
  readonly source: Pick<OrderBookDataSource, "snapshotRequest">;
  readonly rest: Pick<RestClient, "call">;
  readonly ports: Pick<Ports, "clock" | "timers" | "random">;
  /** Told of requests that failed. */
  readonly onProblem: (error: ConnError, tradingPair: string) => void;
}

/** Diffs are gathered for this long before the snapshot is asked for: a venue may serve one that is a little old. */
const LEAD_MS = 1_000;

interface Running {
  readonly tradingPair: string;
  readonly abort: AbortController;
  timer: Timer;
}

/**
 * Has every book audited once in an interval, one at a time and evenly spread. An audit that comes to nothing is not
 * repeated before its next turn.
 */
export class AuditSchedule {
  readonly #options: AuditScheduleOptions;
  readonly #feed: AuditedFeed;
  /** By trading pair, the one whose audit is longest ago first. */
  readonly #instruments = new Map<string, Instrument>();
  #next: { readonly dueAt: number; readonly timer: Timer } | undefined;
  #running: Running | undefined;

  constructor(options: AuditScheduleOptions, feed: AuditedFeed) {
    this.#options = options;
    this.#feed = feed;
  }

  /** Audits the book of an instrument from now on, or goes on with its changed terms. */
  add(instrument: Instrument): void {
    this.#instruments.set(instrument.tradingPair, instrument);
    this.#plan();
  }

  /** Ceases to audit a book. */
  remove(tradingPair: string): void {
    this.#instruments.delete(tradingPair);
    if (this.#running?.tradingPair === tradingPair) this.#feed.auditor.cancel(tradingPair);
    if (this.#instruments.size > 0) return;
    this.#next?.timer.cancel();
    this.#next = undefined;
  }

  /** Ends everything. */
  stop(): void {
    for (const tradingPair of [...this.#instruments.keys()]) this.remove(tradingPair);
  }

  #plan(): void {
    const { intervalMs, ports } = this.#options;
    if (this.#running !== undefined || this.#instruments.size === 0) return;
    const delayMs = (intervalMs / this.#instruments.size) * (0.5 + ports.random.next());
    const dueAt = ports.clock.monotonic() + delayMs;
    if (this.#next !== undefined && this.#next.dueAt <= dueAt) return;
    this.#next?.timer.cancel();
    this.#next = { dueAt, timer: ports.timers.set(delayMs, () => this.#begin()) };
  }

  #begin(): void {
    this.#next = undefined;
    for (const [tradingPair, instrument] of this.#instruments) {
      if (!this.#feed.auditor.begin(instrument, () => this.#onEnd())) continue;
      this.#instruments.delete(tradingPair);
      this.#instruments.set(tradingPair, instrument);
      const timer = this.#options.ports.timers.set(LEAD_MS, () => void this.#fetch(running, instrument));
      const running: Running = { tradingPair, abort: new AbortController(), timer };
      this.#running = running;
      return;
    }
    this.#plan();
  }

  async #fetch(running: Running, instrument: Instrument): Promise<void> {
    const { rest, source, ports, timeoutMs, onProblem } = this.#options;
    const { tradingPair, abort } = running;
    const giveUp = (): void => this.#feed.auditor.cancel(tradingPair);
    running.timer = ports.timers.set(timeoutMs, giveUp);
    try {
      if (source.snapshotRequest === undefined)
        throw new TypeError("a source of REST snapshots must have snapshotRequest");
      await rest.call(
        {
          ...source.snapshotRequest(instrument),
          lane: "marketData",
          parse: (body) => {
            if (!abort.signal.aborted) this.#feed.auditSnapshot(instrument, body, ports.clock.now());
          },
        },
        abort.signal,
      );
    } catch (error) {
      if (abort.signal.aborted) return;
      giveUp();
      onProblem(
        error instanceof ConnError
          ? error
          : new ProtocolError("MALFORMED_ANSWER", "a snapshot cannot be used", { cause: error }),
        tradingPair,
      );
    }
  }

  #onEnd(): void {
    this.#running?.timer.cancel();
    this.#running?.abort.abort();
    this.#running = undefined;
    this.#plan();
  }
}
