import type { ConformanceCase } from "../../run/conformance-case.js";
import { captureDiffs } from "../../run/depth-capture.js";
import { must, mustEqual } from "../../run/failure.js";
import { nudgeUntilLive } from "../../run/nudge.js";
import { usedHeapBytes } from "../../run/used-heap.js";
import type { VenueRow } from "../../venue/conformance-venue.js";

const DIFFS = 20_000;
/** Rows of each diff: kept without bound, they would take 35 megabytes and more. */
const ROWS = 100;
const MOST_GROWTH_BYTES = 24 * 1024 * 1024;
const ONE_DAY_MS = 86_400_000;

/**
 * Given a snapshot that hangs while its book is to be built anew.
 * Do send twenty thousand large diffs.
 * Expect memory to stay within a bound, and, once the snapshot may come, a live book that equals the venue's.
 */
export const manyDiffs: ConformanceCase = {
  id: "M22",
  title: "20,000 diffs while the snapshot hangs: memory is bounded, and the book becomes live afterwards",
  needs: "orderBooks",
  skipReason: ({ snapshot }) =>
    snapshot === "everyFrame" ? "every frame is a snapshot, and none has to wait for one" : undefined,
  timeoutMs: 60_000,
  async run(stage) {
    const { world, venue } = stage;
    const [pair] = stage.pairs(1);
    const symbol = stage.symbolOf(pair);
    const probe = await stage.follow([pair], { restTimeoutMs: ONE_DAY_MS });
    venue.freeze(symbol);
    await world.advance(1_000);
    const { priceIncrement } = stage.instrumentOf(symbol).rules;
    const rows = Array.from({ length: ROWS }, (_, index): VenueRow => {
      return { side: "bid", price: priceIncrement.times(index + 1).toFixed(), amount: String(index + 1) };
    });
    const capture = captureDiffs(stage, pair);
    const hang = stage.withholdSnapshots();
    // A stream that begins with its snapshot has no diff to capture while that is awaited.
    if (!stage.snapshotsInStream) probe.connector.resyncOrderBook(pair);
    venue.publish(symbol, rows);
    await world.advance(1_000);
    capture.stop();
    if (stage.snapshotsInStream) {
      probe.connector.resyncOrderBook(pair);
      await world.until(() => hang.hits > 0, { withinMs: 5_000, what: "a snapshot that is lost" });
    }
    const [frame] = capture.frames;
    must(frame !== undefined, "a diff of the rows published");

    const connectionId = stage.depthConnectionOf(pair);
    const before = usedHeapBytes();
    for (let sent = 0; sent < DIFFS; sent += 500) {
      for (let count = 0; count < 500; count += 1) venue.faults.inject({ connectionId }, frame);
      await world.settle();
    }
    const growth = usedHeapBytes() - before;
    must(growth <= MOST_GROWTH_BYTES, `memory to grow by at most ${MOST_GROWTH_BYTES} bytes, not ${growth}`);
    must(hang.hits >= 1, "a snapshot that hangs");
    mustEqual(probe.stateOf(pair), "resyncing", "the state without a snapshot");

    hang.cancel();
    await world.advance(1_000);
    await nudgeUntilLive(stage, probe, pair, priceIncrement.toFixed());
    await world.advance(1_000);
    probe.expectTruth([pair]);
  },
};
