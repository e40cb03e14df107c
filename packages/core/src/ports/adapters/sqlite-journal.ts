import type { DatabaseSync, StatementSync } from "node:sqlite";
import { JournalError } from "../../errors/index.js";
import type { Journal, JournalEntry } from "../journal.js";
import { assertEntries } from "./journal-text.js";
import { toJournalError } from "./sqlite-errors.js";
import { readNumber } from "./sqlite-format.js";

/** So many free pages, of 4 KiB each, are worth giving back. */
const FREE_PAGES = 256;
/** Space is given back between writes after so many of them, up to `FREE_PAGES` at a time. */
const WRITES_BETWEEN = 1024;

/** What a journal is, for its errors. */
export interface JournalFacts {
  readonly venue: string;
  readonly path: string;
}

/** A journal in a database that is locked and claimed. */
export class SqliteJournal implements Journal {
  readonly created: boolean;
  readonly #facts: JournalFacts;
  readonly #database: DatabaseSync;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #set: StatementSync;
  readonly #delete: StatementSync;
  readonly #get: StatementSync;
  readonly #entries: StatementSync;
  readonly #all: StatementSync;
  #writes = 0;
  #closed = false;

  constructor(database: DatabaseSync, created: boolean, facts: JournalFacts) {
    this.created = created;
    this.#facts = facts;
    this.#database = database;
    this.#begin = database.prepare("BEGIN");
    this.#commit = database.prepare("COMMIT");
    this.#set = database.prepare(
      "INSERT INTO entry (collection, key, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
    );
    this.#delete = database.prepare("DELETE FROM entry WHERE collection = ? AND key = ?");
    this.#get = database.prepare("SELECT value FROM entry WHERE collection = ? AND key = ?");
    this.#entries = database.prepare("SELECT key, value FROM entry WHERE collection = ? ORDER BY id");
    this.#all = database.prepare("SELECT collection, key, value FROM entry ORDER BY id");
  }

  write(entries: readonly JournalEntry[]): void {
    this.#use(() => {
      assertEntries(entries);
      this.#writes += 1;
      if (this.#writes % WRITES_BETWEEN === 0) this.#giveSpaceBack();
      // A single statement is a transaction of its own.
      if (entries.length > 1) this.#writeAll(entries);
      else for (const entry of entries) this.#apply(entry);
    });
  }

  get(collection: string, key: string): string | undefined {
    // as: a column of text that is never null.
    return this.#use(() => this.#get.get(collection, key)?.value as string | undefined);
  }

  entries(collection: string): Iterable<readonly [key: string, value: string]> {
    // Read at once: an open reader would keep the log from being put back into the file.
    const rows = this.#use(() => this.#entries.all(collection));
    // as: columns of text that are never null.
    return rows.map(({ key, value }) => [key as string, value as string] as const);
  }

  all(): Iterable<JournalEntry> {
    // as: columns of text that are never null.
    return this.#use(() => this.#all.all()) as unknown as readonly JournalEntry[];
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#database.close();
  }

  #writeAll(entries: readonly JournalEntry[]): void {
    this.#begin.run();
    try {
      for (const entry of entries) this.#apply(entry);
      this.#commit.run();
    } catch (error) {
      // After some failures SQLite has done it by itself.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  #apply({ collection, key, value }: JournalEntry): void {
    if (value === undefined) this.#delete.run(collection, key);
    else this.#set.run(collection, key, value);
  }

  #giveSpaceBack(): void {
    try {
      if (readNumber(this.#database, "PRAGMA freelist_count") < FREE_PAGES) return;
      this.#database.exec(`PRAGMA incremental_vacuum(${FREE_PAGES})`);
    } catch {
      // Nothing is lost, and if the disk fails, the write that follows will say so.
    }
  }

  #use<Result>(run: () => Result): Result {
    if (this.#closed) {
      throw new JournalError("JOURNAL_CLOSED", "the journal is closed", { venue: this.#facts.venue });
    }
    try {
      return run();
    } catch (error) {
      throw toJournalError(error, this.#facts);
    }
  }
}
