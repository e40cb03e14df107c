import type { ConformanceCase } from "../../run/conformance-case.js";
import { captureAnswers, captureDiffs, captureSnapshots } from "../../run/depth-capture.js";
import { must, mustEqual } from "../../run/failure.js";
import { PATIENCE_MS, type Probe } from "../../run/probe.js";
import type { Stage } from "../../run/stage.js";

/**
 * Given a snapshot that is three seconds on its way while diffs flow; then snapshots that are older than
 * the stream; then a market that stands still, so that no diff joins the snapshot.
 * Do bring the book up each time.
 * Expect the diffs kept and joined by the venue's rule with one snapshot; where that rule can tell, a snapshot too old
 * never called live and fetched anew at a pace, and a book called live only once a diff has joined it.
 *
 * Where the stream begins with the snapshot: given one that comes three seconds late, so that diffs come
 * before it; then a market that stands still.
 * Expect no diff before the snapshot to be applied, the hole after a late one to be noticed and the stream
 * begun anew; and a book live by its snapshot alone.
 *
 * Where every frame is one: given that none comes for three seconds; then a market that stands still.
 * Expect an empty book till then, and one that is live by a single frame.
 */
export const diffsBeforeSnapshot: ConformanceCase = {
  id: "M11",
  title:
    "diffs before the snapshot are kept and joined by the venue's rule; a snapshot too old is fetched anew",
  needs: "orderBooks",
  run(stage) {
    if (stage.record.snapshot === "everyFrame") return inEveryFrame(stage);
    return stage.snapshotsInStream ? inStream(stage) : onRequest(stage);
  },
};

async function onRequest(stage: Stage): Promise<void> {
  const { world, venue, record } = stage;
  const [pair, other] = stage.pairs(2);
  const joins = record.bridge === "spansNext" || record.bridge === "spansSnapshot";

  const answers = captureSnapshotTexts(stage, pair);
  const delay = stage.delaySnapshot(pair, 3_000);
  const probe = stage.connect({ tradingPairs: [pair] });
  await probe.start();
  await world.until(() => delay.done, { withinMs: 5_000, what: "a snapshot that was asked for" });
  await world.advance(2_900);
  expectNothingYet(probe, pair);
  await world.advance(200);
  mustEqual(probe.stateOf(pair), "live", "the state after a late snapshot that kept diffs join");
  mustEqual(stage.snapshotTimes(pair).length, 1, "how often a snapshot was asked for");
  must(probe.book(pair).integrity.diffs > 5, "kept diffs to be applied");
  await world.advance(1_000);
  probe.expectTruth([pair]);
  const old = answers.stop()[0];
  must(old !== undefined, "a snapshot that was asked for");

  if (joins) {
    await world.advance(5_000);
    const replay = stage.replaceSnapshot(pair, old, 3);
    const since = probe.events.length;
    const asked = stage.snapshotTimes(pair).length;
    probe.connector.resyncOrderBook(pair);
    await probe.untilLive([pair]);
    must(replay.done, "snapshots older than the stream not to be called live");
    mustEqual(stage.snapshotTimes(pair).length - asked, 4, "snapshots asked for until one joined the stream");
    const states = probe.statesOf(pair).filter((event) => probe.events.indexOf(event) >= since);
    mustEqual(
      states.map(({ state }) => state),
      ["resyncing", "live"],
      "the states told meanwhile",
    );
    await world.advance(1_000);
    probe.expectTruth([pair]);
  }

  venue.freeze(stage.symbolOf(other));
  await world.advance(2_000);
  probe.connector.addTradingPair(other);
  await world.advance(5_000);
  if (joins) {
    must(probe.stateOf(other) !== "live", "a snapshot that no diff has joined not to be live");
    const [level] = venue.bookOf(stage.symbolOf(other)).bids;
    must(level !== undefined, "a simulated venue whose books have bids");
    venue.publish(stage.symbolOf(other), [{ side: "bid", price: level[0], amount: "0" }]);
  }
  await probe.untilLive([other]);
  probe.expectTruth([pair, other]);
}

async function inStream(stage: Stage): Promise<void> {
  const { world } = stage;
  const [pair, other] = stage.pairs(2);
  const late = stage.delaySnapshot(pair, 3_000);
  const capture = captureDiffs(stage, pair);
  const probe = stage.connect({ tradingPairs: [pair] });
  await probe.start();
  await world.until(() => late.done, { withinMs: PATIENCE_MS, what: "a snapshot that is late" });
  await world.advance(2_900);
  const { integrity } = probe.book(pair);
  must(capture.frames.length > 5, "diffs before the snapshot");
  expectNothingYet(probe, pair);
  mustEqual(
    [integrity.diffs, integrity.staleDiffs],
    [0, capture.frames.length],
    "diffs that are applied, and that are dropped and counted, before the snapshot",
  );
  capture.stop();
  if (stage.lossTrace === "gap") {
    await world.until(() => integrity.snapshots > 0, { withinMs: 200, what: "the late snapshot" });
    await world.until(() => integrity.gaps > 0, {
      withinMs: 5_000,
      what: "the hole after a late snapshot to be noticed",
    });
    mustEqual(integrity.diffs, 0, "diffs applied to a snapshot that they do not follow");
  }
  // By the count of a connection, the late snapshot is an old frame and none at all.
  if (stage.lossTrace !== "unseen") {
    await probe.untilLive([pair]);
    await world.advance(1_000);
    probe.expectTruth([pair]);
    mustEqual(stage.snapshotTimes(pair).length, 2, "subscriptions");
  }
  await expectLiveByOneFrame(stage, probe, other);
}

async function inEveryFrame(stage: Stage): Promise<void> {
  const { world } = stage;
  const [pair, other] = stage.pairs(2);
  const withheld = stage.withholdSnapshots(pair);
  const probe = stage.connect({ tradingPairs: [pair] });
  await probe.start();
  await world.until(() => withheld.hits > 0, { withinMs: PATIENCE_MS, what: "a frame that is withheld" });
  await world.advance(3_000);
  expectNothingYet(probe, pair);
  withheld.cancel();
  await probe.untilLive([pair], 5_000);
  mustEqual(stage.snapshotTimes(pair).length, 1, "subscriptions");
  await world.advance(1_000);
  await expectLiveByOneFrame(stage, probe, other);
  probe.expectTruth([pair]);
}

function expectNothingYet(probe: Probe, tradingPair: string): void {
  const book = probe.book(tradingPair);
  mustEqual(
    [book.integrity.state, book.bestBid, book.bestAsk],
    ["awaitingSnapshot", undefined, undefined],
    "state and best levels before the snapshot",
  );
}

/** Follows a market that stands still: nothing comes after its snapshot. */
async function expectLiveByOneFrame(stage: Stage, probe: Probe, tradingPair: string): Promise<void> {
  const { world, venue } = stage;
  venue.freeze(stage.symbolOf(tradingPair));
  await world.advance(2_000);
  probe.connector.addTradingPair(tradingPair);
  await probe.untilLive([tradingPair], 5_000);
  probe.expectTruth([tradingPair]);
}

/** Begins to keep the snapshots of a pair; `stop` ends that and gives them, oldest first. */
function captureSnapshotTexts(stage: Stage, tradingPair: string): { stop(): readonly string[] } {
  if (stage.record.snapshot === "rest") {
    const answers = captureAnswers(stage, stage.paths.snapshot);
    return {
      stop() {
        answers.stop();
        return answers.bodies;
      },
    };
  }
  const snapshots = captureSnapshots(stage, tradingPair);
  return {
    stop() {
      snapshots.stop();
      return snapshots.frames;
    },
  };
}
