import { monitorEventLoopDelay } from "node:perf_hooks";
import {
  type Connector,
  createDefaultPorts,
  createHost,
  type OrderBook,
  type SocketPolicy,
} from "@conn/core";
import { createSeededRandom } from "@conn/simulator";
import type { SoakOutcome, SoakSample } from "./judge-soak.ts";
import type { SoakVenueHost } from "./remote-venue-host.ts";
import { activeResources, countResources, settledResources } from "./resources.ts";
import { readSlowly } from "./slow-reader.ts";
import { pause, venueFaults } from "./venue-faults.ts";
import type { SideText, SoakSetup } from "./venues.ts";

/** How to run a soak. */
export interface SoakOptions {
  readonly setups: readonly SoakSetup[];
  readonly host: SoakVenueHost;
  readonly seed: number;
  /** How long faults happen. */
  readonly durationMs: number;
  /** Time between two samples of the heap, in ms. */
  readonly sampleEveryMs: number;
  /** Average time between two faults at one venue, in ms. */
  readonly faultEveryMs: number;
  /** Longest time that a fault lasts, in ms. */
  readonly longestFaultMs: number;
  /** A connection is asked for a sign of life when it was idle for so long, in ms. */
  readonly idleMs: number;
  /** Within which every book must be live after the last fault, in ms. */
  readonly liveWithinMs: number;
  /** Used memory in bytes, after a collection of garbage. */
  readonly usedBytes: () => number;
  readonly onSample?: (
    sample: SoakSample,
    soFar: { readonly changes: number; readonly faults: number },
  ) => void;
  /** Ends it early. */
  readonly signal: AbortSignal;
}

const AUDIT_INTERVAL_MS = 60_000;
const INSTRUMENTS_REFRESH_MS = 60_000;
const REST_TIMEOUT_MS = 5_000;

/**
 * Runs connectors against their venues over real sockets on loopback, while faults drawn from the seed happen, and
 * holds every live book against the venue's own after each change.
 */
export function runSoak(options: SoakOptions): Promise<SoakOutcome> {
  return new SoakRun(options).outcome();
}

class SoakRun {
  readonly #options: SoakOptions;
  readonly #connectors: Connector[] = [];
  readonly #samples: SoakSample[] = [];
  readonly #faults: Record<string, number> = {};
  readonly #problems: Record<string, number> = {};
  readonly #uncaught: string[] = [];
  /** When each book that is not live lost trust, by connector and pair. */
  readonly #lostAt = new Map<string, number>();
  #changes = 0;
  #losses = 0;
  #longestLossMs = 0;
  #overflows = 0;

  constructor(options: SoakOptions) {
    this.#options = options;
  }

