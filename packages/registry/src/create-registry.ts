import {
  assertPlugin,
  CORE_VERSION,
  type Connector,
  type ConnectorOptions,
  type ConnectorPlugin,
  createHost,
  type Host,
  isPlugin,
  NotSupportedError,
  PluginError,
  type SimulatorModule,
} from "@conn/core";
import { nodeModuleSource } from "./adapters/node-module-source.js";
import { type DiscoveredPlugin, type Discovery, discoverPlugins } from "./discover-plugins.js";
import { isObject } from "./json.js";
import type { ModuleSource } from "./module-source.js";
import type { Registry } from "./registry.js";

/** Options of `createRegistry`. */
export interface RegistryOptions {
  /** The host in which connectors are created. @default a host of its own with the default ports */
  readonly host?: Host;
  /**
   * A file or folder of the program: the dependencies of the nearest package.json at or above it are searched
   * for connectors. `import.meta.url` is right for a program that is not always started in its own folder.
   *
   * @default the folder in which the program was started
   */
  readonly from?: string | URL;
  /**
   * The only packages that may be loaded, each as `package@version`, such as `@conn/binance-perpetual@1.2.3`:
   * the name as the program's package.json has it, and the exact version installed.
   *
   * @default all that the program's package.json declares
   */
  readonly allow?: readonly string[];
  /** Where manifests are read and modules imported. @default the disk and Node's own loader */
  readonly modules?: ModuleSource;
}

/**
 * Creates a registry: the way to connectors by name. It reads nothing until it is asked for something.
 *
 * @throws {TypeError} if `from` is not a place on disk, or an entry of `allow` is not `package@version`.
 *
 * @example
 * ```ts
 * import { createRegistry } from "@conn/registry";
 *
 * const registry = createRegistry({ from: import.meta.url });
 * for (const { name, problem } of (await registry.discover()).plugins) console.log(name, problem?.code);
 * ```
 */
export function createRegistry(options: RegistryOptions = {}): Registry {
  const { host = createHost(), modules = nodeModuleSource, allow } = options;
  for (const id of allow ?? []) {
    if (!/.@\d+\.\d+\.\d+/.test(id)) throw new TypeError(`allow must list package@version, not ${id}`);
  }
  const from = modules.locate(options.from);
  if (from.protocol !== "file:") throw new TypeError("from must be a path or a file: URL");
  const registry = new DefaultRegistry(host, modules, from, allow === undefined ? undefined : new Set(allow));
  // `create` and `use` do what Registry says; their generic signatures only add what a plugin declares of
  // its options and connector, which no code here can see.
  return registry as unknown as Registry;
}

class DefaultRegistry implements Omit<Registry, "create" | "use"> {
  readonly host: Host;
  readonly #modules: ModuleSource;
  readonly #from: URL;
  readonly #allow: ReadonlySet<string> | undefined;
  readonly #used = new Map<string, ConnectorPlugin>();
  #installed: Promise<Discovery> | undefined;

  constructor(host: Host, modules: ModuleSource, from: URL, allow: ReadonlySet<string> | undefined) {
    this.host = host;
    this.#modules = modules;
    this.#from = from;
    this.#allow = allow;
  }

