import type {
  Capabilities,
  Connector,
  ConnectorOptions,
  ConnectorPlugin,
  ConnectorType,
  ConnectorTypes,
  Host,
  SimulatorModule,
} from "@conn/core";
import type { Discovery } from "./discover-plugins.js";

/** The options that `create` takes for an entry of `ConnectorTypes`; they may be left out if none is required. */
export type CreateArguments<Entry> = Entry extends { readonly options: infer Options }
  ? Partial<Options> extends Options
    ? [options?: Options]
    : [options: Options]
  : never;

/** The connector that `create` makes for an entry of `ConnectorTypes`. */
export type CreatedConnector<Entry> = Entry extends { readonly connector: infer Made extends Connector }
  ? Made
  : never;

/**
 * Loads connectors by name: those that the program has installed, and those it hands over itself.
 *
 * Plugins are ordinary code with all the rights of the program; nothing shuts them in. An allow-list
 * restricts which packages are loaded at all.
 */
export interface Registry<Types = ConnectorTypes> {
  /** The host in which connectors are created. */
  readonly host: Host;

  /**
   * Looks through the dependencies that the program's package.json declares for packages with a `"conn"`
   * field. Reads package.json files only, anew at each call, and runs no code of any plugin. What is wrong
   * with one plugin is told in its `problem` and does not touch the others.
   *
   * @throws {PluginError} PLUGIN_NOT_FOUND if the program's own package.json cannot be read.
   */
  discover(): Promise<Discovery>;

  /**
   * Creates a connector; nothing is opened before its `start`. The names are those of the connectors whose
   * types the program imports.
   *
   * @throws {PluginError} if the plugin cannot be loaded, as `load` does.
   * @throws {ConfigurationError} if the options cannot be used.
   *
   * @example
   * ```ts
   * import { createRegistry } from "@conn/registry";
   * import type {} from "@conn/binance-perpetual";
   *
   * const registry = createRegistry({ from: import.meta.url });
   * const connector = await registry.create("binance-perpetual", { tradingPairs: ["BTC-USDT"] });
   * ```
   */
  create<Name extends keyof Types & string>(
    name: Name,
    ...options: CreateArguments<Types[Name]>
  ): Promise<CreatedConnector<Types[Name]>>;

  /**
   * Creates a connector whose name is known only at run time. The connector checks its own options itself.
   *
   * @throws {PluginError} if the plugin cannot be loaded, as `load` does.
   * @throws {ConfigurationError} if the options cannot be used.
   */
  createDynamic(
    name: string,
    options?: ConnectorOptions & Readonly<Record<string, unknown>>,
  ): Promise<Connector>;

  /**
   * Loads a plugin: imports its package, which must export it as `plugin`, and checks it.
   *
   * @throws {PluginError} PLUGIN_NOT_FOUND if no installed package has that name;
   * PLUGIN_NAME_CLAIMED_TWICE, PLUGIN_NOT_ALLOWED or PLUGIN_CORE_RANGE if it is refused;
   * PLUGIN_IMPORT_FAILED if its code fails; PLUGIN_INVALID if what it exports is not the plugin it says it is.
   */
  load(name: string): Promise<ConnectorPlugin>;

  /**
   * Loads the simulated venue of a plugin, which is started with `startSimulator({ ports: registry.host.ports })`.
   *
   * @throws {PluginError} as `load` does; PLUGIN_IMPORT_FAILED also if `@conn/simulator` is not installed.
   * @throws {NotSupportedError} if the plugin has no simulated venue.
   */
  simulator(name: string): Promise<SimulatorModule>;

  /**
   * Makes a plugin known that the program has imported itself, as bundled programs must. It stands before an
   * installed package of the same name, since a bundled program's package.json usually names that too; the
   * allow-list, which is about packages, does not concern it.
   *
   * @returns This registry, whose `create` now knows the name.
   * @throws {PluginError} PLUGIN_INVALID or PLUGIN_CORE_RANGE if it cannot be used; PLUGIN_NAME_CLAIMED_TWICE
   * if another plugin of that name is in use.
   *
   * @example
   * ```ts
   * import { plugin } from "@conn/binance-perpetual";
   * import { createRegistry } from "@conn/registry";
   *
   * const registry = createRegistry().use(plugin);
   * const connector = await registry.create("binance-perpetual");
   * ```
   */
  use<Name extends string, Options, Supports extends Capabilities>(
    plugin: ConnectorPlugin<Name, Options, Supports>,
  ): Registry<Types & Readonly<Record<Name, ConnectorType<Partial<Options>, Supports>>>>;
}
