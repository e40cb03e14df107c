import { type LimitStatus, RateLimitError, type RateLimitEvent } from "@conn/core";
import type { ConformanceCase } from "../../run/conformance-case.js";
import { errorOf, must, mustBeError, mustEqual } from "../../run/failure.js";
import { PATIENCE_MS, type Probe } from "../../run/probe.js";
import type { Stage } from "../../run/stage.js";

/**
 * Given a connector that is started, with a live book.
 * Do let the venue demand a pause, and ban, by each of the statuses that it has for that; make calls meanwhile. Where
 * it wants nothing more from the address, let a book be built anew meanwhile, and cut the connections.
 * Expect one refused call, an event that tells until when, no request before that, one request alone
 * then, and the others after its answer; and an event when calls go on. No snapshot is asked for during a stop of the
 * address, and nothing is dialed: books are live again after it.
 */
export const stopAndResume: ConformanceCase = {
  id: "R04",
  title: "a pause and a ban stop all that they are meant for, are told, and end gently",
  async run(stage) {
    const statuses = Object.entries(stage.definition.rest.limitStatuses);
    must(statuses.length > 0, "a connector that knows by which status its venue demands a pause");
    for (const [status, limit] of statuses) await stopBy(stage, Number(status), limit);
  },
};

async function stopBy(stage: Stage, status: number, { code, stops }: LimitStatus): Promise<void> {
  const { world, venue, paths } = stage;
  const banned = code === "RATE_BANNED";
  const tradingPairs = stage.plugin.supports.orderBooks ? stage.pairs(1) : [];
  const [probe] = stage.connectTogether(1, { tradingPairs });
  await probe!.start();
  await probe!.untilLive(tradingPairs);
  await world.advance(2_000);
  const { connector } = probe!;
  const fault = venue.faults.rateLimit({ retryAfterMs: 30_000, banned });
  const retryAfterMs = await pauseOf(stage, status);
  const error = await errorOf(
    () => world.complete(connector.checkNetwork(), { withinMs: PATIENCE_MS }),
    "a call that is refused for its number",
  );
  mustBeError(error, RateLimitError, banned ? "RATE_BANNED" : "RATE_LIMITED");
  const pauseMs = (error as RateLimitError).retryAfterMs ?? 0;
  must(
    retryAfterMs === undefined ? pauseMs > 0 : Math.abs(pauseMs - retryAfterMs) < 1,
    `a pause as the venue wants it, ${retryAfterMs} ms, not ${pauseMs}`,
  );
  const [stop] = stopsOf(probe!);
  mustEqual(stop?.reason, banned ? "ban" : "stop", "the reason of the rateLimit event");
  must(
    Math.abs((stop?.untilTimestamp ?? 0) - (world.now + pauseMs)) <= 1_000,
    "a rateLimit event that tells the end of the pause",
  );

  const before = stage.requestsAt(paths.networkCheck);
  const waiting = Promise.all(Array.from({ length: 15 }, () => connector.checkNetwork()));
  waiting.catch(() => undefined);
  const goOn = stops === "ip" ? await needEverything(stage, probe!) : undefined;
  await world.advance(stop!.untilTimestamp - world.now - 50);
  goOn?.();
  mustEqual(stage.requestsAt(paths.networkCheck), before, "the requests by the end of the pause");
  fault.cancel();
  venue.faults.delayAnswer({ kind: paths.networkCheck }, 500);
  await world.advance(350);
  mustEqual(stage.requestsAt(paths.networkCheck), before + 1, "the requests just after the pause");
  await world.complete(waiting, { withinMs: PATIENCE_MS, what: "the calls made during the pause" });
  mustEqual(
    stopsOf(probe!).map(({ reason }) => reason),
    [banned ? "ban" : "stop", "resumed"],
    "the rateLimit events",
  );
  await probe!.untilLive(tradingPairs);
}

/**
 * Lets a connector need a snapshot and then connections while its address is stopped. The returned function expects
 * that it has asked for neither.
 */
async function needEverything(stage: Stage, { connector }: Probe): Promise<() => void> {
  const { world, venue, paths } = stage;
  const counts = (): unknown => ({
    snapshots: stage.requestsAt(paths.snapshot),
    dials: venue.log.dialCount,
  });
  const before = counts();
  if (stage.record.snapshot === "rest") {
    for (const pair of connector.orderBooks.keys()) connector.resyncOrderBook(pair);
  }
  await world.advance(5_000);
  mustEqual(counts(), before, "the snapshots asked for and the dials while a book is built anew");
  must(connector.orderBooks.size === 0 || venue.faults.drop() > 0, "connections that can be dropped");
  return () => mustEqual(counts(), before, "the snapshots asked for and the dials by the end of the pause");
}

function stopsOf(probe: Probe): RateLimitEvent[] {
  return probe.events.filter((event) => event.type === "rateLimit");
}

/** What the venue asks for, if its answer says: as another program is told. */
async function pauseOf(stage: Stage, status: number): Promise<number | undefined> {
  const { world, venue, definition } = stage;
  const http = await world.portsOf("another program").http.open({ maxBodyBytes: 1_000_000 });
  const url = `${venue.urls.rest}${definition.networkCheck.path}`;
  const answer = await world.complete(http.request({ method: "GET", url }), { withinMs: PATIENCE_MS });
  await http.close();
  mustEqual(answer.status, status, "the status of the simulated venue's refusal");
  const seconds = answer.headers["retry-after"];
  return seconds === undefined ? undefined : Number(seconds) * 1_000;
}
