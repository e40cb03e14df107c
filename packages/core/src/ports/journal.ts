/** What a journal belongs to: orders of another account, or of the same account elsewhere, are never in it. */
export interface JournalBinding {
  /** Name of the connector. */
  readonly venue: string;
  /** The environment: orders of a test network have nothing to do with those that cost money. */
  readonly environment: string;
  /** Id of the account, never a secret: it becomes part of a file's name. */
  readonly account: string;
}

/** One change: sets the value of a key of a collection, or deletes the key. */
export interface JournalEntry {
  readonly collection: string;
  readonly key: string;
  /** The new value; `undefined` deletes the key, if it is there. */
  readonly value: string | undefined;
}

/**
 * Keys and values that survive the end of the program, in named collections. What `write` confirmed is there
 * after a restart; a write that was under way when the program died is there as a whole or not at all.
 *
 * Collections, keys and values are any Unicode text, which lone surrogates are not; `JSON.stringify` never makes them.
 */
export interface Journal {
  /** Whether this opening made the journal: nothing was ever written before. */
  readonly created: boolean;
  /**
   * Applies all changes, in their order, or none. When it returns, they survive the death of this process.
   * If it throws, nothing is changed for this journal; but where the disk failed, the changes may be found
   * when the journal is opened again.
   *
   * @throws {JournalError} `JOURNAL_UNAVAILABLE` if the changes cannot be stored, for want of space for instance,
   *   `JOURNAL_CORRUPT` if the stored data is damaged, `JOURNAL_CLOSED` after `close`.
   * @throws {TypeError} if a collection, key or value is not Unicode text.
   */
  write(entries: readonly JournalEntry[]): void;
  /**
   * The value of a key, or undefined if it has none.
   *
   * @throws {JournalError} as `write`.
   */
  get(collection: string, key: string): string | undefined;
  /**
   * Keys and values of a collection as they are now, oldest key first: a key is as old as its first write
   * since it was last absent. Later writes do not change what this returned.
   *
   * @throws {JournalError} as `write`.
   */
  entries(collection: string): Iterable<readonly [key: string, value: string]>;
  /**
   * Everything that is stored, as it is now, oldest first.
   *
   * @throws {JournalError} as `write`.
   */
  all(): Iterable<JournalEntry>;
  /** Gives the journal up, so that it can be opened again. Does nothing the second time. */
  close(): void;
}

/** Keeps journals, one for each binding. */
export interface JournalStore {
  /** Path of the journal's file, whether it is there or not; absent where journals are no files. */
  locate?(binding: JournalBinding): string;
  /**
   * Opens the journal of `binding`; makes it if there is none. It is this program's alone until it is closed
   * or the program ends, however it ends.
   *
   * @throws {JournalError} `JOURNAL_LOCKED` if it is open already, here or in another program; `JOURNAL_FOREIGN` if
   *   what is stored in its place belongs to another binding or is no journal; `JOURNAL_VERSION` if a newer version
   *   of this library wrote it; `JOURNAL_CORRUPT` if it is damaged; `JOURNAL_UNAVAILABLE` if it cannot be stored.
   * @throws {TypeError} if a part of the binding is empty or not Unicode text.
   */
  open(binding: JournalBinding): Promise<Journal>;
}
