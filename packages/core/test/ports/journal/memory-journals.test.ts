import { describe, expect, it } from "vitest";
import { createMemoryJournals } from "../../../src/index.js";
import { describeJournalStore } from "./journal-contract.js";

describe("memory journals", () => {
  describeJournalStore(createMemoryJournals, { runs: 200 });

  it("keep what was confirmed when their program crashes, and give up their locks", async () => {
    const store = createMemoryJournals();
    const bindings = ["a", "b"].map((account) => ({ venue: "some-venue", environment: "live", account }));
    const dead = await Promise.all(bindings.map((binding) => store.open(binding)));
    for (const journal of dead) journal.write([{ collection: "orders", key: "1", value: "placed" }]);
    store.crash();
    for (const [index, binding] of bindings.entries()) {
      expect(() => dead[index]?.write([])).toThrow(expect.objectContaining({ code: "JOURNAL_CLOSED" }));
      const journal = await store.open(binding);
      dead[index]?.close();
      expect(journal.get("orders", "1")).toBe("placed");
      // The end of the dead one must not unlock the living one.
      await expect(store.open(binding)).rejects.toMatchObject({ code: "JOURNAL_LOCKED" });
    }
  });
});
