import { createHost, type ExchangeDefinition, type Instrument } from "@conn/core";
import { createSeededRandom } from "@conn/simulator";
import { readInstruments } from "../run/read-instruments.js";
import { defineVenue } from "../run/stage.js";
import type { ConformanceVenue } from "../venue/conformance-venue.js";
import { below, type FaultTargets, pick } from "./fault-kind.js";
import { FAULT_KINDS } from "./faults.js";
import { GreedyNeighbor } from "./greedy-neighbor.js";
import { LeftBehind, MOST_BEHIND_MS } from "./left-behind.js";
import { SeedCourse } from "./seed-course.js";
import type { SeedReport, SimulateSeedOptions } from "./seed-report.js";
import { drawLives } from "./short-lives.js";
import { SimulatedBot } from "./simulated-bot.js";
import type { SimulatedComputer } from "./simulated-computer.js";
import { SimulatedListings } from "./simulated-listings.js";
import type { SimulatedWorld } from "./simulated-world.js";
import type { SimulationSetup } from "./simulation-setup.js";
import { TradingRun } from "./trading/trading-run.js";
import { WeightLedger } from "./weight-ledger.js";

const DEFAULT_EVENTS = 20_000;
/** Part of the events in which faults happen; the rest shows that all is well again. */
const FAULTY_PART = 0.8;
/** Virtual ms after the last fault within which every book must be live again. */
const LIVE_AGAIN_WITHIN_MS = 300_000;
/** Faults that wait for something to strike; one more, and the oldest is forgotten. */
const MOST_PENDING_FAULTS = 20;

/**
 * Runs a connector against its venue on virtual time, with everything that goes wrong drawn from the
 * seed, and holds what must always be true against what is. The same seed gives the same run.
 */
export async function simulateSeed(
  setup: SimulationSetup,
  options: SimulateSeedOptions,
): Promise<SeedReport> {
  const run = options.kind === "trading" ? new TradingRun(setup, options) : new MarketRun(setup, options);
  return run.report();
}

class MarketRun {
  readonly #setup: SimulationSetup;
  readonly #options: SimulateSeedOptions;
  readonly #course: SeedCourse;
  readonly #world: SimulatedWorld;
  readonly #bot: SimulatedComputer;
  readonly #venueComputer: SimulatedComputer;
  readonly #orderedRefusals: { readonly hits: number }[] = [];
  readonly #bots: SimulatedBot[] = [];
  #ledger: WeightLedger | undefined;

  constructor(setup: SimulationSetup, options: SimulateSeedOptions) {
    this.#setup = setup;
    this.#options = options;
    const { seed, without = new Set() } = options;
    this.#course = new SeedCourse(seed, without, () => this.#checkBounds());
    this.#world = this.#course.world;
    const random = createSeededRandom(seed, "world");
    this.#bot = this.#world.addComputer("bot", { restsInSleep: random.next() < 0.5 });
    this.#venueComputer = this.#world.addComputer("venue");
  }

