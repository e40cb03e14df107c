import { canBeAudited, ProtocolError, RateLimitError, VenueError } from "@conn/core";
import type { ConformanceCase } from "../../run/conformance-case.js";
import { must, mustBeError, mustEqual } from "../../run/failure.js";
import { PATIENCE_MS, type Probe } from "../../run/probe.js";
import type { Stage } from "../../run/stage.js";

const AUDIT_INTERVAL_MS = 20_000;
/** Amounts that no market of a simulator has by itself, so that they can be found in a frame. */
const TRUE_AMOUNT = "31.41592";
const WRONG_AMOUNT = "27.18281";

/**
 * Given two live books that are audited, of a venue whose snapshots can be joined to its stream.
 * Do let them be; then falsify one amount in one diff, once while the market stands still and once while it
 * moves; then refuse the audits' snapshots.
 * Expect audits that find nothing where nothing is wrong, at one snapshot each; the falsified level to be found and
 * named, its book to lose trust and to equal the venue's in the end, the other undisturbed; refused audits to
 * be told, not hurried, and no fault of any book.
 *
 * Where snapshots cannot be joined: expect that nothing is asked for.
 */
export const bookAudit: ConformanceCase = {
  id: "M25",
  title:
    "a periodic audit finds a level that is wrong without a trace, where snapshots can be joined to the stream",
  needs: "orderBooks",
  run: (stage) =>
    canBeAudited(stage.definition.orderBooks.sequence) ? withAudits(stage) : withoutAudits(stage),
};

async function withAudits(stage: Stage): Promise<void> {
  const { world, venue, paths } = stage;
  const [pair, other] = stage.pairs(2);
  const probe = await stage.follow([pair, other], { auditIntervalMs: AUDIT_INTERVAL_MS });
  const integrity = probe.book(pair).integrity;
  const others = probe.book(other).integrity;
  const counts = (): number[] => [others.snapshots, others.resyncs, others.auditMismatches];
  const before = counts();
  const requests = stage.requestsAt(paths.snapshot);

  await world.advance(3 * AUDIT_INTERVAL_MS);
  const asked = stage.requestsAt(paths.snapshot) - requests;
  const made = integrity.audits + others.audits;
  must(integrity.audits > 0 && others.audits > 0, "each book to be audited");
  must(
    asked <= 6 * 2 && asked - made <= 1,
    `about six audits and one snapshot for each, not ${made} and ${asked}`,
  );
  mustEqual([integrity.auditMismatches, integrity.resyncs], [0, 0], "mismatches and resyncs of a right book");
  probe.expectTruth();

  const symbol = stage.symbolOf(pair);
  venue.freeze(symbol);
  await world.advance(1_000);
  for (const moves of [false, true]) await falsifyOneLevel(stage, probe, pair, moves);
  venue.unfreeze(symbol);
  await world.advance(2_000);
  probe.expectTruth();
  mustEqual(counts(), before, `snapshots, resyncs and mismatches of ${other}`);

  const told = probe.problems().length;
  const states = probe.statesOf(pair).length + probe.statesOf(other).length;
  const from = venue.log.requests.length;
  const refused = venue.faults.rejectRequest({ kind: paths.snapshot }, { status: 500, body: "{}" }, 3);
  await world.until(() => refused.done, { withinMs: 5 * AUDIT_INTERVAL_MS, what: "three refused audits" });
  venue.faults.rateLimit({ retryAfterMs: AUDIT_INTERVAL_MS }, { kind: paths.snapshot });
  await world.advance(2 * AUDIT_INTERVAL_MS);
  const times = venue.log.requests
    .slice(from)
    .flatMap(({ path, at }) => (path.startsWith(paths.snapshot) ? [at] : []));
  const gaps = times.slice(1).map((at, index) => at - times[index]!);
  must(
    gaps.every((gap) => gap >= AUDIT_INTERVAL_MS / 4),
    `a refused audit to wait for its next turn, not ${gaps.join(", ")} ms`,
  );
  const problems = probe.problems().slice(told);
  for (const error of problems.slice(0, 3)) mustBeError(error, VenueError, "VENUE_UNAVAILABLE");
  for (const error of problems.slice(3)) mustBeError(error, RateLimitError, "RATE_LIMITED");
  mustEqual(problems.length, 4, "the number of problems told");
  mustEqual(probe.statesOf(pair).length + probe.statesOf(other).length, states, "changes of trust");
  const { audits } = others;
  await world.until(() => others.audits > audits, {
    withinMs: 3 * AUDIT_INTERVAL_MS,
    what: `an audit of ${other} after those that were refused`,
  });
  probe.expectTruth();
}

