import type { ConformanceCase } from "../../run/conformance-case.js";
import { must } from "../../run/failure.js";
import { PATIENCE_MS } from "../../run/probe.js";
import { disturbsOthers, lossTraceOf } from "../../run/sequence-facts.js";

/**
 * Given two live books.
 * Do let two diffs of one change places, three times, and one come half a second late.
 * Expect no book to be wrong while it says live, and both to equal the venue's in the end. A diff that came too early
 * is noticed, but where every frame is the whole book and the late one simply old.
 */
export const reorderedDiffs: ConformanceCase = {
  id: "M14",
  title: "reordered and late diffs never make a live book wrong",
  needs: "orderBooks",
  skipReason: (record) =>
    lossTraceOf(record) === "unseen" ? "nothing in its frames tells their order" : undefined,
  async run(stage) {
    const { world, venue, record } = stage;
    const pairs = stage.pairs(2);
    const [pair, other] = pairs;
    const stream = stage.depthStreamOf(pair);
    const probe = await stage.follow(pairs);
    for (let round = 0; round < 3; round += 1) {
      // Where the count is of the connection, the frame after an early one is of whatever book.
      const swap = venue.faults.reorder(
        record.scope === "connection" ? { connectionId: stage.depthConnectionOf(pair) } : { stream },
      );
      await world.until(() => swap.done, { withinMs: PATIENCE_MS, what: "two diffs that change places" });
      await world.settle();
      if (record.snapshot !== "everyFrame")
        must(probe.stateOf(pair) !== "live", "a diff that came too early to be noticed");
      await probe.untilLive(pairs);
      await world.advance(1_000);
      probe.expectTruth();
    }
    const late = venue.faults.delay({ stream }, 500);
    await world.until(() => late.done, { withinMs: PATIENCE_MS, what: "a late diff" });
    await world.advance(100);
    await probe.untilLive(pairs);
    await world.advance(3_000);
    probe.expectTruth();
    if (!disturbsOthers(record))
      must(probe.book(other).integrity.resyncs === 0, "the other book to be undisturbed");
  },
};
