import type { ConformanceCase } from "../../run/conformance-case.js";
import { captureSnapshots } from "../../run/depth-capture.js";
import { must, mustEqual } from "../../run/failure.js";
import type { Probe } from "../../run/probe.js";
import type { Stage } from "../../run/stage.js";

/**
 * Given a live book of a market that stands still, and a second connector, at whose wish the venue sends snapshots.
 * Do send one of them to the first in the middle of its stream: of the book as it is; then, after a diff that
 * it has missed, of the book with that in it.
 * Expect a snapshot in the stream to replace the book, which stays live and goes on with the next diff; and one
 * that is to be asked for, and was not, to change nothing.
 */
export const secondSnapshot: ConformanceCase = {
  id: "M18",
  title: "a second snapshot in the middle of a stream replaces the book, which goes on from there",
  needs: "orderBooks",
  skipReason({ snapshot, scope }) {
    if (snapshot === "rest") return "its stream has no snapshots";
    if (snapshot === "everyFrame") return "every frame is a snapshot, which M10 looks at";
    return scope === "connection" ? "its frames are counted by connection, and none can be added" : undefined;
  },
  async run(stage) {
    const { world, venue, record } = stage;
    const [pair, other] = stage.pairs(2);
    const symbol = stage.symbolOf(pair);
    const probe = await stage.follow([pair, other]);
    await world.advance(2_000);
    venue.freeze(symbol);
    // Long enough for what a venue sends of a market that stands still.
    await world.advance(10_000);
    probe.expectTruth();
    const connectionId = stage.depthConnectionOf(pair);
    const stream = stage.depthStreamOf(pair);
    const { integrity } = probe.book(pair);
    const replaces = record.snapshot === "firstFrame";
    const second = stage.connect({ tradingPairs: [pair] }, { owner: "connector 2" });
    const send = async (what: string, snapshot: string): Promise<void> => {
      const { snapshots, resyncs, gaps } = integrity;
      mustEqual(venue.faults.inject({ connectionId }, snapshot), 1, "connections that a frame is sent on");
      await world.settle();
      mustEqual(
        [integrity.state, integrity.snapshots, integrity.resyncs, integrity.gaps],
        ["live", snapshots + (replaces ? 1 : 0), resyncs, gaps],
        `state, snapshots, resyncs and gaps after ${what}`,
      );
    };

    await send(
      "a snapshot of the book as it is",
      await nextSnapshot(stage, second, pair, () => second.start()),
    );
    probe.expectTruth();

    const [best] = venue.bookOf(symbol).bids;
    must(best !== undefined, "a simulated venue whose books have bids");
    const missed = venue.faults.lose({ stream, connectionId }, Number.POSITIVE_INFINITY);
    venue.publish(symbol, [{ side: "bid", price: best[0], amount: "0" }]);
    await world.until(() => missed.hits > 0, { withinMs: 5_000, what: "a diff that is missed" });
    const newer = await nextSnapshot(stage, second, pair, async () => second.connector.resyncOrderBook(pair));
    await send("a snapshot with what the book has missed", newer);
    missed.cancel();
    if (replaces) probe.expectTruth();
    const { diffs, resyncs } = integrity;
    venue.publish(symbol, [{ side: "bid", price: best[0], amount: "3" }]);
    await world.until(() => integrity.diffs > diffs || integrity.state !== "live", {
      withinMs: 5_000,
      what: "the next diff",
    });
    mustEqual(
      [integrity.state, integrity.resyncs - resyncs],
      replaces ? ["live", 0] : ["resyncing", 1],
      "state and resyncs with the next diff",
    );
    venue.unfreeze(symbol);
    await probe.untilLive();
    await world.advance(1_000);
    probe.expectTruth();
    mustEqual(probe.problems(), [], "problems");
  },
};

/** The snapshot that the venue sends to a connector because of what it does. */
async function nextSnapshot(
  stage: Stage,
  probe: Probe,
  tradingPair: string,
  ask: () => Promise<void>,
): Promise<string> {
  const capture = captureSnapshots(stage, tradingPair, probe.owner);
  await ask();
  await stage.world.until(() => capture.frames.length > 0, { withinMs: 5_000, what: "a snapshot" });
  capture.stop();
  return capture.frames[0] ?? "";
}
