import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import type { ModuleSource } from "../module-source.js";

/** The disk and the module loader of Node. */
export const nodeModuleSource: ModuleSource = {
  locate(from = process.cwd()) {
    return from instanceof URL || from.startsWith("file:") ? new URL(from) : pathToFileURL(from);
  },
  async readManifest(folder) {
    try {
      return await readFile(new URL("package.json", folder), "utf8");
    } catch (error) {
      // ENOTDIR: the search began at a file.
      if (
        error instanceof Error &&
        "code" in error &&
        (error.code === "ENOENT" || error.code === "ENOTDIR")
      ) {
        return undefined;
      }
      throw error;
    }
  },
  // Node follows symbolic links here, so a plugin finds the dependencies that its package manager gave it.
  importModule: (file) => import(file.href),
};
