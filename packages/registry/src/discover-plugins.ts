import { CORE_VERSION, type ConnectorKind, coreRangeAllows, PluginError } from "@conn/core";
import { parseConnField } from "./conn-field.js";
import { isObject } from "./json.js";
import type { ModuleSource } from "./module-source.js";
import { packageEntry } from "./package-entry.js";

/** A connector that is installed or in use, known without running any of its code. */
export interface DiscoveredPlugin {
  /** Name under which it is loaded. */
  readonly name: string;
  readonly kind: ConnectorKind;
  /** The plugin's `supports`. */
  readonly supports: Readonly<Record<string, unknown>>;
  /** Whether it brings a simulated venue. */
  readonly simulator: boolean;
  /** Range of `@conn/core` versions it works with. */
  readonly core: string;
  /** The name by which the program's package.json knows its package; undefined for a plugin given to `use`. */
  readonly packageName: string | undefined;
  /** Version of its package; undefined for a plugin given to `use`. */
  readonly version: string | undefined;
  /** Where its package is installed; undefined for a plugin given to `use`. */
  readonly folder: URL | undefined;
  /** The file that loading it runs; undefined for a plugin given to `use`, and if the package offers none. */
  readonly entry: URL | undefined;
  /** Why it cannot be loaded, if it cannot. */
  readonly problem: PluginError | undefined;
}

/** What a look at the program's dependencies found. */
export interface Discovery {
  /** Folder of the package.json whose dependencies were looked at; undefined if there is none. */
  readonly hostFolder: URL | undefined;
  /** The connectors, in the order of the dependencies. Those with a problem cannot be loaded. */
  readonly plugins: readonly DiscoveredPlugin[];
  /** Packages of which it cannot be said what they are: an unreadable package.json or `"conn"` field. */
  readonly problems: readonly PluginError[];
}

/** An npm package name; nothing else may become part of a path. */
const PACKAGE_NAME = /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/i;

/**
 * Finds the plugins among the dependencies of the program at `from`, by reading package.json files only.
 *
 * @param allow Exact `package@version` texts; undefined allows all.
 * @throws {PluginError} PLUGIN_NOT_FOUND if the program's own package.json cannot be read.
 */
export async function discoverPlugins(
  source: ModuleSource,
  from: URL,
  allow: ReadonlySet<string> | undefined,
): Promise<Discovery> {
  const host = await findHost(source, from);
  if (host === undefined) return { hostFolder: undefined, plugins: [], problems: [] };
  const looks = await Promise.all(
    dependenciesOf(host.manifest).map((name) => lookAt(source, host.folder, name, allow)),
  );
  const plugins: DiscoveredPlugin[] = [];
  const problems: PluginError[] = [];
  for (const look of looks) {
    if (look instanceof PluginError) problems.push(look);
    else if (look !== undefined) plugins.push(look);
  }
  return { hostFolder: host.folder, plugins: refuseClashes(plugins), problems };
}

/** The nearest package.json at or above the place: Node's own notion of the package a file belongs to. */
async function findHost(
  source: ModuleSource,
  from: URL,
): Promise<{ readonly folder: URL; readonly manifest: Readonly<Record<string, unknown>> } | undefined> {
  for (const folder of foldersUpward(from)) {
    try {
      const manifest = await readManifest(source, folder);
      if (manifest !== undefined) return { folder, manifest };
    } catch (cause) {
      throw new PluginError(
        "PLUGIN_NOT_FOUND",
        `no plugin can be found: ${folder.href}package.json cannot be read`,
        { cause, details: { folder: folder.href } },
      );
    }
  }
  return undefined;
}

/** Development dependencies count: the manifest is the program's own, and its tests use connectors too. */
function dependenciesOf(manifest: Readonly<Record<string, unknown>>): readonly string[] {
  const { dependencies, optionalDependencies, devDependencies } = manifest;
  const names = [dependencies, optionalDependencies, devDependencies].flatMap((field) =>
    isObject(field) ? Object.keys(field) : [],
  );
  return [...new Set(names)].filter((name) => PACKAGE_NAME.test(name));
}

