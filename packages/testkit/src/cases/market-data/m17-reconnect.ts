import type { ConformanceCase } from "../../run/conformance-case.js";
import { must, mustEqual } from "../../run/failure.js";

/**
 * Given live books.
 * Do cut the connections three times: by reset, by close frame, and while a snapshot is on its way.
 * Expect no book to be live from the cut until it is built anew from a snapshot of the new connection,
 * with its levels still to be read meanwhile, and the books to equal the venue's afterwards.
 */
export const reconnect: ConformanceCase = {
  id: "M17",
  title: "after a reconnect no book is live until it is resynced",
  needs: "orderBooks",
  async run(stage) {
    const { world, venue } = stage;
    const pairs = stage.pairs(2);
    const probe = await stage.follow(pairs);
    const cuts = ["reset", { code: 1001, reason: "going away" }, "reset"] as const;
    for (const [round, style] of cuts.entries()) {
      await world.advance(2_000);
      const snapshots = pairs.map((pair) => probe.book(pair).integrity.snapshots);
      const since = probe.events.length;
      must(venue.faults.drop({}, style) > 0, "connections that can be dropped");
      await world.settle();
      for (const pair of pairs) {
        mustEqual(probe.stateOf(pair), "resyncing", `the state of ${pair} after a cut`);
        mustEqual(probe.statesOf(pair).at(-1)?.fault, "disconnected", `the fault told of ${pair}`);
        must(probe.book(pair).bestBid !== undefined, "the last known levels to stay readable");
      }
      if (round === 2) {
        const hang = stage.withholdSnapshots();
        await world.until(() => hang.hits > 0, { withinMs: 60_000, what: "a snapshot that is on its way" });
        venue.faults.drop();
        await world.advance(200);
        hang.cancel();
      }
      await probe.untilLive(pairs);
      for (const [index, pair] of pairs.entries()) {
        must(probe.book(pair).integrity.snapshots > snapshots[index]!, `a new snapshot of ${pair}`);
      }
      const told = probe.events.slice(since).filter((event) => event.type === "orderBookState");
      mustEqual(
        told.length,
        pairs.length * 2,
        "the changes of trust told: lost once and regained once a book",
      );
      await world.advance(2_000);
      probe.expectTruth();
    }
  },
};
