import type { ExchangeDefinition } from "../connector/index.js";
import { ConfigurationError } from "../errors/index.js";
import type { ConnectorPlugin } from "./plugin.js";

/**
 * What a plugin says of its venue, for options that only this connector has. Starts nothing.
 *
 * @throws {ConfigurationError} INVALID_OPTIONS.
 */
export function createDefinition<Options>(
  plugin: Pick<ConnectorPlugin<string, Options>, "name" | "optionsSchema" | "create">,
  own: object = {},
): ExchangeDefinition {
  return plugin.create(checkOwnOptions(plugin, own));
}

/** @throws {ConfigurationError} INVALID_OPTIONS. */
function checkOwnOptions<Options>(
  plugin: Pick<ConnectorPlugin<string, Options>, "name" | "optionsSchema">,
  own: object,
): Options {
  const refuse = (message: string, details: Record<string, unknown>): never => {
    throw new ConfigurationError("INVALID_OPTIONS", `${plugin.name}: ${message}`, { details });
  };
  const { optionsSchema } = plugin;
  if (optionsSchema === undefined) {
    const [unknown] = Object.keys(own);
    if (unknown !== undefined) refuse(`there is no option ${unknown}`, { option: unknown });
    // Without a schema the plugin has no options of its own, and an empty object is what it expects.
    return own as Options;
  }
  const result = optionsSchema["~standard"].validate(own);
  if (result instanceof Promise) throw new TypeError("an options schema must validate at once");
  if (result.issues === undefined) return result.value;
  const issues = result.issues.map(({ message, path = [] }) => {
    const place = path.map((part) => String(typeof part === "object" ? part.key : part)).join(".");
    return place === "" ? message : `${place}: ${message}`;
  });
  return refuse(issues.join("; "), { issues });
}
