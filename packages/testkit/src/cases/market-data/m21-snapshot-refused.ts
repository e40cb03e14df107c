import { NetworkError, ProtocolError, RateLimitError, VenueError } from "@conn/core";
import type { ConformanceCase } from "../../run/conformance-case.js";
import { must, mustBeError, mustEqual } from "../../run/failure.js";
import type { Probe } from "../../run/probe.js";
import { disturbsOthers } from "../../run/sequence-facts.js";
import type { Stage } from "../../run/stage.js";

/**
 * Given live books, one of which is to be built anew.
 * Do refuse its snapshots: by the rate limit for half a minute, by 500, by a reset, by nonsense, by
 * no answer.
 * Expect no request while the venue has asked for a pause; further requests at growing distances, each failure
 * told as a typed problem; the other book undisturbed, and live books that equal the venue's in the end.
 *
 * Where snapshots come on a connection, they are not refused: they are lost, and nonsense comes in their place.
 * Expect them to be asked for, or the stream to begin anew, at growing distances, and the rest as above. Where
 * every frame is a snapshot, one that is lost or nonsense is made up for by the next: it takes the loss of all of them.
 */
export const snapshotRefused: ConformanceCase = {
  id: "M21",
  title:
    "snapshots that are refused or fail are asked for again at a pace, and never during a pause that the venue demands",
  needs: "orderBooks",
  run: (stage) => (stage.record.snapshot === "rest" ? byRest(stage) : onConnection(stage)),
};

async function byRest(stage: Stage): Promise<void> {
  const { world, venue, paths } = stage;
  const { faults } = venue;
  const [pair, other] = stage.pairs(2);
  const probe = await stage.follow([pair, other]);
  await world.advance(1_000);
  const only = { kind: paths.snapshot, symbol: stage.symbolOf(pair) };

  const requests = stage.requestsAt(paths.snapshot);
  const pauseMs = 30_000;
  faults.rateLimit({ retryAfterMs: pauseMs }, only);
  probe.connector.resyncOrderBook(pair);
  await world.advance(pauseMs - 1_000);
  mustEqual(
    stage.requestsAt(paths.snapshot) - requests,
    1,
    "requests for a snapshot until the pause is over",
  );
  await probe.untilLive();
  mustEqual(stage.requestsAt(paths.snapshot) - requests, 2, "requests for a snapshot in all");
  mustBeError(probe.problems().at(-1), RateLimitError, "RATE_LIMITED");
  await world.advance(1_000);
  probe.expectTruth();

  const failures = 6;
  faults.rejectRequest(only, { status: 500, body: "{}" }, failures);
  mustBeError((await failingSnapshots(stage, probe, pair, failures)).at(-1), VenueError, "VENUE_UNAVAILABLE");
  faults.rejectRequest(only, "reset", 2);
  mustBeError((await failingSnapshots(stage, probe, pair, 2)).at(-1), NetworkError);
  for (const body of ["", "[]", "{", "null"]) {
    faults.corruptAnswer(only, body);
    mustBeError((await failingSnapshots(stage, probe, pair, 1)).at(-1), ProtocolError);
  }
  const lost = faults.loseAnswer(only);
  mustBeError((await failingSnapshots(stage, probe, pair, 1)).at(-1), NetworkError, "NETWORK_TIMEOUT");
  must(lost.done, "an answer that is lost");
  mustEqual(probe.book(other).integrity.resyncs, 0, `the resyncs of ${other}`);
}

