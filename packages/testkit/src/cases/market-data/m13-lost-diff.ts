import { ALL_SITUATIONS, type ConformanceCase } from "../../run/conformance-case.js";
import { must, mustEqual } from "../../run/failure.js";
import { PATIENCE_MS } from "../../run/probe.js";
import { followIn } from "../../run/situations.js";
import type { Stage } from "../../run/stage.js";

/**
 * Given two books; connected or after a reconnect both are live, while connecting the snapshot of one is
 * on its way, or has just come where the stream begins with it.
 * Do lose one diff of that one.
 * Expect the loss to be noticed at the very next diff (while connecting: as soon as snapshot and diffs are there), the
 * book not to be live and nothing of that diff to be in it; exactly what the venue's record says to be
 * recovered, the other book undisturbed; and both to equal the venue's in the end.
 */
export const lostDiff: ConformanceCase = {
  id: "M13",
  title:
    "one lost diff is noticed at the next frame, exactly its scope recovers, and the book ends equal to the venue's",
  needs: "orderBooks",
  situations: ALL_SITUATIONS,
  run: (stage, situation) =>
    situation === "connecting" ? whileConnecting(stage) : whileLive(stage, situation),
};

async function whileLive(stage: Stage, situation: "connected" | "reconnected"): Promise<void> {
  const { world, venue } = stage;
  const { faults } = venue;
  const [pair, other] = stage.pairs(2);
  const probe = await followIn(stage, situation, pair, other);
  await world.advance(2_000);
  probe.expectTruth();
  const stream = stage.depthStreamOf(pair);
  const others = probe.book(other).integrity;
  const before = {
    other: [others.snapshots, others.resyncs, others.gaps],
    snapshots: stage.snapshotTimes(pair).length,
    asked: [stage.depthRequestsOf(pair).length, stage.depthRequestsOf(other).length],
    dials: venue.log.dialCount,
    frames: venue.log.framesIn,
    gaps: probe.book(pair).integrity.gaps,
    events: probe.events.length,
  };

  const lost = faults.lose({ stream });
  await world.until(() => lost.done, { withinMs: PATIENCE_MS, what: "a lost diff" });
  // Only tells when the next diff is sent.
  const next = faults.delay({ stream }, 1);
  await world.settle();
  mustEqual(probe.stateOf(pair), "live", "the state before any frame shows the loss");
  const { diffs, lastUpdateId } = probe.book(pair).integrity;
  await world.until(() => next.done, { withinMs: PATIENCE_MS, what: "the diff after the lost one" });
  await world.advance(2);
  const integrity = probe.book(pair).integrity;
  must(probe.stateOf(pair) !== "live", "the loss to be noticed at the next diff");
  mustEqual(
    [integrity.diffs, integrity.lastUpdateId],
    [diffs, lastUpdateId],
    "diffs applied and last update id: nothing after the hole",
  );
  mustEqual(integrity.gaps, before.gaps + 1, "the gaps counted");
  const told = probe.statesOf(pair).at(-1);
  mustEqual(
    [told?.previous, told?.state, told?.fault],
    ["live", "resyncing", "gap"],
    "the event of the loss",
  );

  await probe.untilLive([pair]);
  await world.advance(3_000);
  probe.expectTruth();
  mustEqual(
    [others.snapshots, others.resyncs, others.gaps],
    before.other,
    `snapshots, resyncs and gaps of ${other}`,
  );
  const { recovery, scope } = stage.definition.orderBooks.sequence;
  const dials = venue.log.dialCount - before.dials;
  const frames = venue.log.framesIn - before.frames;
  mustEqual(dials, recovery === "reconnect" ? 1 : 0, `dials of a recovery by ${recovery} of one ${scope}`);
  mustEqual(frames > 0, recovery !== "refetch", `whether a recovery by ${recovery} sends subscriptions`);
  mustEqual(stage.snapshotTimes(pair).length - before.snapshots, 1, "how often a snapshot was asked for");
  if (recovery !== "reconnect") {
    const asked = stage.depthRequestsOf(pair).slice(before.asked[0]);
    mustEqual(
      asked.map(({ kind }) => kind),
      recovery === "resubscribe" ? ["unsubscribe", "subscribe"] : [],
      `frames about the stream of ${pair}`,
    );
    must(
      asked.every(({ streams }) => streams.length === 1),
      `these frames to be about the book of ${pair} alone`,
    );
    mustEqual(
      new Set(asked.map(({ connectionId }) => connectionId)).size,
      asked.length > 0 ? 1 : 0,
      "connections",
    );
    mustEqual(stage.depthRequestsOf(other).length, before.asked[1], `frames about the stream of ${other}`);
  }
  const concerned = probe.events
    .slice(before.events)
    .flatMap((event) =>
      "tradingPair" in event && event.type === "orderBookState" ? [event.tradingPair] : [],
    );
  mustEqual([...new Set(concerned)], [pair], "the pairs whose trust changed");
}

async function whileConnecting(stage: Stage): Promise<void> {
  const { world, venue } = stage;
  const { faults } = venue;
  const [pair, other] = stage.pairs(2);
  const stream = stage.depthStreamOf(pair);
  // A snapshot in the stream is only marked: its place is before the diffs.
  const snapshot = stage.snapshotsInStream
    ? faults.delay(stage.snapshotFilter(pair), 0)
    : faults.delayAnswer(stage.snapshotFilter(pair), 2_000);
  const probe = stage.connect({ tradingPairs: [pair, other] });
  await probe.start();
  await world.until(() => snapshot.done, { withinMs: PATIENCE_MS, what: "a snapshot" });
  // The snapshot is taken: what is lost from here on is not in it.
  if (!stage.snapshotsInStream) await world.advance(500);
  const lost = faults.lose({ stream });
  await world.until(() => lost.done, { withinMs: 1_000, what: "a lost diff" });
  await world.until(() => probe.book(pair).integrity.gaps > 0, {
    withinMs: 2_100,
    what: "the hole between the snapshot and the diffs to be noticed",
  });
  must(probe.stateOf(pair) !== "live", "a book with a hole after its snapshot not to be live");
  await probe.untilLive([pair, other]);
  await world.advance(3_000);
  probe.expectTruth();
  const { integrity } = probe.book(other);
  mustEqual(
    [integrity.snapshots, integrity.resyncs, integrity.gaps],
    [1, 0, 0],
    `snapshots, resyncs and gaps of ${other}`,
  );
}
