import { createHost, type ExchangeDefinition, type Instrument, type SessionSink } from "@conn/core";
import { createSeededRandom } from "@conn/simulator";
import { readInstruments } from "../run/read-instruments.js";
import { defineVenue } from "../run/stage.js";
import type { ConformanceVenue } from "../venue/conformance-venue.js";
import { Counts } from "./coverage.js";
import { below, type FaultKind, type FaultTargets, pick } from "./fault-kind.js";
import { FAULT_KINDS } from "./faults.js";
import { GreedyNeighbor } from "./greedy-neighbor.js";
import { LeftBehind, MOST_BEHIND_MS } from "./left-behind.js";
import { drawLives } from "./short-lives.js";
import { SimulatedBot } from "./simulated-bot.js";
import type { SimulatedComputer } from "./simulated-computer.js";
import { SimulatedListings } from "./simulated-listings.js";
import { SimulatedWorld } from "./simulated-world.js";
import type { SimulationSetup } from "./simulation-setup.js";
import { Timeline } from "./timeline.js";
import { WeightLedger } from "./weight-ledger.js";

/** How to run one seed. */
export interface SimulateSeedOptions {
  readonly seed: number;
  /** How many things must happen at least: timers, frames, requests, answers, faults. @default 20000 */
  readonly events?: number;
  /** Faults that do not happen, by their number; the others stay exactly as they are. */
  readonly without?: ReadonlySet<number>;
  /** Takes the session of the host under test, as of `createHost`. */
  readonly recordTo?: SessionSink;
}

/** What a seed came to. */
export interface SeedReport {
  readonly seed: number;
  readonly events: number;
  readonly simulatedMs: number;
  /** How often each kind of fault happened. */
  readonly faults: Readonly<Record<string, number>>;
  /** How often each change of state was seen. */
  readonly transitions: Readonly<Record<string, number>>;
  /** Sums up all that was noted: equal for equal runs. */
  readonly digest: string;
  readonly violation: Violation | undefined;
}

/** An invariant that did not hold. */
export interface Violation {
  readonly what: string;
  readonly atMs: number;
  /** Numbers of the faults that had happened. */
  readonly faults: readonly number[];
  /** What happened last. */
  readonly timeline: readonly string[];
}

const DEFAULT_EVENTS = 20_000;
/** Part of the events in which faults happen; the rest shows that all is well again. */
const FAULTY_PART = 0.8;
/** Virtual ms after the last fault within which every book must be live again. */
const LIVE_AGAIN_WITHIN_MS = 300_000;
/** Faults that wait for something to strike; one more, and the oldest is forgotten. */
const MOST_PENDING_FAULTS = 20;
const TIMELINE_LINES = 80;
const CHECK_EVERY = 64;

/**
 * Runs a connector against its venue on virtual time, with everything that goes wrong drawn from the
 * seed, and holds what must always be true against what is. The same seed gives the same run.
 */
export async function simulateSeed(
  setup: SimulationSetup,
  options: SimulateSeedOptions,
): Promise<SeedReport> {
  const run = new SeedRun(setup, options);
  return run.report();
}

class SeedRun {
  readonly #setup: SimulationSetup;
  readonly #options: SimulateSeedOptions;
  readonly #world: SimulatedWorld;
  readonly #bot: SimulatedComputer;
  readonly #venueComputer: SimulatedComputer;
  readonly #timeline: Timeline;
  readonly #faults = new Counts();
  readonly #transitions = new Counts();
  readonly #happened: number[] = [];
  readonly #orderedRefusals: { readonly hits: number }[] = [];
  readonly #bots: SimulatedBot[] = [];
  #ledger: WeightLedger | undefined;
  #violation: Violation | undefined;

