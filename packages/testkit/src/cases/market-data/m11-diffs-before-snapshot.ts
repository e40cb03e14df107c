import type { ConformanceCase } from "../../run/conformance-case.js";
import { captureAnswers } from "../../run/depth-capture.js";
import { must, mustEqual } from "../../run/failure.js";

/**
 * Given a snapshot that is three seconds on its way while diffs flow; then snapshots that are older than
 * the stream; then a market that stands still, so that no diff joins the snapshot.
 * Do bring the book up each time.
 * Expect the diffs kept and joined by the venue's rule with one snapshot; a snapshot too old never
 * called live and fetched anew at a pace; and a book called live only once a diff has joined it.
 */
export const diffsBeforeSnapshot: ConformanceCase = {
  id: "M11",
  title:
    "diffs before the snapshot are kept and joined by the venue's rule; a snapshot too old is fetched anew",
  needs: "orderBooks",
  async run(stage) {
    const { world, venue, paths } = stage;
    const [pair, other] = stage.pairs(2);
    const symbol = stage.symbolOf(pair);
    const onlyThis = { kind: paths.snapshot, symbol };

    const answers = captureAnswers(stage, paths.snapshot);
    const delay = venue.faults.delayAnswer(onlyThis, 3_000);
    const probe = stage.connect({ tradingPairs: [pair] });
    await probe.start();
    await world.until(() => delay.done, { withinMs: 5_000, what: "a request for a snapshot" });
    await world.advance(2_900);
    mustEqual(probe.stateOf(pair), "awaitingSnapshot", "the state before the snapshot");
    mustEqual(
      [probe.book(pair).bestBid, probe.book(pair).bestAsk],
      [undefined, undefined],
      "the book before the snapshot",
    );
    await world.advance(200);
    mustEqual(probe.stateOf(pair), "live", "the state after a late snapshot that kept diffs join");
    mustEqual(stage.requestsAt(paths.snapshot), 1, "requests for a snapshot");
    must(probe.book(pair).integrity.diffs > 5, "kept diffs to be applied");
    await world.advance(1_000);
    probe.expectTruth([pair]);
    const [old] = answers.bodies;
    answers.stop();
    must(old !== undefined, "an answer to the request for a snapshot");

    await world.advance(5_000);
    const replay = venue.faults.corruptAnswer(onlyThis, old, 3);
    const since = probe.events.length;
    const requests = stage.requestsAt(paths.snapshot);
    probe.connector.resyncOrderBook(pair);
    await probe.untilLive([pair]);
    must(replay.done, "snapshots older than the stream not to be called live");
    mustEqual(stage.requestsAt(paths.snapshot) - requests, 4, "requests until a snapshot joined the stream");
    const states = probe.statesOf(pair).filter((event) => probe.events.indexOf(event) >= since);
    mustEqual(
      states.map(({ state }) => state),
      ["resyncing", "live"],
      "the states told meanwhile",
    );
    await world.advance(1_000);
    probe.expectTruth([pair]);

    venue.freeze(stage.symbolOf(other));
    await world.advance(2_000);
    probe.connector.addTradingPair(other);
    await world.advance(5_000);
    must(probe.stateOf(other) !== "live", "a snapshot that no diff has joined not to be live");
    const [level] = venue.bookOf(stage.symbolOf(other)).bids;
    must(level !== undefined, "a simulated venue whose books have bids");
    venue.publish(stage.symbolOf(other), [{ side: "bid", price: level[0], amount: "0" }]);
    await probe.untilLive([other]);
    probe.expectTruth([pair, other]);
  },
};
