import { ALL_SITUATIONS, type ConformanceCase } from "../../run/conformance-case.js";
import { must, mustEqual } from "../../run/failure.js";
import { followIn } from "../../run/situations.js";

/**
 * Given a pair that is followed in each situation.
 * Do let ten seconds pass.
 * Expect its book to equal the venue's after every change while it is live, level for level, with the
 * venue's time on it.
 */
export const bookEquals: ConformanceCase = {
  id: "M10",
  title: "a book of snapshot and diffs equals the venue's, level for level",
  needs: "orderBooks",
  situations: ALL_SITUATIONS,
  async run(stage, situation) {
    const { world } = stage;
    const [pair, other] = stage.pairs(2);
    const probe = await followIn(stage, situation, pair, other);
    const { integrity } = probe.book(pair);
    const [updates, rebuilds] = [stage.updatesOf(integrity), stage.rebuildsOf(integrity)];
    const changes = probe.changesOf(pair);
    for (let second = 0; second < 10; second += 1) {
      await world.advance(1_000);
      probe.expectTruth();
    }
    const more = stage.updatesOf(integrity) - updates;
    must(more >= 20, `at least 20 updates in ten seconds, not ${more}`);
    mustEqual(probe.changesOf(pair) - changes, more, "the events: one for each update");
    mustEqual([integrity.gaps, stage.rebuildsOf(integrity)], [0, rebuilds], "gaps and snapshots asked for");
    const age = world.now - integrity.receivedTimestamp;
    must(age >= 0 && age < 5_000, `a time of receipt within the last seconds, not ${age} ms ago`);
    must(
      integrity.exchangeTimestamp === undefined || Math.abs(world.now - integrity.exchangeTimestamp) < 5_000,
      `a venue's time of about now, not ${integrity.exchangeTimestamp}`,
    );
  },
};
