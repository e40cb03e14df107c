import type { ConformanceCase } from "../../run/conformance-case.js";
import { captureDiffs } from "../../run/depth-capture.js";
import { must, mustEqual } from "../../run/failure.js";

/**
 * Given a live book.
 * Do let diffs come twice, then send again those of the last seconds, in their order and against it.
 * Expect nothing of it to change the book or its trust.
 */
export const staleAndDuplicate: ConformanceCase = {
  id: "M12",
  title: "stale and duplicate diffs change nothing",
  needs: "orderBooks",
  async run(stage) {
    const { world, venue } = stage;
    const [pair] = stage.pairs(1);
    const probe = await stage.follow([pair]);
    const capture = captureDiffs(stage, pair);
    const { snapshots } = probe.book(pair).integrity;
    const twice = venue.faults.duplicate({ stream: stage.depthStreamOf(pair) }, 5);
    await world.until(() => twice.done, { withinMs: 60_000, what: "five duplicates" });
    await world.advance(1_000);
    probe.expectTruth([pair]);
    capture.stop();

    const connectionId = stage.depthConnectionOf(pair);
    must(capture.frames.length >= 10, "ten diffs");
    for (const frame of [...capture.frames, ...capture.frames.toReversed()]) {
      const changes = probe.changesOf(pair);
      mustEqual(venue.faults.inject({ connectionId }, frame), 1, "connections that a frame is sent on");
      await world.settle();
      mustEqual(probe.changesOf(pair), changes, "changes told because of an old diff");
      probe.expectTruth([pair]);
    }
    await world.advance(2_000);
    probe.expectTruth([pair]);
    const { integrity } = probe.book(pair);
    mustEqual(
      [integrity.snapshots, integrity.gaps, integrity.resyncs],
      [snapshots, 0, 0],
      "snapshots, gaps and resyncs",
    );
    must(integrity.staleDiffs >= capture.frames.length * 2 + 5, "stale diffs to be counted");
    mustEqual(probe.problems(), [], "problems");
  },
};
