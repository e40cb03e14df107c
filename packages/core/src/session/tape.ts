import type { Connector, ConnectorEvent } from "../connector/index.js";
import { ConnError } from "../errors/index.js";
import type { Clock, Ports, Random } from "../ports/index.js";
import type { Redactor } from "../recording/redactor.js";
import type { Codec } from "./codec.js";
import { describeEvent, sumUp } from "./describe-event.js";
import type { Mark } from "./session-line.js";

/** One kind of thing that the world tells, and who takes it. */
export interface Input<Value> extends Codec<Value> {
  take(value: Value): void;
}

/** Kinds of inputs, each with its value. */
export type Inputs<Values> = { readonly [What in keyof Values]: Input<Values[What]> };

/** The way in for what the world tells of one timer, socket or question. */
export interface Inlet<Values> {
  tell<What extends keyof Values & string>(what: What, value: Values[What]): void;
  /** Nothing more comes. */
  close(): void;
}

const EVENT_TYPES = {
  accountSync: true,
  balance: true,
  fill: true,
  order: true,
  reconciled: true,
  orderBook: true,
  orderBookState: true,
  trade: true,
  ticker: true,
  funding: true,
  connection: true,
  instrument: true,
  problem: true,
  rateLimit: true,
  ready: true,
} as const satisfies Record<ConnectorEvent["type"], true>;

/**
 * What stands between the engine and the world while a session is recorded or replayed. All that comes in comes through
 * it, in one order; and between two things that come in, the engine does the same in the replay as in the recording,
 * since the clock stands still and whatever is random has a seed.
 *
 * Timers, sockets, questions, calls and marks are numbered in the order in which the engine makes them: that order is
 * the same in a replay, and so are the numbers.
 */
export abstract class Tape {
  abstract readonly clock: Clock;
  abstract readonly random: Random;
  abstract readonly redactor: Redactor;
  /** The world that is recorded; there is none in a replay. */
  abstract readonly world: Ports | undefined;
  #inlets = 0;
  #calls = 0;
  /** Inputs and calls so far, and marks since the last of them. */
  #steps = 0;
  #marks = 0;

  /** Opens a way in. */
  abstract listen<Values>(inputs: Inputs<Values>): Inlet<Values>;
  /** Asks the world for what comes later; a replay has the answer from the file. */
  abstract ask<Value>(run: () => Promise<Value>, codec: Codec<Value>): Promise<Value>;
  /** Writes down what a person will want to see. It is not compared. */
  abstract note(describe: () => object): void;
  /** Something came of the inputs: written, or compared with what was written. */
  protected abstract outcome(line: string): void;
  /** A mark was made. */
  protected abstract marked(mark: Mark): void;
  /** Creates a connector. */
  abstract create<Made extends Connector>(plugin: string, options: object, make: () => Made): Made;

  /**
   * Marks a moment at which somebody outside may go on, and so call the engine back before all that it has begun has
   * come to its end. What comes in then is found again by the nearest mark before it.
   */
  mark(): void {
    this.#marks += 1;
    this.marked([this.#steps, this.#marks]);
  }

  /** Something comes in. */
  protected beginStep(): void {
    this.#steps += 1;
    this.#marks = 0;
  }

  protected nextInlet(): number {
    this.#inlets += 1;
    return this.#inlets;
  }

  protected nextCall(): number {
    this.#calls += 1;
    return this.#calls;
  }

  /** Makes a call, and tells how it ends. */
  protected perform<Result>(id: number, run: () => Result): Result {
    const ended = (facts: object): void =>
      this.outcome(JSON.stringify({ type: "result", call: id, ...facts }));
    const failed = (error: unknown): void =>
      ended({
        error: error instanceof ConnError ? error.code : error instanceof Error ? error.name : "unknown",
      });
    try {
      const result = run();
      if (result instanceof Promise) {
        result.then(
          (value: unknown) => {
            ended(value === undefined ? {} : { crc32: sumUp(value) });
            this.mark();
          },
          (error: unknown) => {
            failed(error);
            this.mark();
          },
        );
      } else ended({});
      return result;
    } catch (error) {
      failed(error);
      throw error;
    } finally {
      this.mark();
    }
  }

  /** Tells all events of a connector. To be called before anybody else listens. */
  protected follow(id: number, connector: Connector): void {
    // as: the keys that are written above.
    for (const type of Object.keys(EVENT_TYPES) as ConnectorEvent["type"][]) {
      connector.on(type, (event) => {
        this.outcome(
          this.redactor.text(`{"type":"event","of":${id},"event":${describeEvent(event)}}`, "received"),
        );
        if ("error" in event && event.error !== undefined) {
          const { message } = event.error;
          this.note(() => ({ type: "message", text: this.redactor.text(message, "received") }));
        }
        this.mark();
      });
    }
  }
}