  async outcome(): Promise<SoakOutcome> {
    const { signal, durationMs, setups, host } = this.#options;
    const onUncaught = (error: unknown): void => {
      this.#uncaught.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    };
    process.on("unhandledRejection", onUncaught).on("uncaughtException", onUncaught);
    let delay: ReturnType<typeof monitorEventLoopDelay> | undefined;
    try {
      const urls = await Promise.all(setups.map(({ plugin }) => host.start(plugin.name, this.#options.seed)));
      const resourcesBefore = await activeResources();
      for (const [index, setup] of setups.entries()) await this.#start(setup, urls[index] ?? {});
      delay = monitorEventLoopDelay({ resolution: 10 });
      delay.enable();
      const startedAt = performance.now();
      await this.#misbehave(startedAt);
      const elapsedMs = performance.now() - startedAt;
      const liveAfterFaultsMs = await this.#liveAgain();
      delay.disable();
      const books = this.#connectors.reduce((sum, { orderBooks }) => sum + orderBooks.size, 0);
      await this.#stop();
      return {
        minutes: elapsedMs / 60_000,
        cutShort: signal.aborted && elapsedMs < durationMs,
        samples: this.#samples,
        faults: this.#faults,
        overflows: this.#overflows,
        problems: this.#problems,
        books,
        changes: this.#changes,
        comparisons: await host.comparisons(),
        losses: this.#losses,
        longestLossMs: this.#longestLossMs,
        liveAfterFaultsMs,
        eventLoopDelayMs: {
          p50: delay.percentile(50) / 1e6,
          p99: delay.percentile(99) / 1e6,
          max: delay.max / 1e6,
        },
        resourcesBefore,
        resourcesAfter: await settledResources(resourcesBefore),
        uncaught: this.#uncaught,
      };
    } finally {
      delay?.disable();
      await this.#stop();
      await host.close();
      process.off("unhandledRejection", onUncaught).off("uncaughtException", onUncaught);
    }
  }

  async #start({ plugin, tradingPairs }: SoakSetup, urls: Readonly<Record<string, string>>): Promise<void> {
    const connector: Connector = createHost(createDefaultPorts()).create(plugin, {
      environment: "sim",
      urls,
      tradingPairs,
      channels: ["orderBook", "trades", ...(plugin.supports.fundingInfo ? (["funding"] as const) : [])],
      socket: socketPolicy(this.#options.idleMs),
      auditIntervalMs: AUDIT_INTERVAL_MS,
      instrumentsRefreshMs: INSTRUMENTS_REFRESH_MS,
      restTimeoutMs: REST_TIMEOUT_MS,
    });
    this.#connectors.push(connector);
    connector.on("problem", ({ error }) => {
      this.#problems[error.code] = (this.#problems[error.code] ?? 0) + 1;
    });
    connector.on("orderBook", ({ book }) => {
      this.#changes += 1;
      this.#compare(connector, book);
    });
    connector.on("orderBookState", ({ book, state, tradingPair }) => {
      this.#noteState(`${connector.name} ${tradingPair}`, state === "live");
      this.#compare(connector, book);
    });
    await connector.start();
    await connector.whenReady({ signal: AbortSignal.timeout(this.#options.liveWithinMs) });
  }

  /** Lets faults happen and takes samples until the time is over. */
  async #misbehave(startedAt: number): Promise<void> {
    const { signal, durationMs, sampleEveryMs, host } = this.#options;
    const over = AbortSignal.any([signal, AbortSignal.timeout(durationMs)]);
    const faulty = Promise.all(this.#connectors.map((connector) => this.#letFail(connector, over)));
    // Awaited at the end; until then nobody should take its failure for one that nobody handles.
    faulty.catch(() => undefined);
    while (!over.aborted) {
      this.#sample(startedAt);
      await pause(sampleEveryMs, over);
    }
    await host.endFaults();
    await faulty;
  }

  /** Everything that goes wrong for one connector, one thing after the other. */
  async #letFail(connector: Connector, over: AbortSignal): Promise<void> {
    const { seed, faultEveryMs, longestFaultMs, host } = this.#options;
    const random = createSeededRandom(seed, connector.name);
    const names = [...Object.keys(venueFaults), "slowReader"];
    const symbols = [...connector.orderBooks.keys()].map((pair) => symbolOf(connector, pair));
    for (;;) {
      await pause(faultEveryMs * 2 * random.next(), over);
      if (over.aborted) return;
      const name = names[Math.floor(random.next() * names.length)] ?? "";
      const symbol = symbols[Math.floor(random.next() * symbols.length)] ?? "";
      // Short ones as likely as long ones.
      const durationMs = Math.ceil((longestFaultMs / 50) * 50 ** random.next());
      const chance = random.next();
      this.#faults[name] = (this.#faults[name] ?? 0) + 1;
      if (name !== "slowReader") await host.fault(connector.name, name, { durationMs, symbol, chance });
      else if (await readSlowly(connector, durationMs, over)) this.#overflows += 1;
    }
  }

  /** Time from the end of all faults until every book was live and stayed so. */
  async #liveAgain(): Promise<number | undefined> {
    const { liveWithinMs, idleMs } = this.#options;
    const endedAt = performance.now();
    const bound = AbortSignal.timeout(liveWithinMs);
    try {
      for (;;) {
        await Promise.all(this.#connectors.map((connector) => connector.whenReady({ signal: bound })));
        const readyAt = performance.now();
        const losses = this.#losses;
        // What went wrong last may only show now: a lost frame with the next one, a dead connection by its silence.
        await pause(idleMs * 4, bound);
        if (losses === this.#losses && this.#connectors.every(({ ready }) => ready)) return readyAt - endedAt;
      }
    } catch {
      return undefined;
    }
  }

  async #stop(): Promise<void> {
    await Promise.all(this.#connectors.splice(0).map((connector) => connector.stop()));
  }

  #compare(connector: Connector, book: OrderBook): void {
    const { state, lastUpdateId } = book.integrity;
    if (state !== "live" || lastUpdateId === undefined) return;
    const claimed = {
      connector: connector.name,
      exchangeSymbol: symbolOf(connector, book.tradingPair),
      updateId: lastUpdateId,
      bids: textOf(book.bids()),
      asks: textOf(book.asks()),
    };
    this.#options.host.compare(claimed).catch((error: unknown) => this.#uncaught.push(String(error)));
  }

  #noteState(name: string, isLive: boolean): void {
    const lostAt = this.#lostAt.get(name);
    if (isLive) {
      this.#lostAt.delete(name);
      if (lostAt !== undefined)
        this.#longestLossMs = Math.max(this.#longestLossMs, performance.now() - lostAt);
    } else if (lostAt === undefined) {
      this.#losses += 1;
      this.#lostAt.set(name, performance.now());
    }
  }

  #sample(startedAt: number): void {
    const sample: SoakSample = {
      minute: (performance.now() - startedAt) / 60_000,
      heapBytes: this.#options.usedBytes(),
      resources: countResources(),
    };
    this.#samples.push(sample);
    const happened = Object.values(this.#faults).reduce((sum, count) => sum + count, 0);
    this.#options.onSample?.(sample, { changes: this.#changes, faults: happened });
  }
}

function symbolOf(connector: Connector, tradingPair: string): string {
  return connector.instruments.get(tradingPair)?.exchangeSymbol ?? "";
}

function textOf(levels: ReturnType<OrderBook["bids"]>): SideText {
  return levels.map(({ price, amount }) => [price.toFixed(), amount.toFixed()]);
}

/** Less patient than usual, so that more happens in the time. */
function socketPolicy(idleMs: number): Partial<SocketPolicy> {
  return {
    backoff: { initialMs: idleMs / 5, factor: 2, maxMs: idleMs * 5, jitter: 0.5 },
    pingAfterIdleMs: idleMs,
    silentAfterMs: idleMs,
    deadAfterMs: idleMs * 2.5,
  };
}
