import { beforeEach, expect, test } from "vitest";
import type { Disk } from "../../src/process/disk.js";
import { StreamFiles } from "../../src/record/stream-files.js";

/** A disk whose writes end when the test says so. */
class SlowDisk implements Pick<Disk, "createFile"> {
  readonly written = new Map<string, string[]>();
  readonly pending: PromiseWithResolvers<void>[] = [];
  closed = 0;

  async createFile(path: string): ReturnType<Disk["createFile"]> {
    const pieces: string[] = [];
    this.written.set(path, pieces);
    return {
      append: async (text) => {
        pieces.push(text);
        const done = Promise.withResolvers<void>();
        this.pending.push(done);
        await done.promise;
      },
      close: async () => {
        this.closed += 1;
      },
    };
  }

  /** Ends the writes under way, and those that follow from it. */
  async finish(): Promise<void> {
    for (let next = this.pending.shift(); next !== undefined; next = this.pending.shift()) {
      next.resolve();
      await new Promise(setImmediate);
    }
  }
}

let disk: SlowDisk;
let files: StreamFiles<"a" | "b">;

beforeEach(() => {
  disk = new SlowDisk();
  files = new StreamFiles(["a", "b"]);
});

test("lines from before the files are there come first, and those that wait are written together", async () => {
  files.write("a", "1");
  files.write("a", "2");
  await files.open(disk, "rec");
  files.write("a", "3");
  files.write("b", "4");
  files.write("a", "5");
  const closing = files.close();
  await disk.finish();
  await closing;
  expect(disk.written.get("rec/a.jsonl")).toEqual(["1\n2\n", "3\n5\n"]);
  expect(disk.written.get("rec/b.jsonl")).toEqual(["4\n"]);
  expect(disk.closed).toBe(2);
});

test("a disk that fails is told at once and at the end, and nothing waits for it any more", async () => {
  await files.open(disk, "rec");
  files.write("a", "1");
  disk.pending.shift()?.reject(new Error("ENOSPC"));
  await expect(files.failed).rejects.toMatchObject({
    code: "RECORDING_NOT_WRITTEN",
    details: { path: "a.jsonl" },
  });
  files.write("b", "2");
  expect(disk.pending).toEqual([]);
  await expect(files.close()).rejects.toMatchObject({ code: "RECORDING_NOT_WRITTEN" });
  expect(disk.closed).toBe(2);
});

test("what waits for a disk that is too slow has a limit", async () => {
  await files.open(disk, "rec");
  const megabyte = "x".repeat(1024 * 1024);
  for (let count = 0; count < 63; count += 1) files.write("a", megabyte);
  let hasFailed = false;
  files.failed.catch(() => {
    hasFailed = true;
  });
  await new Promise(setImmediate);
  expect(hasFailed).toBe(false);
  for (let count = 0; count < 2; count += 1) files.write("b", megabyte);
  await expect(files.failed).rejects.toMatchObject({ code: "RECORDING_NOT_WRITTEN" });
  const closing = expect(files.close()).rejects.toMatchObject({ code: "RECORDING_NOT_WRITTEN" });
  await disk.finish();
  await closing;
});

test("a file that is there already is not written over", async () => {
  const taken = {
    createFile: async (): ReturnType<Disk["createFile"]> => {
      throw new Error("EEXIST");
    },
  };
  await expect(files.open(taken, "rec")).rejects.toMatchObject({ code: "RECORDING_NOT_WRITTEN" });
});
