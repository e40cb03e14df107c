import type { JournalEntry, JournalStore } from "@conn/core";

/**
 * What a write to the journal writes down.
 * - `created`: a new order, before its request is signed; `signed`: its request, right before that leaves.
 * - `command`: a cancellation or an amendment that is to be sent.
 * - `fill`: a trade; `ended`: the end of an order; `other`: anything else.
 */
export type WriteKind = "created" | "signed" | "command" | "fill" | "ended" | "other";

/** Told of each write, right before and right after it. */
export type OnWrite = (kind: WriteKind, when: "before" | "after") => void;

/** Journals whose writes are watched. `orderIds` are the orders that are written down, in their order. */
export interface WatchedJournals {
  readonly store: JournalStore;
  orderIds(): readonly string[];
}

/** Watches the writes of another store. */
export function watchJournals(store: JournalStore, onWrite: OnWrite): WatchedJournals {
  let orderIds = (): readonly string[] => [];
  return {
    orderIds: () => orderIds(),
    store: {
      async open(binding) {
        const journal = await store.open(binding);
        orderIds = () => [...journal.entries("orders")].map(([id]) => id);
        return {
          created: journal.created,
          write(entries) {
            const kind = kindOf(entries);
            onWrite(kind, "before");
            journal.write(entries);
            onWrite(kind, "after");
          },
          get: (collection, key) => journal.get(collection, key),
          entries: (collection) => journal.entries(collection),
          all: () => journal.all(),
          close: () => journal.close(),
        };
      },
    },
  };
}

const ENDED: ReadonlySet<string> = new Set(["filled", "canceled", "expired", "rejected"]);

function kindOf(entries: readonly JournalEntry[]): WriteKind {
  if (entries.some(({ collection, value }) => collection === "fills" && value !== undefined)) return "fill";
  const text = entries.find(({ collection }) => collection === "orders")?.value;
  if (text === undefined) return "other";
  const order = JSON.parse(text);
  if (ENDED.has(order.status)) return "ended";
  if (order.pendingCommand !== "none") return "command";
  if (order.status !== "pendingCreate" || order.certainty !== "known") return "other";
  return order.$.sent ? "signed" : "created";
}
