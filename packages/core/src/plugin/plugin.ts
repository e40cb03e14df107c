import type { Credentials } from "../auth/index.js";
import type {
  Capabilities,
  Connector,
  ConnectorKind,
  ConnectorOptions,
  ExchangeDefinition,
} from "../connector/index.js";
import { PluginError } from "../errors/index.js";
import type { Ports } from "../ports/index.js";
import type { StandardSchema } from "./standard-schema.js";

/** Marks plugins, so that anything else is refused; the number is the version of the plugin contract. */
const PLUGIN_BRAND: unique symbol = Symbol.for("@conn/core/1/plugin");

/** A simulated venue that runs on this machine. */
export interface SimulatedVenue {
  /** Where it listens, by the names of the connector's URLs. */
  readonly urls: Readonly<Record<string, string>>;
  /** A key that it has issued, for a connector that was given none. */
  readonly credentials?: Credentials;
  close(): Promise<void>;
}

/** What the entry `@conn/<venue>/simulator` of a connector exports. */
export interface SimulatorModule {
  /** Starts the venue on loopback, at `port` or a free one. The same seed gives the same market. */
  startSimulator(options: {
    readonly ports: Ports;
    readonly port?: number;
    readonly seed?: number;
  }): Promise<SimulatedVenue>;
}

/** What a connector package says of itself. */
export interface PluginDefinition<Name extends string, Options, Supports extends Capabilities> {
  /** Name under which it is loaded, in kebab-case. */
  readonly name: Name;
  readonly kind: Exclude<ConnectorKind, "protocol">;
  /** Range of `@conn/core` versions it works with: `^major.minor.patch`. */
  readonly core: `^${number}.${number}.${number}`;
  readonly supports: Supports;
  /** Checks the options that only this connector has. */
  readonly optionsSchema?: StandardSchema<unknown, Options>;
  /** Describes the venue; called once for each connector. Starts nothing. */
  create(options: Options): ExchangeDefinition;
  /** Loads the simulated venue; absent where there is none. */
  readonly simulator?: () => Promise<SimulatorModule>;
}

/** A connector package, ready to be loaded by name. */
export interface ConnectorPlugin<
  Name extends string = string,
  Options = unknown,
  Supports extends Capabilities = Capabilities,
> extends PluginDefinition<Name, Options, Supports> {
  readonly [PLUGIN_BRAND]: true;
}

/**
 * Types of connectors by name. Each connector package adds its own entry, so that
 * `import type {} from "@conn/<name>"` is enough to have `create("<name>", …)` typed.
 */
// biome-ignore lint/suspicious/noEmptyInterface: filled by declaration merging in connector packages.
export interface ConnectorTypes {}

/** The entry of one connector in `ConnectorTypes`. */
export interface ConnectorType<OwnOptions, Supports extends Capabilities> {
  readonly options: ConnectorOptions & OwnOptions;
  readonly connector: Connector<Supports>;
}

/**
 * Makes a connector package's plugin out of its description.
 *
 * @throws {TypeError} if the description is incomplete.
 */
export function definePlugin<const Name extends string, Options, const Supports extends Capabilities>(
  definition: PluginDefinition<Name, Options, Supports>,
): ConnectorPlugin<Name, Options, Supports> {
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(definition.name))
    throw new TypeError("a plugin's name is written in kebab-case");
  if (!/^\^\d+\.\d+\.\d+$/.test(definition.core))
    throw new TypeError("a plugin's core range is written ^1.2.3");
  if (typeof definition.create !== "function") throw new TypeError("a plugin must have a create function");
  return { ...definition, [PLUGIN_BRAND]: true };
}

/** Whether `value` was made by `definePlugin`, of this copy of the package or another of the same contract. */
export function isPlugin(value: unknown): value is ConnectorPlugin {
  return typeof value === "object" && value !== null && PLUGIN_BRAND in value;
}

/** Whether `range` (`^1.2.3`) allows `version`. Below 1.0.0 the minor counts as the major. */
export function coreRangeAllows(range: string, version: string): boolean {
  const wanted = /^\^(\d+)\.(\d+)\.(\d+)$/.exec(range)?.slice(1).map(Number);
  const present = /^(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number);
  if (wanted === undefined || present === undefined) return false;
  const [major = 0, minor = 0, patch = 0] = wanted;
  const [ownMajor = 0, ownMinor = 0, ownPatch = 0] = present;
  if (ownMajor !== major) return false;
  if (major === 0) return ownMinor === minor && ownPatch >= patch;
  return ownMinor > minor || (ownMinor === minor && ownPatch >= patch);
}

/**
 * Refuses what is not a plugin, and a plugin made for another core.
 *
 * @throws {PluginError} PLUGIN_INVALID or PLUGIN_CORE_RANGE.
 */
export function assertPlugin(value: unknown, coreVersion: string): asserts value is ConnectorPlugin {
  if (!isPlugin(value))
    throw new PluginError("PLUGIN_INVALID", "this is not a connector plugin: definePlugin makes one");
  if (!coreRangeAllows(value.core, coreVersion)) {
    throw new PluginError(
      "PLUGIN_CORE_RANGE",
      `${value.name} wants @conn/core ${value.core}, and ${coreVersion} is here`,
      {
        details: { plugin: value.name, wanted: value.core, present: coreVersion },
      },
    );
  }
}