async function onConnection(stage: Stage): Promise<void> {
  const { world, venue, record } = stage;
  const [pair, other] = stage.pairs(2);
  const probe = await stage.follow([pair, other]);
  await world.advance(1_000);
  const { dialCount } = venue.log;

  const failures = 6;
  const isAlways = record.snapshot === "everyFrame";
  const withheld = venue.faults.lose(
    stage.snapshotFilter(pair),
    isAlways ? Number.POSITIVE_INFINITY : failures,
  );
  const lost = await missingSnapshots(stage, probe, pair, failures, () => withheld.cancel());
  const isBook = record.scope === "book";
  if (isBook) mustEqual(lost.length, failures, "the number of problems told");
  for (const error of lost) mustBeError(error, NetworkError, "NETWORK_TIMEOUT");
  for (const body of ["", "[]", "{", "null"]) {
    const told = probe.problems().length;
    const replaced = stage.replaceSnapshot(pair, body);
    if (isAlways) {
      await world.until(() => replaced.done, { withinMs: 5_000, what: "nonsense in the place of a book" });
      await probe.untilChanged(pair, 1);
      probe.expectTruth();
    } else {
      await missingSnapshots(stage, probe, pair, 1);
    }
    const [nonsense, ...more] = probe.problems().slice(told);
    mustBeError(nonsense, ProtocolError);
    if (isBook) mustEqual(more.length, isAlways ? 0 : 1, "further problems told");
    for (const missing of more) mustBeError(missing, NetworkError, "NETWORK_TIMEOUT");
  }
  if (disturbsOthers(record)) return;
  mustEqual(probe.book(other).integrity.resyncs, 0, `the resyncs of ${other}`);
  mustEqual(venue.log.dialCount, dialCount, "the number of dials");
}

/**
 * Builds a book anew whose first `failures` snapshots do not come, and returns the problems told.
 *
 * @param onAllFailed Called when so many did not come, and another was asked for.
 */
async function missingSnapshots(
  stage: Stage,
  probe: Probe,
  tradingPair: string,
  failures: number,
  onAllFailed: () => void = () => {},
): Promise<readonly unknown[]> {
  const { world } = stage;
  const told = probe.problems().length;
  const from = stage.snapshotTimes(tradingPair).length;
  probe.connector.resyncOrderBook(tradingPair);
  await world.settle();
  must(probe.stateOf(tradingPair) === "resyncing", "a book that is built anew not to be live");
  const isAsked = (count: number) => (): boolean => stage.snapshotTimes(tradingPair).length - from >= count;
  await world.until(isAsked(failures + 1), { withinMs: 300_000, what: "a snapshot to be asked for again" });
  onAllFailed();
  await probe.untilLive([tradingPair], 300_000);
  const times = stage.snapshotTimes(tradingPair).slice(from);
  mustEqual(times.length, failures + 1, "how often a snapshot was asked for");
  const gaps = times.slice(1).map((at, index) => at - times[index]!);
  // By the count of a connection, a lost snapshot can be known before it is missed.
  const shortest = stage.record.scope === "book" ? 2_000 : 50;
  must(
    gaps.every((gap) => gap >= shortest),
    `time for a snapshot to come before it is asked for again, not ${gaps.join(", ")} ms`,
  );
  // The time that a snapshot may take is the same each time: what is beyond the shortest wait must grow.
  if (gaps.length > 3) {
    must(gaps.at(-1)! >= gaps[0]! + 2_000, `growing distances, not ${gaps.join(", ")} ms`);
  }
  const problems = probe.problems().slice(told);
  await world.advance(1_000);
  probe.expectTruth();
  return problems;
}

/** Builds a book anew with snapshots that fail `failures` times, and returns the problems told. */
async function failingSnapshots(
  stage: Stage,
  probe: Probe,
  tradingPair: string,
  failures: number,
): Promise<readonly unknown[]> {
  const { world, venue, paths } = stage;
  const told = probe.problems().length;
  const from = venue.log.requests.length;
  probe.connector.resyncOrderBook(tradingPair);
  await world.settle();
  must(probe.stateOf(tradingPair) === "resyncing", "a book that is built anew not to be live");
  await probe.untilLive([tradingPair], 300_000);
  const times = venue.log.requests
    .slice(from)
    .flatMap(({ path, at }) => (path.startsWith(paths.snapshot) ? [at] : []));
  mustEqual(times.length, failures + 1, "requests for a snapshot");
  const gaps = times.slice(1).map((at, index) => at - times[index]!);
  must(
    gaps.every((gap) => gap >= 50),
    `some time between two requests, not ${gaps.join(", ")} ms`,
  );
  if (gaps.length > 3) must(gaps.at(-1)! >= gaps[0]! * 4, `growing distances, not ${gaps.join(", ")} ms`);
  const problems = probe.problems().slice(told);
  mustEqual(problems.length, failures, "the number of problems told");
  await world.advance(1_000);
  probe.expectTruth();
  return problems;
}
