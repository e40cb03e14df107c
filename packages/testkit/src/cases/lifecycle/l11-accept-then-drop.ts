import type { ConformanceCase } from "../../run/conformance-case.js";
import { must } from "../../run/failure.js";

const STORM_MS = 60_000;
/** Most dials in the storm on one route: what delays that double from half a second come to, and some more. */
const MOST_DIALS = 12;

/**
 * Given a venue that accepts every connection and drops it at once.
 * Do let a minute of that pass, then let the venue be well.
 * Expect few dials with growing delays (an accepted dial is no success), then live books.
 */
export const acceptThenDrop: ConformanceCase = {
  id: "L11",
  title: "a venue that accepts and drops at once is dialed ever more slowly",
  needs: "orderBooks",
  async run(stage) {
    const { world, venue } = stage;
    const pairs = stage.pairs(2);
    const storm = venue.faults.rejectUpgrade({}, "acceptThenDrop", Number.POSITIVE_INFINITY);
    const probe = stage.connect({ tradingPairs: pairs });
    await probe.start();
    await world.advance(STORM_MS);
    const dialsByPath = Map.groupBy(venue.log.dials, ({ path }) => path);
    must(dialsByPath.size > 0, "dials");
    for (const [path, dials] of dialsByPath) {
      must(dials.length >= 3, `at least 3 dials of ${path}, not ${dials.length}`);
      must(
        dials.length <= MOST_DIALS,
        `at most ${MOST_DIALS} dials of ${path} in ${STORM_MS} ms, not ${dials.length}`,
      );
      const gaps = dials.slice(1).map(({ at }, index) => at - dials[index]!.at);
      must(gaps.at(-1)! >= gaps[0]! * 4, `growing gaps between dials of ${path}, not ${gaps.join(", ")} ms`);
    }
    for (const pair of pairs) must(probe.stateOf(pair) !== "live", `the book of ${pair} not to be live`);
    storm.cancel();
    await probe.untilLive(pairs);
    await world.advance(1_000);
    probe.expectTruth(pairs);
  },
};