  report(): Promise<SeedReport> {
    return this.#course.run(() => this.#run());
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
    this.#course.timeline.add(says);
    const venue = await this.#course.complete(
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
          transitions: this.#course.transitions,
          tradeIdsAreContiguous: trades.ids === "contiguous",
          note: (what) => this.#course.timeline.add(what),
          violate: (what) => this.#course.violate(what),
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
    const kinds = this.#course.choose(FAULT_KINDS);
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
          // Faults that nothing meets pile up while a bot is away, and only cost time.
          const pending = venue.faults.pending();
          if (pending.length > MOST_PENDING_FAULTS) pending[0]?.cancel();
          this.#course.happen(number, {
            kinds,
            targets,
            faultShare: 0.75,
            act: (chance) => `a bot ${pick(this.#bots, chance).act(chance)}`,
          });
          number += 1;
          planNext();
        });
      });
    };
    planNext();
    // A bot that sleeps through the rest has shown nothing.
    await this.#course.go(() => world.events >= events * FAULTY_PART && !this.#bot.isAsleep);
    isFaulty = false;

    this.#heal(targets);
    const healedAt = world.elapsedMs;
    let settled = 0;
    await this.#course.go(() => {
      const lacks = this.#bots.map((bot) => bot.lacks()).find((lack) => lack !== undefined);
      const pending = this.#bots.flatMap((bot) => bot.pending);
      settled = lacks === undefined && pending.length === 0 ? settled + 1 : 0;
      // Live for a while, not for a moment.
      if (settled > 50) return true;
      // A book joins only with a change: where the market stands still there is nothing to join.
      const patienceMs = LIVE_AGAIN_WITHIN_MS + (eventsPerSecond < 1 ? 5 * (1_000 / eventsPerSecond) : 0);
      if (world.elapsedMs - healedAt > patienceMs) {
        this.#course.violate(
          `${Math.round(patienceMs)} ms after the last fault: ${lacks ?? pending.join(", ")}`,
        );
      }
      return false;
    });
    for (const bot of this.#bots) bot.compareAll();
    const mark = new LeftBehind(listings);
    const markedAt = world.elapsedMs;
    await this.#course.go(() => world.elapsedMs - markedAt >= MOST_BEHIND_MS);
    for (const { connector } of this.#bots) {
      const behind = mark.find(connector);
      if (behind !== undefined) this.#course.violate(behind);
    }
    await this.#course.go(() => world.events >= events);
    if (this.#course.isBroken) return;

    for (const bot of this.#bots) {
      bot.compareAll();
      await this.#course.complete(bot.stop());
    }
    this.#expectNothingOpen();
    await this.#course.complete(venue.close());
  }

  async #instruments(
    venue: ConformanceVenue,
    definition: ExchangeDefinition,
    symbols: readonly string[],
  ): Promise<Instrument[]> {
    const { http } = this.#world.portsOf(this.#bot);
    const listed = await readInstruments(http, venue, definition, (answer) => this.#course.complete(answer));
    return symbols.flatMap((symbol) => listed.filter(({ exchangeSymbol }) => exchangeSymbol === symbol));
  }

  /** Ends every fault. What was lost stays lost. */
  #heal({ venue, neighbor }: FaultTargets): void {
    this.#course.timeline.add("all faults end");
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

  #checkBounds(): void {
    const { loggedErrors, network } = this.#world;
    const [logged] = loggedErrors;
    if (logged !== undefined) this.#course.violate(`logged as an error: ${logged}`);
    const { sockets, requests, httpClients, impatientRequests } = network.counts(this.#bot);
    const { pendingTimers } = this.#bot;
    if (sockets > 30 || requests > 60 || httpClients > 4 || pendingTimers > 300) {
      this.#course.violate(
        `${sockets} sockets, ${requests} requests, ${httpClients} HTTP clients, ${pendingTimers} timers are open`,
      );
    }
    for (const bot of this.#bots) {
      const wrong = bot.wronglyLive();
      if (wrong !== undefined) this.#course.violate(wrong);
      bot.observe();
    }
    if (impatientRequests > 0) {
      this.#course.violate(`${impatientRequests} requests were sent although the venue had said to wait`);
    }
    const refused = network.answersOf(this.#bot, 429) + network.answersOf(this.#bot, 418);
    const ordered = this.#orderedRefusals.reduce((sum, { hits }) => sum + hits, 0);
    const excused = this.#ledger?.excused ?? 0;
    if (refused - excused > ordered) {
      this.#course.violate(
        `the venue found a limit exceeded ${refused - excused - ordered} times by its own count`,
      );
    }
    const knowingly = this.#ledger?.knowingly;
    if (knowingly !== undefined) this.#course.violate(knowingly);
  }

  #expectNothingOpen(): void {
    const { sockets, requests, httpClients, servers, signals } = this.#world.network.counts(this.#bot);
    const { pendingTimers } = this.#bot;
    if (sockets + requests + httpClients + servers + signals + pendingTimers > 0) {
      this.#course.violate(
        `after stop() ${sockets} sockets, ${requests} requests, ${httpClients} HTTP clients, ${servers} servers, ${signals} listeners, ${pendingTimers} timers are open`,
      );
    }
  }
}
