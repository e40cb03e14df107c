/** Something that will happen at a moment of virtual time. */
export interface PlannedEvent {
  /** Virtual ms since the beginning. */
  at: number;
  /** Of equal times, the lower number comes first. */
  order: number;
  canceled: boolean;
  readonly run: () => void;
}

/** What will happen, soonest first; of equal times in the order it was planned. */
export class EventQueue {
  readonly #heap: PlannedEvent[] = [];
  #planned = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** @param at Virtual ms since the beginning, rounded up to a 1024th so that sums and differences are exact. */
  plan(at: number, run: () => void): PlannedEvent {
    const event: PlannedEvent = {
      at: Math.ceil(at * 1024) / 1024,
      order: this.#planned,
      canceled: false,
      run,
    };
    this.#planned += 1;
    this.#rise(event, this.#heap.length);
    return event;
  }

  /** Takes out the next event that is not canceled; undefined if there is none. */
  next(): PlannedEvent | undefined {
    for (;;) {
      const event = this.#take();
      if (event === undefined || !event.canceled) return event;
    }
  }

  /** When the next event happens, canceled ones included. */
  get nextAt(): number | undefined {
    return this.#heap[0]?.at;
  }

  #take(): PlannedEvent | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || first === last) return first;
    this.#sink(last, 0);
    return first;
  }

  #rise(event: PlannedEvent, from: number): void {
    const heap = this.#heap;
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as PlannedEvent;
      if (!isBefore(event, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = event;
  }

  #sink(event: PlannedEvent, from: number): void {
    const heap = this.#heap;
    let index = from;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as PlannedEvent, heap[child] as PlannedEvent)) {
        child += 1;
      }
      const below = heap[child] as PlannedEvent;
      if (!isBefore(below, event)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = event;
  }
}

function isBefore(a: PlannedEvent, b: PlannedEvent): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
