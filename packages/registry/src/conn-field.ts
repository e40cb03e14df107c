import type { ConnectorKind } from "@conn/core";
import { isObject } from "./json.js";

/**
 * The field `"conn"` of a connector's package.json: what the plugin says of itself, readable without
 * running it.
 *
 * @example
 * ```json
 * {
 *   "conn": {
 *     "name": "binance-perpetual",
 *     "kind": "derivative",
 *     "core": "^1.0.0",
 *     "supports": { "orderBooks": true, "publicTrades": true, "fundingInfo": true },
 *     "simulator": true
 *   }
 * }
 * ```
 */
export interface ConnField {
  /** Name under which the connector is loaded, in kebab-case. */
  readonly name: string;
  readonly kind: ConnectorKind;
  /** Range of `@conn/core` versions it works with: `^major.minor.patch`. */
  readonly core: string;
  /** The plugin's `supports`. */
  readonly supports: Readonly<Record<string, unknown>>;
  /** Whether the package brings a simulated venue. @default false */
  readonly simulator?: boolean;
}

const KINDS: ReadonlySet<unknown> = new Set<ConnectorKind>(["exchange", "derivative", "protocol"]);

/** Reads the field as it was parsed from JSON; text says what is wrong with it. Unknown members are let pass. */
export function parseConnField(value: unknown): Required<ConnField> | string {
  if (!isObject(value)) return "it is not an object";
  const { name, kind, core, supports, simulator = false } = value;
  if (typeof name !== "string" || !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) return "its name is not kebab-case";
  if (!isKind(kind)) return "its kind is none of exchange, derivative, protocol";
  if (typeof core !== "string" || !/^\^\d+\.\d+\.\d+$/.test(core)) return "its core is not written ^1.2.3";
  if (!isObject(supports)) return "its supports is not an object";
  if (typeof simulator !== "boolean") return "its simulator is neither true nor false";
  return { name, kind, core, supports, simulator };
}

function isKind(value: unknown): value is ConnectorKind {
  return KINDS.has(value);
}
