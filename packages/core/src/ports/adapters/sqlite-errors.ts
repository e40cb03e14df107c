import { JournalError } from "../../errors/index.js";
import { errorCode } from "./network-code.js";

// https://sqlite.org/rescode.html
const SQLITE_ERROR = 1;
const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/** Whether another connection, here or in another program, has the lock. */
export function isBusy(error: unknown): boolean {
  return resultCode(error) === SQLITE_BUSY;
}

/** What failed as a `JournalError`, if it is a failure of SQLite or the system; anything else as it is. */
export function toJournalError(
  error: unknown,
  facts: { readonly venue: string; readonly path: string },
): unknown {
  if (error instanceof JournalError || errorCode(error) === undefined || error instanceof TypeError)
    return error;
  const { venue, path } = facts;
  const options = { venue, details: { path }, cause: error };
  switch (resultCode(error)) {
    case SQLITE_BUSY:
      return new JournalError(
        "JOURNAL_LOCKED",
        `the journal ${path} is open already, here or elsewhere`,
        options,
      );
    // Our statements are valid: one that is refused does not find its tables.
    case SQLITE_ERROR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return new JournalError("JOURNAL_CORRUPT", `the journal ${path} is damaged`, options);
    default:
      return new JournalError("JOURNAL_UNAVAILABLE", `the journal ${path} cannot be stored or read`, options);
  }
}

/** SQLite's primary result code. */
function resultCode(error: unknown): number | undefined {
  if (errorCode(error) !== "ERR_SQLITE_ERROR") return undefined;
  // as: node:sqlite puts the extended result code on its errors; the primary one is its last byte.
  return (error as { readonly errcode: number }).errcode & 0xff;
}