  constructor(setup: SimulationSetup, options: SimulateSeedOptions) {
    this.#setup = setup;
    this.#options = options;
    const { seed } = options;
    this.#world = new SimulatedWorld(seed);
    const random = createSeededRandom(seed, "world");
    this.#bot = this.#world.addComputer("bot", { restsInSleep: random.next() < 0.5 });
    this.#venueComputer = this.#world.addComputer("venue");
    this.#timeline = new Timeline(TIMELINE_LINES, () => this.#world.elapsedMs);
  }

  async report(): Promise<SeedReport> {
    const world = this.#world;
    try {
      await this.#run();
    } catch (error) {
      this.#violate(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
    return {
      seed: this.#options.seed,
      events: world.events,
      simulatedMs: Math.round(world.elapsedMs),
      faults: this.#faults.toRecord(),
      transitions: this.#transitions.toRecord(),
      digest: this.#timeline.digest,
      violation: this.#violation,
    };
  }

  async #run(): Promise<void> {
    const { simulator, connectorOptions = {} } = this.#setup;
    const { seed, events = DEFAULT_EVENTS, recordTo } = this.#options;
    const world = this.#world;
    const random = createSeededRandom(seed, "scenario");
    // Some markets are wild and some are nearly still: the same number of events is minutes or days.
    const eventsPerSecond = pick([0.02, 0.5, 5, 20, 50], random);
    const { plugin, limits, says } = drawLives(
      this.#setup,
      createSeededRandom(seed, "lives"),
      eventsPerSecond,
    );
    this.#timeline.add(says);
    const venue = await this.#complete(
      simulator.start({
        ports: world.portsOf(this.#venueComputer),
        seed,
        levels: 24,
        eventsPerSecond,
        catchUpMs: 5_000,
        limits,
      }),
    );
    const trading = venue.listings().flatMap(({ symbol, trading }) => (trading ? [symbol] : []));
    const symbols = trading.slice(0, 1 + below(random, 4));
    const host = createHost(world.portsOf(this.#bot), recordTo && { recordTo });
    const definition = defineVenue(this.#setup);
    for (const { symbol } of venue.listings()) if (!symbols.includes(symbol)) venue.freeze(symbol);
    const instruments = await this.#instruments(venue, definition, symbols);
    const pairs = instruments.map(({ tradingPair }) => tradingPair);
    const listings = new SimulatedListings(world, venue, symbols, (symbol) =>
      this.#bots.every((bot) => !bot.believes(symbol)),
    );
    const [instrument] = instruments;
    if (instrument === undefined) throw new TypeError("the venue lists nothing that trades");
    const computer = world.addComputer("neighbor");
    const neighbor = new GreedyNeighbor({ world, computer, venue, definition, instrument });
    this.#ledger = new WeightLedger(world.network, this.#bot, venue, definition, neighbor);
    const { trades } = definition.orderBooks;
    const botCount = random.next() < 0.3 ? 2 : 1;
    for (let index = 0; index < botCount; index += 1) {
      const name = `bot ${index + 1}`;
      const connector = host.create(plugin, {
        environment: "sim",
        urls: venue.urls,
        tradingPairs: pairs.slice(0, 1 + below(random, pairs.length)),
        auditIntervalMs: pick([0, 20_000, 600_000], random),
        instrumentsRefreshMs: pick([0, 60_000, 900_000], random),
        ...connectorOptions,
      });
      this.#bots.push(
        new SimulatedBot({
          name,
          connector,
          world,
          listings,
          random: createSeededRandom(seed, name),
          transitions: this.#transitions,
          tradeIdsAreContiguous: trades.ids === "contiguous",
          note: (what) => this.#timeline.add(what),
          violate: (what) => this.#violate(what),
        }),
      );
    }
    for (const bot of this.#bots) bot.start();

    const targets: FaultTargets = {
      world,
      venue,
      bot: this.#bot,
      venueComputer: this.#venueComputer,
      get symbols() {
        return listings.symbols;
      },
      listings,
      neighbor,
      expectRefusals: (fault) => this.#orderedRefusals.push(fault),
    };
    const kinds = this.#kindsOf(seed);
    // Bursts and long peaceful stretches alike.
    const meanGapMs = pick([500, 5_000, 60_000, 600_000], random) * (eventsPerSecond < 1 ? 10 : 1);
    let isFaulty = true;
    let number = 0;
    const planNext = (): void => {
      const gapMs = -Math.log(1 - random.next()) * meanGapMs;
      world.after(gapMs, () => {
        if (!isFaulty) return;
        // Who sleeps can be harmed no further.
        this.#bot.whenAwake(() => {
          if (!isFaulty) return;
          this.#happen(number, kinds, targets);
          number += 1;
          planNext();
        });
      });
    };
    planNext();
    // A bot that sleeps through the rest has shown nothing.
    await this.#go(() => world.events >= events * FAULTY_PART && !this.#bot.isAsleep);
    isFaulty = false;

    this.#heal(targets);
    const healedAt = world.elapsedMs;
    let settled = 0;
    await this.#go(() => {
      const lacks = this.#bots.map((bot) => bot.lacks()).find((lack) => lack !== undefined);
      const pending = this.#bots.flatMap((bot) => bot.pending);
      settled = lacks === undefined && pending.length === 0 ? settled + 1 : 0;
      // Live for a while, not for a moment.
      if (settled > 50) return true;
      // A book joins only with a change: where the market stands still there is nothing to join.
      const patienceMs = LIVE_AGAIN_WITHIN_MS + (eventsPerSecond < 1 ? 5 * (1_000 / eventsPerSecond) : 0);
      if (world.elapsedMs - healedAt > patienceMs) {
        this.#violate(`${Math.round(patienceMs)} ms after the last fault: ${lacks ?? pending.join(", ")}`);
      }
      return false;
    });
    for (const bot of this.#bots) bot.compareAll();
    const mark = new LeftBehind(listings);
    const markedAt = world.elapsedMs;
    await this.#go(() => world.elapsedMs - markedAt >= MOST_BEHIND_MS);
    for (const { connector } of this.#bots) {
      const behind = mark.find(connector);
      if (behind !== undefined) this.#violate(behind);
    }
    await this.#go(() => world.events >= events);
    if (this.#violation !== undefined) return;

    for (const bot of this.#bots) {
      bot.compareAll();
      await this.#complete(bot.stop());
    }
    this.#expectNothingOpen();
    await this.#complete(venue.close());
  }

  async #instruments(
    venue: ConformanceVenue,
    definition: ExchangeDefinition,
    symbols: readonly string[],
  ): Promise<Instrument[]> {
    const { http } = this.#world.portsOf(this.#bot);
    const listed = await readInstruments(http, venue, definition, (answer) => this.#complete(answer));
    return symbols.flatMap((symbol) => listed.filter(({ exchangeSymbol }) => exchangeSymbol === symbol));
  }

  /** The kinds of faults that this seed draws from: not all, so that those drawn can do their worst. */
  #kindsOf(seed: number): readonly FaultKind[] {
    const random = createSeededRandom(seed, "kinds");
    const share = pick([0.15, 0.4, 1], random);
    const chosen = FAULT_KINDS.filter(() => random.next() < share);
    return chosen.length > 0 ? chosen : [pick(FAULT_KINDS, random)];
  }