/** Undefined where a dependency is not installed or is no plugin. */
async function lookAt(
  source: ModuleSource,
  hostFolder: URL,
  packageName: string,
  allow: ReadonlySet<string> | undefined,
): Promise<DiscoveredPlugin | PluginError | undefined> {
  for (const folder of foldersUpward(hostFolder)) {
    const packageFolder = new URL(`node_modules/${packageName}/`, folder);
    let manifest: Readonly<Record<string, unknown>> | undefined;
    try {
      manifest = await readManifest(source, packageFolder);
    } catch (cause) {
      return new PluginError("PLUGIN_INVALID", `the package.json of ${packageName} cannot be read`, {
        cause,
        details: { package: packageName, folder: packageFolder.href },
      });
    }
    if (manifest !== undefined) return judge(manifest, packageName, packageFolder, allow);
  }
  return undefined;
}

function judge(
  manifest: Readonly<Record<string, unknown>>,
  packageName: string,
  folder: URL,
  allow: ReadonlySet<string> | undefined,
): DiscoveredPlugin | PluginError | undefined {
  if (manifest.conn === undefined) return undefined;
  const version = typeof manifest.version === "string" ? manifest.version : "";
  const details = { package: packageName, version, folder: folder.href };
  const conn = parseConnField(manifest.conn);
  if (typeof conn === "string") {
    return new PluginError("PLUGIN_INVALID", `the "conn" field of ${packageName} cannot be used: ${conn}`, {
      details,
    });
  }
  // The name by which the program itself knows the package: a package can write any name into its own manifest.
  const id = `${packageName}@${version}`;
  let problem: PluginError | undefined;
  if (allow !== undefined && !allow.has(id)) {
    problem = new PluginError("PLUGIN_NOT_ALLOWED", `${id} is not on the list of allowed packages`, {
      details: { plugin: conn.name, ...details },
    });
  } else if (!coreRangeAllows(conn.core, CORE_VERSION)) {
    problem = new PluginError(
      "PLUGIN_CORE_RANGE",
      `${id} wants @conn/core ${conn.core}, and ${CORE_VERSION} is here`,
      { details: { plugin: conn.name, wanted: conn.core, present: CORE_VERSION, ...details } },
    );
  }
  return { ...conn, packageName, version, folder, entry: packageEntry(manifest, folder), problem };
}

/**
 * A name that two packages claim belongs to neither: keys may be given to the wrong one. A package that is
 * not allowed claims nothing, or else it could take a name from the one that is.
 */
function refuseClashes(plugins: readonly DiscoveredPlugin[]): readonly DiscoveredPlugin[] {
  const claims = Map.groupBy(
    plugins.filter(({ problem }) => problem?.code !== "PLUGIN_NOT_ALLOWED"),
    ({ name }) => name,
  );
  return plugins.map((plugin) => {
    const claimants = claims.get(plugin.name) ?? [];
    if (claimants.length < 2 || !claimants.includes(plugin)) return plugin;
    const packages = claimants.map((claimant) => `${claimant.packageName}@${claimant.version}`);
    const problem = new PluginError(
      "PLUGIN_NAME_CLAIMED_TWICE",
      `${plugin.name} is claimed by ${packages.join(" and ")}: remove all but one`,
      { details: { plugin: plugin.name, packages } },
    );
    return { ...plugin, problem };
  });
}

async function readManifest(
  source: ModuleSource,
  folder: URL,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const text = await source.readManifest(folder);
  if (text === undefined) return undefined;
  const manifest: unknown = JSON.parse(text);
  if (!isObject(manifest)) throw new TypeError("a package.json must hold an object");
  return manifest;
}

function* foldersUpward(from: URL): Generator<URL> {
  let folder = new URL(from);
  folder.search = "";
  folder.hash = "";
  if (!folder.pathname.endsWith("/")) folder.pathname += "/";
  for (;;) {
    yield folder;
    const parent = new URL("..", folder);
    if (parent.href === folder.href) return;
    folder = parent;
  }
}
