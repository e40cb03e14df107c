import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Lends a folder of this machine to `use`, and removes it with all that is in it. */
export async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const parent = await mkdtemp(join(tmpdir(), "conn-testkit-"));
  try {
    await use(join(parent, "journals"));
  } finally {
    await rm(parent, { recursive: true });
  }
}

/** The permission bits of everybody but the owner, for a folder and each thing in it, by path below it. */
export async function othersMay(folder: string): Promise<ReadonlyMap<string, number>> {
  const names = [".", ...(await readdir(folder, { recursive: true }))];
  const modes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).mode & 0o077));
  return new Map(names.map((name, index) => [name, modes[index] ?? 0]));
}
