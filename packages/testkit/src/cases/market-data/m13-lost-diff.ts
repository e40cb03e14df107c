import { ALL_SITUATIONS, type ConformanceCase } from "../../run/conformance-case.js";
import { must, mustEqual } from "../../run/failure.js";
import { PATIENCE_MS } from "../../run/probe.js";
import { followIn } from "../../run/situations.js";
import type { Stage } from "../../run/stage.js";

/**
 * Given two books; connected or after a reconnect both are live, while connecting the snapshot of one is
 * on its way.
 * Do lose one diff of that one.
 * Expect the loss to be noticed at the very next diff (while connecting: when the snapshot comes), the
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
  const { world, venue, paths } = stage;
  const { faults } = venue;
  const [pair, other] = stage.pairs(2);
  const probe = await followIn(stage, situation, pair, other);
  await world.advance(2_000);
  probe.expectTruth();
  const stream = stage.depthStreamOf(pair);
  const others = probe.book(other).integrity;
  const before = {
    other: [others.snapshots, others.resyncs, others.gaps],
    requests: stage.requestsAt(paths.snapshot),
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
  mustEqual(stage.requestsAt(paths.snapshot) - before.requests, 1, "requests for a snapshot");
  const concerned = probe.events
    .slice(before.events)
    .flatMap((event) =>
      "tradingPair" in event && event.type === "orderBookState" ? [event.tradingPair] : [],
    );
  mustEqual([...new Set(concerned)], [pair], "the pairs whose trust changed");
}

async function whileConnecting(stage: Stage): Promise<void> {
  const { world, venue, paths } = stage;
  const { faults } = venue;
  const [pair, other] = stage.pairs(2);
  const stream = stage.depthStreamOf(pair);
  const delay = faults.delayAnswer({ kind: paths.snapshot, symbol: stage.symbolOf(pair) }, 2_000);
  const probe = stage.connect({ tradingPairs: [pair, other] });
  await probe.start();
  await world.until(() => delay.done, { withinMs: PATIENCE_MS, what: "a request for a snapshot" });
  // The snapshot is taken: what is lost from here on is not in it.
  await world.advance(500);
  const lost = faults.lose({ stream });
  await world.until(() => lost.done, { withinMs: 1_000, what: "a lost diff" });
  await world.until(() => probe.book(pair).integrity.gaps > 0, {
    withinMs: 2_100,
    what: "the hole in the kept diffs to be noticed when the snapshot comes",
  });
  must(probe.stateOf(pair) !== "live", "a book whose kept diffs have a hole not to be live");
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
