import type { Connector } from "../connector/index.js";
import type { Clock, Ports, Random, SecretNames } from "../ports/index.js";
import { Redactor } from "../recording/redactor.js";
import { copyWithSignals, writeArguments } from "./call-arguments.js";
import { type Codec, ERROR, NOTHING } from "./codec.js";
import { seededRandom } from "./seeded-random.js";
import { type Mark, SESSION_FORMAT, type SessionHeader } from "./session-line.js";
import { type Inlet, type Inputs, Tape } from "./tape.js";

/** Where a session is written to. */
export interface SessionSink {
  /**
   * Takes each line, without its end, at once and in order. One that throws gets no more: the program goes on, and the
   * error is logged.
   */
  write(line: string): void;
  /** What is secret beside what looks like it. */
  readonly secrets?: SecretNames;
}

/**
 * Microtasks after a mark in which what comes in has its place behind the mark. Beyond it, and so long after what the
 * engine itself does in a turn, it counts as coming when nothing is under way.
 */
const HOPS = 12;

/** Calls that only read, or only concern who listens. All others are written down, those of later versions too. */
const READS: ReadonlySet<PropertyKey> = new Set([
  "on",
  "stream",
  "orderBook",
  "ticker",
  "fundingInfo",
  "whenReady",
  ...Object.getOwnPropertyNames(Object.prototype),
]);

/** Writes a session down while it happens. */
export class SessionRecorder extends Tape {
  readonly clock: Clock;
  readonly random: Random;
  readonly redactor: Redactor;
  readonly world: Ports;
  readonly #sink: SessionSink;
  readonly #nextTurn: (callback: () => void) => void;
  #broken = false;
  /** Clocks at the beginning of the turn, and whether it may still be under way. */
  #now = 0;
  #mono = 0;
  #isInTurn = false;
  /** The mark that was last passed, and how often the microtasks of its time have given way to the next ones. */
  #place: { readonly mark: Mark; hops: number } | undefined;
  #places = 0;

  /**
   * @param core Version of this package.
   * @param nextTurn Calls back when the event loop has turned.
   */
  constructor(world: Ports, sink: SessionSink, core: string, nextTurn: (callback: () => void) => void) {
    super();
    this.world = world;
    this.#nextTurn = nextTurn;
    this.#sink = sink;
    const { secrets = {} } = sink;
    this.redactor = new Redactor(secrets);
    const seed = Math.floor(world.random.next() * 4_294_967_296);
    this.random = seededRandom(seed);
    this.clock = {
      // Out of the engine's turns only the program itself looks at a clock: at how old a book is, for example.
      now: () => (this.#isInTurn ? this.#now : world.clock.now()),
      monotonic: () => (this.#isInTurn ? this.#mono : world.clock.monotonic()),
    };
    const header: SessionHeader = {
      type: "session",
      format: SESSION_FORMAT,
      core,
      startedAt: world.clock.now(),
      seed,
      secrets,
    };
    this.#write(JSON.stringify(header));
  }

  listen<Values>(inputs: Inputs<Values>): Inlet<Values> {
    const id = this.nextInlet();
    return {
      tell: (what, value) => {
        const { take, write } = inputs[what];
        const moment = this.#beginTurn();
        const written = JSON.stringify(write(value, this.redactor));
        this.#write(
          `{"type":"input","of":${id},"what":"${what}",${moment}${written === undefined ? "" : `,"value":${written}`}}`,
        );
        try {
          take(value);
        } finally {
          this.mark();
        }
      },
      close: () => undefined,
    };
  }

  ask<Value>(run: () => Promise<Value>, codec: Codec<Value>): Promise<Value> {
    const { promise, resolve, reject } = Promise.withResolvers<Value>();
    const inlet = this.listen<{ answered: Value; failed: unknown }>({
      answered: { ...codec, take: resolve },
      failed: { ...ERROR, take: reject },
    });
    this.mark();
    new Promise<Value>((started) => started(run())).then(
      (value) => inlet.tell("answered", value),
      (error: unknown) => inlet.tell("failed", error),
    );
    return promise;
  }

  note(describe: () => object): void {
    this.#write(JSON.stringify(describe()));
  }

  create<Made extends Connector>(plugin: string, options: object, make: () => Made): Made {
    const id = this.nextCall();
    const moment = this.#beginTurn();
    this.#writeCall(id, 0, "create", [plugin, options], moment);
    return this.perform(id, () => {
      const connector = make();
      this.follow(id, connector);
      return this.#recorded(id, connector);
    });
  }

  protected outcome(line: string): void {
    this.#write(line);
  }

  protected marked(mark: Mark): void {
    const place = { mark, hops: 0 };
    this.#place = place;
    this.#places += 1;
    const hop = (): void => {
      place.hops += 1;
      this.#place = place;
      if (place.hops < HOPS) {
        queueMicrotask(hop);
        return;
      }
      this.#places -= 1;
      if (this.#places === 0) this.#place = undefined;
    };
    queueMicrotask(hop);
  }

  /** A connector whose calls are written down. */
  #recorded<Made extends Connector>(id: number, connector: Made): Made {
    const methods = new Map<PropertyKey, unknown>();
    return new Proxy(connector, {
      get: (target, name) => {
        // The target itself, as its private fields are not the proxy's.
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== "function" || name === "constructor") return member;
        const known = methods.get(name);
        if (known !== undefined) return known;
        const call = name === Symbol.asyncDispose ? "stop" : name;
        const method =
          typeof call === "symbol" || READS.has(call)
            ? member.bind(target)
            : (...args: unknown[]) =>
                this.#call(id, call, args, (copied) => Reflect.apply(member, target, copied));
        methods.set(name, method);
        return method;
      },
    });
  }

