import type { ConnectorPlugin, Random } from "@conn/core";
import type { LoweredLimits } from "../venue/venue-limits.js";
import { pick } from "./fault-kind.js";
import type { SimulationSetup } from "./simulation-setup.js";

const MINUTE_MS = 60_000;
const SLOWER_WHERE_STILL = 40;

/** A setup in which connections age fast, and what the venue is to enforce. */
export interface ShortLives {
  readonly plugin: ConnectorPlugin;
  readonly limits: LoweredLimits;
  /** Said in the timeline. */
  readonly says: string;
}

/**
 * Lets connections grow old within minutes in some seeds: a day is longer than a simulation. Now and then the venue
 * ends them earlier than its documents say.
 */
export function drawLives(
  { plugin, simulator }: SimulationSetup,
  random: Random,
  eventsPerSecond: number,
): ShortLives {
  const isShort = random.next() < 0.35;
  // A book joins only with a change: where changes are rarer than new connections, books are seldom live.
  const slowness = eventsPerSecond < 1 ? SLOWER_WHERE_STILL : 1;
  const maxAgeMs = pick([1.5, 5, 20], random) * MINUTE_MS * slowness;
  const isEarly = random.next() < 0.4;
  const part = 0.3 + 0.45 * random.next();
  if (!isShort) return { plugin, limits: {}, says: "connections live for long" };
  const aging: ConnectorPlugin = {
    ...plugin,
    create(options) {
      const definition = plugin.create(options);
      const routes = Object.fromEntries(
        Object.entries(definition.routes).map(([name, route]) => [name, { ...route, maxAgeMs }]),
      );
      return { ...definition, routes };
    },
  };
  // Where the venue names no age, renewals are the connector's own doing.
  if (simulator.connectionLifetimeMs === undefined)
    return { plugin: aging, limits: {}, says: `connections are renewed within ${maxAgeMs} ms` };
  const connectionLifetimeMs = Math.round(maxAgeMs * (isEarly ? part : 1));
  return {
    plugin: aging,
    limits: { connectionLifetimeMs },
    says: `the venue ends connections after ${connectionLifetimeMs} ms, and says ${maxAgeMs} ms`,
  };
}
