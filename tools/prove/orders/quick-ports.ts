import { createDefaultPorts, type Ports } from "@conn/core";

/** A time that runs faster than ours: several processes with the same facts have the same time. */
export interface QuickTime {
  /** When it was the same as ours, ms since 1970-01-01 UTC. */
  readonly startedAt: number;
  /** How many ms pass there in one of ours. */
  readonly speed: number;
}

/**
 * The real ports with a faster time, for what takes long because somebody waits: that an order never arrived is proven
 * only after its request has lost its validity. Sockets and disks are as fast as they are.
 */
export function createQuickPorts({ startedAt, speed }: QuickTime, overrides: Partial<Ports> = {}): Ports {
  const real = createDefaultPorts();
  return {
    ...real,
    clock: {
      now: () => Math.floor(startedAt + (real.clock.now() - startedAt) * speed),
      monotonic: () => real.clock.monotonic() * speed,
    },
    timers: { set: (delayMs, callback) => real.timers.set(delayMs / speed, callback) },
    ...overrides,
  };
}
