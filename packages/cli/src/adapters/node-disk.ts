import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Disk } from "../process/disk.js";

/** The disk as Node has it. */
export const nodeDisk: Disk = {
  async readFile(path) {
    try {
      return await readFile(path);
    } catch (error) {
      if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR"))
        return undefined;
      throw error;
    }
  },
  importModule: (path) => import(pathToFileURL(resolve(path)).href),
  absolutePath: (path) => resolve(path),
};
