import type { createHost } from "@conn/core";
import { createSeededRandom } from "@conn/simulator";
import { readInstruments } from "../../run/read-instruments.js";
import { defineVenue } from "../../run/stage.js";
import { below, pick } from "../fault-kind.js";
import { GreedyNeighbor } from "../greedy-neighbor.js";
import { SeedCourse } from "../seed-course.js";
import type { SeedReport, SimulateSeedOptions } from "../seed-report.js";
import { drawLives } from "../short-lives.js";
import type { SimulatedComputer } from "../simulated-computer.js";
import { SimulatedListings } from "../simulated-listings.js";
import type { SimulationSetup } from "../simulation-setup.js";
import { accountDifference } from "./account-audit.js";
import { JournalWatch } from "./journal-watch.js";
import { ALWAYS, ORDER_FAULTS, type OrderFaultTargets } from "./order-faults.js";
import { OrderWatch } from "./order-watch.js";
import type { RequestInspector } from "./simulated-program.js";
import { TradingBot } from "./trading-bot.js";

const DEFAULT_EVENTS = 20_000;
const FAULTY_PART = 0.75;
const TIMELINE_LINES = 160;
/** Faults that wait for something to strike; one more, and the oldest is forgotten. */
const MOST_PENDING_FAULTS = 12;
/** Virtual ms after the last fault within which the program must be ready again. */
const READY_WITHIN_MS = 300_000;
/** Virtual ms after that, in a market that stands still, within which everything must be known. */
const KNOWN_WITHIN_MS = 900_000;
/** Things that happen from when nothing differs until it is believed. */
const STAYS_FOR = 50;
/** By more than this, nonces of a wrong clock are refused. */
const NONCE_AHEAD_MS = 20_000;
/** Of what happens, so much is faults; the rest is what the program does. */
const FAULT_SHARE = 0.55;

/** Runs one seed of a trading program. */
export class TradingRun {
  readonly #setup: SimulationSetup;
  readonly #options: SimulateSeedOptions;
  readonly #course: SeedCourse;
  readonly #bot: SimulatedComputer;
  readonly #venueComputer: SimulatedComputer;
  readonly #journals: JournalWatch;
  #check: () => void = () => undefined;

  constructor(setup: SimulationSetup, options: SimulateSeedOptions) {
    this.#setup = setup;
    this.#options = options;
    const { seed, without = new Set() } = options;
    this.#course = new SeedCourse(seed, without, () => this.#check(), TIMELINE_LINES);
    const { world } = this.#course;
    const random = createSeededRandom(seed, "world");
    this.#bot = world.addComputer("bot", { restsInSleep: random.next() < 0.5 });
    this.#venueComputer = world.addComputer("venue");
    this.#journals = new JournalWatch(this.#bot.journals);
  }

  report(): Promise<SeedReport> {
    return this.#course.run(() => this.#run());
  }

