/** A stream of a venue's events. All times are the venue's, in milliseconds since 1970. */
export interface ScheduledStream {
  /** The market whose events it tells. When the stream is due depends on nothing but that market. */
  readonly market: { advance(at: number): void };
  /**
   * When it will next have something to do, as things stand; `Infinity` if never. Its market must not
   * advance past that time before it has done so.
   */
  dueAt(): number;
}

/** Brings many streams to their turn, in the order of time. */
export interface StreamSchedule<S extends ScheduledStream> {
  add(stream: S): void;
  remove(stream: S): void;
  /** Must be called when a market has advanced or a stream changed by other hands than `runUntil`. */
  invalidate(): void;
  /** When the next stream is due, or `Infinity`. */
  dueAt(): number;
  /** Runs every stream that is due until `at`; its market has advanced to the time given to `run`. */
  runUntil(at: number, run: (stream: S, dueAt: number) => void): void;
}

/** The streams of one market. */
interface Group<S> {
  readonly market: ScheduledStream["market"];
  readonly streams: S[];
  dueAt: number;
}

/** Makes an empty schedule. Of streams that are due at once, those of one market run in the order they were added. */
export function createStreamSchedule<S extends ScheduledStream>(): StreamSchedule<S> {
  const streams = new Set<S>();
  /** Made anew when `undefined`: looking at every stream for every event would cost most of the time. */
  let groups: Group<S>[] | undefined;

  const refresh = (group: Group<S>): void => {
    group.dueAt = Number.POSITIVE_INFINITY;
    for (const stream of group.streams) group.dueAt = Math.min(group.dueAt, stream.dueAt());
  };

  const makeGroups = (): Group<S>[] => {
    const byMarket = new Map<ScheduledStream["market"], Group<S>>();
    for (const stream of streams) {
      const group = byMarket.get(stream.market);
      if (group !== undefined) group.streams.push(stream);
      else byMarket.set(stream.market, { market: stream.market, streams: [stream], dueAt: 0 });
    }
    const made = [...byMarket.values()];
    for (const group of made) refresh(group);
    return made;
  };

  const mostUrgent = (): Group<S> | undefined => {
    groups ??= makeGroups();
    let found: Group<S> | undefined;
    for (const group of groups) if (found === undefined || group.dueAt < found.dueAt) found = group;
    return found;
  };

  return {
    add(stream) {
      streams.add(stream);
      groups = undefined;
    },
    remove(stream) {
      if (streams.delete(stream)) groups = undefined;
    },
    invalidate() {
      groups = undefined;
    },
    dueAt: () => mostUrgent()?.dueAt ?? Number.POSITIVE_INFINITY,
    runUntil(at, run) {
      for (;;) {
        const group = mostUrgent();
        if (group === undefined || group.dueAt > at) return;
        const { dueAt } = group;
        group.market.advance(dueAt);
        for (const stream of group.streams) if (stream.dueAt() <= dueAt) run(stream, dueAt);
        refresh(group);
      }
    },
  };
}
