import { isObject } from "./json.js";

/** Conditions that Node's `import` meets; of an object's members the first one met in its own order counts. */
const CONDITIONS = new Set(["node", "import", "module-sync", "default"]);

/**
 * Finds the file that `import "<package>"` would load. Node cannot resolve for `import` from another folder
 * than the caller's, and its `require.resolve` does not see packages that are for `import` only.
 *
 * @param manifest The package's package.json, parsed.
 * @returns The file's URL, or undefined if the package offers none inside its folder.
 * @see https://nodejs.org/api/packages.html#package-entry-points
 */
export function packageEntry(manifest: Readonly<Record<string, unknown>>, folder: URL): URL | undefined {
  const { exports, main } = manifest;
  const target =
    exports === undefined || exports === null
      ? `./${typeof main === "string" ? main : "index.js"}`
      : resolveTarget(isObject(exports) && "." in exports ? exports["."] : exports);
  if (!target?.startsWith("./")) return undefined;
  const file = new URL(target, folder);
  return file.href.startsWith(folder.href) ? file : undefined;
}

/** A condition that is met but leads to null ends the search; one that leads nowhere does not. */
function resolveTarget(target: unknown): string | null | undefined {
  if (typeof target === "string" || target === null) return target;
  if (!isObject(target)) return undefined;
  for (const [condition, nested] of Object.entries(target)) {
    const found = CONDITIONS.has(condition) ? resolveTarget(nested) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}