  async #run(): Promise<void> {
    const { connectorOptions = {}, startTrading } = this.#setup;
    if (startTrading === undefined) throw new TypeError("the venue has no accounts");
    const { seed, events = DEFAULT_EVENTS } = this.#options;
    const course = this.#course;
    const { world, timeline } = course;
    const random = createSeededRandom(seed, "scenario");
    const eventsPerSecond = pick([0.1, 0.5, 2, 8], random);
    const { plugin, limits, says } = drawLives(
      this.#setup,
      createSeededRandom(seed, "lives"),
      eventsPerSecond,
    );
    timeline.add(says);
    const ports = world.portsOf(this.#venueComputer);
    const started = startTrading({ ports, seed, levels: 24, eventsPerSecond, catchUpMs: 5_000, limits });
    const { venue, account } = await course.complete(started);
    const trading = venue.listings().flatMap(({ symbol, trading: isTrading }) => (isTrading ? [symbol] : []));
    const symbols = trading.slice(0, 1 + below(random, 2));
    for (const { symbol } of venue.listings()) if (!symbols.includes(symbol)) venue.freeze(symbol);
    const definition = defineVenue(this.#setup);
    const { http } = world.portsOf(this.#bot);
    const listed = await readInstruments(http, venue, definition, (answer) => course.complete(answer));
    const instruments = symbols.flatMap((symbol) =>
      listed.filter(({ exchangeSymbol }) => exchangeSymbol === symbol),
    );
    const [instrument] = instruments;
    if (instrument === undefined) throw new TypeError("the venue lists nothing that trades");

    let liesUntil = 0;
    const prefix = definition.trading?.clientOrderIds.prefix ?? "";
    const watch = new OrderWatch({
      account,
      prefix,
      transitions: course.transitions,
      note: (what) => timeline.add(what),
      violate: (what) => course.violate(what),
      hasLied: () => world.elapsedMs < liesUntil,
    });
    const checkVenue = (): void => watch.checkVenue((id) => this.#journals.has(id));
    this.#check = () => {
      checkVenue();
      this.#checkBounds();
    };
    world.network.watchRequests = (computer) =>
      computer !== this.#bot
        ? undefined
        : { onArrival: ignore, onAnswered: ignore, onHandled: checkVenue, onDelivered: ignore };
    let toRepeat = 0;
    const inspect: RequestInspector = ({ method, url, body = "" }) => {
      const { place, placeBatch } = account.requests;
      const { pathname } = new URL(url);
      const isPlace = [place, placeBatch].some(
        (filter) => filter.method === method && filter.kind === pathname,
      );
      if (isPlace) this.#checkWrittenDown(prefix, `${url} ${body}`);
      // What becomes of the second is the venue's word only if nothing stands between them.
      if (toRepeat === 0 || venue.faults.pending().length > 0 || !account.mayRepeat({ method, url, body }))
        return "send";
      toRepeat -= 1;
      timeline.add("a request is delivered twice");
      return "repeat";
    };
    const reconcileIntervalMs = pick([15_000, 60_000, 300_000], random);
    const bot = new TradingBot({
      world,
      computer: this.#bot,
      journals: this.#journals,
      inspect,
      instruments,
      watch,
      transitions: course.transitions,
      note: (what) => timeline.add(what),
      violate: (what) => course.violate(what),
      connect: (host: ReturnType<typeof createHost>) =>
        host.create(plugin, {
          environment: "sim",
          urls: venue.urls,
          credentials: account.credentials,
          tradingPairs: instruments.map(({ tradingPair }) => tradingPair),
          channels: ["orderBook"],
          auditIntervalMs: 0,
          reconcileIntervalMs,
          ...connectorOptions,
        }),
    });
    bot.launch();

    const listings = new SimulatedListings(world, venue, symbols, () => true);
    const computer = world.addComputer("neighbor");
    const neighbor = new GreedyNeighbor({ world, computer, venue, definition, instrument });
    const targets: OrderFaultTargets = {
      world,
      venue,
      bot: this.#bot,
      venueComputer: this.#venueComputer,
      symbols,
      listings,
      neighbor,
      expectRefusals: ignore,
      account,
      isOurs: (id) => watch.isOurs(id),
      repeatRequests: (count) => {
        toRepeat = count;
      },
      lie: (forMs) => {
        liesUntil = Math.max(liesUntil, world.elapsedMs + forMs);
      },
    };
    const kinds = [
      ...course.choose(ORDER_FAULTS.filter(({ name }) => !ALWAYS.has(name))),
      ...ORDER_FAULTS.filter(({ name }) => ALWAYS.has(name)),
    ];
    const meanGapMs = pick([200, 1_000, 5_000, 30_000], random);
    let isFaulty = true;
    let number = 0;
    const planNext = (): void => {
      world.after(-Math.log(1 - random.next()) * meanGapMs, () => {
        this.#bot.whenAwake(() => {
          if (!isFaulty) return;
          const pending = venue.faults.pending();
          if (pending.length > MOST_PENDING_FAULTS) pending[0]?.cancel();
          course.happen(number, {
            kinds,
            targets,
            faultShare: FAULT_SHARE,
            act: (chance) => bot.act(chance),
          });
          checkVenue();
          number += 1;
          planNext();
        });
      });
    };
    planNext();
    await course.go(() => world.events >= events * FAULTY_PART && !this.#bot.isAsleep);
    isFaulty = false;
    toRepeat = 0;
    const wrongByMs = this.#heal(targets);
    // Nonces never go back: who has sent one from the future is refused until then, or until the program begins anew.
    // And an order that the venue has denied too often is left to a person, who starts the program once more.
    bot.calmDown(wrongByMs > NONCE_AHEAD_MS || liesUntil > 0);

    await this.#reach(READY_WITHIN_MS + (eventsPerSecond < 1 ? 5_000 / eventsPerSecond : 0), () => {
      if (bot.pending.length > 0) return bot.pending.join(", ");
      const status = bot.connector?.status;
      return status?.ready === true ? undefined : `not ready: ${JSON.stringify(status)}`;
    });
    // A market that stands still changes nothing any more, so that what is known can be held against what is.
    for (const symbol of symbols) venue.freeze(symbol);
    // What was signed by a clock that was ahead counts as valid for so much longer.
    await this.#reach(KNOWN_WITHIN_MS + wrongByMs, () =>
      bot.connector === undefined ? "the program is dead" : accountDifference(bot.connector, account, watch),
    );
    if (course.isBroken) return;
    checkVenue();
    await course.complete(bot.stop());
    this.#expectNothingOpen();
    await course.complete(venue.close());
  }

  /** Lets time pass until nothing lacks any more, for a while. */
  async #reach(withinMs: number, lacks: () => string | undefined): Promise<void> {
    const { world } = this.#course;
    const since = world.elapsedMs;
    let steps = 0;
    await this.#course.go(() => {
      const lack = lacks();
      steps = lack === undefined ? steps + 1 : 0;
      if (lack !== undefined && world.elapsedMs - since > withinMs)
        this.#course.violate(`${Math.round(withinMs)} ms after the last change: ${lack}`);
      return steps > STAYS_FOR;
    });
  }

  /** Ends every fault. What was lost stays lost. Returns by how many ms the program's clock was wrong. */
  #heal({ venue, account, neighbor }: OrderFaultTargets): number {
    const { world, timeline } = this.#course;
    timeline.add("all faults end");
    const { network } = world;
    neighbor.end();
    network.limitLinks(Number.POSITIVE_INFINITY);
    venue.faults.clear();
    network.setLatency(1, 5);
    network.loseDials(0);
    for (const link of network.links) {
      link.readMs = 0;
      link.change = undefined;
    }
    account.lagQueries(0);
    for (const fault of account.ownFaults) fault.undo();
    // Somebody sets the clocks right: a venue without a time of its own refuses who is far off.
    for (const computer of [this.#bot, this.#venueComputer]) {
      computer.drift(0);
      computer.runAt(1);
    }
    const wrongByMs = venue.now() - this.#bot.clock.now();
    this.#bot.jump(wrongByMs);
    return Math.abs(wrongByMs);
  }

  /** An order that leaves must be written down, with the word that it may have left. */
  #checkWrittenDown(prefix: string, text: string): void {
    for (const [id] of decodeURIComponent(text).matchAll(new RegExp(`${prefix}\\d+`, "g"))) {
      if (!this.#journals.isSent(id)) this.#course.violate(`${id} leaves, and that is not written down`);
    }
  }

  #checkBounds(): void {
    const { world } = this.#course;
    const [logged] = world.loggedErrors;
    if (logged !== undefined) this.#course.violate(`logged as an error: ${logged}`);
    const { sockets, requests, httpClients } = world.network.counts(this.#bot);
    const { pendingTimers } = this.#bot;
    if (sockets > 30 || requests > 120 || httpClients > 4 || pendingTimers > 300) {
      this.#course.violate(
        `${sockets} sockets, ${requests} requests, ${httpClients} HTTP clients, ${pendingTimers} timers are open`,
      );
    }
  }

  #expectNothingOpen(): void {
    const { sockets, requests, httpClients, servers, signals } = this.#course.world.network.counts(this.#bot);
    const { pendingTimers } = this.#bot;
    if (sockets + requests + httpClients + servers + signals + pendingTimers === 0) return;
    this.#course.violate(
      `after stop() ${sockets} sockets, ${requests} requests, ${httpClients} HTTP clients, ${servers} servers, ${signals} listeners, ${pendingTimers} timers are open`,
    );
  }
}

function ignore(): void {}
