import { join, resolve } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import type { Journal, JournalBinding, JournalStore } from "../journal.js";
import { defaultDirectory, journalFileName, makeJournalFile } from "./journal-file.js";
import { assertBinding } from "./journal-text.js";
import { loadSqlite } from "./load-sqlite.js";
import { isBusy, toJournalError } from "./sqlite-errors.js";
import { claimDatabase } from "./sqlite-format.js";
import { SqliteJournal } from "./sqlite-journal.js";

/** Where journals are stored, and how surely. */
export interface SqliteJournalsOptions {
  /**
   * Folder of the files, on a disk of this machine; made if it is not there. By default `conn` in
   * `$XDG_STATE_HOME`, which is `~/.local/state` unless set.
   */
  readonly directory?: string;
  /**
   * What a confirmed write survives: `"process"`, the default, the death of the program, even by kill -9;
   * `"power-loss"` also that of the machine, at the price of waiting for the disk in every write.
   */
  readonly durability?: "process" | "power-loss";
}

/**
 * The lock is tried so often, since two programs that make the same journal at the same moment can both
 * find it taken. The pauses between are 10 to 40 ms.
 */
const LOCK_ATTEMPTS = 5;

/** Bytes that the log may keep once it is in the file; a long transaction makes it longer. */
const MAX_IDLE_LOG_BYTES = 4 * 1024 * 1024;

/**
 * Journals as SQLite databases (https://sqlite.org/wal.html), one file for each binding, readable by their owner only. The system holds the
 * lock, and gives it up when the program ends, however it ends.
 *
 * Beside `name.sqlite` stands `name.sqlite-wal` while the journal is open, or after a crash: the two belong
 * together. A program that has a journal open must not open its file in another way, not even to copy it: on
 * POSIX systems that gives up the lock. File systems of a network may not lock at all.
 *
 * @example
 * ```ts
 * import { createHost, createSqliteJournals } from "@conn/core";
 *
 * const journals = createSqliteJournals({ directory: "/var/lib/bot", durability: "power-loss" });
 * const host = createHost({ journals });
 * ```
 *
 * @throws {TypeError} if `durability` is neither of the two.
 */
export function createSqliteJournals(options: SqliteJournalsOptions = {}): JournalStore {
  const { durability = "process" } = options;
  if (durability !== "process" && durability !== "power-loss") {
    throw new TypeError(`durability is "process" or "power-loss", not ${durability}`);
  }
  const isSynced = durability === "power-loss";
  const locate = (binding: JournalBinding): string =>
    join(resolve(options.directory ?? defaultDirectory()), journalFileName(binding));
  return {
    locate,
    async open(binding) {
      assertBinding(binding);
      const { DatabaseSync } = loadSqlite();
      const { venue } = binding;
      let path = "";
      const tryToOpen = (): Journal => {
        const database = new DatabaseSync(path);
        try {
          lock(database, isSynced);
          const created = claimDatabase(database, path, binding);
          tidy(database);
          return new SqliteJournal(database, created, { venue, path });
        } catch (error) {
          database.close();
          throw error;
        }
      };
      try {
        path = locate(binding);
        makeJournalFile(path, isSynced);
        for (let attempt = 1; ; attempt++) {
          try {
            return tryToOpen();
          } catch (error) {
            if (attempt === LOCK_ATTEMPTS || !isBusy(error)) throw error;
          }
          await sleep(10 + 30 * Math.random());
        }
      } catch (error) {
        throw toJournalError(error, { venue, path });
      }
    },
  };
}

/**
 * Locks the database for as long as it is open, and sets what a commit waits for. How space is given back
 * can only be set before the first transaction of a new file.
 */
function lock(database: DatabaseSync, isSynced: boolean): void {
  database.exec(`
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA synchronous = ${isSynced ? "FULL" : "NORMAL"};
    PRAGMA fullfsync = ${isSynced};
    PRAGMA checkpoint_fullfsync = ${isSynced};
    PRAGMA journal_size_limit = ${MAX_IDLE_LOG_BYTES};
    PRAGMA auto_vacuum = INCREMENTAL;
    BEGIN EXCLUSIVE;
    COMMIT;
  `);
}

/** Gives free space back, and puts the log into the file. */
function tidy(database: DatabaseSync): void {
  database.exec("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)");
}
