import type { ExchangeDefinition } from "../connector/index.js";
import { PluginError } from "../errors/index.js";

/**
 * Checks what the types cannot say of a definition.
 *
 * @throws {PluginError} PLUGIN_INVALID if a rate limit is counted by connection: nothing that waits for pools is sent
 *   on one connection, and `limits` of the routes is where such a limit is kept.
 */
export function checkDefinition(name: string, { rateLimits }: ExchangeDefinition): void {
  for (const { id, scope } of rateLimits) {
    if (scope !== "connection") continue;
    throw new PluginError(
      "PLUGIN_INVALID",
      `${name}: rate limit "${id}" is counted by connection, which belongs to the limits of a route`,
      { details: { pool: id } },
    );
  }
}
