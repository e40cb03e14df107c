import { mkdir, open, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Disk } from "../process/disk.js";

const OWNER_ONLY_FILE = 0o600;
const OWNER_ONLY_FOLDER = 0o700;

/** The disk as Node has it. */
export const nodeDisk: Disk = {
  readFile: (path) => unlessAbsent(readFile(path)),
  importModule: (path) => import(pathToFileURL(resolve(path)).href),
  absolutePath: (path) => resolve(path),
  listFolder: (path) => unlessAbsent(readdir(path)),
  async makeFolder(path) {
    await mkdir(path, { recursive: true, mode: OWNER_ONLY_FOLDER });
  },
  async createFile(path) {
    const file = await open(path, "wx", OWNER_ONLY_FILE);
    return {
      append: (text) => file.appendFile(text),
      close: () => file.close(),
    };
  },
  async replaceFile(path, text) {
    const part = `${path}.part`;
    await writeFile(part, text, { mode: OWNER_ONLY_FILE });
    await rename(part, path);
  },
};

/** Undefined where there is no such file or folder. */
async function unlessAbsent<Content>(reading: Promise<Content>): Promise<Content | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR"))
      return undefined;
    throw error;
  }
}
