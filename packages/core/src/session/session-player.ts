import type { Connector } from "../connector/index.js";
import type { Clock, Random } from "../ports/index.js";
import { Redactor } from "../recording/redactor.js";
import { readArguments } from "./call-arguments.js";
import { type Codec, ERROR, NOTHING } from "./codec.js";
import { seededRandom } from "./seeded-random.js";
import type { CallLine, InputLine, Mark, SessionFile, SessionStep } from "./session-line.js";
import { type Inlet, type Inputs, Tape } from "./tape.js";

/** Where a replay parted from its recording. */
export interface SessionDifference {
  /** Line of the file, from 1. */
  readonly line: number;
  /** The line; undefined if its end was reached. */
  readonly expected: string | undefined;
  /** What the replay came to instead; undefined if it came to nothing. */
  readonly actual: string | undefined;
}

/** Plays what came in again, each thing when all that the one before it has begun has come to its end. */
export class SessionPlayer extends Tape {
  readonly clock: Clock;
  readonly random: Random;
  readonly redactor: Redactor;
  readonly world = undefined;
  readonly #steps: readonly SessionStep[];
  /** What came in while something was under way, by the mark that it came after. */
  readonly #byMark = new Map<string, (InputLine | CallLine)[]>();
  readonly #inlets = new Map<number, ReadonlyMap<string, (json: unknown) => void>>();
  readonly #connectors = new Map<number, Connector>();
  readonly #make: (plugin: string, options: object) => Connector;
  readonly #onOutcome: (line: string) => void;
  readonly #nextTurn: (callback: () => void) => void;
  /** The first step that was not come to. */
  #next = 0;
  #difference: SessionDifference | undefined;
  #thrown: { readonly error: unknown } | undefined;
  #now = 0;
  #mono = 0;

  constructor(
    { header, steps }: SessionFile,
    {
      make,
      onOutcome,
      nextTurn,
    }: {
      /** Creates a connector of this tape. */
      make(tape: SessionPlayer, plugin: string, options: object): Connector;
      /** Takes every event and every result. */
      onOutcome(line: string): void;
      /** Calls back when the event loop has turned. */
      nextTurn(callback: () => void): void;
    },
  ) {
    super();
    this.#steps = steps;
    this.#make = (plugin, options) => make(this, plugin, options);
    this.#onOutcome = onOutcome;
    this.#nextTurn = nextTurn;
    this.redactor = new Redactor(header.secrets);
    this.random = seededRandom(header.seed);
    this.#now = header.startedAt;
    this.clock = { now: () => this.#now, monotonic: () => this.#mono };
    for (const step of steps) {
      if (!("after" in step) || step.after === undefined) continue;
      const mark = String(step.after.slice(0, 2));
      const known = this.#byMark.get(mark);
      if (known === undefined) this.#byMark.set(mark, [step]);
      else known.push(step);
    }
  }

  /** Plays to the end, or to the first difference. @throws what a step throws into the world. */
  async play(): Promise<SessionDifference | undefined> {
    for (;;) {
      await new Promise<void>((resolve) => this.#nextTurn(resolve));
      if (this.#thrown !== undefined) throw this.#thrown.error;
      const step = this.#steps[this.#next];
      if (this.#difference !== undefined || step === undefined) return this.#difference;
      if (!("now" in step) || step.after !== undefined) this.#differ(step, undefined);
      else this.#deliver(step);
    }
  }

  listen<Values>(inputs: Inputs<Values>): Inlet<Values> {
    const id = this.nextInlet();
    const takers = new Map<string, (json: unknown) => void>();
    for (const what in inputs) {
      const { take, read } = inputs[what];
      takers.set(what, (json) => take(read(json)));
    }
    this.#inlets.set(id, takers);
    return { tell: () => undefined, close: () => void this.#inlets.delete(id) };
  }

  ask<Value>(_run: () => Promise<Value>, codec: Codec<Value>): Promise<Value> {
    const { promise, resolve, reject } = Promise.withResolvers<Value>();
    this.listen<{ answered: Value; failed: unknown }>({
      answered: { ...codec, take: resolve },
      failed: { ...ERROR, take: reject },
    });
    this.mark();
    return promise;
  }

  note(): void {}

  create<Made extends Connector>(_plugin: string, _options: object, make: () => Made): Made {
    return make();
  }

  protected outcome(line: string): void {
    const step = this.#steps[this.#next];
    // What comes after the end of the file, nobody was there to write.
    if (this.#difference !== undefined || step === undefined) return;
    if ("text" in step && step.text === line) {
      this.#next += 1;
      this.#onOutcome(line);
    } else this.#differ(step, line);
  }

  protected marked(mark: Mark): void {
    for (const step of this.#byMark.get(String(mark)) ?? []) {
      let hops = step.after?.[2] ?? 0;
      const hop = (): void => {
        if (hops === 0) {
          this.#deliver(step);
          return;
        }
        hops -= 1;
        queueMicrotask(hop);
      };
      hop();
    }
  }

  #deliver(step: InputLine | CallLine): void {
    if (this.#difference !== undefined) return;
    const expected = this.#steps[this.#next];
    if (expected !== step) {
      // It is at this step's turn, and another one's outcome is still to come.
      if (expected !== undefined) this.#differ(expected, undefined);
      return;
    }
    this.#next += 1;
    this.beginStep();
    this.#now = step.now;
    this.#mono = step.mono;
    try {
      if (step.type === "input") this.#take(step);
      else this.#call(step);
    } catch (error) {
      this.#thrown ??= { error };
    }
  }

  #take(step: InputLine): void {
    const take = this.#inlets.get(step.of)?.get(step.what);
    if (take === undefined) {
      this.#differ(step, undefined);
      return;
    }
    try {
      take(step.value);
    } finally {
      this.mark();
    }
  }

  #call(step: CallLine): void {
    const id = this.nextCall();
    const args = readArguments(step.args, (aborted) => {
      const abort = new AbortController();
      this.listen({ abort: { ...NOTHING, take: () => abort.abort() } });
      if (aborted) abort.abort();
      return abort.signal;
    });
    try {
      this.perform(id, () => (step.call === "create" ? this.#create(id, args) : this.#ask(step, args)));
    } catch {
      // The program's to catch; that it was thrown is a result of the call.
    }
  }

  #create(id: number, [plugin, options]: readonly unknown[]): void {
    const isObject = typeof options === "object" && options !== null;
    const connector = this.#make(String(plugin), isObject ? options : {});
    this.follow(id, connector);
    this.#connectors.set(id, connector);
  }

  #ask({ of, call }: CallLine, args: unknown[]): unknown {
    const connector = this.#connectors.get(of);
    const method: unknown = connector && Reflect.get(connector, call);
    if (typeof method !== "function") throw new TypeError(`there is no ${call}`);
    return Reflect.apply(method, connector, args);
  }

  /** Line numbers become texts where the file is at hand. */
  #differ({ line }: SessionStep, actual: string | undefined): void {
    this.#difference ??= { line, expected: undefined, actual };
  }
}