  #call(of: number, call: string, args: readonly unknown[], run: (args: unknown[]) => unknown): unknown {
    const cleanups: (() => void)[] = [];
    const id = this.nextCall();
    const moment = this.#beginTurn();
    const copied = copyWithSignals(args, (signal) => {
      const abort = new AbortController();
      const inlet = this.listen({ abort: { ...NOTHING, take: () => abort.abort(signal.reason) } });
      const onAbort = (): void => inlet.tell("abort", undefined);
      if (signal.aborted) abort.abort(signal.reason);
      else signal.addEventListener("abort", onAbort, { once: true });
      cleanups.push(() => signal.removeEventListener("abort", onAbort));
      return abort.signal;
    });
    this.#writeCall(id, of, call, copied, moment);
    const cleanUp = (): void => {
      for (const cleanup of cleanups) cleanup();
    };
    const result = this.perform(id, () => run(copied));
    if (result instanceof Promise) result.then(cleanUp, cleanUp);
    else cleanUp();
    return result;
  }

  #writeCall(id: number, of: number, call: string, args: readonly unknown[], moment: string): void {
    const written = writeArguments(args, this.redactor);
    this.#write(`{"type":"call","id":${id},"of":${of},"call":"${call}",${moment},"args":${written}}`);
  }

  /** Something comes in: the clock is looked at, once. */
  #beginTurn(): string {
    this.beginStep();
    const { clock } = this.world;
    this.#now = clock.now();
    // Down, so that no later look at the clock shows less.
    this.#mono = Math.floor(clock.monotonic() * 1_000) / 1_000;
    if (!this.#isInTurn) {
      this.#isInTurn = true;
      this.#nextTurn(() => {
        this.#isInTurn = false;
      });
    }
    const place = this.#place;
    const after = place === undefined ? "" : `,"after":[${place.mark},${place.hops}]`;
    return `"now":${this.#now},"mono":${this.#mono}${after}`;
  }

  #write(line: string): void {
    if (this.#broken) return;
    try {
      this.#sink.write(line);
    } catch (error) {
      this.#broken = true;
      this.world.logger.error("the session cannot be recorded any further", { error });
    }
  }
}
