import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Random } from "@conn/core";
import { createSeededRandom } from "@conn/simulator";
import { BotProcess } from "./bot-process.ts";
import type { DeadlyWrite } from "./bot-program.ts";
import { compareAccount } from "./compare-account.ts";
import { EventHistory } from "./event-history.ts";
import { orderFault, requestFaults } from "./order-faults.ts";
import type { OrderRequestKind, OrderSetup, OrderVenue } from "./order-venues.ts";
import { createQuickPorts, type QuickTime } from "./quick-ports.ts";

/** How often and how to kill. */
export interface KillsOptions {
  readonly setup: OrderSetup;
  readonly kills: number;
  /** Decides moments, commands and faults; not how fast this machine is. */
  readonly seed: number;
  /** Programs that run at a time, each with a venue of its own. */
  readonly lanes: number;
  /** An account and its journal are used for so many kills. */
  readonly killsPerAccount: number;
  /** How much faster time passes than ours. */
  readonly speed: number;
  readonly onKill?: (kills: number) => void;
  /** Ends it early. */
  readonly signal: AbortSignal;
}

/** What came of it. */
export interface KillsOutcome {
  readonly kills: number;
  /** How many by moment; those that were meant for a moment that did not come are `idle`. */
  readonly moments: Readonly<Record<string, number>>;
  /** Comparisons of an account with the venue. */
  readonly comparisons: number;
  readonly accounts: number;
  readonly orders: number;
  readonly fills: number;
  /** Orders of which it was proven that the venue never had them. */
  readonly absent: number;
  readonly events: number;
  readonly problems: readonly string[];
}

/** Moments of the program itself: writes of its journal. */
const WRITES: Readonly<Record<string, Omit<DeadlyWrite, "after">>> = {
  "order written down, not signed": { kind: "created", when: "after" },
  "request written down, not sent": { kind: "signed", when: "after" },
  "command not written down": { kind: "command", when: "before" },
  "command written down, not sent": { kind: "command", when: "after" },
  "fill heard, not written down": { kind: "fill", when: "before" },
  "fill written down, not told": { kind: "fill", when: "after" },
  "end heard, not written down": { kind: "ended", when: "before" },
};
/** Moments of the venue: what it has got, or answered. */
const REQUESTS: readonly OrderRequestKind[] = ["place", "placeBatch", "cancel", "amend"];

const LIFE = { orders: 60, parallel: 4 };
/** A moment that has not come by then does not come, in our ms. */
const MOMENT_WITHIN_MS = 4_000;
const LONGEST_LIFE_MS = 700;
/** A program survives fewer than so many writes of the kind at which it kills itself. */
const MOST_SURVIVED = 20;
const LONGEST_RECOVERY_MS = 600;
const SETTLED_WITHIN_MS = 100_000;
const MOST_PROBLEMS = 20;

/**
 * Kills trading programs with SIGKILL at moments drawn from the seed, starts each anew on its journal, and holds
 * what it comes to know against what the venue has.
 */
export async function runKills(options: KillsOptions): Promise<KillsOutcome> {
  const run = new KillsRun(options);
  return run.outcome();
}

class KillsRun {
  readonly #options: KillsOptions;
  readonly #time: QuickTime;
  readonly #moments: Record<string, number> = {};
  readonly #problems: string[] = [];
  #begun = 0;
  #kills = 0;
  #comparisons = 0;
  #accounts = 0;
  #orders = 0;
  #fills = 0;
  #absent = 0;
  #events = 0;

  constructor(options: KillsOptions) {
    this.#options = options;
    this.#time = { startedAt: Date.now(), speed: options.speed };
  }

