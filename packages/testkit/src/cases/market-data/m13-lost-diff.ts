import type { BookIntegrity } from "@conn/core";
import { ALL_SITUATIONS, type ConformanceCase, type Situation } from "../../run/conformance-case.js";
import { must, mustEqual } from "../../run/failure.js";
import { PATIENCE_MS, type Probe } from "../../run/probe.js";
import { disturbsOthers } from "../../run/sequence-facts.js";
import { followIn } from "../../run/situations.js";
import type { Stage } from "../../run/stage.js";

/**
 * Given two books; connected or after a reconnect both are live, while connecting the snapshot of one is
 * on its way, or has just come where the stream begins with it.
 * Do lose one diff of that one.
 * Expect the loss to be noticed at the very next frame of its scope (while connecting: as soon as snapshot and diffs
 * are there), the book not to be live and nothing after the hole to be in it; exactly what the venue's record
 * says to be recovered, the other book undisturbed; and both to equal the venue's in the end.
 *
 * Where every frame is the whole book: expect the next one to make up for it, and nothing else to happen.
 * Where the venue lets no loss be seen: expect a resync that is asked for to bring what was lost.
 */
export const lostDiff: ConformanceCase = {
  id: "M13",
  title:
    "one lost diff is noticed at the next frame, exactly its scope recovers, and the book ends equal to the venue's",
  needs: "orderBooks",
  situations: ALL_SITUATIONS,
  run(stage, situation) {
    if (stage.lossTrace === "madeUp") return madeUp(stage, situation);
    if (stage.lossTrace === "unseen") return unseen(stage, situation);
    return situation === "connecting" ? whileConnecting(stage) : whileLive(stage, situation);
  },
};

/** What of a book's integrity record must stay as it is while nothing befalls it. */
const troubles = ({ snapshots, resyncs, gaps }: BookIntegrity): readonly number[] => [
  snapshots,
  resyncs,
  gaps,
];

