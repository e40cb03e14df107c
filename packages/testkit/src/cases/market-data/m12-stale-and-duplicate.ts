import type { ConformanceCase } from "../../run/conformance-case.js";
import { captureDiffs } from "../../run/depth-capture.js";
import { must, mustEqual } from "../../run/failure.js";
import { tellsOldFrames } from "../../run/sequence-facts.js";

/**
 * Given a live book.
 * Do let diffs come twice, then send again those of the last seconds, in their order and against it.
 * Expect nothing of it to change the book or its trust.
 */
export const staleAndDuplicate: ConformanceCase = {
  id: "M12",
  title: "stale and duplicate diffs change nothing",
  needs: "orderBooks",
  skipReason: (record) =>
    tellsOldFrames(record) ? undefined : "its frames carry nothing by which an old one is known",
  async run(stage) {
    const { world, venue } = stage;
    const [pair] = stage.pairs(1);
    const probe = await stage.follow([pair]);
    const capture = captureDiffs(stage, pair);
    const { integrity } = probe.book(pair);
    const rebuilds = stage.rebuildsOf(integrity);
    const twice = venue.faults.duplicate({ stream: stage.depthStreamOf(pair) }, 5);
    await world.until(() => twice.done, { withinMs: 60_000, what: "five duplicates" });
    await world.advance(1_000);
    probe.expectTruth([pair]);
    capture.stop();

    const connectionId = stage.depthConnectionOf(pair);
    // Where every frame is the whole book, the latest one may be told again: it says what is so.
    const frames = stage.record.snapshot === "everyFrame" ? capture.frames.slice(0, -1) : capture.frames;
    must(frames.length >= 10, "ten diffs");
    for (const frame of [...frames, ...frames.toReversed()]) {
      const changes = probe.changesOf(pair);
      mustEqual(venue.faults.inject({ connectionId }, frame), 1, "connections that a frame is sent on");
      await world.settle();
      mustEqual(probe.changesOf(pair), changes, "changes told because of an old diff");
      probe.expectTruth([pair]);
    }
    await world.advance(2_000);
    probe.expectTruth([pair]);
    mustEqual(
      [stage.rebuildsOf(integrity), integrity.gaps, integrity.resyncs],
      [rebuilds, 0, 0],
      "snapshots asked for, gaps and resyncs",
    );
    // By the count of a connection a frame is old before it is known whose it is.
    if (stage.record.scope === "book")
      must(integrity.staleDiffs >= frames.length * 2, "stale diffs to be counted");
    mustEqual(probe.problems(), [], "problems");
  },
};
