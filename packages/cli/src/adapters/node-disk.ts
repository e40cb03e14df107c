import { mkdir, open, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Disk, SecretFile } from "../process/disk.js";

const OWNER_ONLY_FILE = 0o600;
const OWNER_ONLY_FOLDER = 0o700;
const OTHERS = 0o077;

/** The disk as Node has it. */
export const nodeDisk: Disk = {
  readFile: (path) => unlessAbsent(readFile(path)),
  readSecretFile: (path) => unlessAbsent(readSecretFile(path)),
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

async function readSecretFile(path: string): Promise<SecretFile> {
  // Of the open file, so that what is read is what was looked at.
  const file = await open(path, "r");
  try {
    const { mode } = await file.stat();
    // Windows has no such bits, and Node makes them up.
    const isOwnersAlone = process.platform === "win32" || (mode & OTHERS) === 0;
    return { content: await file.readFile(), isOwnersAlone };
  } finally {
    await file.close();
  }
}

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
