import type { Ports } from "../ports.js";
import { nodeServer } from "./node-server.js";
import { silentLogger } from "./silent-logger.js";
import { createSqliteJournals } from "./sqlite-journals.js";
import { systemClock } from "./system-clock.js";
import { systemRandom } from "./system-random.js";
import { systemTimers } from "./system-timers.js";
import { undiciHttp } from "./undici-http.js";
import { wsWebSocket } from "./ws-web-socket.js";

export { createMemoryJournals, type MemoryJournals } from "./memory-journals.js";
export { createSqliteJournals, type SqliteJournalsOptions } from "./sqlite-journals.js";

/**
 * The real world: the machine's clock, timers, network and disk, and a logger that is silent.
 *
 * @param overrides Ports to use instead of the default ones.
 *
 * @example
 * ```ts
 * import { createDefaultPorts } from "@conn/core";
 *
 * const ports = createDefaultPorts({ logger: console });
 * ```
 */
export function createDefaultPorts(overrides: Partial<Ports> = {}): Ports {
  return {
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
    logger: silentLogger,
    http: undiciHttp,
    webSocket: wsWebSocket,
    journals: createSqliteJournals(),
    server: nodeServer,
    ...overrides,
  };
}
