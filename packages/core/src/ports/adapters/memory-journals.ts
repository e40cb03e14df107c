import { JournalError } from "../../errors/index.js";
import type { Journal, JournalBinding, JournalEntry, JournalStore } from "../journal.js";
import { assertBinding, assertEntries } from "./journal-text.js";

/** Journals in memory: as lasting as this object. */
export interface MemoryJournals extends JournalStore {
  /** Ends all journals that are open, as the death of their program would: what was confirmed stays. */
  crash(): void;
}

/**
 * Journals for tests and simulations. Their data and locks belong to the object that this returns: keep it,
 * and a program that is started anew finds what it wrote.
 *
 * @example
 * ```ts
 * import { createHost, createMemoryJournals } from "@conn/core";
 *
 * const host = createHost({ journals: createMemoryJournals() });
 * ```
 */
export function createMemoryJournals(): MemoryJournals {
  const stored = new Map<string, Collections>();
  const open = new Map<string, MemoryJournal>();
  return {
    async open(binding) {
      assertBinding(binding);
      const { venue, environment, account } = binding;
      const id = JSON.stringify([venue, environment, account]);
      if (open.has(id)) {
        throw new JournalError("JOURNAL_LOCKED", "the journal is open already", {
          venue,
          details: { environment, account },
        });
      }
      const known = stored.get(id);
      const collections: Collections = known ?? new Map();
      stored.set(id, collections);
      const journal = new MemoryJournal(binding, known === undefined, collections, () => open.delete(id));
      open.set(id, journal);
      return journal;
    },
    crash() {
      for (const journal of open.values()) journal.close();
    },
  };
}

/** A journal by itself, with what is in it already. */
export function createMemoryJournal(
  binding: JournalBinding,
  created: boolean,
  entries: readonly JournalEntry[],
): Journal {
  const journal = new MemoryJournal(binding, created, new Map(), () => undefined);
  journal.write(entries);
  return journal;
}

type Collections = Map<string, Map<string, string>>;

class MemoryJournal implements Journal {
  readonly created: boolean;
  readonly #venue: string;
  readonly #onClose: () => void;
  #collections: Collections | undefined;

  constructor({ venue }: JournalBinding, created: boolean, collections: Collections, onClose: () => void) {
    this.created = created;
    this.#venue = venue;
    this.#collections = collections;
    this.#onClose = onClose;
  }

  write(entries: readonly JournalEntry[]): void {
    const collections = this.#opened();
    assertEntries(entries);
    for (const { collection, key, value } of entries) {
      let values = collections.get(collection);
      if (values === undefined) {
        values = new Map();
        collections.set(collection, values);
      }
      if (value === undefined) values.delete(key);
      else values.set(key, value);
    }
  }

  get(collection: string, key: string): string | undefined {
    return this.#opened().get(collection)?.get(key);
  }

  entries(collection: string): Iterable<readonly [key: string, value: string]> {
    return [...(this.#opened().get(collection) ?? [])];
  }

  all(): Iterable<JournalEntry> {
    return [...this.#opened()].flatMap(([collection, values]) =>
      [...values].map(([key, value]) => ({ collection, key, value })),
    );
  }

  close(): void {
    if (this.#collections === undefined) return;
    this.#collections = undefined;
    this.#onClose();
  }

  #opened(): Collections {
    if (this.#collections !== undefined) return this.#collections;
    throw new JournalError("JOURNAL_CLOSED", "the journal is closed", { venue: this.#venue });
  }
}
