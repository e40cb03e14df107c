import type { ModuleSource } from "../src/index.js";

export interface MemoryModuleSource extends ModuleSource {
  /** Files imported so far. */
  readonly imported: readonly string[];
  /** Folders whose package.json was asked for. */
  readonly read: readonly string[];
}

/**
 * A disk in memory: manifests and modules by path. A manifest is text as it stands, an error that reading it
 * throws, or anything else as the JSON of it. A module that is an error throws it when imported.
 */
export function createMemoryModuleSource(
  manifests: Readonly<Record<string, unknown>>,
  modules: Readonly<Record<string, unknown>> = {},
): MemoryModuleSource {
  const imported: string[] = [];
  const read: string[] = [];
  return {
    imported,
    read,
    locate: (from = "/bot") => (from instanceof URL ? from : new URL(from, "file:///")),
    async readManifest(folder) {
      read.push(folder.pathname);
      const manifest = manifests[folder.pathname];
      if (manifest instanceof Error) throw manifest;
      return typeof manifest === "string" || manifest === undefined ? manifest : JSON.stringify(manifest);
    },
    async importModule(file) {
      imported.push(file.pathname);
      const module = modules[file.pathname];
      if (module instanceof Error) throw module;
      return module;
    },
  };
}
