import { JournalError } from "../../errors/index.js";

/**
 * Node's own SQLite. Versions of Node that count it as experimental say so on stderr when it is first loaded;
 * that one warning is left out.
 *
 * @throws {JournalError} `JOURNAL_UNAVAILABLE` if this version of Node has none.
 */
export function loadSqlite(): typeof import("node:sqlite") {
  const { emitWarning } = process;
  // Loading is synchronous, so that nobody else can warn meanwhile.
  process.emitWarning = () => {};
  let sqlite: typeof import("node:sqlite") | undefined;
  try {
    sqlite = process.getBuiltinModule("node:sqlite");
  } finally {
    process.emitWarning = emitWarning;
  }
  if (sqlite !== undefined) return sqlite;
  throw new JournalError(
    "JOURNAL_UNAVAILABLE",
    `Node ${process.version} has no node:sqlite, which stores the journal: use Node 22.19 or later, or give the host another port \`journals\``,
  );
}
