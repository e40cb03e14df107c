import type { DatabaseSync } from "node:sqlite";
import { JournalError } from "../../errors/index.js";
import type { JournalBinding } from "../journal.js";

/** "conn" in ASCII: tells our databases from others (https://sqlite.org/pragma.html#pragma_application_id). */
const APPLICATION_ID = 0x636f6e6e;

/**
 * What turns a journal of format n, the index, into one of the next. An empty database is of format 0. What has been
 * released is never changed: a new format is a new step at the end.
 */
const FORMATS: readonly ((database: DatabaseSync, binding: JournalBinding) => void)[] = [
  (database, { venue, environment, account }) => {
    database.exec(`
      CREATE TABLE binding (venue TEXT NOT NULL, environment TEXT NOT NULL, account TEXT NOT NULL) STRICT;
      CREATE TABLE entry (
        id INTEGER PRIMARY KEY,
        collection TEXT NOT NULL,
        key TEXT NOT NULL,
        value TEXT NOT NULL,
        UNIQUE (collection, key)
      ) STRICT;
    `);
    database.prepare("INSERT INTO binding VALUES (?, ?, ?)").run(venue, environment, account);
  },
];

/**
 * Sees that a locked database is the journal of `binding`, in the format of today; makes it so if it is empty.
 * What is not ours is left as it was.
 *
 * @returns Whether it was empty.
 * @throws {JournalError} `JOURNAL_FOREIGN`, `JOURNAL_VERSION` or `JOURNAL_CORRUPT`.
 */
export function claimDatabase(database: DatabaseSync, path: string, binding: JournalBinding): boolean {
  const refuse = (code: JournalError["code"], what: string): JournalError =>
    new JournalError(code, `${path} ${what}`, { venue: binding.venue, details: { path } });
  const format = readNumber(database, "PRAGMA user_version");
  const applicationId = readNumber(database, "PRAGMA application_id");
  const isEmpty =
    format === 0 && applicationId === 0 && readNumber(database, "SELECT count(*) FROM sqlite_schema") === 0;
  if (!isEmpty) {
    if (applicationId !== APPLICATION_ID) throw refuse("JOURNAL_FOREIGN", "is a database, but no journal");
    if (format > FORMATS.length) {
      throw refuse(
        "JOURNAL_VERSION",
        `has format ${format}; this version of @conn/core knows ${FORMATS.length}`,
      );
    }
    const damage = Object.values(database.prepare("PRAGMA quick_check(1)").get() ?? {})[0];
    if (damage !== "ok") throw refuse("JOURNAL_CORRUPT", `is damaged: ${damage}`);
    const owner = database.prepare("SELECT venue, environment, account FROM binding").get();
    if (owner === undefined) throw refuse("JOURNAL_CORRUPT", "is damaged: it belongs to nobody");
    const { venue, environment, account } = binding;
    if (owner.venue !== venue || owner.environment !== environment || owner.account !== account) {
      throw refuse("JOURNAL_FOREIGN", `belongs to ${owner.venue}, ${owner.environment}, ${owner.account}`);
    }
  }
  const mode = Object.values(database.prepare("PRAGMA journal_mode = WAL").get() ?? {})[0];
  if (mode !== "wal") throw refuse("JOURNAL_UNAVAILABLE", `cannot be written with a log ahead: ${mode}`);
  if (format < FORMATS.length) {
    database.exec("BEGIN");
    for (const upgrade of FORMATS.slice(format)) upgrade(database, binding);
    database.exec(
      `PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMATS.length}; COMMIT`,
    );
  }
  return isEmpty;
}

/** The single number that a statement gives. */
export function readNumber(database: DatabaseSync, statement: string): number {
  return Number(Object.values(database.prepare(statement).get() ?? {})[0]);
}