async function whileLive(stage: Stage, situation: Situation): Promise<void> {
  const { world, venue, record, lossTrace } = stage;
  const { faults } = venue;
  const [pair, other] = stage.pairs(2);
  const probe = await followIn(stage, situation, pair, other);
  await world.advance(2_000);
  probe.expectTruth();
  const stream = stage.depthStreamOf(pair);
  const share = stage.depthConnectionOf(pair) === stage.depthConnectionOf(other);
  const disturbed = share && disturbsOthers(record) ? [pair, other] : [pair];
  const others = probe.book(other).integrity;
  const before = {
    other: troubles(others),
    snapshots: stage.snapshotTimes(pair).length,
    asked: [stage.depthRequestsOf(pair).length, stage.depthRequestsOf(other).length],
    dials: venue.log.dialCount,
    frames: venue.log.framesIn,
    faults: disturbed.map((one) => faultsOf(probe.book(one).integrity)),
    events: probe.events.length,
  };

  const lost = faults.lose({ stream });
  await world.until(() => lost.done, { withinMs: PATIENCE_MS, what: "a lost diff" });
  await noticed(stage, probe, pair, stream);
  must(probe.stateOf(pair) !== "live", "the loss to be noticed at the next frame");
  const faultsNow = disturbed.map((one) => faultsOf(probe.book(one).integrity));
  const told = probe.events.slice(before.events).filter((event) => event.type === "orderBookState");
  const [first] = told;
  mustEqual(
    [first?.previous, first?.state, first?.fault],
    ["live", "resyncing", lossTrace === "checksum" ? "checksum" : "gap"],
    "the event of the loss",
  );
  mustEqual(
    told.map(({ tradingPair, state }) => `${tradingPair} ${state}`).sort(),
    disturbed.map((one) => `${one} resyncing`).sort(),
    "the changes of trust told",
  );
  // Of the books of one connection, that is lost for all of them, each is told once, by whatever came first.
  if (disturbed.length === 1) mustEqual(faultsNow, [before.faults[0]! + 1], "the faults counted");
  else
    must(
      faultsNow.some((count, index) => count > before.faults[index]!),
      "a gap to be counted",
    );

  await probe.untilLive(disturbed);
  await world.advance(3_000);
  probe.expectTruth();
  if (disturbed.length === 1)
    mustEqual(troubles(others), before.other, `snapshots, resyncs and gaps of ${other}`);
  const { recovery, scope } = record;
  const dials = venue.log.dialCount - before.dials;
  const frames = venue.log.framesIn - before.frames;
  mustEqual(dials, recovery === "reconnect" ? 1 : 0, `dials of a recovery by ${recovery} of one ${scope}`);
  mustEqual(
    frames > 0,
    recovery !== "refetch" || record.snapshot === "request",
    `whether a recovery by ${recovery} sends frames`,
  );
  mustEqual(stage.snapshotTimes(pair).length - before.snapshots, 1, "how often a snapshot was asked for");
  if (recovery !== "reconnect") {
    const asked = stage.depthRequestsOf(pair).slice(before.asked[0]);
    const wanted = [
      ...(recovery === "resubscribe" ? ["unsubscribe", "subscribe"] : []),
      ...(record.snapshot === "request" ? [venue.snapshotRequestKind] : []),
    ];
    mustEqual(
      asked.map(({ kind }) => kind),
      wanted,
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
    if (disturbed.length === 1)
      mustEqual(stage.depthRequestsOf(other).length, before.asked[1], `frames about the stream of ${other}`);
  }
  const concerned = probe.events
    .slice(before.events)
    .flatMap((event) =>
      "tradingPair" in event && event.type === "orderBookState" ? [event.tradingPair] : [],
    );
  mustEqual([...new Set(concerned)].sort(), [...disturbed].sort(), "the pairs whose trust changed");
}

/** Lets the frame come that shows the loss, and expects that nothing of it gets into the book. */
async function noticed(stage: Stage, probe: Probe, pair: string, stream: string): Promise<void> {
  const { world, venue, lossTrace } = stage;
  const { integrity } = probe.book(pair);
  if (lossTrace === "gapOfConnection") {
    const { diffs } = integrity;
    await world.until(() => integrity.state !== "live", {
      withinMs: 1_000,
      what: "the loss to be noticed at the next frame of the connection",
    });
    mustEqual(integrity.diffs, diffs, "diffs applied after the hole");
    return;
  }
  // Only tells when the next diff is sent.
  const next = venue.faults.delay({ stream }, 1);
  await world.settle();
  mustEqual(probe.stateOf(pair), "live", "the state before any frame shows the loss");
  const { diffs, lastUpdateId } = integrity;
  await world.until(() => next.done, { withinMs: PATIENCE_MS, what: "the diff after the lost one" });
  await world.advance(2);
  if (lossTrace === "checksum") return;
  mustEqual(
    [integrity.diffs, integrity.lastUpdateId],
    [diffs, lastUpdateId],
    "diffs applied and last update id: nothing after the hole",
  );
}

async function whileConnecting(stage: Stage): Promise<void> {
  const { world, venue, record } = stage;
  const { faults } = venue;
  const [pair, other] = stage.pairs(2);
  const stream = stage.depthStreamOf(pair);
  // Its place is before the diffs where it comes in the stream: there it is only waited for.
  const snapshot = stage.snapshotsInStream ? undefined : stage.delaySnapshot(pair, 2_000);
  const probe = stage.connect({ tradingPairs: [pair, other] });
  await probe.start();
  const { integrity } = probe.book(pair);
  await world.until(() => snapshot?.done ?? integrity.snapshots > 0, {
    withinMs: PATIENCE_MS,
    what: "a snapshot",
  });
  // The snapshot is taken: what is lost from here on is not in it.
  if (snapshot !== undefined) await world.advance(500);
  const lost = faults.lose({ stream });
  await world.until(() => lost.done, { withinMs: 1_000, what: "a lost diff" });
  await world.until(() => faultsOf(integrity) > 0, {
    withinMs: 2_100,
    what: "the hole between the snapshot and the diffs to be noticed",
  });
  must(probe.stateOf(pair) !== "live", "a book with a hole after its snapshot not to be live");
  await probe.untilLive([pair, other]);
  await world.advance(3_000);
  probe.expectTruth();
  if (disturbsOthers(record)) return;
  mustEqual(troubles(probe.book(other).integrity), [1, 0, 0], `snapshots, resyncs and gaps of ${other}`);
}

async function madeUp(stage: Stage, situation: Situation): Promise<void> {
  const { world, venue } = stage;
  const [pair, other] = stage.pairs(2);
  const probe = await followIn(stage, situation, pair, other);
  const { integrity } = probe.book(pair);
  const before = { resyncs: integrity.resyncs, frames: venue.log.framesIn, dials: venue.log.dialCount };
  const lost = venue.faults.lose({ stream: stage.depthStreamOf(pair) });
  await world.until(() => lost.done, { withinMs: PATIENCE_MS, what: "a lost frame" });
  const updates = stage.updatesOf(integrity);
  await world.until(() => stage.updatesOf(integrity) > updates, {
    withinMs: PATIENCE_MS,
    what: "the next frame, which makes up for the lost one",
  });
  probe.expectTruth();
  mustEqual(
    { resyncs: integrity.resyncs, frames: venue.log.framesIn, dials: venue.log.dialCount },
    before,
    "resyncs, frames of the client and dials",
  );
}

async function unseen(stage: Stage, situation: Situation): Promise<void> {
  const { world, venue } = stage;
  const [pair, other] = stage.pairs(2);
  const symbol = stage.symbolOf(pair);
  const probe = await followIn(stage, situation, pair, other);
  // Nothing but the loss may happen: what comes after it would be put into a wrong book.
  venue.freeze(symbol);
  await world.advance(1_000);
  probe.expectTruth();
  const [level] = venue.bookOf(symbol).bids;
  must(level !== undefined, "a simulated venue whose books have bids");
  const lost = venue.faults.lose({ stream: stage.depthStreamOf(pair) });
  venue.publish(symbol, [{ side: "bid", price: level[0], amount: "0" }]);
  await world.until(() => lost.done, { withinMs: PATIENCE_MS, what: "a lost diff" });
  probe.connector.resyncOrderBook(pair);
  must(probe.stateOf(pair) !== "live", "a book that is built anew not to be live");
  await probe.untilLive([pair]);
  probe.expectTruth();
}

function faultsOf({ gaps, checksumFailures }: BookIntegrity): number {
  return gaps + checksumFailures;
}
