import { access, readFile } from "node:fs/promises";

/** The parts of a package.json that the kit looks at. */
export interface PackageManifest {
  readonly name?: unknown;
  readonly files?: unknown;
  readonly exports?: unknown;
  readonly peerDependencies?: unknown;
  readonly conn?: unknown;
}

/** @throws {Error} if the folder has no package.json that can be read. */
export async function readPackageManifest(packageFolder: URL): Promise<PackageManifest> {
  const manifest: unknown = JSON.parse(await readFile(new URL("package.json", packageFolder), "utf8"));
  if (typeof manifest !== "object" || manifest === null) throw new TypeError("package.json holds no object");
  return manifest;
}

/** Whether a file of the package is there. */
export async function hasPackageFile(packageFolder: URL, path: string): Promise<boolean> {
  return access(new URL(path, packageFolder)).then(
    () => true,
    () => false,
  );
}
