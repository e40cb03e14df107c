/** Something to do at a time, unless it is given up before. */
export interface Task {
  readonly at: number;
  done: boolean;
  run(): void;
}

/** What is to be done later, soonest first; a binary heap. */
export class Agenda {
  #heap: Task[] = [];
  #givenUp = 0;

  /** When the next task is due; infinite if there is none. */
  get nextAt(): number {
    this.#clean();
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  add(at: number, run: () => void): Task {
    const task: Task = { at, done: false, run };
    this.#heap.push(task);
    this.#rise(this.#heap.length - 1);
    return task;
  }

  giveUp(task: Task): void {
    if (task.done) return;
    task.done = true;
    this.#givenUp += 1;
    // Those given up leave when they come to the top, or all at once when they are the most.
    if (this.#givenUp <= 64 || this.#givenUp * 2 <= this.#heap.length) return;
    // What is sorted is a heap.
    this.#heap = this.#heap.filter(({ done }) => !done).sort((a, b) => a.at - b.at);
    this.#givenUp = 0;
  }

  /** Does what is due. */
  runUntil(now: number): void {
    while (this.nextAt <= now) {
      const task = this.#pop();
      task.done = true;
      task.run();
    }
  }

  #clean(): void {
    while (this.#heap[0]?.done) {
      this.#pop();
      this.#givenUp -= 1;
    }
  }

  #pop(): Task {
    const heap = this.#heap;
    const top = heap[0] as Task;
    const last = heap.pop() as Task;
    if (heap.length > 0) {
      heap[0] = last;
      this.#sink(0);
    }
    return top;
  }

  #rise(from: number): void {
    const heap = this.#heap;
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >>> 1;
      if ((heap[parent] as Task).at <= (heap[index] as Task).at) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  #sink(from: number): void {
    const heap = this.#heap;
    let index = from;
    for (;;) {
      const left = index * 2 + 1;
      let least = index;
      if (left < heap.length && (heap[left] as Task).at < (heap[least] as Task).at) least = left;
      if (left + 1 < heap.length && (heap[left + 1] as Task).at < (heap[least] as Task).at) least = left + 1;
      if (least === index) return;
      this.#swap(index, least);
      index = least;
    }
  }

  #swap(a: number, b: number): void {
    const heap = this.#heap;
    const task = heap[a] as Task;
    heap[a] = heap[b] as Task;
    heap[b] = task;
  }
}