  async discover(): Promise<Discovery> {
    this.#installed = undefined;
    const installed = await this.#discovered();
    const used = [...this.#used.values()].map(describeUsed);
    const others = installed.plugins.filter(({ name }) => !this.#used.has(name));
    return { ...installed, plugins: [...used, ...others] };
  }

  create(name: string, options?: ConnectorOptions & Readonly<Record<string, unknown>>): Promise<Connector> {
    return this.createDynamic(name, options);
  }

  async createDynamic(
    name: string,
    options?: ConnectorOptions & Readonly<Record<string, unknown>>,
  ): Promise<Connector> {
    return this.host.create(await this.load(name), options);
  }

  async load(name: string): Promise<ConnectorPlugin> {
    const used = this.#used.get(name);
    if (used !== undefined) return used;
    const discovery = await this.#discovered();
    // A package that is not allowed does not stand in the way of an allowed one of the same name.
    const claims = discovery.plugins.filter((plugin) => plugin.name === name);
    const found = claims.find(({ problem }) => problem?.code !== "PLUGIN_NOT_ALLOWED") ?? claims[0];
    if (found === undefined) throw this.#notFound(name, discovery);
    if (found.problem !== undefined) throw found.problem;
    return this.#import(found);
  }

  async simulator(name: string): Promise<SimulatorModule> {
    const { simulator } = await this.load(name);
    if (simulator === undefined) {
      throw new NotSupportedError(`${name} has no simulated venue`, { venue: name });
    }
    let module: SimulatorModule;
    try {
      module = await simulator();
    } catch (cause) {
      throw new PluginError(
        "PLUGIN_IMPORT_FAILED",
        `the simulated venue of ${name} cannot be imported; is @conn/simulator installed?`,
        { cause, venue: name, details: { plugin: name } },
      );
    }
    if (typeof module?.startSimulator !== "function") {
      throw new PluginError("PLUGIN_INVALID", `the simulated venue of ${name} has no startSimulator`, {
        venue: name,
        details: { plugin: name },
      });
    }
    return module;
  }

  use(plugin: ConnectorPlugin): this {
    assertPlugin(plugin, CORE_VERSION);
    const known = this.#used.get(plugin.name);
    if (known !== undefined && known !== plugin) {
      throw new PluginError("PLUGIN_NAME_CLAIMED_TWICE", `another ${plugin.name} is in use already`, {
        details: { plugin: plugin.name },
      });
    }
    this.#used.set(plugin.name, plugin);
    return this;
  }

  /** A look that failed is not kept. */
  #discovered(): Promise<Discovery> {
    if (this.#installed !== undefined) return this.#installed;
    const looking = discoverPlugins(this.#modules, this.#from, this.#allow).catch((error: unknown) => {
      if (this.#installed === looking) this.#installed = undefined;
      throw error;
    });
    this.#installed = looking;
    return looking;
  }

  async #import({ name, packageName, version, entry }: DiscoveredPlugin): Promise<ConnectorPlugin> {
    const details = { plugin: name, package: packageName, version };
    const invalid = (what: string): PluginError =>
      new PluginError("PLUGIN_INVALID", `${packageName}@${version} ${what}`, { details });
    if (entry === undefined) throw invalid("has no entry that can be imported");
    let exported: unknown;
    try {
      exported = await this.#modules.importModule(entry);
    } catch (cause) {
      throw new PluginError("PLUGIN_IMPORT_FAILED", `${packageName}@${version} cannot be imported`, {
        cause,
        details: { ...details, file: entry.href },
      });
    }
    const plugin = isObject(exported) ? exported.plugin : undefined;
    if (!isPlugin(plugin)) throw invalid("exports nothing called plugin that definePlugin made");
    assertPlugin(plugin, CORE_VERSION);
    if (plugin.name !== name) throw invalid(`exports ${plugin.name}, and its "conn" field says ${name}`);
    return plugin;
  }

  #notFound(name: string, { hostFolder, plugins, problems }: Discovery): PluginError {
    const known = [...new Set([...this.#used.keys(), ...plugins.map((plugin) => plugin.name)])];
    const place =
      hostFolder === undefined
        ? `there is no package.json at or above ${this.#from.href}`
        : `the dependencies in ${hostFolder.href}package.json offer ${known.join(", ") || "none"}`;
    // Only a name that could be ours becomes part of a command that people copy.
    const hint = /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) ? `; try: npm install @conn/${name}` : "";
    return new PluginError("PLUGIN_NOT_FOUND", `no connector is named ${name}: ${place}${hint}`, {
      details: {
        plugin: name,
        known,
        from: this.#from.href,
        problems: problems.map(({ message }) => message),
      },
    });
  }
}

function describeUsed({ name, kind, supports, core, simulator }: ConnectorPlugin): DiscoveredPlugin {
  return {
    name,
    kind,
    supports: { ...supports },
    simulator: simulator !== undefined,
    core,
    packageName: undefined,
    version: undefined,
    folder: undefined,
    entry: undefined,
    problem: undefined,
  };
}