/** Publishes a level of which the connector is told another amount, and expects an audit to find it. */
async function falsifyOneLevel(stage: Stage, probe: Probe, pair: string, moves: boolean): Promise<void> {
  const { world, venue } = stage;
  const symbol = stage.symbolOf(pair);
  const { integrity } = probe.book(pair);
  const { auditMismatches, snapshots } = integrity;
  const { bids, asks } = venue.bookOf(symbol);
  const [price, askPrice] = [bids[2]?.[0], asks[2]?.[0]];
  must(price !== undefined && askPrice !== undefined, "a simulated venue with three levels a side");
  const problems = probe.problems().length;
  const states = probe.statesOf(pair).length;
  /** Changes the venue's book, so that a diff is sent. */
  const move = (round: number): void =>
    venue.publish(symbol, [{ side: "ask", price: askPrice, amount: String(1 + (round % 2)) }]);

  probe.excuse(pair);
  const stream = stage.depthStreamOf(pair);
  const fault = venue.faults.alter({ stream }, (text) => text.replace(TRUE_AMOUNT, WRONG_AMOUNT));
  venue.publish(symbol, [{ side: "bid", price, amount: TRUE_AMOUNT }]);
  await world.until(() => fault.done, { withinMs: 5_000, what: "a falsified diff" });
  await world.settle();
  must(probe.stateOf(pair) === "live" && probe.differenceOf(pair) !== undefined, "a live book that is wrong");

  const deadline = world.elapsedMs + 3 * AUDIT_INTERVAL_MS;
  for (let round = 0; probe.problems().length === problems && world.elapsedMs < deadline; round += 1) {
    if (moves) move(round);
    await world.advance(500);
  }
  const error = probe.problems()[problems];
  mustBeError(error, ProtocolError, "BOOK_MISMATCH");
  mustEqual(error?.details.count, 1, "how many levels are said to be wrong");
  mustEqual(
    [error?.details.tradingPair, error?.details.levels],
    [pair, [{ side: "bid", price, amount: WRONG_AMOUNT, auditAmount: TRUE_AMOUNT }].map(plain)],
    "the level that is said to be wrong",
  );
  const told = probe.statesOf(pair)[states];
  mustEqual(
    [told?.previous, told?.state, told?.fault],
    ["live", "resyncing", "audit"],
    "the event of the loss",
  );

  // Some records let a snapshot wait for a diff that joins it.
  for (let round = 0; round < 20 && probe.stateOf(pair) !== "live"; round += 1) {
    await world.advance(500);
    move(round);
  }
  await probe.untilLive([pair], PATIENCE_MS);
  probe.holdAgain(pair);
  await world.advance(1_000);
  probe.expectTruth([pair]);
  mustEqual(
    [integrity.auditMismatches, integrity.snapshots],
    [auditMismatches + 1, snapshots + 1],
    "mismatches and snapshots",
  );
}

/** Prices of a venue may have zeros at their end, those of an error have none. */
function plain<Level extends { readonly price: string }>(level: Level): Level {
  return { ...level, price: level.price.replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "") };
}

async function withoutAudits(stage: Stage): Promise<void> {
  const { world, venue } = stage;
  const [pair, other] = stage.pairs(2);
  const probe = await stage.follow([pair, other], {
    auditIntervalMs: AUDIT_INTERVAL_MS,
    instrumentsRefreshMs: 0,
  });
  const { requestCount } = venue.log;
  const subscriptions = stage.depthRequestsOf(pair).length;
  await world.advance(3 * AUDIT_INTERVAL_MS);
  mustEqual(venue.log.requestCount, requestCount, "the number of requests");
  mustEqual(
    stage.depthRequestsOf(pair).length,
    subscriptions,
    `the number of frames about the book of ${pair}`,
  );
  mustEqual(probe.book(pair).integrity.audits, 0, "the number of audits");
  probe.expectTruth();
}
