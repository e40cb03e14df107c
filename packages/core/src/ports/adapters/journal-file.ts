import { createHash } from "node:crypto";
import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import type { JournalBinding } from "../journal.js";
import { errorCode } from "./network-code.js";

/** A file's name may have 255 bytes on most file systems; SQLite puts "-journal" behind it. */
const MAX_NAME_LENGTH = 200;

/** The folder for what programs of this user keep, by the XDG Base Directory Specification. */
export function defaultDirectory(): string {
  const { XDG_STATE_HOME: home = "" } = process.env;
  // The specification has relative paths ignored.
  return join(isAbsolute(home) ? home : join(homedir(), ".local", "state"), "conn");
}

/** A name that no other binding has, not even where a file system takes "A" for "a". */
export function journalFileName({ venue, environment, account }: JournalBinding): string {
  const name = [venue, environment, account].map(escapePart).join(".");
  if (name.length <= MAX_NAME_LENGTH) return `${name}.sqlite`;
  return `${name.slice(0, MAX_NAME_LENGTH / 2)}%${createHash("sha256").update(name).digest("hex")}.sqlite`;
}

function escapePart(text: string): string {
  return Buffer.from(text)
    .toString("latin1")
    .replace(/[^a-z0-9_-]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

/**
 * Makes sure that the file is there and its owner's alone. What SQLite puts beside it gets the same mode.
 *
 * @param synced Whether new folders must survive a power loss; SQLite sees to the file itself.
 */
export function makeJournalFile(path: string, synced: boolean): void {
  const directory = dirname(path);
  const made = mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (made !== undefined && synced && process.platform !== "win32") {
    for (let folder = directory; folder.length >= made.length; folder = dirname(folder)) {
      syncFolder(dirname(folder));
    }
  }
  try {
    // Never opens a file that is there: closing it again would take the lock from a journal of this process,
    // since POSIX locks end when the process closes the file anywhere.
    closeSync(openSync(path, "wx", 0o600));
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
    chmodSync(path, 0o600);
  }
}

function syncFolder(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