  async outcome(): Promise<KillsOutcome> {
    await Promise.all(Array.from({ length: this.#options.lanes }, (_, lane) => this.#lane(lane)));
    return {
      kills: this.#kills,
      moments: this.#moments,
      comparisons: this.#comparisons,
      accounts: this.#accounts,
      orders: this.#orders,
      fills: this.#fills,
      absent: this.#absent,
      events: this.#events,
      problems: this.#problems,
    };
  }

  get #isOver(): boolean {
    const { kills, signal } = this.#options;
    return this.#begun >= kills || signal.aborted || this.#problems.length >= MOST_PROBLEMS;
  }

  async #lane(lane: number): Promise<void> {
    const { setup, seed } = this.#options;
    const random = createSeededRandom(seed, `lane ${lane}`);
    const venue = await setup.start(seed + lane, createQuickPorts(this.#time));
    try {
      for (let number = 0; !this.#isOver; number += 1) {
        const account = `bot-${lane}-${number}`;
        const directory = await mkdtemp(join(tmpdir(), "conn-kills-"));
        try {
          await new KilledAccount(this, { venue, account, directory, random }).live();
        } catch (error) {
          this.problem(`${account}: ${error instanceof Error ? error.message : error}`);
        } finally {
          await rm(directory, { recursive: true, force: true });
        }
      }
    } finally {
      await venue.close();
    }
  }

  /** Whether another kill is due; it counts as begun then. */
  claimKill(): boolean {
    if (this.#isOver) return false;
    this.#begun += 1;
    return true;
  }

  killed(moment: string): void {
    this.#kills += 1;
    this.#moments[moment] = (this.#moments[moment] ?? 0) + 1;
    this.#options.onKill?.(this.#kills);
  }

  problem(what: string): void {
    this.#problems.push(what);
  }

  get options(): KillsOptions {
    return this.#options;
  }

  get time(): QuickTime {
    return this.#time;
  }

  compared(): void {
    this.#comparisons += 1;
  }

  ended(facts: { orders: number; fills: number; absent: number; events: number }): void {
    this.#accounts += 1;
    this.#orders += facts.orders;
    this.#fills += facts.fills;
    this.#absent += facts.absent;
    this.#events += facts.events;
  }
}

interface AccountFacts {
  readonly venue: OrderVenue;
  readonly account: string;
  readonly directory: string;
  readonly random: Random;
}

/** An account whose program is killed again and again. */
class KilledAccount {
  readonly #run: KillsRun;
  readonly #facts: AccountFacts;
  /** Orders that the venue has been proven never to have had. */
  readonly #absent = new Set<string>();

  constructor(run: KillsRun, facts: AccountFacts) {
    this.#run = run;
    this.#facts = facts;
  }

  async live(): Promise<void> {
    const { venue, account, directory } = this.#facts;
    const { setup, killsPerAccount } = this.#run.options;
    venue.setRunning(true);
    const credentials = venue.openAccount(account);
    const events = join(directory, "events");
    const begin = (): BotProcess =>
      new BotProcess({
        type: "begin",
        connector: setup.plugin.name,
        urls: venue.urls,
        credentials,
        directory,
        events,
        time: this.#run.time,
      });
    let bot = begin();
    try {
      let last = "the start";
      for (let kills = 0; ; ) {
        await this.#recover(bot, last);
        if (kills >= killsPerAccount || !this.#run.claimKill()) break;
        kills += 1;
        last = await this.#trade(bot);
        this.#run.killed(last);
        venue.faults.clear();
        bot = begin();
        if (this.#chance(0.15) && this.#run.claimKill()) {
          kills += 1;
          this.#disturbQuestions();
          await wait(this.#facts.random.next() * LONGEST_RECOVERY_MS);
          await bot.kill();
          last = `${last}, then recovering`;
          this.#run.killed("recovering");
          venue.faults.clear();
          bot = begin();
        }
        this.#disturbQuestions();
      }
      await bot.end();
    } finally {
      venue.faults.clear();
      if (!bot.hasEnded) await bot.kill();
    }
    await this.#checkEvents(events);
  }

  /** Lets the program find out how its orders stand, and compares. */
  async #recover(bot: BotProcess, last: string): Promise<void> {
    const { venue, account } = this.#facts;
    // Orders go on being filled while it starts.
    await this.#during(bot.next("ready"), () => {
      this.#fillSome(0.05);
      return false;
    });
    venue.faults.clear();
    venue.setRunning(false);
    bot.tell({ type: "settle", withinMs: SETTLED_WITHIN_MS });
    const { known } = await bot.next("settled");
    this.#run.compared();
    for (const { clientOrderId, reason } of known.orders)
      if (reason === "notFound") this.#absent.add(clientOrderId);
    for (const difference of compareAccount(known, venue.truthOf(account)))
      this.#run.problem(`${account}, killed at ${last}: ${difference}`);
  }

  /** Lets the program trade until it is killed; returns the moment. */
  async #trade(bot: BotProcess): Promise<string> {
    const { venue, random } = this.#facts;
    venue.setRunning(true);
    const moment = this.#drawMoment();
    bot.tell({
      type: "trade",
      seed: Math.floor(random.next() * 2 ** 32),
      ...LIFE,
      killAt: moment.killAt,
    });
    const hasCome = moment.begin();
    const abort = new AbortController();
    const over = Promise.race([
      bot.settled("traded"),
      wait(moment.withinMs, undefined, { signal: abort.signal }).catch(() => undefined),
    ]);
    let came = false;
    await this.#during(over, () => {
      came ||= hasCome();
      if (came) return true;
      this.#fillSome(moment.fills);
      if (this.#chance(0.03)) this.#disturb();
      return false;
    });
    abort.abort();
    const killedItself = bot.hasEnded;
    await bot.kill();
    return came || killedItself || moment.isTime ? moment.name : "idle";
  }

  #drawMoment(): {
    readonly name: string;
    readonly killAt: DeadlyWrite | undefined;
    readonly withinMs: number;
    /** How likely a fill is in each ms. */
    readonly fills: number;
    /** Whether it has come when its time is over. */
    readonly isTime: boolean;
    /** Begins to look for it; what it returns tells whether it has come. */
    begin(): () => boolean;
  } {
    const { venue, random } = this.#facts;
    const { faults, requests } = venue;
    const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random.next() * items.length)]!;
    const never = (): (() => boolean) => () => false;
    const common = { killAt: undefined, withinMs: MOMENT_WITHIN_MS, fills: 0.05, isTime: false };
    const drawn = random.next();
    if (drawn < 0.25) {
      const withinMs = random.next() * LONGEST_LIFE_MS;
      return { ...common, name: "any time", withinMs, isTime: true, begin: never };
    }
    if (drawn < 0.35) {
      const withinMs = (0.3 + 0.7 * random.next()) * LONGEST_LIFE_MS;
      return { ...common, name: "many fills arriving", withinMs, fills: 1, isTime: true, begin: never };
    }
    if (drawn < 0.7) {
      const name = pick(Object.keys(WRITES));
      const write = WRITES[name];
      const killAt = write && { ...write, after: Math.floor(random.next() * MOST_SURVIVED) };
      return { ...common, name, killAt, begin: never };
    }
    const kind = pick(REQUESTS);
    const isAccepted = random.next() < 0.5;
    return {
      ...common,
      name: `${kind} ${isAccepted ? "carried out, not answered" : "on its way"}`,
      begin() {
        const fault = isAccepted ? faults.loseAnswer(requests[kind]) : faults.loseRequest(requests[kind]);
        return () => fault.hits > 0;
      },
    };
  }

  /** Does something every ms or so until a promise is settled, or `act` returns true. */
  async #during<Result>(promise: Promise<Result>, act: () => boolean): Promise<Result | undefined> {
    let isOver = false;
    const watched = promise.finally(() => {
      isOver = true;
    });
    // Whoever waits for it below gets its failure.
    watched.catch(() => undefined);
    while (!isOver) {
      if (act()) return undefined;
      await wait(1);
    }
    return watched;
  }

  #fillSome(chance: number): void {
    const { venue, account, random } = this.#facts;
    if (this.#chance(chance)) venue.fillOne(account, random.next());
  }

  #disturb(): void {
    const { venue, account, random } = this.#facts;
    const kinds = Object.keys(venue.requests);
    // as: the names are its keys.
    const command = kinds[Math.floor(random.next() * kinds.length)] as OrderRequestKind;
    orderFault(venue, { account, command, random });
  }

  /** What the program asks when it starts anew is not always answered, either. */
  #disturbQuestions(): void {
    const { venue, account, random } = this.#facts;
    const faults = Object.values(requestFaults);
    for (const request of venue.questions) {
      if (!this.#chance(0.2)) continue;
      const fault = faults[Math.floor(random.next() * faults.length)];
      fault?.(venue, { account, request, delayMs: 2_000 * random.next() });
    }
  }

  async #checkEvents(file: string): Promise<void> {
    const { venue, account } = this.#facts;
    const history = new EventHistory();
    const text = await readFile(file, "utf8");
    // Only the last line of a killed program can be broken, and a line is one write.
    for (const line of text.split("\n")) if (line !== "") history.take(JSON.parse(line), true);
    for (const problem of history.problems) this.#run.problem(`${account}, events: ${problem}`);
    const { orders } = venue.truthOf(account);
    this.#run.ended({
      orders: orders.length,
      fills: orders.reduce((sum, { fills }) => sum + fills.length, 0),
      absent: this.#absent.size,
      events: history.count,
    });
  }

  #chance(probability: number): boolean {
    return this.#facts.random.next() < probability;
  }
}
