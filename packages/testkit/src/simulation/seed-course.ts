import type { Random } from "@conn/core";
import { createSeededRandom } from "@conn/simulator";
import { Counts } from "./coverage.js";
import { pick } from "./fault-kind.js";
import type { SeedReport, Violation } from "./seed-report.js";
import { SimulatedWorld } from "./simulated-world.js";
import { Timeline } from "./timeline.js";

/** A kind of thing that may happen, with what it lays hands on. */
export interface EventKind<Targets> {
  readonly name: string;
  readonly weight: number;
  readonly happen: (targets: Targets, random: Random) => string;
}

const TIMELINE_LINES = 80;
const CHECK_EVERY = 64;
/** Virtual ms within which a call must settle. */
const SETTLES_WITHIN_MS = 300_000;

/** How one seed goes: its world, what has happened in it, and the first invariant that did not hold. */
export class SeedCourse {
  readonly seed: number;
  readonly world: SimulatedWorld;
  readonly timeline: Timeline;
  readonly faults = new Counts();
  readonly transitions = new Counts();
  readonly #without: ReadonlySet<number>;
  readonly #happened: number[] = [];
  readonly #check: () => void;
  #violation: Violation | undefined;

  /** @param check Looks, every now and then, whether everything is as it must be. */
  constructor(seed: number, without: ReadonlySet<number>, check: () => void, timelineLines = TIMELINE_LINES) {
    this.seed = seed;
    this.world = new SimulatedWorld(seed);
    this.timeline = new Timeline(timelineLines, () => this.world.elapsedMs);
    this.#without = without;
    this.#check = check;
  }

  get isBroken(): boolean {
    return this.#violation !== undefined;
  }

  /** Runs the seed; what it throws is a violation. */
  async run(act: () => Promise<void>): Promise<SeedReport> {
    const { seed, world } = this;
    try {
      await act();
    } catch (error) {
      this.violate(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
    return {
      seed,
      events: world.events,
      simulatedMs: Math.round(world.elapsedMs),
      faults: this.faults.toRecord(),
      transitions: this.transitions.toRecord(),
      digest: this.timeline.digest,
      violation: this.#violation,
    };
  }

  violate(what: string): void {
    if (this.#violation !== undefined) return;
    this.timeline.add(`VIOLATION ${what}`);
    this.#violation = {
      what,
      atMs: this.world.elapsedMs,
      faults: [...this.#happened],
      timeline: [...this.timeline.lines],
    };
  }

  /** Lets things happen until `done`, or until something must not have. */
  async go(done: () => boolean): Promise<void> {
    let steps = 0;
    while (this.#violation === undefined && !done()) {
      if (!(await this.world.step())) {
        this.violate("nothing is left to happen");
        return;
      }
      steps += 1;
      if (steps % CHECK_EVERY === 0) this.#check();
    }
  }

  /** Lets things happen until a call has settled. */
  async complete<T>(promise: Promise<T>): Promise<T> {
    const { world } = this;
    const limit = world.elapsedMs + SETTLES_WITHIN_MS;
    let settled = false;
    const note = (): void => {
      settled = true;
    };
    promise.then(note, note);
    await world.settle();
    while (!settled && world.elapsedMs < limit && (await world.step())) {}
    if (!settled) throw new Error("a call does not settle");
    return promise;
  }

  /** The kinds of which this seed draws: not all, so that those drawn can do their worst. */
  choose<Kind>(kinds: readonly Kind[]): readonly Kind[] {
    const random = createSeededRandom(this.seed, "kinds");
    const share = pick([0.15, 0.4, 1], random);
    const chosen = kinds.filter(() => random.next() < share);
    return chosen.length > 0 ? chosen : [pick(kinds, random)];
  }

  /**
   * Lets one thing happen: a fault of a kind, or something that the program does. Its number alone decides what, so
   * that leaving one out does not change the others.
   *
   * @param faultShare How many of them are faults.
   */
  happen<Targets>(
    number: number,
    {
      kinds,
      targets,
      faultShare,
      act,
    }: {
      readonly kinds: readonly EventKind<Targets>[];
      readonly targets: Targets;
      readonly faultShare: number;
      readonly act: (random: Random) => string;
    },
  ): void {
    const random = createSeededRandom(this.seed, `fault ${number}`);
    const isFault = random.next() < faultShare;
    const weights = kinds.reduce((sum, { weight }) => sum + weight, 0);
    let left = random.next() * weights;
    const kind = kinds.find(({ weight }) => {
      left -= weight;
      return left < 0;
    });
    if (this.#without.has(number)) return;
    this.#happened.push(number);
    if (isFault && kind !== undefined) {
      this.timeline.add(`#${number} ${kind.name}: ${kind.happen(targets, random)}`);
      this.faults.add(kind.name);
    } else {
      this.timeline.add(`#${number} ${act(random)}`);
      this.faults.add("userAction");
    }
  }
}
