import type { Journal, JournalStore } from "@conn/core";

/** What stands in the journal that holds orders, whoever has it open. */
export class JournalWatch implements JournalStore {
  readonly #store: JournalStore;
  /** Latest values of the collection of orders, those that were removed too, by client order id. */
  readonly #orders = new Map<string, string>();

  constructor(store: JournalStore) {
    this.#store = store;
  }

  /** Whether an order was ever written down. */
  has(clientOrderId: string): boolean {
    return this.#orders.has(clientOrderId);
  }

  /** Whether it is written down that an order may have been sent. */
  isSent(clientOrderId: string): boolean {
    const text = this.#orders.get(clientOrderId);
    return text !== undefined && JSON.parse(text).$.sent === true;
  }

  async open(binding: Parameters<JournalStore["open"]>[0]): Promise<Journal> {
    const journal = await this.#store.open(binding);
    return {
      created: journal.created,
      write: (entries) => {
        journal.write(entries);
        for (const { collection, key, value } of entries) {
          if (collection === "orders" && value !== undefined) this.#orders.set(key, value);
        }
      },
      get: (collection, key) => journal.get(collection, key),
      entries: (collection) => journal.entries(collection),
      all: () => journal.all(),
      close: () => journal.close(),
    };
  }
}
