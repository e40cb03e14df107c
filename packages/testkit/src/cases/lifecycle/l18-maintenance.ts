import { VenueError } from "@conn/core";
import type { ConformanceCase } from "../../run/conformance-case.js";
import { errorOf, must, mustBeError, mustEqual } from "../../run/failure.js";
import { PATIENCE_MS, type Probe } from "../../run/probe.js";
import type { Stage } from "../../run/stage.js";

const MAINTENANCE_MS = 300_000;
/** Most attempts of one kind in that time: what delays that double up to half a minute come to, and some more. */
const MOST_ATTEMPTS = 30;
/** Longer between two dials, and a bot misses a venue that has long been back. */
const LONGEST_WAIT_MS = 60_000;
const RETRY_AFTER_MS = 120_000;

const PAGE = `<!DOCTYPE html><html><head><title>503</title></head><body><h1>Maintenance</h1>${"<p>Be back soon.</p>".repeat(50)}</body></html>`;
const REFUSAL = { status: 503, headers: { "content-type": "text/html; charset=utf-8" }, body: PAGE };

/**
 * Given live books.
 * Do let the venue be in maintenance for five minutes: connections are closed, every request and every dial is
 * answered with status 503 and a page of HTML. Call it meanwhile, and start another connector. Then let only REST be
 * in maintenance, and a book be built anew. Then let a refused dial say when to come back.
 * Expect VenueErrors with that status for each; few dials and requests, at growing distances, and none before the
 * time that the venue has named; what was known of instruments to stay; and recovery by itself.
 */
export const maintenance: ConformanceCase = {
  id: "L18",
  title: "a venue in maintenance, 503 and HTML, is told as such, not stormed, and found again",
  needs: "orderBooks",
  async run(stage) {
    const { world, venue } = stage;
    const { faults } = venue;
    const pairs = stage.pairs(2);
    const probe = await stage.follow(pairs);
    const { connector } = probe;
    await world.advance(2_000);
    const known = [...connector.tradingPairs];

    const begun = beginMaintenance(stage);
    const log = { dials: venue.log.dials.length, requests: venue.log.requestCount };
    const since = probe.events.length;
    faults.drop({}, { code: 1001, reason: "maintenance" });
    await world.settle();
    must(!connector.ready, "a connector to a venue in maintenance not to be ready");
    const calls = await failingCalls(stage, probe);
    mustEqual([...connector.tradingPairs], known, "the trading pairs after a listing that failed");
    const late = stage.connect({ tradingPairs: pairs }, { owner: "connector 2" });
    expectMaintenance(
      await errorOf(
        () => world.complete(late.connector.start(), { withinMs: PATIENCE_MS, what: "start()" }),
        "a start during maintenance",
      ),
    );
    stage.expectNothingOpen(late);
    await stage.whileMarketsStand(() => world.advance(MAINTENANCE_MS));
    const refused = probe.events
      .slice(since)
      .flatMap((event) => (event.type === "connection" && event.reason === "refused" ? [event.error] : []));
    must(refused.length > 0, "dials that are refused");
    for (const error of refused) expectMaintenance(error);
    for (const [path, dials] of Map.groupBy(venue.log.dials.slice(log.dials), (dial) => dial.path)) {
      must(
        dials.length >= MAINTENANCE_MS / LONGEST_WAIT_MS && dials.length <= MOST_ATTEMPTS,
        `between ${MAINTENANCE_MS / LONGEST_WAIT_MS} and ${MOST_ATTEMPTS} dials of ${path} in ${MAINTENANCE_MS} ms, not ${dials.length}`,
      );
    }
    // One more for the connector that could not start.
    mustEqual(
      venue.log.requestCount - log.requests,
      calls + 1,
      "requests during maintenance: those that were asked for",
    );
    begun.end();
    await recovered(stage, probe, pairs);

    await whileOnlyRest(stage, probe, pairs);

    const told = faults.rejectUpgrade(
      {},
      { ...REFUSAL, headers: { ...REFUSAL.headers, "retry-after": String(RETRY_AFTER_MS / 1_000) } },
      probe.routes().size,
    );
    faults.drop();
    await world.until(() => told.done, {
      withinMs: PATIENCE_MS,
      what: "a dial that is told when to come back",
    });
    const { dialCount } = venue.log;
    await stage.whileMarketsStand(() => world.advance(RETRY_AFTER_MS - PATIENCE_MS));
    mustEqual(venue.log.dialCount, dialCount, "dials before the time that the venue has named");
    await recovered(stage, probe, pairs, RETRY_AFTER_MS);
    for (const error of probe.problems()) expectMaintenance(error);
  },
};

/** Has every request and every dial refused until it is ended. */
function beginMaintenance({ venue: { faults } }: Stage): { end(): void } {
  const orders = [
    faults.rejectRequest({}, REFUSAL, Number.POSITIVE_INFINITY),
    faults.rejectUpgrade({}, REFUSAL, Number.POSITIVE_INFINITY),
  ];
  return {
    end() {
      for (const order of orders) order.cancel();
    },
  };
}

/** Makes the calls of the API that reach the venue, and expects each to say why it failed; returns how many these are. */
async function failingCalls({ world, plugin }: Stage, { connector }: Probe): Promise<number> {
  const calls: Readonly<Record<string, () => Promise<unknown>>> = {
    "checkNetwork()": () => connector.checkNetwork(),
    "fetchInstruments()": () => connector.fetchInstruments(),
    ...(plugin.supports.lastTradedPrices && {
      "fetchLastTradedPrices()": () => connector.fetchLastTradedPrices(),
    }),
  };
  for (const [what, call] of Object.entries(calls)) {
    const failing = (): Promise<unknown> => world.complete(call(), { withinMs: PATIENCE_MS, what });
    expectMaintenance(await errorOf(failing, `${what} during maintenance`));
  }
  return Object.keys(calls).length;
}

async function whileOnlyRest(stage: Stage, probe: Probe, pairs: readonly string[]): Promise<void> {
  const { world, venue } = stage;
  const [first, ...others] = pairs;
  const rest = venue.faults.rejectRequest({}, REFUSAL, Number.POSITIVE_INFINITY);
  await failingCalls(stage, probe);
  if (stage.record.snapshot === "rest") {
    const asked = stage.requestsAt(stage.paths.snapshot);
    probe.connector.resyncOrderBook(first!);
    await stage.whileMarketsStand(() => world.advance(MAINTENANCE_MS));
    must(probe.stateOf(first!) === "resyncing", "a book without a snapshot not to be live");
    const requests = stage.requestsAt(stage.paths.snapshot) - asked;
    must(
      requests >= 3 && requests <= MOST_ATTEMPTS,
      `between 3 and ${MOST_ATTEMPTS} requests for a snapshot in ${MAINTENANCE_MS} ms, not ${requests}`,
    );
  } else {
    await world.advance(10_000);
    probe.expectTruth([first!]);
  }
  await world.advance(1_000);
  probe.expectTruth(others);
  rest.cancel();
  await recovered(stage, probe, pairs);
}

async function recovered(
  { world }: Stage,
  probe: Probe,
  pairs: readonly string[],
  withinMs = LONGEST_WAIT_MS,
): Promise<void> {
  await probe.untilLive(pairs, withinMs);
  await world.advance(1_000);
  probe.expectTruth(pairs);
}

function expectMaintenance(error: unknown): void {
  mustBeError(error, VenueError, "VENUE_UNAVAILABLE");
  const { httpStatus, message } = error as VenueError;
  mustEqual(httpStatus, REFUSAL.status, "the status that the error tells");
  must(!message.includes("<p>"), "an error without the page");
}
