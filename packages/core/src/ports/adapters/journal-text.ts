import type { JournalBinding, JournalEntry } from "../journal.js";

/**
 * Storage would turn a lone surrogate into another character, and two keys into one.
 *
 * @throws {TypeError} if there is one.
 */
export function assertEntries(entries: readonly JournalEntry[]): void {
  for (const { collection, key, value } of entries) {
    if (!collection.isWellFormed() || !key.isWellFormed() || value?.isWellFormed() === false) {
      throw new TypeError("a lone surrogate cannot be stored in a journal");
    }
  }
}

/** @throws {TypeError} if a part is empty, or not Unicode text. */
export function assertBinding({ venue, environment, account }: JournalBinding): void {
  if ([venue, environment, account].some((part) => part === "" || !part.isWellFormed())) {
    throw new TypeError("venue, environment and account of a journal must be text, and not empty");
  }
}
