import type { ConformanceCase } from "../../run/conformance-case.js";
import { captureDiffs } from "../../run/depth-capture.js";
import { must, mustEqual } from "../../run/failure.js";
import { nudgeUntilLive } from "../../run/nudge.js";
import { disturbsOthers } from "../../run/sequence-facts.js";

/**
 * Given a live book, and a second connector with the same one, so that what a diff of the first looks like is
 * known before the second has it.
 * Do change one digit of an amount at the best bid on the way to the second: its ids are right, its levels are not.
 * Expect the checksum to show it with that very diff: no longer live, told with fault `checksum`; exactly what the
 * record says to be recovered, the other books undisturbed, and all to equal the venue's in the end.
 */
export const checksumMismatch: ConformanceCase = {
  id: "M15",
  title: "a book that is not what its checksum says is not live, and recovers",
  needs: "orderBooks",
  skipReason({ checksum, scope }) {
    if (checksum === undefined) return "its sequence record has no checksum";
    return scope === "connection"
      ? "its frames are counted by connection, and none can be exchanged"
      : undefined;
  },
  async run(stage) {
    const { world, venue } = stage;
    const [pair, other] = stage.pairs(2);
    const symbol = stage.symbolOf(pair);
    const first = await stage.follow([pair]);
    const known = new Set(venue.log.connections.map(({ connectionId }) => connectionId));
    const probe = stage.connect({ tradingPairs: [pair, other] }, { owner: "connector 2" });
    await probe.start();
    await probe.untilLive();
    await world.advance(1_000);
    venue.freeze(symbol);
    await world.advance(1_000);
    const own = venue.log.connections.map(({ connectionId }) => connectionId).filter((id) => !known.has(id));
    const connectionId = stage.depthConnectionOf(pair, own);
    const stream = stage.depthStreamOf(pair);
    const { amountIncrement } = stage.instrumentOf(symbol).rules;
    const [right, wrong] = [73_737, 73_738].map((count) => amountIncrement.times(count).toFixed());
    const [best] = venue.bookOf(symbol).bids;
    must(best !== undefined, "a simulated venue whose books have bids");
    const { integrity } = probe.book(pair);
    const asked = stage.snapshotTimes(pair).length;

    const capture = captureDiffs(stage, pair, first.owner);
    const withheld = venue.faults.lose({ stream, connectionId });
    venue.publish(symbol, [{ side: "bid", price: best[0], amount: right! }]);
    await world.until(() => withheld.done, { withinMs: 5_000, what: "a withheld diff" });
    await world.settle();
    capture.stop();
    const parts = (capture.frames.at(-1) ?? "").split(right!);
    must(parts.length === 2, `a diff that has the amount ${right} once`);
    const since = probe.events.length;
    mustEqual(
      venue.faults.inject({ connectionId }, parts.join(wrong)),
      1,
      "connections that a frame is sent on",
    );
    await world.settle();

    mustEqual(
      [integrity.checksumFailures, integrity.gaps, integrity.state],
      [1, 0, "resyncing"],
      `checksum failures, gaps and state after a diff with ${wrong} instead of ${right}`,
    );
    const told = probe.events.slice(since).filter((event) => event.type === "orderBookState");
    mustEqual(
      told.map(({ tradingPair, previous, state, fault }) => [tradingPair, previous, state, fault]),
      [[pair, "live", "resyncing", "checksum"]],
      "the changes of trust told",
    );
    await nudgeUntilLive(stage, probe, pair, best[0]);
    probe.expectTruth();
    mustEqual(integrity.checksumFailures, 1, "checksum failures in the end");
    mustEqual(stage.snapshotTimes(pair).length - asked, 1, "how often a snapshot was asked for");
    if (!disturbsOthers(stage.record))
      mustEqual(probe.book(other).integrity.resyncs, 0, `the resyncs of ${other}`);
    first.expectTruth([pair]);
    mustEqual(first.book(pair).integrity.resyncs, 0, "the resyncs of the other connector");
  },
};
