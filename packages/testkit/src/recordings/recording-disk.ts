import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { RecordingDisk } from "@conn/simulator";

/** The files of this machine, for recordings that lie on it. */
export const recordingDisk: RecordingDisk = {
  async readFile(path) {
    return existsSync(path) ? readFile(path) : undefined;
  },
};

/** Whether a recording has a file. */
export function hasRecordingFile(folder: URL, name: string): boolean {
  return existsSync(new URL(name, folder));
}
