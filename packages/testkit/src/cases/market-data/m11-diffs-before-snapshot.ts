import type { ConformanceCase } from "../../run/conformance-case.js";
import { captureAnswers, captureDiffs, captureSnapshots } from "../../run/depth-capture.js";
import { must, mustEqual } from "../../run/failure.js";
import { PATIENCE_MS } from "../../run/probe.js";
import type { Stage } from "../../run/stage.js";

/**
 * Given a snapshot that is three seconds on its way while diffs flow; then snapshots that are older than
 * the stream; then a market that stands still, so that no diff joins the snapshot.
 * Do bring the book up each time.
 * Expect the diffs kept and joined by the venue's rule with one snapshot; a snapshot too old never
 * called live and fetched anew at a pace; and a book called live only once a diff has joined it.
 *
 * Where the stream begins with the snapshot: given one that comes three seconds late, so that diffs come
 * before it; then an old one sent again; then a market that stands still.
 * Expect no diff before the snapshot to be applied, the hole after a late one to be noticed and the stream
 * begun anew; an old one to be of no matter, if the record says so; and a book live by its snapshot alone.
 */
export const diffsBeforeSnapshot: ConformanceCase = {
  id: "M11",
  title:
    "diffs before the snapshot are kept and joined by the venue's rule; a snapshot too old is fetched anew",
  needs: "orderBooks",
  run: (stage) => (stage.snapshotsInStream ? inStream(stage) : byRequest(stage)),
};

async function byRequest(stage: Stage): Promise<void> {
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
}

async function inStream(stage: Stage): Promise<void> {
  const { world, venue } = stage;
  const [pair, other] = stage.pairs(2);
  const late = venue.faults.delay(stage.snapshotFilter(pair), 3_000);
  const capture = captureDiffs(stage, pair);
  const snapshots = captureSnapshots(stage, pair);
  const probe = stage.connect({ tradingPairs: [pair] });
  await probe.start();
  await world.until(() => late.done, { withinMs: PATIENCE_MS, what: "a snapshot that is late" });
  await world.advance(2_900);
  const { integrity } = probe.book(pair);
  must(capture.frames.length > 5, "diffs before the snapshot");
  mustEqual(
    [integrity.state, integrity.diffs, probe.book(pair).bestBid, probe.book(pair).bestAsk],
    ["awaitingSnapshot", 0, undefined, undefined],
    "state, diffs applied and book before the snapshot",
  );
  mustEqual(integrity.staleDiffs, capture.frames.length, "the diffs that are dropped and counted");
  capture.stop();
  await world.until(() => integrity.snapshots > 0, { withinMs: 200, what: "the late snapshot" });
  await world.until(() => integrity.gaps > 0, {
    withinMs: 5_000,
    what: "the hole after a late snapshot to be noticed",
  });
  mustEqual(integrity.diffs, 0, "diffs applied to a snapshot that they do not follow");
  await probe.untilLive([pair]);
  await world.advance(1_000);
  probe.expectTruth([pair]);
  mustEqual(
    [integrity.snapshots, integrity.gaps, stage.snapshotTimes(pair).length],
    [2, 1, 2],
    "snapshots, gaps and subscriptions",
  );

  const [old] = snapshots.frames;
  snapshots.stop();
  must(old !== undefined, "a frame with a snapshot");
  if (stage.definition.orderBooks.sequence.olderSnapshot === "drop") {
    const changes = probe.changesOf(pair);
    mustEqual(
      venue.faults.inject({ connectionId: stage.depthConnectionOf(pair) }, old),
      1,
      "connections that a frame is sent on",
    );
    await world.settle();
    mustEqual([integrity.state, integrity.snapshots], ["live", 2], "state and snapshots after an old one");
    mustEqual(probe.changesOf(pair), changes, "changes told because of an old snapshot");
    await world.advance(1_000);
    probe.expectTruth([pair]);
  }

  venue.freeze(stage.symbolOf(other));
  await world.advance(2_000);
  probe.connector.addTradingPair(other);
  await probe.untilLive([other], 5_000);
  probe.expectTruth([pair, other]);
}
