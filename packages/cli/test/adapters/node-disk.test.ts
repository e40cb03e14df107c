import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { nodeDisk } from "../../src/adapters/node-disk.js";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "conn-disk-"));
});

afterEach(() => rm(folder, { recursive: true }));

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

test("what it writes, its owner alone may read", async () => {
  const made = join(folder, "a", "b");
  await nodeDisk.makeFolder(made);
  await nodeDisk.makeFolder(made);
  const file = await nodeDisk.createFile(join(made, "c"));
  await file.append("ü");
  await file.append("\n2");
  await file.close();
  await nodeDisk.replaceFile(join(made, "d"), "1");
  await nodeDisk.replaceFile(join(made, "d"), "2");
  expect(await readFile(join(made, "c"), "utf8")).toBe("ü\n2");
  expect(await readFile(join(made, "d"), "utf8")).toBe("2");
  expect(await modeOf(made)).toBe(0o700);
  expect(await modeOf(join(made, "c"))).toBe(0o600);
  expect(await modeOf(join(made, "d"))).toBe(0o600);
  expect([...((await nodeDisk.listFolder(made)) ?? [])].sort()).toEqual(["c", "d"]);
});

test("a file that is there is not begun again", async () => {
  await writeFile(join(folder, "a"), "mine");
  await expect(nodeDisk.createFile(join(folder, "a"))).rejects.toMatchObject({ code: "EEXIST" });
  expect(await readFile(join(folder, "a"), "utf8")).toBe("mine");
});

test("what is not there is told from what cannot be read", async () => {
  expect(await nodeDisk.readFile(join(folder, "a"))).toBeUndefined();
  expect(await nodeDisk.listFolder(join(folder, "a"))).toBeUndefined();
  await expect(nodeDisk.readFile(folder)).rejects.toMatchObject({ code: "EISDIR" });
});

test("of a file with a secret it says whether others may read or write it", async () => {
  const path = join(folder, "key");
  expect(await nodeDisk.readSecretFile(path)).toBeUndefined();
  await writeFile(path, "k");
  for (const [mode, isOwnersAlone] of [
    [0o600, true],
    [0o400, true],
    [0o640, false],
    [0o604, false],
    [0o620, false],
  ] as const) {
    await chmod(path, mode);
    expect(await nodeDisk.readSecretFile(path)).toEqual({ content: Buffer.from("k"), isOwnersAlone });
  }
});
