import type { ConformanceCase } from "../../run/conformance-case.js";
import { captureSnapshots } from "../../run/depth-capture.js";
import { must, mustEqual } from "../../run/failure.js";
import { tellsOldFrames } from "../../run/sequence-facts.js";

/**
 * Given a book that has been live for some seconds.
 * Do send its first snapshot again, several times; and, where ids are of the book, once more after a reconnect.
 * Expect nothing of it to change the book or its trust. Only where the venue documents that such a snapshot begins a
 * new count may it be taken, and is then found out by the next diff.
 */
export const olderSnapshot: ConformanceCase = {
  id: "M19",
  title: "an older snapshot that is sent again changes nothing",
  needs: "orderBooks",
  skipReason(record) {
    if (record.snapshot === "rest") return "its stream has no snapshots";
    return tellsOldFrames(record) ? undefined : "its frames carry nothing by which an old one is known";
  },
  async run(stage) {
    const { world, venue, record } = stage;
    const [pair, other] = stage.pairs(2);
    const capture = captureSnapshots(stage, pair);
    const probe = await stage.follow([pair, other]);
    await world.advance(5_000);
    capture.stop();
    const [old] = capture.frames;
    must(old !== undefined, "a frame with a snapshot");
    const { integrity } = probe.book(pair);
    const sendAgain = async (): Promise<void> => {
      const connectionId = stage.depthConnectionOf(pair);
      const before = [probe.changesOf(pair), stage.rebuildsOf(integrity), integrity.resyncs, integrity.gaps];
      mustEqual(venue.faults.inject({ connectionId }, old), 1, "connections that a frame is sent on");
      await world.settle();
      if (record.olderSnapshot === "apply" && venue.snapshotsMayStepBack === true) {
        await world.advance(1_000);
        await probe.untilLive();
        return;
      }
      mustEqual(
        [probe.changesOf(pair), stage.rebuildsOf(integrity), integrity.resyncs, integrity.gaps],
        before,
        "changes told, snapshots, resyncs and gaps after an old snapshot",
      );
      probe.expectTruth();
    };
    for (let round = 0; round < 3; round += 1) {
      await sendAgain();
      await world.advance(1_000);
      probe.expectTruth();
    }
    if (record.scope === "book") {
      must(venue.faults.drop() > 0, "connections that can be dropped");
      await world.settle();
      await probe.untilLive();
      await world.advance(1_000);
      await sendAgain();
      await world.advance(1_000);
      probe.expectTruth();
    }
    mustEqual(probe.problems(), [], "problems");
  },
};