  #happen(number: number, kinds: readonly FaultKind[], targets: FaultTargets): void {
    // Numbers of its own, so that leaving out one fault does not change the others.
    const random = createSeededRandom(this.#options.seed, `fault ${number}`);
    const isFault = random.next() < 0.75;
    const weights = kinds.reduce((sum, { weight }) => sum + weight, 0);
    let left = random.next() * weights;
    const kind = kinds.find(({ weight }) => {
      left -= weight;
      return left < 0;
    });
    if (this.#options.without?.has(number)) return;
    this.#happened.push(number);
    // Faults that nothing meets pile up while a bot is away, and only cost time.
    const pending = targets.venue.faults.pending();
    if (pending.length > MOST_PENDING_FAULTS) pending[0]?.cancel();
    if (isFault && kind !== undefined) {
      this.#timeline.add(`#${number} ${kind.name}: ${kind.happen(targets, random)}`);
      this.#faults.add(kind.name);
    } else {
      const bot = pick(this.#bots, random);
      this.#timeline.add(`#${number} a bot ${bot.act(random)}`);
      this.#faults.add("userAction");
    }
  }

  /** Ends every fault. What was lost stays lost. */
  #heal({ venue, neighbor }: FaultTargets): void {
    this.#timeline.add("all faults end");
    const { network } = this.#world;
    neighbor.end();
    network.limitLinks(Number.POSITIVE_INFINITY);
    venue.faults.clear();
    network.setLatency(1, 5);
    network.loseDials(0);
    for (const link of network.links) {
      link.readMs = 0;
      link.change = undefined;
    }
    for (const bot of this.#bots) bot.calmDown();
  }

  /** Lets things happen until `done`, or until something must not have. */
  async #go(done: () => boolean): Promise<void> {
    const world = this.#world;
    let steps = 0;
    while (this.#violation === undefined && !done()) {
      if (!(await world.step())) {
        this.#violate("nothing is left to happen");
        return;
      }
      steps += 1;
      if (steps % CHECK_EVERY === 0) this.#checkBounds();
    }
  }

  async #complete<T>(promise: Promise<T>): Promise<T> {
    const limit = this.#world.elapsedMs + LIVE_AGAIN_WITHIN_MS;
    let settled = false;
    const note = (): void => {
      settled = true;
    };
    promise.then(note, note);
    await this.#world.settle();
    while (!settled && this.#world.elapsedMs < limit && (await this.#world.step())) {}
    if (!settled) throw new Error("a call does not settle");
    return promise;
  }

  #checkBounds(): void {
    const { loggedErrors, network } = this.#world;
    const [logged] = loggedErrors;
    if (logged !== undefined) this.#violate(`logged as an error: ${logged}`);
    const { sockets, requests, httpClients, impatientRequests } = network.counts(this.#bot);
    const { pendingTimers } = this.#bot;
    if (sockets > 30 || requests > 60 || httpClients > 4 || pendingTimers > 300) {
      this.#violate(
        `${sockets} sockets, ${requests} requests, ${httpClients} HTTP clients, ${pendingTimers} timers are open`,
      );
    }
    for (const bot of this.#bots) {
      const wrong = bot.wronglyLive();
      if (wrong !== undefined) this.#violate(wrong);
      bot.observe();
    }
    if (impatientRequests > 0) {
      this.#violate(`${impatientRequests} requests were sent although the venue had said to wait`);
    }
    const refused = network.answersOf(this.#bot, 429) + network.answersOf(this.#bot, 418);
    const ordered = this.#orderedRefusals.reduce((sum, { hits }) => sum + hits, 0);
    const excused = this.#ledger?.excused ?? 0;
    if (refused - excused > ordered) {
      this.#violate(`the venue found a limit exceeded ${refused - excused - ordered} times by its own count`);
    }
    const knowingly = this.#ledger?.knowingly;
    if (knowingly !== undefined) this.#violate(knowingly);
  }

  #expectNothingOpen(): void {
    const { sockets, requests, httpClients, servers, signals } = this.#world.network.counts(this.#bot);
    const { pendingTimers } = this.#bot;
    if (sockets + requests + httpClients + servers + signals + pendingTimers > 0) {
      this.#violate(
        `after stop() ${sockets} sockets, ${requests} requests, ${httpClients} HTTP clients, ${servers} servers, ${signals} listeners, ${pendingTimers} timers are open`,
      );
    }
  }

  #violate(what: string): void {
    if (this.#violation !== undefined) return;
    this.#timeline.add(`VIOLATION ${what}`);
    this.#violation = {
      what,
      atMs: this.#world.elapsedMs,
      faults: [...this.#happened],
      timeline: [...this.#timeline.lines],
    };
  }
}
