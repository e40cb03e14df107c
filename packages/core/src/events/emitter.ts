/** What an emitter carries: event objects told apart by `type`. */
export interface TypedEvent {
  readonly type: string;
}

/** The event of type `Type` in the union `Event`. */
export type EventOfType<Event extends TypedEvent, Type extends Event["type"]> = Extract<
  Event,
  { readonly type: Type }
>;

type Listener<Event> = (event: Event) => void;

/**
 * Hands each event to every listener of its type, in the order of registration, at once.
 * An error thrown in a listener is reported and does not keep the event from the others.
 */
export class Emitter<Event extends TypedEvent> {
  readonly #listeners = new Map<Event["type"], Listener<never>[]>();
  readonly #onListenerError: (error: unknown, event: Event) => void;

  /** `onListenerError` learns of every error that a listener throws or whose promise rejects with. */
  constructor(onListenerError: (error: unknown, event: Event) => void) {
    this.#onListenerError = onListenerError;
  }

  /** Calls `listener` for each later event of `type`; the returned function ends that. */
  on<Type extends Event["type"]>(
    type: Type,
    listener: (event: EventOfType<Event, Type>) => void,
  ): () => void {
    if (typeof listener !== "function") throw new TypeError("the listener must be a function");
    // A new array on each change: an emit under way keeps the list it began with.
    const own = (event: EventOfType<Event, Type>): void => listener(event);
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), own]);
    return () => {
      const left = (this.#listeners.get(type) ?? []).filter((other) => other !== own);
      if (left.length === 0) this.#listeners.delete(type);
      else this.#listeners.set(type, left);
    };
  }

  /** Whether anybody listens to `type`: lets a hot path skip making the event. */
  has(type: Event["type"]): boolean {
    return this.#listeners.has(type);
  }

  emit(event: Event): void {
    const listeners = this.#listeners.get(event.type);
    if (listeners === undefined) return;
    for (const listener of listeners) {
      try {
        const outcome: unknown = (listener as (event: Event) => unknown)(event);
        if (outcome instanceof Promise)
          outcome.catch((error: unknown) => this.#onListenerError(error, event));
      } catch (error) {
        this.#onListenerError(error, event);
      }
    }
  }
}
