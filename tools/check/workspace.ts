import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  readonly conn?: unknown;
}

export interface WorkspacePackage {
  /** Path from the root, with forward slashes: `packages/core`. */
  readonly folder: string;
  readonly manifest: Manifest;
  readonly isConnector: boolean;
}

const connectorKinds = ["exchange", "derivative", "protocol"];

/** All packages of the workspace, by folder. */
export function listPackages(root: string): WorkspacePackage[] {
  const parents = ["packages", ...connectorKinds.map((kind) => `packages/${kind}`)];
  return parents.flatMap((parent) =>
    subfolders(join(root, parent)).flatMap((name) => {
      const folder = `${parent}/${name}`;
      const path = join(root, folder, "package.json");
      if (!existsSync(path)) return [];
      const manifest: Manifest = JSON.parse(readFileSync(path, "utf8"));
      // What two connectors share is a private package beside them.
      const isConnector = parent !== "packages" && manifest.private !== true;
      return [{ folder, manifest, isConnector }];
    }),
  );
}

/** The packages that are published. */
export function listPublicPackages(root: string): WorkspacePackage[] {
  return listPackages(root).filter(({ manifest }) => manifest.private !== true);
}

/** The entries of a package that hold code, such as `.` and `./simulator`, with the files they lead to. */
export function listEntries({ manifest }: WorkspacePackage): { name: string; types: string; code: string }[] {
  return Object.entries(manifest.exports ?? {}).flatMap(([path, target]) =>
    typeof target === "string"
      ? []
      : [{ name: manifest.name + path.slice(1), types: target.types, code: target.default }],
  );
}

/** All files below `folder` whose name ends in `ending`, as paths from the root with forward slashes. */
export function listFiles(root: string, folder: string, ending = ".ts"): string[] {
  const start = join(root, folder);
  if (!existsSync(start)) return [];
  return readdirSync(start, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .filter((path) => !path.includes("/node_modules/") && !path.includes("/dist/"))
    .sort();
}

/** The source files of all packages. */
export function listSources(root: string): string[] {
  return listPackages(root).flatMap(({ folder }) => listFiles(root, `${folder}/src`));
}

function subfolders(path: string): string[] {
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}
