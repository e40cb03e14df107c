import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { Journal, JournalEntry, JournalStore } from "../../../src/ports/index.js";

const binding = { venue: "some-venue", environment: "live", account: "main" };

/** What every store of journals must do. `createStore` makes one that is empty. */
export function describeJournalStore(
  createStore: () => JournalStore,
  options: { readonly runs: number },
): void {
  let store: JournalStore;
  beforeEach(() => {
    store = createStore();
  });

  async function reopened(journal: Journal): Promise<Journal> {
    journal.close();
    return store.open(binding);
  }

  it("keeps what was written, and says that it is not new any more", async () => {
    let journal = await store.open(binding);
    expect(journal.created).toBe(true);
    journal.write([{ collection: "orders", key: "1", value: "placed" }]);
    journal = await reopened(journal);
    expect(journal.created).toBe(false);
    expect(journal.get("orders", "1")).toBe("placed");
    journal.close();
  });

  it("is not new any more even if nothing was written", async () => {
    const journal = await reopened(await store.open(binding));
    expect(journal.created).toBe(false);
    journal.close();
  });

  it("lists a collection in the order of first insertion", async () => {
    const journal = await store.open(binding);
    journal.write([
      { collection: "orders", key: "b", value: "1" },
      { collection: "fills", key: "b", value: "other" },
      { collection: "orders", key: "a", value: "2" },
      { collection: "orders", key: "c", value: "3" },
    ]);
    const before = journal.entries("orders");
    journal.write([
      { collection: "orders", key: "b", value: "4" },
      { collection: "orders", key: "a", value: undefined },
      { collection: "orders", key: "a", value: "5" },
    ]);
    expect([...before]).toEqual([
      ["b", "1"],
      ["a", "2"],
      ["c", "3"],
    ]);
    expect([...journal.entries("orders")]).toEqual([
      ["b", "4"],
      ["c", "3"],
      ["a", "5"],
    ]);
    expect([...journal.entries("none")]).toEqual([]);
    expect(journal.get("none", "b")).toBeUndefined();
    journal.close();
  });

  it("applies nothing of a write that it refuses", async () => {
    const journal = await store.open(binding);
    journal.write([{ collection: "orders", key: "1", value: "placed" }]);
    for (const bad of [
      { collection: "\ud800", key: "2", value: "x" },
      { collection: "orders", key: "\udc00", value: "x" },
      { collection: "orders", key: "2", value: "\ud800x" },
      { collection: "orders", key: "\ud800", value: undefined },
    ]) {
      const write = (): void => journal.write([{ collection: "orders", key: "1", value: undefined }, bad]);
      expect(write).toThrow(TypeError);
    }
    expect([...journal.entries("orders")]).toEqual([["1", "placed"]]);
    journal.close();
  });

  it("is open once at a time", async () => {
    const journal = await store.open(binding);
    await expect(store.open(binding)).rejects.toMatchObject({ code: "JOURNAL_LOCKED", venue: "some-venue" });
    // The refusal takes nothing from the one that has it.
    await expect(store.open(binding)).rejects.toMatchObject({ code: "JOURNAL_LOCKED" });
    journal.write([{ collection: "orders", key: "1", value: "placed" }]);
    journal.close();
    journal.close();
    (await store.open(binding)).close();
  });

  it("is had by one of those that ask at once", async () => {
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => store.open(binding)));
    const journals = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
    const codes = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason.code] : []));
    expect(journals).toHaveLength(1);
    expect(codes).toEqual(["JOURNAL_LOCKED", "JOURNAL_LOCKED"]);
    journals[0]?.close();
  });

  it("has a journal of its own for each venue, environment and account", async () => {
    const bindings = [
      binding,
      { ...binding, venue: "other-venue" },
      { ...binding, environment: "testnet" },
      { ...binding, account: "sub" },
      { ...binding, account: "MAIN" },
      { ...binding, account: "../main" },
      { ...binding, account: "main/é%ü" },
      { ...binding, account: "a".repeat(300) },
      { ...binding, account: `${"a".repeat(299)}b` },
      { venue: "some", environment: "venue.live", account: "main" },
      { venue: "some.venue", environment: "live", account: "main" },
    ];
    const journals = await Promise.all(bindings.map((each) => store.open(each)));
    for (const [index, journal] of journals.entries()) {
      expect(journal.created).toBe(true);
      journal.write([{ collection: "mine", key: "index", value: String(index) }]);
    }
    expect(journals.map((journal) => journal.get("mine", "index"))).toEqual(
      bindings.map((_, index) => String(index)),
    );
    for (const journal of journals) journal.close();
  });

  it.each([
    { ...binding, venue: "" },
    { ...binding, environment: "" },
    { ...binding, account: "" },
    { ...binding, account: "\ud800" },
  ])("refuses a binding that names nothing: %j", async (bad) => {
    await expect(store.open(bad)).rejects.toBeInstanceOf(TypeError);
  });

  it("refuses everything after its end", async () => {
    const journal = await store.open(binding);
    journal.close();
    const closed = expect.objectContaining({ code: "JOURNAL_CLOSED" });
    expect(() => journal.write([])).toThrow(closed);
    expect(() => journal.get("orders", "1")).toThrow(closed);
    expect(() => journal.entries("orders")).toThrow(closed);
  });

  describe("as a map", () => {
    const text = fc.oneof(
      fc.constantFrom("", "a", "b", "\0", "a\0b", "é", "\u{10ffff}"),
      fc.string({ unit: "binary" }).filter((each) => each.isWellFormed()),
    );
    const entry: fc.Arbitrary<JournalEntry> = fc.record({
      collection: fc.constantFrom("orders", "fills", ""),
      key: text,
      value: fc.option(text, { nil: undefined }),
    });
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.array(entry, { maxLength: 6 }) },
      { weight: 1, arbitrary: fc.constant("reopen" as const) },
    );

    it("is one, whatever is written, deleted and reopened", async () => {
      let runs = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
          runs += 1;
          const own = { ...binding, account: `run ${runs}` };
          const model = new Map<string, Map<string, string>>();
          let journal = await store.open(own);
          for (const each of [...steps, "reopen" as const]) {
            if (each === "reopen") {
              journal.close();
              journal = await store.open(own);
              for (const [name, values] of model) expect([...journal.entries(name)]).toEqual([...values]);
              continue;
            }
            journal.write(each);
            for (const { collection, key, value } of each) {
              const values = model.get(collection) ?? new Map<string, string>();
              model.set(collection, values);
              if (value === undefined) values.delete(key);
              else values.set(key, value);
            }
            for (const { collection, key } of each) {
              expect(journal.get(collection, key)).toBe(model.get(collection)?.get(key));
              expect([...journal.entries(collection)]).toEqual([...(model.get(collection) ?? [])]);
            }
          }
          journal.close();
        }),
        { numRuns: options.runs },
      );
    });
  });
}
